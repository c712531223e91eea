using System.Runtime.CompilerServices;

namespace NeuralDE;

/// <summary>Argument checks.</summary>
internal static class Arguments
{
    /// <summary>Returns the argument. ArgumentNullException, with its name, if it is null.</summary>
    public static T Given<T>(T? value, [CallerArgumentExpression(nameof(value))] string? name = null)
        where T : class => value ?? throw new ArgumentNullException(name);

    /// <summary>Returns the array. ArgumentNullException if it or an element is null.</summary>
    public static T[] GivenAll<T>(T[]? values, [CallerArgumentExpression(nameof(values))] string? name = null)
        where T : class
    {
        if (Given(values, name).Contains(null))
            throw new ArgumentNullException(name, "An element is null.");
        return values!;
    }
}
