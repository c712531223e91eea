namespace NeuralDE

open System
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor

/// An irregular time series: observations at increasing times. A channel may be unobserved at some of the times.
type Series =
    {
        /// [time], increasing
        Times: Tensor
        /// [time; channels]; 0 where nothing was observed, so that sums and networks can use it. Series.observed has NaN there;
        /// use Series.firstObserved as an initial state
        Values: Tensor
        /// [time; channels], bool: true where a value was observed
        Mask: Tensor
    }

/// Series of different lengths as tensors of one shape.
type SeriesBatch =
    {
        /// [batch; time] with non-decreasing rows if the series have different times; [time] if they share the times.
        /// Ode.saveAt accepts both, the first with Ode.perSample.
        Times: Tensor
        /// [batch; time; channels]; 0 where nothing was observed
        Values: Tensor
        /// [batch; time; channels], bool: true where a value was observed; false in the padding
        Mask: Tensor
        /// [batch], int64: the number of rows of each series, without padding
        Lengths: Tensor
    }

/// <summary>Irregular time series with missing values, and their preparation for neural CDEs, ODE-RNNs and latent
/// ODEs.</summary>
/// <remarks>Data preparation works on numbers: these functions cannot be traced or differentiated, except
/// maskedMean.</remarks>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Series =
    // ── numbers in, numbers out ──────────────────────────────────────────────────────────────────────────────────
    let private ofFloats (dtype: Dtype) (shape: int[]) (values: float[]) =
        Tensor.OfArray(NdArray.OfFloats(dtype, shape, values))

    let private ofFlags (shape: int[]) (flags: bool[]) = Tensor.OfArray(NdArray.OfFlags(shape, flags))
    let private channels (s: Series) = s.Values.Dims[1]
    let private count (s: Series) = s.Times.Dims[0]

    let private checkTimes verb (times: float[]) =
        times
        |> Array.iteri (fun i t ->
            if not (Double.IsFinite t) then
                raise (
                    InputException $"{verb}: got the time {string t} at position {string i}, expected a finite number."
                )

            if i > 0 && t <= times[i - 1] then
                raise (
                    InputException
                        $"{verb}: got the time {string t} at position {string i} after {string (times[i - 1])}, expected increasing times. Sort the rows, and merge rows with equal times."
                ))

    let private checkShapes verb (times: Tensor) (values: Tensor) =
        Expect.floats verb times
        Expect.floats verb values
        Expect.rank verb 1 "the times" times
        Expect.rank verb 2 "the values" values

        if values.Dims[0] <> times.Dims[0] then
            Expect.misfit
                $"{verb}: got {string times.Dims[0]} times and values {Expect.text values}, expected one row for each time."

    /// <summary>A series from times [time] and values [time; channels]. The mask marks the observed values.</summary>
    /// <param name="mask">bool [time; channels]: true where a value was observed.</param>
    /// <param name="times">[time], increasing.</param>
    /// <param name="values">[time; channels].</param>
    /// <returns>The series.</returns>
    /// <remarks>Unobserved values become 0. InputException for times that do not increase, or an observed NaN; ShapeException
    /// for other shapes.</remarks>
    let masked (mask: Tensor) (times: Tensor) (values: Tensor) : Series =
        let verb = "Series.masked"
        checkShapes verb times values
        Expect.bools verb mask

        if not (Shape.same mask.Dims values.Dims) then
            Expect.misfit
                $"{verb}: got a mask {Expect.text mask} for values {Expect.text values}, expected equal shapes."

        checkTimes verb times.Numbers.Floats
        let numbers, flags = values.Numbers.Floats, mask.Numbers.Flags
        let width = values.Dims[1]

        let observed i x =
            if flags[i] && Double.IsNaN x then
                raise (
                    InputException
                        $"{verb}: row {string (i / width)}, channel {string (i % width)} is NaN but marked as observed. Use Series.create, which treats NaN as missing."
                )

            if flags[i] then x else 0.0

        { Times = times
          Values = ofFloats values.Dtype values.Dims (Array.mapi observed numbers)
          Mask = mask }

    /// <summary>A series from times [time] and values [time; channels]. NaN marks an unobserved value.</summary>
    /// <param name="times">[time], increasing.</param>
    /// <param name="values">[time; channels].</param>
    /// <returns>The series.</returns>
    /// <remarks>Unobserved values become 0. InputException for times that do not increase; ShapeException for other
    /// shapes.</remarks>
    let create (times: Tensor) (values: Tensor) : Series =
        checkShapes "Series.create" times values
        checkTimes "Series.create" times.Numbers.Floats
        masked (ofFlags values.Dims (values.Numbers.Floats |> Array.map (Double.IsNaN >> not))) times values

    // ── observations ─────────────────────────────────────────────────────────────────────────────────────────────
    /// <summary>The values with NaN where nothing was observed, as passed to `create`: [time; channels].</summary>
    /// <param name="s">The series.</param>
    /// <returns>[time; channels].</returns>
    let observed (s: Series) : Tensor = where s.Mask s.Values nan

    /// <summary>The first observation of each channel, at any time: [channels].</summary>
    /// <param name="s">The series.</param>
    /// <returns>[channels].</returns>
    /// <remarks>In contrast, Values[0] is 0 in a channel that is not observed at the first time. InputException for a channel
    /// that was never observed.</remarks>
    let firstObserved (s: Series) : Tensor =
        let values, flags = s.Values.Numbers.Floats, s.Mask.Numbers.Flags
        let rows, width = s.Values.Dims[0], channels s

        let first channel =
            match Seq.init rows (fun i -> i * width + channel) |> Seq.tryFind (fun at -> flags[at]) with
            | Some at -> values[at]
            | None ->
                raise (
                    InputException
                        $"Series.firstObserved: channel {string channel} was never observed, expected at least one observation. Remove the channel."
                )

        ofFloats s.Values.Dtype [| width |] (Array.init width first)

    // ── one series ───────────────────────────────────────────────────────────────────────────────────────────────
    /// <summary>The observations from t0 to t1, both included.</summary>
    /// <param name="t0">The first time.</param>
    /// <param name="t1">The last time.</param>
    /// <param name="s">The series.</param>
    /// <returns>The series.</returns>
    /// <remarks>InputException unless t0 ≤ t1.</remarks>
    let between (t0: float) (t1: float) (s: Series) : Series =
        if not (t0 <= t1) then
            raise (
                InputException
                    $"Series.between: got t0 = {string t0} and t1 = {string t1}, expected t0 ≤ t1. Swap them."
            )

        let times = s.Times.Numbers.Floats
        let kept = [| 0 .. times.Length - 1 |] |> Array.filter (fun i -> times[i] >= t0 && times[i] <= t1)
        let indices = Tensor.OfArray(NdArray(Dtype.Int64, [| kept.Length |], Array.map int64 kept))

        { Times = Prim.gather 0 s.Times indices
          Values = Prim.gather 0 s.Values indices
          Mask = Prim.gather 0 s.Mask indices }

    /// The observations of each channel, in order: (time, value).
    let private observations (s: Series) : (float[] * float[])[] =
        let times, values, flags = s.Times.Numbers.Floats, s.Values.Numbers.Floats, s.Mask.Numbers.Flags
        let width = channels s

        Array.init width (fun channel ->
            let seen = [| 0 .. times.Length - 1 |] |> Array.filter (fun i -> flags[i * width + channel])
            Array.map (fun i -> times[i]) seen, Array.map (fun i -> values[i * width + channel]) seen)

    /// Values at other times, channel by channel. `value` gets the times and values of the observations, the index of the
    /// last observation at or before the time (−1 for none), and the time.
    let private valuesAt
        verb
        (times: Tensor)
        (s: Series)
        (value: float[] -> float[] -> int -> float -> float)
        : Tensor =
        let at = times.Numbers.Floats
        let width = channels s

        let columns =
            observations s
            |> Array.mapi (fun channel (ts, xs) ->
                if ts.Length = 0 && at.Length > 0 then
                    raise (
                        InputException
                            $"{verb}: channel {string channel} was never observed, expected at least one observation. Remove the channel."
                    )

                at
                |> Array.map (fun t ->
                    let found = Array.BinarySearch(ts, t)
                    value ts xs (if found >= 0 then found else ~~~found - 1) t))

        ofFloats
            s.Values.Dtype
            [| at.Length; width |]
            (Array.init (Shape.stored verb [| at.Length; width |]) (fun i -> columns[i % width][i / width]))

    let private whole verb (times: Tensor) values (s: Series) : Series =
        Expect.rank verb 1 "the times" times
        Expect.floats verb times
        checkTimes verb times.Numbers.Floats
        let values: Tensor = valuesAt verb times s values

        { Times = times; Values = values; Mask = ofFlags values.Dims (Array.create values.Count true) }

    let private linear (ts: float[]) (xs: float[]) i t =
        if i < 0 then xs[0]
        elif i = ts.Length - 1 || ts[i] = t then xs[i]
        else xs[i] + (xs[i + 1] - xs[i]) * ((t - ts[i]) / (ts[i + 1] - ts[i]))

    /// <summary>Resamples a series at other times by linear interpolation of each channel. Values before the first and after
    /// the last observation are constant.</summary>
    /// <param name="times">[time], increasing.</param>
    /// <param name="s">The series.</param>
    /// <returns>The series.</returns>
    /// <remarks>Interpolation uses later observations; use `hold` for forecasts. InputException for a channel that was never
    /// observed.</remarks>
    let resample (times: Tensor) (s: Series) : Series = whole "Series.resample" times linear s

    /// <summary>Fills the gaps of a series by linear interpolation: `resample` at its own times.</summary>
    /// <param name="s">The series.</param>
    /// <returns>The series.</returns>
    /// <remarks>InputException for a channel that was never observed.</remarks>
    let fill (s: Series) : Series = whole "Series.fill" s.Times linear s

    /// <summary>Resamples a series at other times by the last observation of each channel. Before the first observation it
    /// uses the first one.</summary>
    /// <param name="times">[time], increasing.</param>
    /// <param name="s">The series.</param>
    /// <returns>The series.</returns>
    /// <remarks>InputException for a channel that was never observed.</remarks>
    let hold (times: Tensor) (s: Series) : Series = whole "Series.hold" times (fun _ xs i _ -> xs[max i 0]) s

    /// <summary>Extends a series to more times, which include its own. The values at the new times are unobserved.</summary>
    /// <param name="times">[time], increasing.</param>
    /// <param name="s">The series.</param>
    /// <returns>The series.</returns>
    /// <remarks>InputException if one of the series' times is missing.</remarks>
    let onTimes (times: Tensor) (s: Series) : Series =
        let verb = "Series.onTimes"
        Expect.rank verb 1 "the times" times
        Expect.floats verb times
        let all, own = times.Numbers.Floats, s.Times.Numbers.Floats
        checkTimes verb all
        let width = channels s
        let size = Shape.stored verb [| all.Length; width |]
        let values, flags = Array.zeroCreate size, Array.zeroCreate size
        let numbers, observed = s.Values.Numbers.Floats, s.Mask.Numbers.Flags

        own
        |> Array.iteri (fun i t ->
            let row = Array.BinarySearch(all, t)

            if row < 0 then
                raise (
                    InputException
                        $"{verb}: the times lack {string t}, at which the series has a row. Use Series.unionOfTimes."
                )

            Array.blit numbers (i * width) values (row * width) width
            Array.blit observed (i * width) flags (row * width) width)

        { Times = times
          Values = ofFloats s.Values.Dtype [| all.Length; width |] values
          Mask = ofFlags [| all.Length; width |] flags }

    let private withChannels (extra: float[] list) (s: Series) : Series =
        let n, width, more = count s, channels s, extra.Length
        let values, flags = s.Values.Numbers.Floats, s.Mask.Numbers.Flags
        let total = more + width
        let size = Shape.stored "Series" [| n; total |]
        let extra = Array.ofList extra
        let value i =
            if i % total < more then
                extra[i % total][i / total]
            else
                values[i / total * width + i % total - more]
        let flag i = i % total < more || flags[i / total * width + i % total - more]

        { s with
            Values = ofFloats s.Values.Dtype [| n; total |] (Array.init size value)
            Mask = ofFlags [| n; total |] (Array.init size flag) }

    /// <summary>Adds the time as the first channel. A neural CDE needs it to know the speed along its path.</summary>
    /// <param name="s">The series.</param>
    /// <returns>The series.</returns>
    let withTime (s: Series) : Series = withChannels [ s.Times.Numbers.Floats ] s

    /// <summary>Adds channels with the number of observations so far, one for each channel, before the channels. The times
    /// and the frequency of observations carry information. Kidger et al. 2020, section 3.</summary>
    /// <param name="s">The series.</param>
    /// <returns>The series.</returns>
    let withCounts (s: Series) : Series =
        let n, width = count s, channels s
        let flags = s.Mask.Numbers.Flags

        let counts channel =
            Array.init n (fun i -> if flags[i * width + channel] then 1.0 else 0.0) |> Array.scan (+) 0.0 |> Array.tail

        withChannels (List.init width counts) s

    // ── many series ──────────────────────────────────────────────────────────────────────────────────────────────
    let private checkBatch verb (series: Series list) =
        match series with
        | [] -> raise (InputException $"{verb}: got no series, expected one or more.")
        | first :: _ ->
            series
            |> List.iteri (fun i s ->
                if
                    channels s <> channels first
                    || s.Values.Dtype <> first.Values.Dtype
                    || s.Times.Dtype <> first.Times.Dtype
                then
                    let got =
                        $"series {string i} is {s.Values.Dtype} with {string (channels s)} channels and {s.Times.Dtype} times"
                    let expected =
                        $"{first.Values.Dtype} with {string (channels first)} channels and {first.Times.Dtype} times, as in the first series"
                    Expect.misfit $"{verb}: {got}, expected {expected}.")

            first

    /// <summary>The distinct times of all series, in increasing order: [time].</summary>
    /// <param name="series">The series.</param>
    /// <returns>[time].</returns>
    /// <remarks>InputException without series; ShapeException for series with different dtypes or numbers of
    /// channels.</remarks>
    let unionOfTimes (series: Series list) : Tensor =
        let first = checkBatch "Series.unionOfTimes" series
        let times = series |> Seq.collect (fun s -> s.Times.Numbers.Floats) |> Seq.distinct |> Seq.sort |> Array.ofSeq
        ofFloats first.Times.Dtype [| times.Length |] times

    let private lengths (series: Series list) = tensor [ for s in series -> int64 (count s) ]

    /// <summary>A batch on the union of all times, so that one solve serves all series, as in latent ODEs. Rubanova et al.
    /// 2019. A series has no observations at most of the times.</summary>
    /// <param name="series">The series.</param>
    /// <returns>The batch.</returns>
    /// <remarks>The memory is that of every series at every time. Times are [time]; Lengths are the numbers of rows of the
    /// series. InputException without series; ShapeException for series with different dtypes or numbers of
    /// channels.</remarks>
    let align (series: Series list) : SeriesBatch =
        let times = unionOfTimes series
        let all = series |> List.map (onTimes times) |> Array.ofList

        { Times = times
          Values = Prim.stack 0 (all |> Array.map _.Values)
          Mask = Prim.stack 0 (all |> Array.map _.Mask)
          Lengths = lengths series }

    /// <summary>A batch with the length of the longest series. Shorter series are padded with their last time and value, as
    /// unobserved.</summary>
    /// <param name="series">The series.</param>
    /// <returns>The batch.</returns>
    /// <remarks>A path through the values is constant over the padding. Ode.saveAt with Ode.perSample accepts the times.
    /// InputException without series or for a series without rows; ShapeException for series with different dtypes or numbers
    /// of channels.</remarks>
    let pad (series: Series list) : SeriesBatch =
        let first = checkBatch "Series.pad" series

        series
        |> List.iteri (fun i s ->
            if count s = 0 then
                raise (InputException $"Series.pad: series {string i} has no rows, expected one or more. Remove it."))

        let all = Array.ofList series
        let batch, n, width = all.Length, (all |> Array.map count |> Array.max), channels first
        let size = Shape.stored "Series.pad" [| batch; n; width |]
        let times = Array.zeroCreate (Shape.stored "Series.pad" [| batch; n |])
        let values, flags = Array.zeroCreate size, Array.zeroCreate size

        all
        |> Array.iteri (fun k s ->
            let own, numbers, observed = s.Times.Numbers.Floats, s.Values.Numbers.Floats, s.Mask.Numbers.Flags

            for i in 0 .. n - 1 do
                let row = min i (own.Length - 1)
                times[k * n + i] <- own[row]
                Array.blit numbers (row * width) values ((k * n + i) * width) width
                if row = i then Array.blit observed (row * width) flags ((k * n + i) * width) width)

        { Times = ofFloats first.Times.Dtype [| batch; n |] times
          Values = ofFloats first.Values.Dtype [| batch; n; width |] values
          Mask = ofFlags [| batch; n; width |] flags
          Lengths = lengths series }

    /// <summary>The series of a padded batch, without the padding.</summary>
    /// <param name="batch">The batch.</param>
    /// <returns>The series.</returns>
    let unpad (batch: SeriesBatch) : Series list =
        Expect.rank "Series.unpad" 2 "the times" batch.Times

        batch.Lengths.ToInt64Array()
        |> Array.mapi (fun k n ->
            let own (x: Tensor) = Prim.range 0 0 (int n) (Prim.pick 0 k x)

            { Times = own batch.Times; Values = own batch.Values; Mask = own batch.Mask }: Series)
        |> List.ofArray

    /// <summary>The values of a batch with NaN where nothing was observed: [batch; time; channels].</summary>
    /// <param name="batch">The batch.</param>
    /// <returns>[batch; time; channels].</returns>
    let observedOfBatch (batch: SeriesBatch) : Tensor = where batch.Mask batch.Values nan

    /// <summary>The first observation of each channel of each series of a batch: [batch; channels].</summary>
    /// <param name="batch">The batch.</param>
    /// <returns>[batch; channels].</returns>
    /// <remarks>InputException for a channel that was never observed.</remarks>
    let firstObservedOfBatch (batch: SeriesBatch) : Tensor =
        let times = batch.Values.Dims[1]

        // the times of a row do not matter, only their order
        Array.init batch.Values.Dims[0] (fun k ->
            firstObserved
                { Times = linspace 0.0 1.0 times
                  Values = Prim.pick 0 k batch.Values
                  Mask = Prim.pick 0 k batch.Mask })
        |> Prim.stack 0

    /// <summary>The mean of the elements that a mask marks, for the loss of a batch: Σ x / n over the n marked elements; 0
    /// if none is marked.</summary>
    /// <param name="mask">bool, with the shape of x.</param>
    /// <param name="x">float32 or float64.</param>
    /// <returns>One number, [].</returns>
    /// <remarks>It can be traced and differentiated. Unmarked elements have no gradient, even if they are NaN. ShapeException
    /// for a mask of another shape.</remarks>
    let maskedMean (mask: Tensor) (x: Tensor) : Tensor =
        Expect.bools "Series.maskedMean" mask
        Expect.floats "Series.maskedMean" x

        if not (Shape.same mask.Dims x.Dims) then
            Expect.misfit
                $"Series.maskedMean: got a mask {Expect.text mask} for {Expect.text x}, expected equal shapes."

        sum (where mask x 0.0) / maximum (sum (cast x.Dtype mask)) 1.0
