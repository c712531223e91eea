namespace NeuralDE

open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Calculus

/// Windows of a series: a past, and the future to forecast from it.
type Windows<'T> =
    {
        /// each leaf [windows; length; …]
        Past: 'T
        /// each leaf [windows; horizon; …]: the times after the past
        Future: 'T
    }

/// Sliding windows over a series.
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Windows =
    /// <summary>All windows of `length` times, each with the `horizon` times after it. Each window starts `stride` times
    /// after the window before it.</summary>
    /// <param name="length">Number of times in a window.</param>
    /// <param name="horizon">Number of times after a window; 0 for none.</param>
    /// <param name="stride">Distance between the starts of two windows, in times.</param>
    /// <param name="series">A tensor [time; …], or a tree of such tensors, such as (times, values).</param>
    /// <returns>(time − length − horizon) / stride + 1 windows, rounded down. Remaining times at the end are
    /// dropped.</returns>
    /// <remarks>InputException if no window fits; ShapeException for tensors of different lengths; TreeException without
    /// tensors. Windows overlap, so split the series by time first.</remarks>
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
                        $"{verb}: got {string times} times, expected at least {string length} + {string horizon} for one window and its future."
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
            Expect.misfit
                $"{verb}: got tensors of {string counts[0]} and {string counts[1]} times, expected equal numbers of times."

        if counts.Length = 1 then PlainNumbers.refuseColumns verb counts[0] series

        { Past = Tree.map (cut 0 length) series; Future = Tree.map (cut length horizon) series }
