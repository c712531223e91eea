namespace NeuralDE;

/// <summary>Irregular series and what neural CDEs, ODE-RNNs and latent ODEs need of them.</summary>
public static class SeriesExtensions
{
    extension(Series)
    {
        /// <summary>
        /// A series from times [time] and values [time; channels], of which those are observed that the mask marks.
        /// </summary>
        /// <remarks>
        /// Values that are not observed become 0. InputException for times that do not increase, or an observed
        /// NaN.
        /// </remarks>
        public static Series Masked(Tensor mask, Tensor times, Tensor values) =>
            SeriesModule.masked(Given(mask), Given(times), Given(values));

        /// <summary>
        /// A series from times [time] and values [time; channels], in which NaN stands for what was not observed.
        /// </summary>
        public static Series Create(Tensor times, Tensor values) => SeriesModule.create(Given(times), Given(values));

        /// <summary>All times of all series, each once, in order: [time].</summary>
        public static Tensor UnionOfTimes(params ReadOnlySpan<Series> series) =>
            SeriesModule.unionOfTimes(FSharp.List(series));

        /// <summary>
        /// A batch on the union of all times, at most of which a series has no row: one solve for all, as in latent
        /// ODEs. Rubanova et al. 2019.
        /// </summary>
        /// <remarks>
        /// Takes memory for every series at every time. Times are [time]; Lengths tell how many rows each series
        /// had.
        /// </remarks>
        public static SeriesBatch Align(params ReadOnlySpan<Series> series) => SeriesModule.align(FSharp.List(series));

        /// <summary>
        /// A batch as long as the longest series. Shorter ones go on with their last time and value, unobserved.
        /// </summary>
        /// <remarks>
        /// So a path through the values stands still, and SaveAt with PerSample of a problem takes the times as
        /// they are. InputException for a series without rows.
        /// </remarks>
        public static SeriesBatch Pad(params ReadOnlySpan<Series> series) => SeriesModule.pad(FSharp.List(series));

        /// <summary>
        /// The mean of what a mask marks: Σ x / n over its n elements, as for the loss of a batch. 0 if there are
        /// none.
        /// </summary>
        /// <remarks>
        /// Can be traced and differentiated; what is not marked has no gradient, even where it is NaN.
        /// </remarks>
        public static Tensor MaskedMean(Tensor mask, Tensor x) => SeriesModule.maskedMean(Given(mask), Given(x));
    }

    extension(Series series)
    {
        /// <summary>
        /// The values with NaN where nothing was observed, as they were given to Create: [time; channels].
        /// </summary>
        public Tensor Observed() => SeriesModule.observed(Given(series));

        /// <summary>The first observation of each channel, at whatever time it was made: [channels].</summary>
        /// <remarks>
        /// Values[0] is 0 in a channel that is not observed at the first time. InputException for a channel that was
        /// never observed.
        /// </remarks>
        public Tensor FirstObserved() => SeriesModule.firstObserved(Given(series));

        /// <summary>The observations from t0 to t1, both included.</summary>
        public Series Between(double t0, double t1) => SeriesModule.between(t0, t1, Given(series));

        /// <summary>
        /// The series at other times, linear between observations, channel by channel; constant before the first
        /// and after the last.
        /// </summary>
        /// <param name="times">[time], increasing.</param>
        /// <remarks>
        /// InputException for a channel that was never observed. Linear values look ahead: forecasts want Hold.
        /// </remarks>
        public Series Resample(Tensor times) => SeriesModule.resample(Given(times), Given(series));

        /// <summary>
        /// The series at its own times without holes, linear between observations: Resample at its Times.
        /// </summary>
        public Series Fill() => SeriesModule.fill(Given(series));

        /// <summary>
        /// The series at other times, each channel as it was last observed; before that, as it is first observed.
        /// </summary>
        /// <param name="times">[time], increasing.</param>
        public Series Hold(Tensor times) => SeriesModule.hold(Given(times), Given(series));

        /// <summary>The series on more times, which include its own: nothing is observed at the new ones.</summary>
        /// <remarks>InputException if one of its own times is missing.</remarks>
        public Series OnTimes(Tensor times) => SeriesModule.onTimes(Given(times), Given(series));

        /// <summary>
        /// The series with time as its first channel, which a neural CDE needs to know how fast its path is gone.
        /// </summary>
        public Series WithTime() => SeriesModule.withTime(Given(series));

        /// <summary>
        /// The series with channels that count the observations so far, one before each of its own: where and how
        /// often one looks tells something, too. Kidger et al. 2020, section 3.
        /// </summary>
        public Series WithCounts() => SeriesModule.withCounts(Given(series));
    }
}

/// <summary>The series of a batch.</summary>
public static class SeriesBatchExtensions
{
    extension(SeriesBatch batch)
    {
        /// <summary>The values with NaN where nothing was observed: [batch; time; channels].</summary>
        public Tensor Observed() => SeriesModule.observedOfBatch(Given(batch));

        /// <summary>The first observation of each channel of each series: [batch; channels].</summary>
        /// <remarks>InputException for a channel that was never observed.</remarks>
        public Tensor FirstObserved() => SeriesModule.firstObservedOfBatch(Given(batch));

        /// <summary>The series of a padded batch, as they were.</summary>
        public Series[] Unpad() => SeriesModule.unpad(Given(batch)).ToArray();
    }
}
