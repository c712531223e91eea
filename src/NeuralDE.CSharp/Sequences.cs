namespace NeuralDE;

/// <summary>Any collection, such as a list or a query, where several arguments are written one by one.</summary>
public static class Sequences
{
    extension(CsvTable table)
    {
        /// <summary>As Columns of several, for any collection.</summary>
        public Tensor Columns(IEnumerable<string> names) => table.Columns([.. Given(names)]);

        /// <summary>As Mask of several, for any collection.</summary>
        public Tensor Mask(IEnumerable<string> names) => table.Mask([.. Given(names)]);
    }

    extension(Npz)
    {
        /// <summary>As Write of several, for any collection.</summary>
        public static void Write(string path, IEnumerable<(string Name, Tensor Values)> arrays) =>
            Npz.Write(path, [.. Given(arrays)]);
    }

    extension(Safetensors)
    {
        /// <summary>As Write of several, for any collection.</summary>
        public static void Write(
            string path,
            IReadOnlyList<(string Name, string Text)> metadata,
            IEnumerable<(string Name, Tensor Values)> tensors
        ) => Safetensors.Write(path, metadata, [.. Given(tensors)]);
    }

    extension(Series)
    {
        /// <summary>As UnionOfTimes of several, for any collection.</summary>
        public static Tensor UnionOfTimes(IEnumerable<Series> series) => Series.UnionOfTimes([.. Given(series)]);

        /// <summary>As Align of several, for any collection.</summary>
        public static SeriesBatch Align(IEnumerable<Series> series) => Series.Align([.. Given(series)]);

        /// <summary>As Pad of several, for any collection.</summary>
        public static SeriesBatch Pad(IEnumerable<Series> series) => Series.Pad([.. Given(series)]);
    }

    extension(Control control)
    {
        /// <summary>As WithKinks of several, for any collection.</summary>
        public Control WithKinks(IEnumerable<double> times) => control.WithKinks([.. Given(times)]);
    }

    extension<E, S>(Problem<E, S> problem)
    {
        /// <summary>As SaveAt of several, for any collection.</summary>
        public Problem<E, S> SaveAt(IEnumerable<double> times) => problem.SaveAt([.. Given(times)]);

        /// <summary>As StepAt of several, for any collection.</summary>
        public Problem<E, S> StepAt(IEnumerable<double> times) => problem.StepAt([.. Given(times)]);

        /// <summary>As JumpAt of several, for any collection.</summary>
        public Problem<E, S> JumpAt(IEnumerable<double> times) => problem.JumpAt([.. Given(times)]);

        /// <summary>As JumpAt of several, for any collection.</summary>
        public Problem<E, S> JumpAt(IEnumerable<Tensor> times) => problem.JumpAt([.. Given(times)]);
    }

    extension(Blueprint blueprint)
    {
        /// <summary>As Conv of several, for any collection.</summary>
        public Blueprint Conv(ConvSettings settings, int outputs, IEnumerable<int> kernel) =>
            blueprint.Conv(settings, outputs, [.. Given(kernel)]);
    }

    extension(Conv2d)
    {
        /// <summary>As Init of several, for any collection.</summary>
        public static Conv2d Init(ConvSettings settings, Key key, int inputs, int outputs, IEnumerable<int> kernel) =>
            Conv2d.Init(settings, key, inputs, outputs, [.. Given(kernel)]);

        /// <summary>As InitWith of several, for any collection.</summary>
        public static Conv2d InitWith(
            Func<Key, int[], Tensor> weights,
            ConvSettings settings,
            Key key,
            int inputs,
            int outputs,
            IEnumerable<int> kernel
        ) => Conv2d.InitWith(weights, settings, key, inputs, outputs, [.. Given(kernel)]);
    }

    extension(Mlp)
    {
        /// <summary>As Init of several, for any collection.</summary>
        public static Mlp Init(Key key, IEnumerable<int> sizes) => Mlp.Init(key, [.. Given(sizes)]);

        /// <summary>As InitWith of several, for any collection.</summary>
        public static Mlp InitWith(Func<Key, int[], Tensor> weights, Key key, IEnumerable<int> sizes) =>
            Mlp.InitWith(weights, key, [.. Given(sizes)]);
    }

    extension(LayerNorm)
    {
        /// <summary>As Init of several, for any collection.</summary>
        public static LayerNorm Init(IEnumerable<int> shape) => LayerNorm.Init([.. Given(shape)]);
    }

    extension(Optim)
    {
        /// <summary>As Groups of several, for any collection.</summary>
        public static Optimiser Groups(IEnumerable<(Func<string, bool> Holds, Optimiser Optimiser)> groups) =>
            Optim.Groups([.. Given(groups)]);
    }

    extension(Schedule)
    {
        /// <summary>As Piecewise of several, for any collection.</summary>
        public static Func<Tensor, Tensor> Piecewise(IEnumerable<(int From, double Factor)> pairs) =>
            Schedule.Piecewise([.. Given(pairs)]);
    }

    extension(Axes)
    {
        /// <summary>As Create of several, for any collection.</summary>
        public static Axes Create(IEnumerable<Curve> curves) => Axes.Create([.. Given(curves)]);
    }

    extension(Figure)
    {
        /// <summary>As Grid of several, for any collection.</summary>
        public static Figure Grid(int columns, IEnumerable<Axes> panels) => Figure.Grid(columns, [.. Given(panels)]);
    }

    extension(Plot)
    {
        /// <summary>As Trajectories of several, for any collection.</summary>
        public static Plot Trajectories(IEnumerable<(string Label, Tensor Times, Tensor Values)> series) =>
            Plot.Trajectories([.. Given(series)]);

        /// <summary>As Observations of several, for any collection.</summary>
        public static Plot Observations(IEnumerable<(string Label, Series Series)> series) =>
            Plot.Observations([.. Given(series)]);

        /// <summary>As Ensemble of several, for any collection.</summary>
        public static Plot Ensemble(IEnumerable<(string Label, Tensor Times, Tensor Values)> series) =>
            Plot.Ensemble([.. Given(series)]);

        /// <summary>As Quantiles of several, for any collection.</summary>
        public static Plot Quantiles(
            double low,
            double high,
            IEnumerable<(string Label, Tensor Times, Tensor Values)> series
        ) => Plot.Quantiles(low, high, [.. Given(series)]);

        /// <summary>As LossesAt of several, for any collection.</summary>
        public static Plot LossesAt(IEnumerable<(string Label, double[] Steps, double[] Losses)> series) =>
            Plot.LossesAt([.. Given(series)]);

        /// <summary>As LossesOf of several, for any collection.</summary>
        public static Plot LossesOf(IEnumerable<(string Label, double[] Losses)> series) =>
            Plot.LossesOf([.. Given(series)]);

        /// <summary>As StepSizes of several, for any collection.</summary>
        public static Plot StepSizes(IEnumerable<(string Label, Tensor Times)> series) =>
            Plot.StepSizes([.. Given(series)]);

        /// <summary>As Phase of several, for any collection.</summary>
        public static Plot Phase(IEnumerable<(string Label, Tensor Values)> series) => Plot.Phase([.. Given(series)]);

        /// <summary>As Space of several, for any collection.</summary>
        public static Plot Space(IEnumerable<(string Label, Tensor Values)> series) => Plot.Space([.. Given(series)]);

        /// <summary>As Scatter of several, for any collection.</summary>
        public static Plot Scatter(IEnumerable<(string Label, Tensor Values)> series) =>
            Plot.Scatter([.. Given(series)]);

        /// <summary>As HistogramOf of several, for any collection.</summary>
        public static Plot HistogramOf(int bins, IEnumerable<(string Label, Tensor Values)> series) =>
            Plot.HistogramOf(bins, [.. Given(series)]);

        /// <summary>As Histogram of several, for any collection.</summary>
        public static Plot Histogram(IEnumerable<(string Label, Tensor Values)> series) =>
            Plot.Histogram([.. Given(series)]);

        /// <summary>As BarsOf of several, for any collection.</summary>
        public static Plot BarsOf(IReadOnlyList<string> names, IEnumerable<(string Label, double[] Values)> series) =>
            Plot.BarsOf(names, [.. Given(series)]);

        /// <summary>As Bars of several, for any collection.</summary>
        public static Plot Bars(IEnumerable<(string Name, double Value)> values) => Plot.Bars([.. Given(values)]);

        /// <summary>As Stats of several, for any collection.</summary>
        public static Plot Stats(IEnumerable<(string Label, Stats Stats)> solves) => Plot.Stats([.. Given(solves)]);

        /// <summary>As Grid of several, for any collection.</summary>
        public static Figure Grid(int columns, IEnumerable<Plot> plots) => Plot.Grid(columns, [.. Given(plots)]);
    }

    extension(Plot plot)
    {
        /// <summary>As Channels of several, for any collection.</summary>
        public Plot Channels(IEnumerable<string> names) => plot.Channels([.. Given(names)]);

        /// <summary>As Marks of several, for any collection.</summary>
        public Plot Marks(string label, IEnumerable<double> at) => plot.Marks(label, [.. Given(at)]);

        /// <summary>As Levels of several, for any collection.</summary>
        public Plot Levels(string label, IEnumerable<double> at) => plot.Levels(label, [.. Given(at)]);
    }

    extension(Report report)
    {
        /// <summary>As Table of several, for any collection.</summary>
        public Report Table(IReadOnlyList<string> headers, IEnumerable<string[]> rows) =>
            report.Table(headers, [.. Given(rows)]);
    }
}

/// <summary>The same of a layer whose methods C# would confuse with those of Conv2d.</summary>
public static class TransposeSequences
{
    extension(ConvTranspose2d)
    {
        /// <summary>As Init of several, for any collection.</summary>
        public static ConvTranspose2d Init(
            ConvSettings settings,
            Key key,
            int inputs,
            int outputs,
            IEnumerable<int> kernel
        ) => ConvTranspose2d.Init(settings, key, inputs, outputs, [.. Given(kernel)]);
    }
}
