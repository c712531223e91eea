namespace NeuralDE.LibTorch

open System
open System.Collections.Generic
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Engine
open NeuralDE.LibTorch.Names

/// The values of flags that a run assumes instead of waiting for them, and the tensors in which their real values appear.
[<Sealed>]
type internal Guesses(expected: Dictionary<int, NdArray>) =
    let seen = List<struct (Tensor * bool)>()

    /// The assumed value of a node; ValueNone if nothing is known of it.
    member _.TryTake(slot: int, value: Tensor) : NdArray voption =
        match expected.TryGetValue slot with
        | true, known ->
            seen.Add(struct (value.alias (), known.Flags[0]))
            ValueSome known
        | _ -> ValueNone

    member _.Count = seen.Count

    /// Whether all assumptions were right: one wait.
    member x.Hold() : bool =
        if seen.Count = 0 then
            true
        else
            use _ = T.NewDisposeScope()
            let flags = T.stack ([| for struct (t, _) in seen -> t.reshape [||] |], 0L)
            let found = Transfer.download Bool [| seen.Count |] flags :?> bool[]
            let isRight = Seq.forall2 (fun f (struct (_: Tensor, g: bool)) -> f = g) found seen
            x.Clear()
            isRight

    member _.Clear() =
        for struct (t, _) in seen do
            t.Dispose()

        seen.Clear()

/// What one run of a graph works on.
[<NoEquality; NoComparison>]
type internal Frame =
    {
        Inputs: Held[]
        Values: Held[]
        Bundles: Held[][]
        Tapes: LoopTape[]
        Checks: PendingChecks
        Guesses: Guesses voption
        /// by node: the values of flags that this run has fetched; for Guesses
        Flags: Dictionary<int, NdArray> voption
    }

/// A graph ready to run.
[<NoEquality; NoComparison>]
type internal Compiled =
    {
        Placed: Placed
        /// by node: reads and writes the values of a frame
        Steps: (Frame -> unit)[]
        /// the elements of a node's value in managed memory
        Number: Frame -> int -> NdArray
        IsInput: bool[]
        /// by input: whether a kernel needs its tensor though its seat is the host
        IsSent: bool[]
    }

    member c.OutputSeats = c.Placed.OutputSeats

/// How a run treats flags that are computed on the device.
[<NoEquality; NoComparison; RequireQualifiedAccess>]
type internal Flagging =
    /// waits for each one
    | Read
    /// waits, and stores the values
    | Learn of Dictionary<int, NdArray>
    /// does not wait
    | Assume of Guesses

/// Compiles and runs graphs on one device of libtorch: what loops and other function nodes need for their bodies.
[<AbstractClass>]
type internal Runner(owner: Executor, device: Lazy<TorchDevice>) =
    member _.Owner = owner
    member _.Device = device.Value

    /// `onHost`: the outputs that the host must know.
    abstract Compile: g: Graph * inputs: Seat[] * onHost: bool[] -> Compiled

    /// Runs on borrowed inputs; the caller owns the results. An output that the host must know is in managed memory only.
    abstract Run: c: Compiled * inputs: Held[] * checks: PendingChecks * flagging: Flagging -> Held[]

    /// The seats of a function node's outputs, from the seats of its arguments.
    abstract OutputsOf: fn: Fn * args: Seat[] -> Seat[]

    member x.Run(c, inputs, checks) : Held[] = x.Run(c, inputs, checks, Flagging.Read)

    /// The same memory as an array of the library; the tensor then belongs to the array.
    member x.Wrap(s: Signature, tensor: Tensor) : NdArray =
        let bytes = Shape.size s.Shape * int64 s.Dtype.Size
        NdArray.In(TorchBuffer.Of(owner, device.Value, tensor, bytes), s.Dtype, s.Shape)
