namespace NeuralDE.Internal.Graph

open System
open System.Collections.Concurrent
open NeuralDE
open NeuralDE.Kernels

/// Dtype and shape of a value, known before it is computed.
type internal Signature = { Dtype: Dtype; Shape: int[] }

/// A value derived from the fields beside it, computed on first use; ignored by equality.
[<CustomEquality; NoComparison>]
type internal Derived<'T> =
    { Make: Lazy<'T> }

    member d.Value = d.Make.Value
    override _.Equals other = other :? Derived<'T>
    override _.GetHashCode() = 0

module internal Derived =
    let from (make: unit -> 'T) : Derived<'T> = { Make = lazy (make ()) }

/// Element-wise functions of two arguments with one shape and dtype.
type internal Binary =
    | Add
    | Sub
    | Mul
    | Div
    | Pow
    | Max
    | Min
    | Atan2
    /// The remainder with the sign of the divisor: x − y ⌊x / y⌋.
    | Mod
    | And
    | Or
    | Xor
    /// A new random key from a key and a number (both int64).
    | FoldKey

type internal Compare =
    | Equal
    | NotEqual
    | Less
    | LessEqual
    | Greater
    | GreaterEqual

type internal Reduce =
    | Sum
    | Maximum

type internal Scatter =
    | ScatterAdd
    | ScatterMax
    | ScatterSet

type internal Random =
    /// Uniform in [0, 1).
    | Uniform
    /// Standard normal.
    | Normal
    /// 64 random bits as int64.
    | Bits

/// A constant that is part of a graph's structure. Bits: the bits of a float64, the integer, or 0 and 1 for bool.
type internal Literal = { Dtype: Dtype; Bits: int64 }

/// Data captured by a rule, stored in the graph. Compared by reference.
[<ReferenceEquality>]
type internal Data = { Array: NdArray }

/// Start, stop (exclusive) and step ≥ 1 of every axis.
type internal Slice = { Start: int[]; Stop: int[]; Step: int[] }

/// Zeros before, after and between the elements of every axis.
type internal Pad = { Low: int[]; High: int[]; Interior: int[] }

/// One entry per spatial axis. Padding may be negative. Dilation d puts d − 1 zeros between neighbours.
type internal Conv = { Stride: int[]; Low: int[]; High: int[]; DilateInput: int[]; DilateKernel: int[] }

type internal Op =
    // leaves
    | Input of index: int
    | Constant of Literal
    | Data of Data
    | Iota of Signature * axis: int
    // element by element: arguments of one shape
    | Unary of Unary
    | Binary of Binary
    | Compare of Compare
    /// condition (bool), where true, where false
    | Select
    /// x y + z, rounded once
    | Fma
    | Cast of Dtype
    // along axes
    | Reduce of Reduce * axes: int[]
    | ArgMax of axis: int
    /// Indices (int64) that sort the axis in ascending order; stable, NaN last.
    | ArgSort of axis: int
    | CumSum of axis: int * reverse: bool
    /// sorted [B…; n], values [B…; m] → the first insertion index (int64, 0 to n) of each value that keeps the order;
    /// `right`: the last.
    | SearchSorted of right: bool
    // movement
    | Reshape of shape: int[]
    | Permute of int[]
    /// axes: for each axis of the argument, the axis of the result, in increasing order.
    | Broadcast of shape: int[] * axes: int[]
    | Slice of Slice
    | Pad of Pad
    | Reverse of axes: int[]
    | Concat of axis: int
    /// operand [B…; n; F…], indices [B…; m] (int32 or int64, clamped to 0 .. n − 1) → [B…; m; F…]; B has `batch` axes.
    | Gather of batch: int
    /// operand [B…; n; F…], indices [B…; m], updates [B…; m; F…] → operand's shape. Indices out of range are ignored;
    /// Set: the last update wins.
    | Scatter of Scatter * batch: int
    // contractions
    /// [B…; m; k] × [B…; k; n] → [B…; m; n]
    | Dot
    /// input [N; G; C; S…], kernel [G; O; C; K…] → [N; G; O; T…]: cross-correlation in G groups
    | Conv of Conv
    /// [B…; n; 2] → [B…; n; 2]: the discrete Fourier transform of n complex numbers (re, im), unscaled in both
    /// directions.
    | Fft of inverse: bool
    // linear algebra on the last two axes
    /// The lower Cholesky factor of a symmetric positive definite matrix; only the lower triangle is read.
    | Cholesky
    /// T [B…; n; n], b [B…; n; m] → x with T x = b, or Tᵀ x = b; unit: the diagonal is taken as 1.
    | TriangularSolve of lower: bool * transpose: bool * unit: bool
    /// The row permutation (int64 [B…; n]) chosen by partial pivoting.
    | Pivots
    /// L (unit diagonal, below) and U in one matrix, without pivoting.
    | Lu
    /// keys (int64 [B…]) → B… followed by the shape
    | Random of Random * Signature
    // tracing
    | StopGradient
    /// Returns the first argument after the check has inspected the others.
    | Check of Check
    // function nodes
    | Apply of Fn
    | Output of index: int

/// Function nodes. Every graph in them is closed; a bool[] selects arguments or outputs.
and internal Fn =
    | Call of Graph * CallKind
    | Custom of Custom
    /// predicate (bool, 0-d) :: arguments
    | Cond of whenTrue: Graph * whenFalse: Graph
    | Loop of Loop
    /// The first-order reverse sweep of a loop: the loop's arguments, then the given cotangents → the wanted
    /// cotangents.
    | Pullback of Pullback
    | Root of Root
    | Host of Host

and internal CallKind =
    /// Only groups nodes under a name: executors inline the body.
    | Inline
    /// The reverse sweep recomputes the body instead of storing its values.
    | Recompute

/// A graph with its own derivative rule: x, ȳ → x̄ (all dense).
and [<ReferenceEquality>] internal Custom = { Primal: Graph; Rule: Lazy<Graph>; Forward: CustomForward }

/// What forward mode differentiates for a custom function.
and internal CustomForward =
    /// The transposed rule: x, ẋ → ẏ, where ȳ ↦ x̄ is linear.
    | OfRule
    /// The primal: for a rule that computes the primal's own derivative.
    | OfPrimal

/// State is differentiable and is rolled back where keep is false; registers always advance and have no derivative. Body:
/// state, registers, captured → state', registers', emissions of each stream in turn, keep, one write flag per stream,
/// done. Batch is the shape of the flags (bool) and a prefix of the shape of every state and register. Where keep ∧
/// write, the emissions of a stream are written to its next rows. There is at least one stream; it may have no
/// emissions.
and internal Loop =
    { Batch: int[]
      States: int
      Registers: int
      Streams: EmissionStream[]
      Tape: Tape
      Watch: Watch voption
      Body: Graph }

    /// the number of emissions of all streams
    member l.Emits = l.Streams |> Array.sumBy (fun s -> s.Emits)

    /// keep, the write flags, done
    member l.Flags = l.Streams.Length + 2

    /// by emission: the index of its stream
    member l.StreamOf: int[] = l.Streams |> Array.mapi (fun k s -> Array.create s.Emits k) |> Array.concat

/// Emissions of a loop that are written together.
and internal EmissionStream =
    {
        Emits: int
        /// Rows of every emission; ValueNone: as many rows as the loop writes, allowed only in a run on numbers.
        Capacity: int voption
    }

/// What a loop's forward run stores for its reverse sweep.
and internal Tape =
    | Everything
    /// States within this number of bytes; the iterations between them are recomputed.
    | Budget of bytes: int64

/// How a running loop reports to its caller, before the first iteration and after each one.
and internal Watch =
    /// the loop stops when the caller's token is cancelled
    | Cancellable
    /// and the caller sees the loop's registers
    | Reporting

and internal Pullback =
    {
        Of: Loop
        /// arguments whose cotangents are wanted
        Wanted: bool[]
        /// outputs whose cotangents are given
        Given: bool[]
        /// states and emissions that depend differentiably on the wanted arguments
        ActiveStates: bool[]
        ActiveEmits: bool[]
        /// state, registers, captured, cotangents of active states, cotangents of active and given emissions
        /// → cotangents of active states, of wanted captured
        Sweep: Derived<Graph>
        /// the same for one row, if vmap made the loop
        RowSweep: Derived<Graph voption>
    }

/// z with residual(z, p) = 0, where z, the first result of solve p, has shape Batch or Batch ++ [n]. Only the residual
/// is differentiated. The other results of solve describe the search and have no derivative.
and internal Root = { Solve: Graph; Residual: Graph; Batch: int[]; Linear: RootLinear }

/// How the linear systems of a root's derivatives are solved.
and internal RootLinear =
    /// z, p → ∂residual/∂z, of shape Batch or Batch ++ [n; n]
    | ByMatrix of Derived<Graph>
    /// z may have any shape.
    | BySolves of RootSolves

/// Solvers of linear systems whose matrix is not formed, or is formed by the caller.
and internal RootSolves =
    {
        /// identifies the solvers, together with the residual; compared by Equals
        Key: obj
        /// z, p, b → w with (∂residual/∂z) w = b
        Forward: Derived<Graph>
        /// z, p, b → w with (∂residual/∂z)ᵀ w = b
        Transposed: Derived<Graph>
    }

/// A function of numbers that runs outside the graph.
and [<ReferenceEquality>] internal Host =
    {
        Name: string
        Outputs: Signature[]
        Run: NdArray[] -> NdArray[]
        /// arguments with tangents → x, ẋ → ẏ (all outputs)
        Jvp: bool[] -> Host
        /// wanted arguments, given outputs → x, ȳ → x̄
        Vjp: bool[] -> bool[] -> Host
    }

/// Inspects values while a graph runs; the exception that it returns is raised after the run.
and [<ReferenceEquality>] internal Check =
    {
        Look: NdArray[] -> exn voption
        /// Whether the second argument flags what to inspect. Bool: Look is called if an element is false, without the
        /// flags themselves. Integers (int64, one for each leading row of the first argument) are limits: Look is
        /// called if an integer of the first argument is not in 0 .. limit − 1 of its row; −1 means no limit.
        Flagged: bool
    }

    /// The arguments to inspect; ValueNone if the flags show no violation.
    member c.Looked(args: NdArray[]) : NdArray[] voption =
        if not c.Flagged then
            ValueSome args
        elif args[1].Dtype <> Bool then
            if ManagedArrays.AllBelow(args[0].Data, args[1].Integers) then
                ValueNone
            else
                ValueSome args
        elif System.Array.TrueForAll(args[1].Flags, id) then
            ValueNone
        else
            ValueSome(Array.removeAt 1 args)

    /// The exception that the check returns.
    member c.Find(args: NdArray[]) : exn voption =
        match c.Looked args with
        | ValueSome looked -> c.Look looked
        | ValueNone -> ValueNone

/// One value of a closed graph. Interned: equal nodes are one object.
and internal Node(id: int64, op: Op, args: Node[], signature: Signature) =
    member _.Id = id
    member _.Op = op
    member _.Args = args
    member _.Signature = signature
    member _.Shape = signature.Shape
    member _.Dtype = signature.Dtype

/// A closed function: its outputs and the nodes that they need. Interned.
and internal Graph(id: int64, inputs: Signature[], outputs: Node[]) =
    let order =
        lazy
            (let seen = System.Collections.Generic.HashSet<Node>(HashIdentity.Reference)
             let todo = System.Collections.Generic.Stack<Node>(outputs)

             while todo.Count > 0 do
                 let node = todo.Pop()

                 if seen.Add node then
                     for arg in node.Args do
                         todo.Push arg

             seen |> Seq.sortBy (fun node -> node.Id) |> Seq.toArray)

    let walk =
        lazy
            (let seen = System.Collections.Generic.HashSet<Node>(HashIdentity.Reference)
             let found = System.Collections.Generic.List<Node>()
             let todo = System.Collections.Generic.Stack<struct (Node * bool)>()

             for output in outputs do
                 todo.Push(struct (output, false))

                 while todo.Count > 0 do
                     let struct (node, isDone) = todo.Pop()

                     if isDone then
                         found.Add node
                     elif seen.Add node then
                         todo.Push(struct (node, true))

                         for i in node.Args.Length - 1 .. -1 .. 0 do
                             todo.Push(struct (node.Args[i], false))

             found.ToArray())

    let memo = ConcurrentDictionary<obj, obj>()
    member _.Id = id

    /// The graph of one row, if vmap made this one; derived when it is first used.
    member val OfRow: Lazy<RowGraph voption> = Lazy<RowGraph voption>(fun () -> ValueNone) with get, set

    member _.Inputs = inputs
    member _.Outputs = outputs

    /// The nodes, arguments before their users.
    member _.Order = order.Value

    /// The same nodes in an order that depends only on the graph; Order also depends on earlier traces.
    member _.Walk = walk.Value

    /// The result of a transform of this graph, remembered by the transform's key.
    member _.Memo<'K, 'V when 'K: not null and 'V: not null>(key: 'K, make: unit -> 'V) : 'V =
        match memo.TryGetValue(key :> obj) with
        | true, found -> unbox<'V> found
        | _ ->
            let made = make ()
            memo.TryAdd(key :> obj, made :> obj) |> ignore
            made

/// The graph that vmap applied to every row: the engine can run the rows of a loop one by one.
and [<NoEquality; NoComparison>] internal RowGraph =
    {
        Graph: Graph
        Rows: int
        /// by input: whether it has a leading axis of rows
        Inputs: bool[]
        /// the same by output
        Outputs: bool[]
    }
