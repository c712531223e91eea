// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>
/// Irregular time series with missing values, and their preparation for neural CDEs, ODE-RNNs and latent ODEs.
/// </summary>
/// <remarks>
/// Data preparation works on numbers: these functions cannot be traced or differentiated, except MaskedMean.
/// </remarks>
public static partial class SeriesExtensions
{
    extension(Series)
    {
        /// <summary>
        /// A series from times [time] and values [time; channels]. The mask marks the observed values.
        /// </summary>
        /// <param name="mask">bool [time; channels]: true where a value was observed.</param>
        /// <param name="times">[time], increasing.</param>
        /// <param name="values">[time; channels].</param>
        /// <returns>The series.</returns>
        /// <remarks>
        /// Unobserved values become 0. InputException for times that do not increase, or an observed NaN;
        /// ShapeException for other shapes.
        /// </remarks>
        public static Series Masked(Tensor mask, Tensor times, Tensor values) =>
            SeriesModule.masked(Given(mask), Given(times), Given(values));

        /// <summary>A series from times [time] and values [time; channels]. NaN marks an unobserved value.</summary>
        /// <param name="times">[time], increasing.</param>
        /// <param name="values">[time; channels].</param>
        /// <returns>The series.</returns>
        /// <remarks>
        /// Unobserved values become 0. InputException for times that do not increase; ShapeException for other shapes.
        /// </remarks>
        public static Series Create(Tensor times, Tensor values) => SeriesModule.create(Given(times), Given(values));

        /// <summary>The distinct times of all series, in increasing order: [time].</summary>
        /// <param name="series">The series.</param>
        /// <returns>[time].</returns>
        /// <remarks>
        /// InputException without series; ShapeException for series with different dtypes or numbers of channels.
        /// </remarks>
        public static Tensor UnionOfTimes(params ReadOnlySpan<Series> series) =>
            SeriesModule.unionOfTimes(FSharp.List(series));

        /// <summary>
        /// A batch on the union of all times, so that one solve serves all series, as in latent ODEs. Rubanova et al.
        /// 2019. A series has no observations at most of the times.
        /// </summary>
        /// <param name="series">The series.</param>
        /// <returns>The batch.</returns>
        /// <remarks>
        /// The memory is that of every series at every time. Times are [time]; Lengths are the numbers of rows of the
        /// series. InputException without series; ShapeException for series with different dtypes or numbers of
        /// channels.
        /// </remarks>
        public static SeriesBatch Align(params ReadOnlySpan<Series> series) => SeriesModule.align(FSharp.List(series));

        /// <summary>
        /// A batch with the length of the longest series. Shorter series are padded with their last time and value, as
        /// unobserved.
        /// </summary>
        /// <param name="series">The series.</param>
        /// <returns>The batch.</returns>
        /// <remarks>
        /// A path through the values is constant over the padding. Problem.SaveAt with Problem.PerSample accepts the
        /// times. InputException without series or for a series without rows; ShapeException for series with different
        /// dtypes or numbers of channels.
        /// </remarks>
        public static SeriesBatch Pad(params ReadOnlySpan<Series> series) => SeriesModule.pad(FSharp.List(series));

        /// <summary>
        /// The mean of the elements that a mask marks, for the loss of a batch: Σ x / n over the n marked elements; 0
        /// if none is marked.
        /// </summary>
        /// <param name="mask">bool, with the shape of x.</param>
        /// <param name="x">float32 or float64.</param>
        /// <returns>One number, [].</returns>
        /// <remarks>
        /// It can be traced and differentiated. Unmarked elements have no gradient, even if they are NaN.
        /// ShapeException for a mask of another shape.
        /// </remarks>
        public static Tensor MaskedMean(Tensor mask, Tensor x) => SeriesModule.maskedMean(Given(mask), Given(x));
    }

    extension(Series series)
    {
        /// <summary>The values with NaN where nothing was observed, as passed to Create: [time; channels].</summary>
        /// <returns>[time; channels].</returns>
        public Tensor Observed() => SeriesModule.observed(Given(series));

        /// <summary>The first observation of each channel, at any time: [channels].</summary>
        /// <returns>[channels].</returns>
        /// <remarks>
        /// In contrast, Values[0] is 0 in a channel that is not observed at the first time. InputException for a
        /// channel that was never observed.
        /// </remarks>
        public Tensor FirstObserved() => SeriesModule.firstObserved(Given(series));

        /// <summary>The observations from t0 to t1, both included.</summary>
        /// <param name="t0">The first time.</param>
        /// <param name="t1">The last time.</param>
        /// <returns>The series.</returns>
        /// <remarks>InputException unless t0 ≤ t1.</remarks>
        public Series Between(double t0, double t1) => SeriesModule.between(t0, t1, Given(series));

        /// <summary>
        /// Resamples a series at other times by linear interpolation of each channel. Values before the first and after
        /// the last observation are constant.
        /// </summary>
        /// <param name="times">[time], increasing.</param>
        /// <returns>The series.</returns>
        /// <remarks>
        /// Interpolation uses later observations; use Hold for forecasts. InputException for a channel that was never
        /// observed.
        /// </remarks>
        public Series Resample(Tensor times) => SeriesModule.resample(Given(times), Given(series));

        /// <summary>Fills the gaps of a series by linear interpolation: Resample at its own times.</summary>
        /// <returns>The series.</returns>
        /// <remarks>InputException for a channel that was never observed.</remarks>
        public Series Fill() => SeriesModule.fill(Given(series));

        /// <summary>
        /// Resamples a series at other times by the last observation of each channel. Before the first observation it
        /// uses the first one.
        /// </summary>
        /// <param name="times">[time], increasing.</param>
        /// <returns>The series.</returns>
        /// <remarks>InputException for a channel that was never observed.</remarks>
        public Series Hold(Tensor times) => SeriesModule.hold(Given(times), Given(series));

        /// <summary>
        /// Extends a series to more times, which include its own. The values at the new times are unobserved.
        /// </summary>
        /// <param name="times">[time], increasing.</param>
        /// <returns>The series.</returns>
        /// <remarks>InputException if one of the series' times is missing.</remarks>
        public Series OnTimes(Tensor times) => SeriesModule.onTimes(Given(times), Given(series));

        /// <summary>
        /// Adds the time as the first channel. A neural CDE needs it to know the speed along its path.
        /// </summary>
        /// <returns>The series.</returns>
        public Series WithTime() => SeriesModule.withTime(Given(series));

        /// <summary>
        /// Adds channels with the number of observations so far, one for each channel, before the channels. The times
        /// and the frequency of observations carry information. Kidger et al. 2020, section 3.
        /// </summary>
        /// <returns>The series.</returns>
        public Series WithCounts() => SeriesModule.withCounts(Given(series));
    }
}
