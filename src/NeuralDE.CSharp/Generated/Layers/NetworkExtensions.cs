// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>A sequence of layers as data, which can be traversed, printed and saved.</summary>
/// <remarks>
/// Made by Init from a Blueprint, or from a collection of layers. BatchNorm is not a Layer, because its state is
/// explicit.
/// </remarks>
public static partial class NetworkExtensions
{
    extension(Network)
    {
        /// <summary>The network of a blueprint.</summary>
        /// <param name="key">Determines the initial weights.</param>
        /// <param name="blueprint">The layers.</param>
        /// <returns>The network.</returns>
        public static Network Init(Key key, Blueprint blueprint) => Network.init(Given(key), Given(blueprint));
    }

    extension(Network net)
    {
        /// <summary>Applies the network.</summary>
        /// <param name="x">[batch…; features], [batch; channels; length] or [batch; channels; height; width].</param>
        /// <returns>The output of the last layer.</returns>
        /// <exception cref="InputException">if a layer needs the time.</exception>
        /// <exception cref="ShapeException">if x does not fit the first layer.</exception>
        public Tensor Apply(Tensor x) => Network.apply(Given(net), Given(x));

        /// <summary>The network as a vector field: from time and state to derivative.</summary>
        /// <param name="t">The time [].</param>
        /// <param name="x">The state, as in Apply.</param>
        /// <returns>The output of the last layer.</returns>
        /// <exception cref="ShapeException">if x does not fit the first layer.</exception>
        public Tensor Field(Tensor t, Tensor x) => Network.field(Given(net), Given(t), Given(x));

        /// <summary>Applies the network in training mode at time t.</summary>
        /// <param name="key">The source of the numbers of dropout layers. It is constant during a solve.</param>
        /// <param name="t">The time [].</param>
        /// <param name="x">The input, as in Apply.</param>
        /// <returns>The output of the last layer.</returns>
        /// <exception cref="ShapeException">if x does not fit the first layer.</exception>
        public Tensor Train(Key key, Tensor t, Tensor x) => Network.train(Given(key), Given(net), Given(t), Given(x));
    }
}
