namespace NeuralDE.Internal.Engine

#nowarn "9" // native pointers

open System.Collections.Generic
open Microsoft.FSharp.NativeInterop

/// One array of a tile, the result of a step.
[<Struct>]
type internal TileValue = TileValue of int

/// Where a group of a tile reads.
[<Struct>]
type internal TileOperand =
    /// the result of a step
    | Made of value: TileValue
    /// one element of the plan's memory
    | Element of place: int64

/// The steps of a tile, in order.
[<NoEquality; NoComparison>]
type internal TileStep =
    | Read of StreamSource * into: TileValue
    | Compute of GroupKernel * operands: TileOperand[] * result: TileValue

/// Computes the elements of an unstored array one tile at a time, in the calling thread's memory.
[<Sealed>]
type internal StreamProgram(steps: TileStep[], tile: int) =
    let resultOf (step: TileStep) =
        match step with
        | Read(_, TileValue v)
        | Compute(_, _, TileValue v) -> v

    let readBy (step: TileStep) : int[] =
        match step with
        | Read _ -> [||]
        | Compute(_, operands, _) ->
            operands
            |> Array.choose (function
                | Made(TileValue v) -> Some v
                | Element _ -> None)

    /// Compiled code writes whole vectors, so there is room for one after every array.
    let arrayOf (step: TileStep) : int64 =
        let bytes =
            match step with
            | Read(source, _) -> (tile + source.Spare tile) * source.Size
            | Compute(kernel, _, _) -> tile * kernel.Group.Steps[kernel.Group.Outputs[0]].Dtype.Size

        (int64 bytes + 127L) / 64L * 64L

    /// The working memory of a source follows its array.
    let roomOf (step: TileStep) : int64 =
        match step with
        | Read(source, _) -> arrayOf step + (source.Desk + 63L) / 64L * 64L
        | Compute _ -> arrayOf step

    let arrays = steps |> Array.map arrayOf

    /// Offsets of the values in the tile's memory, reused after their last reader; and the size of that memory.
    let places, bytes =
        let last = Dictionary<int, int>()
        steps |> Array.iteri (fun i s -> readBy s |> Array.iter (fun v -> last[v] <- i))
        let free = FreeMemory()
        let places = Array.create steps.Length -1L
        let rooms = Array.zeroCreate<int64> steps.Length
        let mutable most = 0L

        for i in 0 .. steps.Length - 1 do
            let v = resultOf steps[i]
            rooms[v] <- roomOf steps[i]
            places[v] <- free.Take rooms[v]
            most <- max most (places[v] + rooms[v])

            for v in Array.distinct (readBy steps[i]) do
                if last[v] = i then free.Give(places[v], rooms[v])

        places, most

    /// The largest number of offsets of a group's operands and result.
    let tableSize =
        steps
        |> Array.fold
            (fun most s ->
                match s with
                | Read _ -> most
                | Compute(_, operands, _) -> max most (operands.Length + 1))
            1

    /// Bytes per thread.
    member _.Bytes = bytes

    /// Estimated nanoseconds per element.
    member val Cost =
        steps
        |> Array.sumBy (fun s ->
            match s with
            | Read(source, _) -> source.Cost
            | Compute(kernel, _, _) -> kernel.Cost)

    /// Computes some elements and returns their address; they are contiguous.
    member _.Run(memory: nativeint, local: nativeint, at: Stretch) : nativeint =
        let made = NativePtr.stackalloc<nativeint> steps.Length
        let table = NativePtr.stackalloc<int64> tableSize
        let count = int64 at.Count
        let mutable result = 0n

        for i in 0 .. steps.Length - 1 do
            match steps[i] with
            | Read(source, TileValue v) ->
                let room = local + nativeint places[v]
                result <- source.Read(memory, room, room + nativeint arrays[i], at)
                NativePtr.set made v result
            | Compute(kernel, operands, TileValue v) ->
                for k in 0 .. operands.Length - 1 do
                    NativePtr.set
                        table
                        k
                        (match operands[k] with
                         | Made(TileValue u) -> int64 (NativePtr.get made u - memory)
                         | Element place -> place)

                result <- local + nativeint places[v]
                NativePtr.set table operands.Length (int64 (result - memory))
                NativePtr.set made v result
                GroupKernels.runPart kernel memory (NativePtr.toNativeInt table) 0L count count

        result
