namespace NeuralDE.Internal.Engine

open System.Text
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Kernels

/// Where an operation of a group reads an operand.
[<Struct>]
type internal Operand =
    | Argument of argument: int
    | Result of step: int

type internal ElementCode =
    /// an operation, with the exponent of Power or the order of Polygamma
    | Compute of ElementOp * parameter: float
    | Convert of target: Dtype

/// One element-wise operation. Type is the dtype of its operands (of the last two for Select).
type internal ElementStep = { Code: ElementCode; Type: Dtype; Operands: Operand[]; Dtype: Dtype }

/// Single: one element, used for all elements of the group.
[<Struct>]
type internal GroupArgument = { Dtype: Dtype; Single: bool }

/// What arrays a group works on; it determines how the group can be compiled.
type internal GroupForm =
    /// one element of every array, any dtypes
    | Singles
    /// floats of one dtype and bools: vectors
    | Floats
    /// a single operation on integers or between dtypes: never compiled
    | Anything

/// Element-wise operations on arrays of one length that are computed together: a straight-line program for one element.
/// It does not contain the length and the addresses, so equal programs are compiled once.
type internal ElementGroup =
    {
        Arguments: GroupArgument[]
        Steps: ElementStep[]
        /// the steps whose results are stored
        Outputs: int[]
        Form: GroupForm
    }

module internal ElementGroup =
    let elementType (dtype: Dtype) : ElementType =
        match dtype with
        | Float32 -> ElementType.Float32
        | Float64 -> ElementType.Float64
        | Int32 -> ElementType.Int32
        | Int64 -> ElementType.Int64
        | Bool -> ElementType.Bool

    let randomKind (kind: Random) : RandomKind =
        match kind with
        | Uniform -> RandomKind.Uniform
        | Normal -> RandomKind.Normal
        | Bits -> RandomKind.Bits

    let reductionKind (r: Reduce) : ReductionKind =
        match r with
        | Sum -> ReductionKind.Sum
        | Maximum -> ReductionKind.Maximum

    let private binary (b: Binary) : ElementOp =
        match b with
        | Add -> ElementOp.Add
        | Sub -> ElementOp.Sub
        | Mul -> ElementOp.Mul
        | Div -> ElementOp.Div
        | Pow -> ElementOp.Pow
        | Max -> ElementOp.Max
        | Min -> ElementOp.Min
        | Atan2 -> ElementOp.Atan2
        | Mod -> ElementOp.Mod
        | And -> ElementOp.And
        | Or -> ElementOp.Or
        | Xor -> ElementOp.Xor
        | FoldKey -> ElementOp.FoldKey

    let private compare (c: Compare) : ElementOp =
        match c with
        | Equal -> ElementOp.Equal
        | NotEqual -> ElementOp.NotEqual
        | Less -> ElementOp.Less
        | LessEqual -> ElementOp.LessEqual
        | Greater -> ElementOp.Greater
        | GreaterEqual -> ElementOp.GreaterEqual

    /// The operation of an element-wise node and the dtype of its operands; ValueNone for other nodes.
    let codeOf (n: Node) : struct (ElementCode * Dtype) voption =
        match n.Op with
        | Unary u ->
            let f = Unaries.about u
            ValueSome(struct (Compute(f.Kernel, ValueOption.defaultValue 0.0 f.Parameter), n.Dtype))
        | Binary b -> ValueSome(struct (Compute(binary b, 0.0), n.Dtype))
        | Compare c -> ValueSome(struct (Compute(compare c, 0.0), n.Args[0].Dtype))
        | Select -> ValueSome(struct (Compute(ElementOp.Select, 0.0), n.Dtype))
        | Fma -> ValueSome(struct (Compute(ElementOp.Fma, 0.0), n.Dtype))
        | Cast dtype -> ValueSome(struct (Convert dtype, n.Args[0].Dtype))
        | Input _
        | Constant _
        | Data _
        | Iota _
        | Reduce _
        | ArgMax _
        | ArgSort _
        | CumSum _
        | SearchSorted _
        | Reshape _
        | Permute _
        | Broadcast _
        | Slice _
        | Pad _
        | Reverse _
        | Concat _
        | Gather _
        | Scatter _
        | Dot
        | Conv _
        | Fft _
        | Cholesky
        | TriangularSolve _
        | Pivots
        | Lu
        | Random _
        | StopGradient
        | Check _
        | Apply _
        | Output _ -> ValueNone

    /// A readable name of a step.
    let nameOf (s: ElementStep) : string =
        match s.Code with
        | Compute(op, _) -> (string op).ToLowerInvariant()
        | Convert target -> $"to {target}"

    /// The text that identifies a group: equal groups have equal texts.
    let key (g: ElementGroup) : string =
        let text = StringBuilder()
        text.Append(
            match g.Form with
            | Singles -> 's'
            | Floats -> 'v'
            | Anything -> 'a'
        )
        |> ignore

        for a in g.Arguments do
            text.Append(int (elementType a.Dtype)).Append(if a.Single then '1' else 'n') |> ignore

        for s in g.Steps do
            match s.Code with
            | Compute(op, 0.0) -> text.Append(';').Append(int op) |> ignore
            | Compute(op, parameter) ->
                text.Append(';').Append(int op).Append('(').Append(string parameter).Append(')') |> ignore
            | Convert target -> text.Append(";to").Append(int (elementType target)) |> ignore

            text.Append(':').Append(int (elementType s.Type)) |> ignore

            for o in s.Operands do
                match o with
                | Argument i -> text.Append('a').Append i |> ignore
                | Result i -> text.Append('r').Append i |> ignore

        text.Append('>') |> ignore

        for o in g.Outputs do
            text.Append(',').Append o |> ignore

        text.ToString()

    /// The least weight of an operation that no instruction computes, such as an exponential.
    let farWeight = 30

    /// Approximate number of machine registers and temporaries of an operation in compiled code. Above about 250 in one
    /// method, the .NET compiler stops inlining helpers.
    let weight (code: ElementCode) =
        match code with
        | Convert _ -> 2
        | Compute(op, _) ->
            match op with
            | ElementOp.Exp
            | ElementOp.Log
            | ElementOp.Sigmoid
            | ElementOp.Tanh
            | ElementOp.Sin
            | ElementOp.Cos -> farWeight
            | ElementOp.Neg
            | ElementOp.Abs
            | ElementOp.Sign
            | ElementOp.Sqrt
            | ElementOp.Floor
            | ElementOp.Ceil
            | ElementOp.Round
            | ElementOp.Not
            | ElementOp.Add
            | ElementOp.Sub
            | ElementOp.Mul
            | ElementOp.Div
            | ElementOp.Max
            | ElementOp.Min
            | ElementOp.And
            | ElementOp.Or
            | ElementOp.Xor
            | ElementOp.Equal
            | ElementOp.NotEqual
            | ElementOp.Less
            | ElementOp.LessEqual
            | ElementOp.Greater
            | ElementOp.GreaterEqual
            | ElementOp.Select
            | ElementOp.Fma -> 3
            | _ -> 40 // all other functions are longer
