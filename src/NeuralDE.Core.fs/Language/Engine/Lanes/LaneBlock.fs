namespace NeuralDE.Internal.Engine

#nowarn "9" // native pointers

open System.Runtime.CompilerServices
open Microsoft.FSharp.NativeInterop
open NeuralDE
open NeuralDE.Kernels

/// Where the numbers of a block of lanes are: slot s of `Lanes` numbers from s · 8 · Lanes on, then the shared numbers, 64 bytes
/// each (a whole vector of one number). If the program has float32, int32 and flags have 4 bytes, otherwise 8, so that all vectors have the same number of lanes. A flag is 0 or −1.
[<Struct>]
type internal LaneBlock = { Lanes: int; IsNarrow: bool; SharedAt: int; Bytes: int }

module internal LaneBlock =
    let isNarrow (p: LaneProgram) = p.All |> Seq.exists (fun p -> p.Nodes.Exists(fun n -> n.Dtype = Float32))

    let ofCode (code: LaneCode) (lanes: int) : LaneBlock =
        // three further slots hold the arguments and results of calls
        let shared = (code.Slots.Length + 3) * 8 * lanes

        { Lanes = lanes
          IsNarrow = isNarrow code.Program
          SharedAt = shared
          Bytes = shared + code.Shared.Length * 64 }

    /// The offset of a slot.
    let inline slotAt (b: LaneBlock) (slot: int) : nativeint = nativeint (slot * 8 * b.Lanes)

    /// The size of a number in a slot.
    let size (b: LaneBlock) (dtype: Dtype) =
        match dtype with
        | Float32 -> 4
        | Float64
        | Int64 -> 8
        | Int32
        | Bool -> if b.IsNarrow then 4 else 8

    let inline get<'T when 'T: unmanaged> (at: nativeint) (index: int) : 'T =
        NativePtr.get (NativePtr.ofNativeInt<'T> at) index

    let inline set<'T when 'T: unmanaged> (at: nativeint) (index: int) (value: 'T) =
        NativePtr.set (NativePtr.ofNativeInt<'T> at) index value

    /// Copies a number of an array to a place of a slot.
    let inline put (b: LaneBlock) (dtype: Dtype) (source: nativeint) (slot: nativeint) (lane: int) =
        match dtype with
        | Float32 -> set<int> slot lane (get<int> source 0)
        | Float64
        | Int64 -> set<int64> slot lane (get<int64> source 0)
        | Int32 ->
            if b.IsNarrow then
                set<int> slot lane (get<int> source 0)
            else
                set<int64> slot lane (int64 (get<int> source 0))
        | Bool ->
            let flag = if get<byte> source 0 <> 0uy then -1L else 0L
            if b.IsNarrow then set<int> slot lane (int flag) else set<int64> slot lane flag

    /// Copies a number of a slot to an array.
    let inline take (b: LaneBlock) (dtype: Dtype) (slot: nativeint) (lane: int) (target: nativeint) =
        match dtype with
        | Float32 -> set<int> target 0 (get<int> slot lane)
        | Float64
        | Int64 -> set<int64> target 0 (get<int64> slot lane)
        | Int32 -> set<int> target 0 (if b.IsNarrow then get<int> slot lane else int (get<int64> slot lane))
        | Bool ->
            let isSet = if b.IsNarrow then get<int> slot lane <> 0 else get<int64> slot lane <> 0L
            set<byte> target 0 (if isSet then 1uy else 0uy)

    let inline zero (b: LaneBlock) (dtype: Dtype) (slot: nativeint) (lane: int) =
        if size b dtype = 4 then set<int> slot lane 0 else set<int64> slot lane 0L

    let inline isSet (b: LaneBlock) (slot: nativeint) (lane: int) =
        if b.IsNarrow then get<int> slot lane <> 0 else get<int64> slot lane <> 0L

    let inline setFlag (b: LaneBlock) (slot: nativeint) (lane: int) (value: bool) =
        if b.IsNarrow then
            set<int> slot lane (if value then -1 else 0)
        else
            set<int64> slot lane (if value then -1L else 0L)

    /// Writes a shared number into a whole vector.
    [<MethodImpl(MethodImplOptions.AggressiveOptimization)>]
    let share (b: LaneBlock) (dtype: Dtype) (source: nativeint) (target: nativeint) =
        for lane in 0 .. 64 / size b dtype - 1 do
            put b dtype source target lane
