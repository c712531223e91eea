namespace NeuralDE.Compiler

#nowarn "9" // native pointers

open System
open System.Collections.Concurrent
open System.Threading
open Microsoft.FSharp.NativeInterop
open NeuralDE
open NeuralDE.Kernels

/// When groups of element-wise operations run as compiled code.
type internal Tier =
    /// after a few runs, once the code is ready: compiled in the background
    | Warm
    /// from the first run on
    | Compiled
    /// never
    | Tiled
    /// at each run one or the other, by a hash of the run's number: for tests
    | Alternating

/// A group and its code, shared by every plan that holds an equal group.
[<Sealed>]
type internal GroupKernel(group: ElementGroup) =
    let mutable code: ElementKernel | null = null
    let mutable runs = 0

    member _.Group = group

    member _.Code
        with get () = Volatile.Read(&code)
        and set (value: ElementKernel | null) = Volatile.Write(&code, value)

    /// Counts a run; how many there were before.
    member _.Count() =
        let before = runs
        runs <- before + 1
        before

/// The two ways to run a group. They call the same helpers, so that not a bit depends on when code becomes ready.
module internal GroupKernels =
    let mutable tier =
        match Environment.GetEnvironmentVariable "NEURALDE_TIER" with
        | "compiled" -> Compiled
        | "tiled" -> Tiled
        | "alternating" -> Alternating
        | _ -> Warm

    let private known = ConcurrentDictionary<string, GroupKernel>()

    /// The kernel of a group; equal groups have one.
    let find (group: ElementGroup) : GroupKernel = known.GetOrAdd(ElementGroup.key group, (fun _ -> GroupKernel group))

    let private compile (k: GroupKernel) = if isNull k.Code then k.Code <- Emit.kernel k.Group

    /// Groups waiting for their code, and the thread that makes it.
    let private waiting =
        lazy
            (let queue = new BlockingCollection<GroupKernel>()

             let work () =
                 for k in queue.GetConsumingEnumerable() do
                     compile k

             Thread(work, IsBackground = true, Name = "NeuralDE compiler").Start()
             queue)

    /// Elements that a tile holds: a few results of them fit into the first cache.
    let private tile = 128L

    /// Runs a group operation by operation, each over a tile of elements.
    let private interpret (g: ElementGroup) (memory: nativeint) (offsets: nativeint) (count: int64) =
        let size = if g.Form = Singles then 1L else tile
        let slot = size * 8L
        let results = ThreadScratch.Address(ThreadScratch.Use.Tiles, slot * int64 g.Steps.Length)
        let offset (i: int) = nativeint (NativePtr.get (NativePtr.ofNativeInt<int64> offsets) i)
        let home = Array.create g.Steps.Length -1
        g.Outputs |> Array.iteri (fun i o -> home[o] <- i)
        let mutable first = 0L

        while first < count do
            let n = min size (count - first)

            let placeOfResult i =
                if home[i] >= 0 then
                    let bytes = first * int64 g.Steps[i].Dtype.Size
                    memory + offset (g.Arguments.Length + home[i]) + nativeint bytes
                else
                    results + nativeint (slot * int64 i)

            let place operand : struct (nativeint * bool) =
                match operand with
                | Result i -> struct (placeOfResult i, false)
                | Argument i ->
                    let a = g.Arguments[i]
                    let start = memory + offset i

                    if a.Single then
                        struct (start, true)
                    else
                        struct (start + nativeint (first * int64 a.Dtype.Size), false)

            for i in 0 .. g.Steps.Length - 1 do
                let s = g.Steps[i]
                let target = placeOfResult i
                let struct (a, aSingle) = place s.Operands[0]
                let elementType = ElementGroup.elementType s.Type

                match s.Code with
                | Convert dtype ->
                    ElementKernels.Cast(elementType, ElementGroup.elementType dtype, a, aSingle, target, n)
                | Compute(op, parameter) ->
                    let struct (b, bSingle) = if s.Operands.Length > 1 then place s.Operands[1] else struct (0n, false)
                    let struct (c, cSingle) = if s.Operands.Length > 2 then place s.Operands[2] else struct (0n, false)
                    ElementKernels.Run(op, elementType, parameter, a, aSingle, b, bSingle, c, cSingle, target, n)

            first <- first + n

    /// Runs of a group before its code is made, unless it is large.
    let private warmUp = 2

    let private isTiledTurn (k: GroupKernel) = (int64 (k.Count()) * 2654435761L >>> 7) &&& 1L = 0L

    let run (k: GroupKernel) (memory: nativeint) (offsets: nativeint) (count: int64) =
        let compiled () =
            compile k

            match k.Code with
            | null -> ()
            | code -> code.Invoke(int64 memory, int64 offsets, count)

        match k.Code with
        | null ->
            match tier with
            | _ when k.Group.Form = Anything -> interpret k.Group memory offsets count
            | Compiled -> compiled ()
            | Tiled -> interpret k.Group memory offsets count
            | Alternating -> if isTiledTurn k then interpret k.Group memory offsets count else compiled ()
            | Warm ->
                let runs = k.Count()

                if runs = warmUp then waiting.Value.Add k

                interpret k.Group memory offsets count
        | code ->
            match tier with
            | Alternating when isTiledTurn k -> interpret k.Group memory offsets count
            | Tiled -> interpret k.Group memory offsets count
            | _ -> code.Invoke(int64 memory, int64 offsets, count)
