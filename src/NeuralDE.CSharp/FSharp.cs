using System.Runtime.CompilerServices;
using Microsoft.FSharp.Collections;
using Microsoft.FSharp.Core;

namespace NeuralDE;

/// <summary>
/// Converts delegates, spans, nullables and value tuples of C# to functions, lists, options and pairs of the core.
/// </summary>
internal static class FSharp
{
    /// <summary>Checks that a user's function returned neither null nor a tuple with null.</summary>
    private static R Returned<R>(R result, string? name)
    {
        if (HasNull(result))
            throw new InputException(
                $"{name}: the function returned null, expected a result. Return a tensor, a number or a tree of tensors."
            );
        return result;
    }

    private static bool HasNull<T>(T item) =>
        item is null || (item is ITuple tuple && Enumerable.Range(0, tuple.Length).Any(i => tuple[i] is null));

    public static FSharpFunc<Unit, R> Function<R>(Func<R> f, [CallerArgumentExpression(nameof(f))] string? name = null)
    {
        ArgumentNullException.ThrowIfNull(f, name);
        return FuncConvert.FromFunc(() => Returned(f(), name));
    }

    public static FSharpFunc<A, R> Function<A, R>(
        Func<A, R> f,
        [CallerArgumentExpression(nameof(f))] string? name = null
    )
    {
        ArgumentNullException.ThrowIfNull(f, name);
        return FuncConvert.FromFunc<A, R>(x => Returned(f(x), name));
    }

    /// <summary>A curried function, as the core calls functions of two arguments.</summary>
    public static FSharpFunc<A, FSharpFunc<B, R>> Function<A, B, R>(
        Func<A, B, R> f,
        [CallerArgumentExpression(nameof(f))] string? name = null
    )
    {
        ArgumentNullException.ThrowIfNull(f, name);
        return FuncConvert.FromFunc<A, B, R>((x, y) => Returned(f(x, y), name));
    }

    public static FSharpFunc<A, FSharpFunc<B, FSharpFunc<C, R>>> Function<A, B, C, R>(
        Func<A, B, C, R> f,
        [CallerArgumentExpression(nameof(f))] string? name = null
    )
    {
        ArgumentNullException.ThrowIfNull(f, name);
        return FuncConvert.FromFunc<A, B, C, R>((x, y, z) => Returned(f(x, y, z), name));
    }

    public static FSharpFunc<A, FSharpFunc<B, Unit>> Function<A, B>(
        Action<A, B> f,
        [CallerArgumentExpression(nameof(f))] string? name = null
    )
    {
        ArgumentNullException.ThrowIfNull(f, name);
        return FuncConvert.FromAction(f);
    }

    public static FSharpFunc<A, Unit> Function<A>(
        Action<A> f,
        [CallerArgumentExpression(nameof(f))] string? name = null
    )
    {
        ArgumentNullException.ThrowIfNull(f, name);
        return FuncConvert.FromAction(f);
    }

    /// <summary>Several arguments as one argument: a tuple, which is a tree of its parts.</summary>
    public static FSharpFunc<(A, B), R> Together<A, B, R>(
        Func<A, B, R> f,
        [CallerArgumentExpression(nameof(f))] string? name = null
    )
    {
        ArgumentNullException.ThrowIfNull(f, name);
        return FuncConvert.FromFunc<(A, B), R>(x => Returned(f(x.Item1, x.Item2), name));
    }

    public static FSharpFunc<(A, B, C), R> Together<A, B, C, R>(
        Func<A, B, C, R> f,
        [CallerArgumentExpression(nameof(f))] string? name = null
    )
    {
        ArgumentNullException.ThrowIfNull(f, name);
        return FuncConvert.FromFunc<(A, B, C), R>(x => Returned(f(x.Item1, x.Item2, x.Item3), name));
    }

    /// <summary>A function that returns a pair of the core.</summary>
    public static FSharpFunc<A, Tuple<R, S>> Paired<A, R, S>(
        Func<A, (R, S)> f,
        [CallerArgumentExpression(nameof(f))] string? name = null
    )
    {
        ArgumentNullException.ThrowIfNull(f, name);
        return FuncConvert.FromFunc<A, Tuple<R, S>>(x => Returned(f(x), name).ToTuple());
    }

    public static FSharpFunc<A, FSharpFunc<B, Tuple<R, S>>> Paired<A, B, R, S>(
        Func<A, B, (R, S)> f,
        [CallerArgumentExpression(nameof(f))] string? name = null
    )
    {
        ArgumentNullException.ThrowIfNull(f, name);
        return FuncConvert.FromFunc<A, B, Tuple<R, S>>((x, y) => Returned(f(x, y), name).ToTuple());
    }

    private static T[] Elements<T>(ReadOnlySpan<T> items, string? name)
    {
        foreach (var item in items)
            if (HasNull(item))
                throw new ArgumentNullException(name, "An element is null, or a part of one.");
        return items.ToArray();
    }

    public static FSharpList<T> List<T>(
        ReadOnlySpan<T> items,
        [CallerArgumentExpression(nameof(items))] string? name = null
    )
    {
        return ListModule.OfArray(Elements(items, name));
    }

    public static FSharpList<T> List<T>(
        IEnumerable<T> items,
        [CallerArgumentExpression(nameof(items))] string? name = null
    )
    {
        ArgumentNullException.ThrowIfNull(items, name);
        return List([.. items], name);
    }

    /// <summary>An initialiser of weights, which gets their shape.</summary>
    public static FSharpFunc<Key, FSharpFunc<FSharpList<int>, Tensor>> Weights(
        Func<Key, int[], Tensor> weights,
        [CallerArgumentExpression(nameof(weights))] string? name = null
    )
    {
        ArgumentNullException.ThrowIfNull(weights, name);
        return FuncConvert.FromFunc<Key, FSharpList<int>, Tensor>(
            (key, shape) => Returned(weights(key, [.. shape]), name)
        );
    }

    /// <summary>Predicates over the paths of leaves, each with an optimiser.</summary>
    public static FSharpList<Tuple<FSharpFunc<string, bool>, Optimiser>> Groups(
        ReadOnlySpan<(Func<string, bool> Holds, Optimiser Optimiser)> groups
    ) =>
        ListModule.OfSeq(groups.ToArray().Select(group => Tuple.Create(Function(group.Holds), Given(group.Optimiser))));

    /// <summary>Converts the list in the second part of a pair to an array.</summary>
    public static (A, B[]) Results<A, B>(Tuple<A, FSharpList<B>> results) => (results.Item1, [.. results.Item2]);

    public static FSharpList<FSharpList<T>> Lists<T>(ReadOnlySpan<T[]> items) =>
        ListModule.OfSeq(items.ToArray().Select(item => List(item.AsSpan())));

    public static FSharpList<Tuple<string, FSharpList<T>>> Named<T>(ReadOnlySpan<(string Name, T[] Items)> groups) =>
        ListModule.OfSeq(groups.ToArray().Select(group => Tuple.Create(group.Name, List(group.Items.AsSpan()))));

    public static FSharpList<Tuple<A, B>> Pairs<A, B>(
        IEnumerable<(A, B)> items,
        [CallerArgumentExpression(nameof(items))] string? name = null
    )
    {
        ArgumentNullException.ThrowIfNull(items, name);
        return ListModule.OfSeq(items.Select(item => item.ToTuple()));
    }

    /// <summary>A list of pairs of the core.</summary>
    public static FSharpList<Tuple<A, B>> List<A, B>(
        ReadOnlySpan<(A, B)> items,
        [CallerArgumentExpression(nameof(items))] string? name = null
    ) => ListModule.OfSeq(Elements(items, name).Select(item => item.ToTuple()));

    public static FSharpList<Tuple<A, B, C>> List<A, B, C>(
        ReadOnlySpan<(A, B, C)> items,
        [CallerArgumentExpression(nameof(items))] string? name = null
    ) => ListModule.OfSeq(Elements(items, name).Select(item => item.ToTuple()));

    public static FSharpOption<T>? Option<T>(T? value)
        where T : struct => value is T some ? FSharpOption<T>.Some(some) : null;

    /// <summary>The value of an option; null for None, or the default value for a struct.</summary>
    public static T? OrNull<T>(FSharpOption<T>? option) => option is null ? default : option.Value;

    public static T? ValueOrNull<T>(FSharpOption<T>? option)
        where T : struct => option?.Value;
}
