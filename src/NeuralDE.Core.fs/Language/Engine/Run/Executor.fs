namespace NeuralDE.Internal.Engine

open System.Collections.Generic
open System.Runtime.CompilerServices
open NeuralDE
open NeuralDE.Internal.Graph

/// Runs graphs on memory of its own: what a back end is. It is internal, and NeuralDE.TorchSharp sees it, because its words are
/// those of graphs (Op, Fn, Node), which change as the language grows.
/// Arguments lie in buffers of its own or in managed memory, never in another executor's. Any number of threads may call.
[<AbstractClass>]
type internal Executor(name: string) =
    inherit Device(name)

    // by the managed array: the first has its numbers, the others are the same memory under other shapes; an entry goes when
    // its array does
    let sent = ConditionalWeakTable<System.Array, List<NdArray>>()

    // A result that lies here has a buffer of its own, which its caller may release: not that of an argument, of another
    // result or of a constant. Where they share memory, it stays until the last of them is released.

    /// The value of a primitive of which an argument lies here.
    abstract Primitive: op: Op * signature: Signature * args: NdArray[] -> NdArray

    /// Runs a function node and raises what its checks found, as Plan.Run does.
    abstract Call: fn: Fn * args: NdArray[] -> NdArray[]

    /// The same numbers in a new buffer of this executor's, which the caller may release.
    abstract Upload: NdArray -> NdArray

    /// An argument in this executor's memory: itself, or sent there, once for as long as its managed array lives.
    /// Nobody may release what this gives.
    member x.Here(a: NdArray) : NdArray =
        match a.Buffer with
        | null ->
            lock sent (fun () ->
                let data = a.Data

                match sent.TryGetValue data with
                | true, known ->
                    match known |> Seq.tryFind (fun k -> Shape.same k.Shape a.Shape) with
                    | Some found -> found
                    | None ->
                        let shaped = known[0].WithShape a.Shape
                        known.Add shaped
                        shaped
                | _ ->
                    let placed = x.Upload a
                    sent.Add(data, List [ placed ])
                    placed)
        | buffer when obj.ReferenceEquals(buffer.Device, x) -> a
        | buffer -> raise (Executor.Mixed(buffer.Device, x))

    static member Mixed(a: Device, b: Device) : exn =
        DeviceException
            $"got tensors on {a} and on {b} in one computation, expected one device. Bring them together with Tree.toDevice."

/// Who runs a computation: the executor in whose memory its numbers are. Numbers of managed memory follow.
module internal Placement =
    /// For tests: who runs what has no place. None: the library's own engine.
    let mutable everything: Executor | null = null

    let private join (found: Executor | null) (buffer: Buffer) : Executor | null =
        match found, buffer.Device with
        | null, (:? Executor as executor) -> executor
        | null, device -> raise (GraphException $"a buffer of {device}, which runs nothing")
        | executor, device when obj.ReferenceEquals(executor, device) -> executor
        | executor, device -> raise (Executor.Mixed(executor, device))

    /// The executor of arguments; none where the library's own engine runs them. DeviceException if there are two.
    let ofArgs (args: NdArray[]) : Executor | null =
        let mutable found: Executor | null = null

        for a in args do
            match a.Buffer with
            | null -> ()
            | buffer -> found <- join found buffer

        if isNull found then everything else found

    let private search (g: Graph) : Executor | null =
        let seen = HashSet<Graph>(HashIdentity.Reference)
        let todo = Stack<Graph>()
        todo.Push g
        let mutable found: Executor | null = null

        while todo.Count > 0 do
            let g = todo.Pop()

            if seen.Add g then
                for n in g.Order do
                    match n.Op with
                    | Data { Array = a } ->
                        match a.Buffer with
                        | null -> ()
                        | buffer -> found <- join found buffer
                    | Apply fn -> Print.graphsOf fn |> List.iter todo.Push
                    | _ -> () // other operations hold no arrays

        found

    /// The executor of numbers that are part of a graph, those of the graphs within it too.
    let ofGraph (g: Graph) : Executor | null =
        g.Memo(
            "placement",
            fun () ->
                match search g with
                | null -> ValueNone
                | found -> ValueSome found
        )
        |> ValueOption.toObj

    /// DeviceException where a graph of a function node has numbers of another executor than the one that is to run it.
    let require (executor: Executor) (fn: Fn) : unit =
        for g in Print.graphsOf fn do
            match ofGraph g with
            | null -> ()
            | other -> if not (obj.ReferenceEquals(other, executor)) then raise (Executor.Mixed(executor, other))

    /// Where an array's numbers are.
    let deviceOf (a: NdArray) : Device =
        match a.Buffer with
        | null -> Device.cpu
        | buffer -> buffer.Device

    /// The array on a device: itself where it is there.
    let move (device: Device) (a: NdArray) : NdArray =
        let from = deviceOf a

        if obj.ReferenceEquals(from, device) then
            a
        else
            let here = if isNull a.Buffer then a else NdArray(a.Dtype, a.Shape, a.Data)

            match device with
            | :? Executor as executor -> executor.Upload here
            | _ -> here
