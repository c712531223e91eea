// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>A network of gated recurrent units of one or more layers. PyTorch's GRU.</summary>
public static partial class GruExtensions
{
    extension(Gru)
    {
        /// <summary>Layers with weights uniform in ±1/√hidden.</summary>
        /// <param name="key">The source of the numbers.</param>
        /// <param name="inputs">The number of input features.</param>
        /// <param name="hidden">The number of features of each state.</param>
        /// <param name="layers">The number of layers.</param>
        /// <returns>The network.</returns>
        /// <exception cref="InputException">unless all are positive.</exception>
        public static Gru Init(Key key, int inputs, int hidden, int layers) =>
            Gru.init(Given(key), inputs, hidden, layers);
    }

    extension(Gru net)
    {
        /// <summary>Applies the network to a sequence, from zero states.</summary>
        /// <param name="xs">[batch…; time; inputs].</param>
        /// <returns>The states of the last layer [batch…; time; hidden], and the last state of each layer.</returns>
        /// <exception cref="ShapeException">if the shapes do not fit.</exception>
        public (Tensor Outputs, Tensor[] Last) Apply(Tensor xs) => FSharp.Results(Gru.apply(Given(net), Given(xs)));

        /// <summary>Like Apply, from given states.</summary>
        /// <param name="states">[batch…; hidden], one for each layer.</param>
        /// <param name="xs">[batch…; time; inputs].</param>
        /// <returns>The states of the last layer [batch…; time; hidden], and the last state of each layer.</returns>
        /// <exception cref="InputException">for another number of states.</exception>
        /// <exception cref="ShapeException">if the shapes do not fit.</exception>
        public (Tensor Outputs, Tensor[] Last) ApplyFrom(IReadOnlyList<Tensor> states, Tensor xs) =>
            FSharp.Results(Gru.applyFrom(FSharp.List(states), Given(net), Given(xs)));
    }
}
