namespace NeuralDE

open NeuralDE.Compiler

/// Pieces of a long series: what is known, and what is to be forecast from it.
type Windows<'T> =
    {
        /// each leaf [windows; length; …]
        Past: 'T
        /// each leaf [windows; horizon; …]: the times that follow the past
        Future: 'T
    }

/// <summary>Windows that slide over a series.</summary>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Windows =
    /// <summary>Every window of so many times, the next one `stride` times later, with the times that follow
    /// it.</summary>
    /// <param name="length">Times in a window.</param>
    /// <param name="horizon">Times after it; 0 for none.</param>
    /// <param name="stride">Times from the start of one window to that of the next.</param>
    /// <param name="series">A tensor [time; …], or a tree of such, as (times, values).</param>
    /// <returns>(time − length − horizon) / stride + 1 windows, rounded down; times at the end that fill no window are
    /// left.</returns>
    /// <remarks>InputException if not even one fits, TreeException without tensors. Split by time first: windows overlap.</remarks>
    let slide (length: int) (horizon: int) (stride: int) (series: 'T) : Windows<'T> =
        let verb = "Windows.slide"
        Expect.positive verb "length" length
        Expect.count verb "horizon" horizon
        Expect.positive verb "stride" stride

        let cut first width (x: Tensor) =
            Expect.rankAtLeast verb 1 x
            let times = x.Dims[0]

            if int64 times < int64 length + int64 horizon then
                raise (
                    InputException
                        $"{verb}: got {times} times, expected at least {length} + {horizon} for one window and what follows it."
                )

            let windows = (times - length - horizon) / stride + 1
            Expect.made verb [| x |] (Array.append [| windows; width |] x.Dims[1..])
            let indices =
                Array.init (Shape.stored verb [| windows; width |]) (fun i ->
                    int64 (i / width) * int64 stride + int64 (first + i % width))
            let rows = Prim.gather 0 x (Tensor.OfArray(NdArray(Int64, [| indices.Length |], indices)))
            Prim.reshape (Array.append [| windows; width |] x.Dims[1..]) rows

        if Array.isEmpty (Tree.flatten series) then
            raise (TreeException $"{verb}: the series has no tensors, expected one or more of shape [time; …].")

        let counts =
            Tree.flatten series |> Array.choose (fun x -> if x.Rank > 0 then Some x.Dims[0] else None) |> Array.distinct

        if counts.Length > 1 then
            Expect.misfit $"{verb}: got tensors of {counts[0]} and {counts[1]} times, expected all to have as many."

        if counts.Length = 1 then PlainNumbers.refuseColumns verb counts[0] series

        { Past = Tree.map (cut 0 length) series; Future = Tree.map (cut length horizon) series }
