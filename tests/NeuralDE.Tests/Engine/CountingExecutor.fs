/// A device for tests: the library's own engine on separate memory, which counts transfers and calls.
module internal NeuralDE.Tests.Engine.CountingExecutor

open System
open System.Threading
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Engine

/// An array and the number of buffers that share it; overwritten when the last of them is released.
[<Sealed; AllowNullLiteral>]
type private Memory(data: Array) =
    let mutable users = 1
    member _.Data = data
    member _.Join() = Interlocked.Increment &users |> ignore

    member _.Leave() =
        if Interlocked.Decrement &users = 0 then
            match data with
            | :? (float[]) as x -> Array.fill x 0 x.Length nan
            | :? (float32[]) as x -> Array.fill x 0 x.Length nanf
            | :? (int64[]) as x -> Array.fill x 0 x.Length -1000000007L
            | :? (int[]) as x -> Array.fill x 0 x.Length -1000000007
            | _ -> Array.Clear data

[<NoComparison; NoEquality>]
type Counts =
    {
        Uploads: int
        Downloads: int
        Releases: int
        Calls: int
        Primitives: int
        /// buffers allocated and not released, including those that the garbage collector will find
        Alive: int
    }

[<Sealed>]
type private CountingBuffer(owner: CountingExecutor, memory: Memory) =
    inherit Buffer(owner)
    let mutable released = 0

    member _.Read() : Array =
        if Volatile.Read &released = 1 then
            raise (DeviceException $"a buffer of {owner} was read after its release")

        memory.Data

    override x.ToHost(_dtype, _shape) =
        owner.AddDownload()
        x.Read().Clone() :?> Array

    override x.WithShape _shape =
        x.Read() |> ignore
        memory.Join()
        owner.AddBuffer()
        CountingBuffer(owner, memory)

    override _.Release() =
        if Interlocked.Exchange(&released, 1) = 0 then
            owner.AddRelease()
            memory.Leave()

/// A single number is passed with the call, like an argument of a kernel; larger arrays in managed memory are uploaded
/// once.
and [<Sealed>] CountingExecutor(name: string) =
    inherit Executor(name)
    let mutable uploads = 0
    let mutable downloads = 0
    let mutable releases = 0
    let mutable calls = 0
    let mutable primitives = 0
    let mutable buffers = 0

    member _.AddDownload() = Interlocked.Increment &downloads |> ignore
    member _.AddRelease() = Interlocked.Increment &releases |> ignore
    member _.AddBuffer() = Interlocked.Increment &buffers |> ignore

    member _.Counts =
        { Uploads = uploads
          Downloads = downloads
          Releases = releases
          Calls = calls
          Primitives = primitives
          Alive = buffers - releases }

    member private x.Keep(a: NdArray) : NdArray =
        x.AddBuffer()
        NdArray.In(CountingBuffer(x, Memory(a.Data.Clone() :?> Array)), a.Dtype, a.Shape)

    /// An argument as an array of the engine.
    member private x.Read(a: NdArray) : NdArray =
        if isNull a.Buffer && a.Length <= 1 then
            a
        else
            match (x.Here a).Buffer with
            | :? CountingBuffer as b -> NdArray(a.Dtype, a.Shape, b.Read())
            | _ -> failwith "got a foreign buffer, expected one of this executor's"

    override x.Upload a =
        if not (isNull a.Buffer) then failwith "got a buffer to upload, expected an array in managed memory"
        Interlocked.Increment &uploads |> ignore
        x.Keep a

    override x.Primitive(op, signature, args) =
        Interlocked.Increment &primitives |> ignore
        Execute.primitiveHere op signature (Array.map x.Read args) |> x.Keep

    override x.Call(fn, args) =
        Interlocked.Increment &calls |> ignore
        let here = Array.map x.Read args

        let results =
            match Execute.plan (Execute.graphOf fn here) here with
            | ValueSome plan -> plan.Run here
            | ValueNone -> Interpret.call fn here

        Array.map x.Keep results

/// The transfers and calls during an action.
let during (device: CountingExecutor) (act: unit -> 'T) : 'T * Counts =
    let before = device.Counts
    let result = act ()
    let after = device.Counts

    result,
    { Uploads = after.Uploads - before.Uploads
      Downloads = after.Downloads - before.Downloads
      Releases = after.Releases - before.Releases
      Calls = after.Calls - before.Calls
      Primitives = after.Primitives - before.Primitives
      Alive = after.Alive - before.Alive }

let isOn (device: Device) (x: Tensor) = obj.ReferenceEquals(x.Device, device)
