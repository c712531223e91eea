namespace NeuralDE

open System
open NeuralDE.Compiler

/// <summary>One irregular series: observations at times of its own, some of whose channels may be missing.</summary>
type Series =
    {
        /// [time], increasing
        Times: Tensor
        /// [time; channels]; 0 where nothing was observed, so that sums and networks take it as it is. Series.observed has NaN
        /// there, and Series.firstObserved is what a state starts from
        Values: Tensor
        /// [time; channels], bool: what was observed
        Mask: Tensor
    }

/// <summary>Series of different lengths as tensors of one shape.</summary>
type SeriesBatch =
    {
        /// [batch; time], each row non-decreasing, where each series has times of its own; [time] where all have the
        /// same. Ode.saveAt takes both, the first with Ode.perSample.
        Times: Tensor
        /// [batch; time; channels]; 0 where nothing was observed
        Values: Tensor
        /// [batch; time; channels], bool: what was observed; false where a row was padded
        Mask: Tensor
        /// [batch], int64: the times of each series that are its own
        Lengths: Tensor
    }

/// <summary>Irregular series and what neural CDEs, ODE-RNNs and latent ODEs need of them.</summary>
/// <remarks>Data are prepared on numbers: none of these functions can be traced or differentiated.</remarks>
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
                        $"{verb}: got the time {string t} at position {string i} after {string (times[i - 1])}, expected times that increase. Sort the rows, and merge those of one time."
                ))

    let private checkShapes verb (times: Tensor) (values: Tensor) =
        Expect.floats verb times
        Expect.floats verb values
        Expect.rank verb 1 "the times" times
        Expect.rank verb 2 "the values" values

        if values.Dims[0] <> times.Dims[0] then
            Expect.misfit
                $"{verb}: got {string times.Dims[0]} times and values {Expect.text values}, expected a row for each time."

    /// <summary>A series from times [time] and values [time; channels], of which those are observed that the mask
    /// marks.</summary>
    /// <remarks>Values that are not observed become 0. InputException for times that do not increase, or an observed
    /// NaN.</remarks>
    let masked (mask: Tensor) (times: Tensor) (values: Tensor) : Series =
        let verb = "Series.masked"
        checkShapes verb times values
        Expect.bools verb mask

        if not (Shape.same mask.Dims values.Dims) then
            Expect.misfit $"{verb}: got a mask {Expect.text mask} for values {Expect.text values}, expected one shape."

        checkTimes verb times.Numbers.Floats
        let numbers, flags = values.Numbers.Floats, mask.Numbers.Flags
        let width = values.Dims[1]

        let observed i x =
            if flags[i] && Double.IsNaN x then
                raise (
                    InputException
                        $"{verb}: row {string (i / width)}, channel {string (i % width)} is NaN but marked as observed. Use Series.create, which takes NaN for missing."
                )

            if flags[i] then x else 0.0

        { Times = times
          Values = ofFloats values.Dtype values.Dims (Array.mapi observed numbers)
          Mask = mask }

    /// <summary>A series from times [time] and values [time; channels], in which NaN stands for what was not
    /// observed.</summary>
    let create (times: Tensor) (values: Tensor) : Series =
        checkShapes "Series.create" times values
        checkTimes "Series.create" times.Numbers.Floats
        masked (ofFlags values.Dims (values.Numbers.Floats |> Array.map (Double.IsNaN >> not))) times values

    // ── what was observed ────────────────────────────────────────────────────────────────────────────────────────
    /// <summary>The values with NaN where nothing was observed, as they were given to create: [time; channels].</summary>
    let observed (s: Series) : Tensor = where s.Mask s.Values nan

    /// <summary>The first observation of each channel, at whatever time it was made: [channels].</summary>
    /// <remarks>Values[0] is 0 in a channel that is not observed at the first time. InputException for a channel that was
    /// never observed.</remarks>
    let firstObserved (s: Series) : Tensor =
        let values, flags = s.Values.Numbers.Floats, s.Mask.Numbers.Flags
        let rows, width = s.Values.Dims[0], channels s

        let first channel =
            match Seq.init rows (fun i -> i * width + channel) |> Seq.tryFind (fun at -> flags[at]) with
            | Some at -> values[at]
            | None ->
                raise (
                    InputException
                        $"Series.firstObserved: channel {string channel} was never observed, expected at least once. Leave it out."
                )

        ofFloats s.Values.Dtype [| width |] (Array.init width first)

    // ── one series ───────────────────────────────────────────────────────────────────────────────────────────────
    /// <summary>The observations from t0 to t1, both included.</summary>
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

    /// Values at other times, channel by channel, by a function of the observations that lie around one:
    /// the position of the last one at or before it (−1 for none) and the time.
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
                            $"{verb}: channel {string channel} was never observed, expected at least once. Leave it out."
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

    /// <summary>The series at other times, linear between observations, channel by channel; constant before the first
    /// and after the last.</summary>
    /// <param name="times">[time], increasing.</param>
    /// <param name="s">The series.</param>
    /// <remarks>InputException for a channel that was never observed. Linear values look ahead: forecasts want
    /// hold.</remarks>
    let resample (times: Tensor) (s: Series) : Series = whole "Series.resample" times linear s

    /// <summary>The series at its own times without holes, linear between observations: resample at s.Times.</summary>
    let fill (s: Series) : Series = whole "Series.fill" s.Times linear s

    /// <summary>The series at other times, each channel as it was last observed; before that, as it is first
    /// observed.</summary>
    /// <param name="times">[time], increasing.</param>
    /// <param name="s">The series.</param>
    let hold (times: Tensor) (s: Series) : Series = whole "Series.hold" times (fun _ xs i _ -> xs[max i 0]) s

    /// <summary>The series on more times, which include its own: nothing is observed at the new ones.</summary>
    /// <remarks>InputException if one of its own times is missing.</remarks>
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

    /// <summary>The series with time as its first channel, which a neural CDE needs to know how fast its path is
    /// gone.</summary>
    let withTime (s: Series) : Series = withChannels [ s.Times.Numbers.Floats ] s

    /// <summary>The series with channels that count the observations so far, one before each of its own: where and how
    /// often one looks tells something, too. Kidger et al. 2020, section 3.</summary>
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
                        $"series {string i} is {s.Values.Dtype} with {string (channels s)} channels at times of {s.Times.Dtype}"
                    let expected =
                        $"{first.Values.Dtype} with {string (channels first)} at {first.Times.Dtype} as the first"
                    Expect.misfit $"{verb}: {got}, expected {expected}.")

            first

    /// <summary>All times of all series, each once, in order: [time].</summary>
    let unionOfTimes (series: Series list) : Tensor =
        let first = checkBatch "Series.unionOfTimes" series
        let times = series |> Seq.collect (fun s -> s.Times.Numbers.Floats) |> Seq.distinct |> Seq.sort |> Array.ofSeq
        ofFloats first.Times.Dtype [| times.Length |] times

    let private lengths (series: Series list) = tensor [ for s in series -> int64 (count s) ]

    /// <summary>A batch on the union of all times, at most of which a series has no row: one solve for all, as in
    /// latent ODEs. Rubanova et al. 2019.</summary>
    /// <remarks>Takes memory for every series at every time. Times are [time]; Lengths tell how many rows each series
    /// had.</remarks>
    let align (series: Series list) : SeriesBatch =
        let times = unionOfTimes series
        let all = series |> List.map (onTimes times) |> Array.ofList

        { Times = times
          Values = Prim.stack 0 (all |> Array.map _.Values)
          Mask = Prim.stack 0 (all |> Array.map _.Mask)
          Lengths = lengths series }

    /// <summary>A batch as long as the longest series. Shorter ones go on with their last time and value,
    /// unobserved.</summary>
    /// <remarks>
    /// So a path through the values stands still, and Ode.saveAt with Ode.perSample takes the times as they are.
    /// InputException for a series without rows.
    /// </remarks>
    let pad (series: Series list) : SeriesBatch =
        let first = checkBatch "Series.pad" series

        series
        |> List.iteri (fun i s ->
            if count s = 0 then
                raise (
                    InputException $"Series.pad: series {string i} has no rows, expected one or more. Leave it out."
                ))

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

    /// <summary>The series of a padded batch, as they were.</summary>
    let unpad (batch: SeriesBatch) : Series list =
        Expect.rank "Series.unpad" 2 "the times" batch.Times

        batch.Lengths.ToInt64Array()
        |> Array.mapi (fun k n ->
            let own (x: Tensor) = Prim.range 0 0 (int n) (Prim.pick 0 k x)

            { Times = own batch.Times; Values = own batch.Values; Mask = own batch.Mask }: Series)
        |> List.ofArray

    /// <summary>As observed, for a batch: [batch; time; channels].</summary>
    let observedOfBatch (batch: SeriesBatch) : Tensor = where batch.Mask batch.Values nan

    /// <summary>As firstObserved, for each series of a batch: [batch; channels].</summary>
    let firstObservedOfBatch (batch: SeriesBatch) : Tensor =
        let times = batch.Values.Dims[1]

        // the times of a row do not matter here, only their order
        Array.init batch.Values.Dims[0] (fun k ->
            firstObserved
                { Times = linspace 0.0 1.0 times
                  Values = Prim.pick 0 k batch.Values
                  Mask = Prim.pick 0 k batch.Mask })
        |> Prim.stack 0

    /// <summary>The mean of what a mask marks: Σ x / n over its n elements, as for the loss of a batch. 0 if there are
    /// none.</summary>
    /// <remarks>Can be traced and differentiated; what is not marked has no gradient, even where it is NaN.</remarks>
    let maskedMean (mask: Tensor) (x: Tensor) : Tensor =
        Expect.bools "Series.maskedMean" mask
        Expect.floats "Series.maskedMean" x

        if not (Shape.same mask.Dims x.Dims) then
            Expect.misfit $"Series.maskedMean: got a mask {Expect.text mask} for {Expect.text x}, expected one shape."

        sum (where mask x 0.0) / maximum (sum (cast x.Dtype mask)) 1.0
