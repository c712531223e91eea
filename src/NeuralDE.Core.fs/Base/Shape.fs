namespace NeuralDE.Compiler

open System
open NeuralDE

/// Arithmetic of shapes: extents of the axes, outermost first. [||] is the shape of one number.
module internal Shape =
    let text (shape: int[]) = "[" + String.Join("; ", Array.map string shape) + "]"

    let size (shape: int[]) =
        let mutable n = 1

        for extent in shape do
            n <- n * extent

        n

    let same (a: int[]) (b: int[]) = a.AsSpan().SequenceEqual(b.AsSpan())

    /// Row-major strides in elements.
    let strides (shape: int[]) =
        let s = Array.create shape.Length 1

        for i in shape.Length - 2 .. -1 .. 0 do
            s[i] <- s[i + 1] * shape[i + 1]

        s

    /// The axes of a tensor of that rank: 0 .. rank − 1.
    let axes rank = Array.init rank id

    /// The axes that are not in the list, in order.
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

    /// NumPy's rule: shapes are aligned at their last axes; an extent of 1 stretches.
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
            | Some shape -> shape
            | None ->
                raise (
                    ShapeException
                        $"{operation}: shapes {text a} and {text b} do not broadcast. Aligned at the last axis, extents must be equal or 1."
                )

    /// An axis counted from the front; −1 is the last.
    let axis operation rank axis =
        let a = if axis < 0 then axis + rank else axis

        if a < 0 || a >= rank then
            raise (
                ShapeException
                    $"{operation}: axis {string axis} is outside a tensor of rank {string rank}. Use −{string rank} to {string (rank - 1)}."
            )

        a
