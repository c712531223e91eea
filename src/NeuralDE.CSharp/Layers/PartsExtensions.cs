namespace NeuralDE;

/// <summary>Networks of layers and cells that are there already.</summary>
public static class PartsExtensions
{
    extension(Mlp)
    {
        /// <summary>Linear layers with an activation between them, none after the last.</summary>
        public static Mlp Of(Activation activation, params ReadOnlySpan<Linear> layers) =>
            new(FSharp.List(layers), Given(activation));

        /// <summary>As Of several, for any collection.</summary>
        public static Mlp Of(Activation activation, IEnumerable<Linear> layers) =>
            Mlp.Of(activation, [.. Given(layers)]);
    }

    extension(Network)
    {
        /// <summary>These layers, one after the other; Blueprint makes layers that fit.</summary>
        public static Network Of(params ReadOnlySpan<Layer> layers) => new(FSharp.List(layers));

        /// <summary>As Of several, for any collection.</summary>
        public static Network Of(IEnumerable<Layer> layers) => Network.Of([.. Given(layers)]);
    }

    extension(Elman)
    {
        /// <summary>These cells, each fed by the outputs of the one before.</summary>
        public static Elman Of(params ReadOnlySpan<ElmanCell> cells) => new(FSharp.List(cells));

        /// <summary>As Of several, for any collection.</summary>
        public static Elman Of(IEnumerable<ElmanCell> cells) => Elman.Of([.. Given(cells)]);
    }

    extension(Gru)
    {
        /// <summary>These cells, each fed by the outputs of the one before.</summary>
        public static Gru Of(params ReadOnlySpan<GruCell> cells) => new(FSharp.List(cells));

        /// <summary>As Of several, for any collection.</summary>
        public static Gru Of(IEnumerable<GruCell> cells) => Gru.Of([.. Given(cells)]);
    }

    extension(Lstm)
    {
        /// <summary>These cells, each fed by the outputs of the one before.</summary>
        public static Lstm Of(params ReadOnlySpan<LstmCell> cells) => new(FSharp.List(cells));

        /// <summary>As Of several, for any collection.</summary>
        public static Lstm Of(IEnumerable<LstmCell> cells) => Lstm.Of([.. Given(cells)]);
    }
}
