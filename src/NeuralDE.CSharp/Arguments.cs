using System.Runtime.CompilerServices;

namespace NeuralDE;

/// <summary>What callers owe.</summary>
internal static class Arguments
{
    /// <summary>The argument itself; ArgumentNullException with its name if it is null.</summary>
    public static T Given<T>(T? value, [CallerArgumentExpression(nameof(value))] string? name = null)
        where T : class => value ?? throw new ArgumentNullException(name);

    /// <summary>The array itself; ArgumentNullException if it or an element is null.</summary>
    public static T[] GivenAll<T>(T[]? values, [CallerArgumentExpression(nameof(values))] string? name = null)
        where T : class
    {
        if (Given(values, name).Contains(null))
            throw new ArgumentNullException(name, "An element is null.");
        return values!;
    }
}
