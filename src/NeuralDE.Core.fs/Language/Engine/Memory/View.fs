namespace NeuralDE.Internal.Engine

open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Kernels

/// A part of a plan's memory that stores one array at a time.
[<Sealed>]
type internal Storage(index: int, bytes: int64, home: StorageHome) =
    member _.Index = index
    member _.Bytes = bytes
    member _.Home = home
    /// A description of the array for messages; empty for small arrays.
    member val Note = "" with get, set
    /// The offset in the memory of the graph that owns it.
    member val Offset = 0L with get, set

and internal StorageHome =
    /// in the memory of the graph
    | Own
    /// the place of the graph's k-th argument
    | Argument of int
    /// among the plan's constants
    | Constants of NdArray
    /// the e-th emission of a loop, with as many rows as the loop writes; only a result of a plan can be stored there
    | Emission of loop: Node * index: int

/// An array in memory by strides: element i₀, i₁, … is at Start + Σ iₐ Stridesₐ, in elements. Movement operations make
/// views without copying.
[<NoEquality; NoComparison>]
type internal View = { Storage: Storage; Dtype: Dtype; Start: int64; Shape: int[]; Strides: int64[] }

module internal View =
    let strides (shape: int[]) : int64[] = Shape.strides shape

    let ofStorage (b: Storage) (s: Signature) : View =
        { Storage = b; Dtype = s.Dtype; Start = 0L; Shape = s.Shape; Strides = strides s.Shape }

    let size (v: View) = Shape.size v.Shape

    /// The place of an element by its number in row-major order.
    let placeOf (extents: int64[]) (strides: int64[]) (index: int64) : int64 =
        let mutable rest, place = index, 0L

        for axis in extents.Length - 1 .. -1 .. 0 do
            let quotient = rest / extents[axis]
            place <- place + (rest - quotient * extents[axis]) * strides[axis]
            rest <- quotient

        place

    /// Whether the elements are in row-major order without gaps.
    let isContiguous (v: View) =
        let mutable expected = 1L
        let mutable is = true

        for a in v.Shape.Length - 1 .. -1 .. 0 do
            if v.Shape[a] <> 1 then
                is <- is && v.Strides[a] = expected
                expected <- expected * int64 v.Shape[a]

        is || size v = 0L

    /// Whether all elements are the same one in memory.
    let isSingle (v: View) = Array.forall2 (fun n s -> n = 1 || s = 0L) v.Shape v.Strides

    let permute (permutation: int[]) (v: View) =
        { v with
            Shape = permutation |> Array.map (fun a -> v.Shape[a])
            Strides = permutation |> Array.map (fun a -> v.Strides[a]) }

    let broadcast (shape: int[]) (axes: int[]) (v: View) =
        let strides = Array.zeroCreate shape.Length
        Array.iteri2
            (fun i axis stride -> if v.Shape[i] <> 1 || shape[axis] = 1 then strides[axis] <- stride)
            axes
            v.Strides
        { v with Shape = shape; Strides = strides }

    let slice (s: Slice) (shape: int[]) (v: View) =
        { v with
            Start = v.Start + Array.sum (Array.map2 (fun start stride -> int64 start * stride) s.Start v.Strides)
            Shape = shape
            Strides = Array.map2 (fun step stride -> int64 step * stride) s.Step v.Strides }

    let reverse (axes: int[]) (v: View) =
        let strides = Array.copy v.Strides
        let mutable start = v.Start

        for a in axes do
            start <- start + int64 (max 0 (v.Shape[a] - 1)) * strides[a]
            strides[a] <- -strides[a]

        { v with Start = start; Strides = strides }

    /// The same elements with another shape, if no copy is needed: axes of extent 1 are added or removed, an axis is
    /// split, or axes with fitting strides are merged.
    let reshape (shape: int[]) (v: View) : View voption =
        if size v = 0L then
            ValueSome { v with Shape = shape; Strides = strides shape }
        elif isContiguous v then
            ValueSome { v with Shape = shape; Strides = strides shape }
        else
            // the old axes except those of extent 1, innermost last
            let old = Array.zip v.Shape v.Strides |> Array.filter (fun (n, _) -> n <> 1) |> Array.rev |> List.ofArray
            let result = Array.zeroCreate shape.Length
            let mutable rest = old
            // the remaining extent and the stride of the current axis
            let mutable extent, stride = 1, 1L
            let mutable fits = true

            for a in shape.Length - 1 .. -1 .. 0 do
                let mutable wanted = shape[a]
                let mutable isFirst = true

                while fits && wanted > 1 do
                    if extent = 1 then
                        match rest with
                        | (n, s) :: others ->
                            if not isFirst && s <> stride then fits <- false
                            extent <- n
                            stride <- s
                            rest <- others
                        | [] -> fits <- false

                    if fits then
                        if isFirst then result[a] <- stride

                        isFirst <- false

                        if wanted % extent = 0 then
                            wanted <- wanted / extent
                            stride <- stride * int64 extent
                            extent <- 1
                        elif extent % wanted = 0 then
                            stride <- stride * int64 wanted
                            extent <- extent / wanted
                            wanted <- 1
                        else
                            fits <- false

            if fits then ValueSome { v with Shape = shape; Strides = result } else ValueNone

    /// Merges axes with fitting strides and removes those of extent 1: the shortest description.
    let collapse (v: View) : struct (int64[] * int64[]) =
        let extents = System.Collections.Generic.List<int64>()
        let strides = System.Collections.Generic.List<int64>()

        for a in 0 .. v.Shape.Length - 1 do
            if v.Shape[a] <> 1 then
                let n, s = int64 v.Shape[a], v.Strides[a]
                let last = extents.Count - 1

                if last >= 0 && strides[last] = s * n then
                    extents[last] <- extents[last] * n
                    strides[last] <- s
                else
                    extents.Add n
                    strides.Add s

        struct (extents.ToArray(), strides.ToArray())

/// The extents and strides of an array as kernels read them.
[<Sealed>]
type internal PinnedAxes(extents: int64[], strides: int64[]) =
    let rank, extents, strides = extents.Length, PinnedTable extents, PinnedTable strides

    /// Copies elements `first` to `first + count - 1` of the array, in row-major order, to contiguous memory.
    member _.Copy(size: int, source: nativeint, target: nativeint, first: int64, count: int64) =
        Movement.Copy(size, rank, extents.Address, strides.Address, source, target, first, count)

    /// Copies contiguous memory to all elements of the array.
    member _.Place(size: int, source: nativeint, target: nativeint, count: int64) =
        Movement.Place(size, rank, extents.Address, strides.Address, source, target, 0L, count)

    static member Of(v: View) : PinnedAxes =
        let struct (extents, strides) = View.collapse v
        PinnedAxes(extents, strides)
