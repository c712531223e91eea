namespace NeuralDE.Internal.Engine

open System
open NeuralDE
open NeuralDE.Internal.Graph

/// Runs function nodes on numbers: on the executor whose memory stores them; otherwise by a plan; by the reference
/// interpreter if it is selected or no plan exists.
module internal Execute =
    /// Whether the reference interpreter runs everything.
    let mutable byReference = Environment.GetEnvironmentVariable "NEURALDE_EXECUTOR" = "reference"

    /// A function node as a graph.
    let graphOf (fn: Fn) (args: NdArray[]) : Graph =
        match fn with
        | Call(g, _) -> g
        | _ ->
            let inputs = args |> Array.map (fun a -> { Signature.Dtype = a.Dtype; Shape = a.Shape })
            let bundle = Intern.node (Apply fn) (inputs |> Array.mapi Intern.input)
            let output i signature = Intern.made (Output i) [| bundle |] signature
            Intern.graph inputs (Infer.outputs fn inputs |> Array.mapi output)

    /// The plan of a graph on arguments with these signatures; ValueNone if an executor or the reference interpreter
    /// runs it.
    let plan (g: Graph) (args: NdArray[]) : Plan voption =
        if byReference || not (isNull (Placement.ofArgs args)) then ValueNone else Plan.ofGraph g

    let private refuse (executor: Executor) what (expected: Signature[]) (got: NdArray[]) : unit =
        let text (dtype: Dtype) shape = $"{dtype} {Shape.text shape}"
        let wanted = expected |> Array.map (fun s -> text s.Dtype s.Shape) |> String.concat ", "
        let found = got |> Array.map (fun a -> text a.Dtype a.Shape) |> String.concat ", "
        raise (GraphException $"{executor} gave {found} for {what}, expected {wanted}")

    /// Calls an executor and checks the signatures of its results; an extent may differ if it is the number of rows
    /// that a loop wrote.
    let private callOn (executor: Executor) (fn: Fn) (args: NdArray[]) : NdArray[] =
        let results = executor.Call(fn, args)

        let expected =
            match fn with
            | Call(g, _) -> g.Outputs |> Array.map (fun n -> n.Signature)
            | _ -> Infer.outputs fn (args |> Array.map (fun a -> { Signature.Dtype = a.Dtype; Shape = a.Shape }))

        let fits (s: Signature) (a: NdArray) = a.Dtype = s.Dtype && a.Shape.Length = s.Shape.Length

        if results.Length <> expected.Length || not (Array.forall2 fits expected results) then
            refuse executor "a function" expected results

        results

    /// Runs a graph without a plan: it contains arrays of an executor, or reads rows whose number is unknown before the
    /// run.
    let private withoutPlan (g: Graph) (fn: Fn) (args: NdArray[]) : NdArray[] =
        match Placement.ofGraph g with
        | null -> Interpret.call fn args
        | executor -> callOn executor fn args

    let private callHere (fn: Fn) (args: NdArray[]) : NdArray[] =
        let g = graphOf fn args

        if byReference then
            withoutPlan g fn args
        else
            match Plan.ofGraph g with
            | ValueSome plan -> plan.Run args
            | ValueNone -> withoutPlan g fn args

    /// Runs a function node and raises the first failure of its checks. Raises DeviceException if arguments are on two
    /// devices.
    let call (fn: Fn) (args: NdArray[]) : NdArray[] =
        match Placement.ofArgs args with
        | null -> callHere fn args
        | executor ->
            Placement.require executor fn
            callOn executor fn args

    let private isExactUnary (u: Unary) =
        match u with
        | Neg
        | Abs
        | Sign
        | Sqrt
        | Floor
        | Ceil
        | Round
        | Not -> true
        | _ -> false // all other functions are approximations

    let private isExactBinary (b: Binary) =
        match b with
        | Pow
        | Atan2
        | Mod -> false
        | Add
        | Sub
        | Mul
        | Div
        | Max
        | Min
        | And
        | Or
        | Xor
        | FoldKey -> true

    /// Whether simple code gives the same bits as the kernels: correctly rounded arithmetic, comparisons, movement,
    /// integers.
    let private isExact (op: Op) =
        match op with
        | Input _
        | Constant _
        | Data _
        | Iota _
        | Compare _
        | Select
        | Fma
        | Cast _
        | ArgMax _
        | ArgSort _
        | SearchSorted _
        | Reshape _
        | Permute _
        | Broadcast _
        | Slice _
        | Pad _
        | Reverse _
        | Concat _
        | Gather _
        | StopGradient
        | Check _ -> true
        | Unary u -> isExactUnary u
        | Binary b -> isExactBinary b
        | Reduce _
        | CumSum _
        | Scatter _
        | Dot
        | Conv _
        | Fft _
        | Cholesky
        | TriangularSolve _
        | Pivots
        | Lu
        | Random _
        | Apply _
        | Output _ -> false

    /// Up to this number of elements, simple code is as fast as a plan.
    let private few = 256

    /// The value of a primitive on managed memory, by the library's own engine.
    let primitiveHere (op: Op) (signature: Signature) (args: NdArray[]) : NdArray =
        let isSmall =
            (isExact op && Shape.size signature.Shape <= int64 few && args |> Array.forall (fun a -> a.Length <= few))

        match op with
        | Broadcast _ when args[0].Length = 1 -> NdArray.Filled(args[0], signature.Shape)
        | _ when byReference || isSmall -> Evaluate.primitive op signature args
        | _ ->
            let inputs = args |> Array.map (fun a -> { Signature.Dtype = a.Dtype; Shape = a.Shape })
            let g = Intern.graph inputs [| Intern.node op (inputs |> Array.mapi Intern.input) |]

            match Plan.ofGraph g with
            | ValueSome plan -> (plan.Run args)[0]
            | ValueNone -> Evaluate.primitive op signature args

    /// The value of a primitive on numbers, with the same bits as inside a plan. A reshape copies nothing. The result
    /// of a primitive without arguments is in managed memory and is copied to the device of the tensors with which it
    /// is combined.
    let primitive (op: Op) (signature: Signature) (args: NdArray[]) : NdArray =
        if Shape.size signature.Shape > int64 Shape.mostStored then
            Shape.stored (Print.name op) signature.Shape |> ignore

        match op with
        | Reshape shape -> args[0].WithShape shape
        | StopGradient -> args[0]
        | _ when args.Length = 0 -> Evaluate.primitive op signature args
        | _ ->
            match Placement.ofArgs args with
            | null -> primitiveHere op signature args
            | executor ->
                let result = executor.Primitive(op, signature, args)

                if result.Dtype <> signature.Dtype || not (Shape.same result.Shape signature.Shape) then
                    refuse executor (Print.name op) [| signature |] [| result |]

                result
