// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>The arguments of a custom layer.</summary>
public static partial class LayerCallExtensions
{
    extension(LayerCall call)
    {
        /// <summary>The time, [] in the dtype of X; null if the network got no time, as in Network.Apply.</summary>
        public Tensor? TimeOrNull => FSharp.OrNull(Given(call).Time);

        /// <summary>A separate key for the layer in training; null otherwise.</summary>
        public Key? KeyOrNull => FSharp.OrNull(Given(call).Key);
    }
}
