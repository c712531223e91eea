namespace NeuralDE.Internal.Graph

open System
open NeuralDE

/// Arithmetic of shapes: extents of the axes, outermost first. [||] is the shape of one number.
module internal Shape =
    let text (shape: int[]) = "[" + String.Join("; ", Array.map string shape) + "]"

    /// The most elements that a .NET array, and so a stored tensor, can have (System.Array.MaxLength).
    let mostStored = 0x7FFFFFC7

    /// The most elements that a shape may describe: the number of bytes, 8 per element, must fit into int64.
    let mostElements = Int64.MaxValue / 8L

    /// The product without overflow, for messages.
    let private product (shape: int[]) =
        shape |> Array.fold (fun n extent -> n * Numerics.BigInteger(extent: int)) Numerics.BigInteger.One

    let private tooLarge (operation: string) (shape: int[]) : 'a =
        let extents = shape |> Array.filter ((<>) 0)

        raise (
            ShapeException
                $"{operation}: the extents of shape {text shape} (without those of 0) multiply to {string (product extents)}, more than {string mostElements} elements, the most that a tensor may have. Use smaller extents."
        )

    /// The number of elements as int64. An extent of 0 makes it 0; the product of the other extents must still fit, as
    /// in NumPy, because strides are such products.
    let sizeIn (operation: string) (shape: int[]) : int64 =
        let mutable n = 1L
        let mutable isEmpty = false

        for extent in shape do
            if extent = 0 then
                isEmpty <- true
            else
                // below 2³² times below 2³¹ is below 2⁶³, so only larger n are divided
                if n > 0xFFFFFFFFL && n > mostElements / int64 extent then tooLarge operation shape

                n <- n * int64 extent

        if n > mostElements then tooLarge operation shape
        if isEmpty then 0L else n

    /// The number of elements of a tensor's shape.
    let size (shape: int[]) : int64 = sizeIn "shape" shape

    /// An extent that an axis can have: from 0 to 2³¹ − 1. Raises ShapeException otherwise.
    let extent (operation: string) (n: int64) : int =
        if n < 0L || n > int64 Int32.MaxValue then
            raise (
                ShapeException
                    $"{operation}: an axis would have {string n} elements, expected 0 to {string Int32.MaxValue}. Split the elements over several axes, or take fewer."
            )

        int n

    /// The extent of two axes merged into one.
    let times operation (a: int) (b: int) : int = extent operation (int64 a * int64 b)

    /// The number of elements of a stored tensor: a result outside a transform, an input or output of a plan, or a
    /// file.
    let stored (operation: string) (shape: int[]) : int =
        let n = sizeIn operation shape

        if n > int64 mostStored then
            raise (
                ShapeException
                    $"{operation}: a tensor of shape {text shape} would hold {string n} elements, more than the {string mostStored} that fit in one array. Split it into parts; or make and reduce it within one function given to compile, which stores only the reduced result."
            )

        int n

    let same (a: int[]) (b: int[]) = a.AsSpan().SequenceEqual(b.AsSpan())

    /// Row-major strides in elements.
    let strides (shape: int[]) : int64[] =
        let s = Array.create shape.Length 1L

        for i in shape.Length - 2 .. -1 .. 0 do
            s[i] <- s[i + 1] * int64 shape[i + 1]

        s

    /// Row-major strides of a stored array, as int32.
    let storedStrides (shape: int[]) : int[] = strides shape |> Array.map int

    /// The axes of a tensor of this rank: 0 .. rank − 1.
    let axes rank = Array.init rank id

    /// The axes that are not in the list, in increasing order.
    let others rank (some: int[]) = Array.filter (fun axis -> not (Array.contains axis some)) (axes rank)

    let without (some: int[]) (shape: int[]) = others shape.Length some |> Array.map (fun axis -> shape[axis])

    let swapLast rank = Array.append (axes (rank - 2)) [| rank - 1; rank - 2 |]

    let invert (permutation: int[]) =
        let inverse = Array.zeroCreate permutation.Length
        permutation |> Array.iteri (fun i p -> inverse[p] <- i)
        inverse

    /// The permutation that moves one axis to another place and keeps the order of the others.
    let moving rank source target =
        let rest = others rank [| source |]
        Array.concat [ rest[.. target - 1]; [| source |]; rest[target..] ]

    /// NumPy's broadcasting rule: shapes are aligned at their last axes; an extent of 1 is repeated.
    let tryBroadcast (a: int[]) (b: int[]) =
        let rank = max a.Length b.Length

        let at (s: int[]) i =
            let j = i - (rank - s.Length)
            if j < 0 then 1 else s[j]

        let extent i =
            match at a i, at b i with
            | x, y when x = y -> Some x
            | 1, y -> Some y
            | x, 1 -> Some x
            | _, _ -> None

        let extents = Array.init rank extent
        if Array.forall Option.isSome extents then Some(Array.map Option.get extents) else None

    let broadcast operation (a: int[]) (b: int[]) =
        if same a b then
            a
        else
            match tryBroadcast a b with
            | Some shape ->
                sizeIn operation shape |> ignore
                shape
            | None ->
                raise (
                    ShapeException
                        $"{operation}: shapes {text a} and {text b} do not broadcast. Aligned at the last axis, extents must be equal or 1."
                )

    /// An axis index counted from the front; −1 means the last axis.
    let axis operation rank axis =
        let a = if axis < 0 then axis + rank else axis

        if a < 0 || a >= rank then
            raise (
                ShapeException
                    $"{operation}: axis {string axis} is outside a tensor of rank {string rank}. Use −{string rank} to {string (rank - 1)}."
            )

        a
