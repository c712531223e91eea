namespace NeuralDE.Internal.Engine

open System.Collections.Generic
open System.Runtime.CompilerServices
open NeuralDE
open NeuralDE.Internal.Graph

/// An executor runs graphs in memory of its own: it is the base of a back end. It is internal and visible to
/// NeuralDE.TorchSharp, because it uses the types of graphs (Op, Fn, Node), which change as the language grows.
/// Arguments are in its own buffers or in managed memory, never in another executor's. It must be thread-safe.
[<AbstractClass>]
type internal Executor(name: string) =
    inherit Device(name)

    // by managed array: the first entry is the uploaded array, the others are the same memory with other shapes; an
    // entry is removed when its array is collected
    let sent = ConditionalWeakTable<System.Array, List<NdArray>>()

    // A result in this executor's memory has its own buffer object, which the caller may release, also if it shares
    // memory with an argument, another result or a constant: shared memory is freed when its last buffer is released.

    /// The value of a primitive with an argument in this executor's memory.
    abstract Primitive: op: Op * signature: Signature * args: NdArray[] -> NdArray

    /// Runs a function node and raises the first failure of its checks, as Plan.Run does.
    abstract Call: fn: Fn * args: NdArray[] -> NdArray[]

    /// Copies an array to a new buffer of this executor, which the caller may release.
    abstract Upload: NdArray -> NdArray

    /// An argument in this executor's memory: the argument itself, or an upload of it, which is reused as long as the
    /// managed array lives. The caller must not release it.
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

/// Chooses the executor of a computation: the one whose memory stores an argument. Arguments in managed memory are
/// copied to it.
module internal Placement =
    /// The executor of computations without arguments on a device, for tests. null: the library's own engine.
    let mutable everything: Executor | null = null

    let private join (found: Executor | null) (buffer: Buffer) : Executor | null =
        match found, buffer.Device with
        | null, (:? Executor as executor) -> executor
        | null, device -> raise (GraphException $"a buffer of {device}, which has no executor")
        | executor, device when obj.ReferenceEquals(executor, device) -> executor
        | executor, device -> raise (Executor.Mixed(executor, device))

    /// The executor of arguments; null if the library's own engine runs them. Raises DeviceException if there are two.
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

    /// The executor of the arrays contained in a graph and in the graphs inside it.
    let ofGraph (g: Graph) : Executor | null =
        g.Memo(
            "placement",
            fun () ->
                match search g with
                | null -> ValueNone
                | found -> ValueSome found
        )
        |> ValueOption.toObj

    /// Raises DeviceException if a graph of a function node contains arrays of another executor.
    let require (executor: Executor) (fn: Fn) : unit =
        for g in Print.graphsOf fn do
            match ofGraph g with
            | null -> ()
            | other -> if not (obj.ReferenceEquals(other, executor)) then raise (Executor.Mixed(executor, other))

    /// The device on which an array is stored.
    let deviceOf (a: NdArray) : Device =
        match a.Buffer with
        | null -> Device.cpu
        | buffer -> buffer.Device

    /// The array on a device: the array itself if it is already there.
    let move (device: Device) (a: NdArray) : NdArray =
        let from = deviceOf a

        if obj.ReferenceEquals(from, device) then
            a
        else
            let here = if isNull a.Buffer then a else NdArray(a.Dtype, a.Shape, a.Data)

            match device with
            | :? Executor as executor -> executor.Upload here
            | _ -> here
