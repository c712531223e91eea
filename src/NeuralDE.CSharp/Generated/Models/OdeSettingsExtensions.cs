// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>How a model solves its equation. In a tree it is a constant, compared by Equals.</summary>
public static partial class OdeSettingsExtensions
{
    extension(OdeSettings settings)
    {
        /// <summary>Applies the settings to a problem.</summary>
        /// <param name="problem">The problem.</param>
        /// <returns>The problem with these settings.</returns>
        public Problem<AnyOde, S> Apply<S>(Problem<AnyOde, S> problem) =>
            OdeSettings.apply(Given(settings), Given(problem));
    }
}
