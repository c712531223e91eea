namespace NeuralDE

open System
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor

/// How a normaliser chooses the shift and the scale of a channel.
type Normalisation =
    /// mean and standard deviation: the channel gets mean 0 and variance 1
    | Standard
    /// smallest and largest value: the channel fills [0, 1]
    | MinMax
    /// median and interquartile range, which depend little on outliers
    | Robust

/// <summary>Normalisation of data, channel by channel: x ↦ (x − shift) / scale.</summary>
/// <remarks>A normaliser is a tree, so it is saved with its model. Its tensors are then trained with the model, unless you
/// keep them out of the model or apply stopGradient to them. Fit it to the training data only, because information about the
/// test data would make test results too good.</remarks>
type Normaliser =
    {
        /// [channels]
        Shift: Tensor
        /// [channels], positive
        Scale: Tensor
    }

    /// The quantile of sorted numbers, with linear interpolation as in NumPy.
    static member private Quantile(q: float, sorted: float[]) =
        let at = q * float (sorted.Length - 1)
        let below = int (Math.Floor at)
        let above = min (below + 1) (sorted.Length - 1)
        sorted[below] + (at - float below) * (sorted[above] - sorted[below])

    static member private Middle(kind: Normalisation, xs: float[]) : struct (float * float) =
        match kind with
        | Standard ->
            let mean = Array.average xs
            let variance = xs |> Array.averageBy (fun x -> (x - mean) * (x - mean))
            // the variance of a constant may be a rounding error, because its mean is rounded
            let isConstant = Array.forall (fun x -> x = xs[0]) xs
            if isConstant then struct (xs[0], 0.0) else struct (mean, Math.Sqrt variance)
        | MinMax -> struct (Array.min xs, Array.max xs - Array.min xs)
        | Robust ->
            let sorted = Array.sort xs
            let quantile q = Normaliser.Quantile(q, sorted)
            struct (quantile 0.5, quantile 0.75 - quantile 0.25)

    /// <summary>Fits a normaliser to data [batch…; channels], using the values that a mask marks.</summary>
    /// <param name="kind">Standard, MinMax or Robust.</param>
    /// <param name="mask">bool, with the shape of the data. NaN always counts as missing.</param>
    /// <param name="x">The training data, float32 or float64.</param>
    /// <returns>The normaliser.</returns>
    /// <remarks>A constant channel gets the scale 1, so it is mapped to 0. InputException for a channel without values or
    /// with infinite values. ShapeException for a mask of another shape.</remarks>
    static member fitMasked (kind: Normalisation) (mask: Tensor) (x: Tensor) : Normaliser =
        let verb = "Normaliser.fit"
        Expect.floats verb x
        Expect.bools verb mask
        Expect.rankAtLeast verb 1 x

        if not (Shape.same mask.Dims x.Dims) then
            Expect.misfit $"{verb}: got a mask {Expect.text mask} for data {Expect.text x}, expected equal shapes."

        let values, flags = x.Numbers.Floats, mask.Numbers.Flags
        let channels = x.Dims[x.Rank - 1]

        let middle channel =
            let observed =
                [| for i in channel..channels .. values.Length - 1 do
                       if flags[i] && not (Double.IsNaN values[i]) then values[i] |]

            if observed.Length = 0 then
                raise (
                    InputException
                        $"{verb}: channel {string channel} has no values, expected at least one. Remove the channel."
                )

            if Array.exists Double.IsInfinity observed then
                raise (
                    InputException $"{verb}: channel {string channel} holds infinity, expected finite numbers or NaN."
                )

            let struct (shift, scale) = Normaliser.Middle(kind, observed)

            if not (Double.IsFinite shift && Double.IsFinite scale) then
                raise (
                    InputException
                        $"{verb}: the scale of channel {string channel} overflows, because its values are too large. Change their unit first."
                )

            struct (shift, scale)

        let middles = Array.init channels middle
        let make (f: struct (float * float) -> float) = NdArray.OfFloats(x.Dtype, [| channels |], Array.map f middles)

        { Shift = Tensor.OfArray(make (fun (struct (shift, _)) -> shift))
          Scale = Tensor.OfArray(make (fun (struct (_, scale)) -> if scale > 0.0 then scale else 1.0)) }

    /// <summary>Fits a normaliser to data [batch…; channels]. NaN counts as missing.</summary>
    /// <param name="kind">Standard, MinMax or Robust.</param>
    /// <param name="x">The training data, float32 or float64.</param>
    /// <returns>The normaliser.</returns>
    /// <remarks>A constant channel gets the scale 1, so it is mapped to 0. InputException for a channel without values or
    /// with infinite values.</remarks>
    static member fit (kind: Normalisation) (x: Tensor) : Normaliser =
        Normaliser.fitMasked kind (Tensor.OfArray(NdArray.OfFlags(x.Dims, Array.create x.Count true))) x

    static member private Check(verb: string, n: Normaliser, x: Tensor) =
        let channels = n.Shift.Dims[0]

        if x.Rank = 0 || x.Dims[x.Rank - 1] <> channels then
            Expect.misfit $"{verb}: got shape {Expect.text x}, expected [batch…; {string channels}], as in the fit."

    /// <summary>Normalises data: (x − shift) / scale, [batch…; channels] → [batch…; channels].</summary>
    /// <param name="n">The normaliser.</param>
    /// <param name="x">[batch…; channels].</param>
    /// <returns>[batch…; channels].</returns>
    /// <remarks>ShapeException for another number of channels.</remarks>
    static member apply (n: Normaliser) (x: Tensor) : Tensor =
        Normaliser.Check("Normaliser.apply", n, x)
        (x - n.Shift) / n.Scale

    /// <summary>Inverts `apply`: x · scale + shift.</summary>
    /// <param name="n">The normaliser.</param>
    /// <param name="x">Normalised data [batch…; channels].</param>
    /// <returns>[batch…; channels].</returns>
    /// <remarks>ShapeException for another number of channels.</remarks>
    static member invert (n: Normaliser) (x: Tensor) : Tensor =
        Normaliser.Check("Normaliser.invert", n, x)
        x * n.Scale + n.Shift
