namespace NeuralDE.LibTorch

open System
open System.Collections.Concurrent
open System.Threading

/// What the calls of one thread have cost so far, and which operations the library's own engine ran instead of libtorch.
[<AbstractClass; Sealed>]
type internal Counted private () =
    [<ThreadStatic; DefaultValue>]
    static val mutable private launches: int64

    [<ThreadStatic; DefaultValue>]
    static val mutable private waits: int64

    [<ThreadStatic; DefaultValue>]
    static val mutable private uploads: int64

    static let fallbacks = ConcurrentDictionary<string, int64>()

    /// Operations of libtorch started by this thread.
    static member Launches = Counted.launches

    /// Reads of this thread from a device; each waits for what computes the value.
    static member Waits = Counted.waits

    /// Copies from managed memory to a device by this thread.
    static member Uploads = Counted.uploads

    static member AddLaunch() = Counted.launches <- Counted.launches + 1L
    static member AddWait() = Counted.waits <- Counted.waits + 1L
    static member AddUpload() = Counted.uploads <- Counted.uploads + 1L

    /// The library's own engine ran this instead of libtorch, on copies.
    static member FellBack(name: string) = fallbacks.AddOrUpdate(name, 1L, (fun _ n -> n + 1L)) |> ignore

    /// By operation: how often it fell back, in all threads.
    static member Fallbacks: Map<string, int64> = Map [ for pair in fallbacks -> pair.Key, pair.Value ]
