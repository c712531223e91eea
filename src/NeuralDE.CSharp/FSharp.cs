using Microsoft.FSharp.Collections;
using Microsoft.FSharp.Core;

namespace NeuralDE;

/// <summary>The core's functions, lists, options and pairs from C#'s delegates, spans, nullables and value tuples.</summary>
internal static class FSharp
{
    public static FSharpFunc<A, R> Function<A, R>(Func<A, R> f)
    {
        ArgumentNullException.ThrowIfNull(f);
        return FuncConvert.FromFunc(f);
    }

    /// <summary>Curried, as the core calls functions of two arguments.</summary>
    public static FSharpFunc<A, FSharpFunc<B, R>> Function<A, B, R>(Func<A, B, R> f)
    {
        ArgumentNullException.ThrowIfNull(f);
        return FuncConvert.FromFunc(f);
    }

    public static FSharpFunc<A, FSharpFunc<B, FSharpFunc<C, R>>> Function<A, B, C, R>(Func<A, B, C, R> f)
    {
        ArgumentNullException.ThrowIfNull(f);
        return FuncConvert.FromFunc(f);
    }

    public static FSharpFunc<A, Unit> Function<A>(Action<A> f)
    {
        ArgumentNullException.ThrowIfNull(f);
        return FuncConvert.FromAction(f);
    }

    /// <summary>Of several arguments as one: a tuple is a tree of its parts.</summary>
    public static FSharpFunc<(A, B), R> Together<A, B, R>(Func<A, B, R> f)
    {
        ArgumentNullException.ThrowIfNull(f);
        return FuncConvert.FromFunc<(A, B), R>(x => f(x.Item1, x.Item2));
    }

    public static FSharpFunc<(A, B, C), R> Together<A, B, C, R>(Func<A, B, C, R> f)
    {
        ArgumentNullException.ThrowIfNull(f);
        return FuncConvert.FromFunc<(A, B, C), R>(x => f(x.Item1, x.Item2, x.Item3));
    }

    /// <summary>With its pair of results as the core's pair.</summary>
    public static FSharpFunc<A, Tuple<R, S>> Paired<A, R, S>(Func<A, (R, S)> f)
    {
        ArgumentNullException.ThrowIfNull(f);
        return FuncConvert.FromFunc<A, Tuple<R, S>>(x => f(x).ToTuple());
    }

    public static FSharpFunc<A, FSharpFunc<B, Tuple<R, S>>> Paired<A, B, R, S>(Func<A, B, (R, S)> f)
    {
        ArgumentNullException.ThrowIfNull(f);
        return FuncConvert.FromFunc<A, B, Tuple<R, S>>((x, y) => f(x, y).ToTuple());
    }

    public static FSharpList<T> List<T>(ReadOnlySpan<T> items) => ListModule.OfArray(items.ToArray());

    public static FSharpList<T> List<T>(IEnumerable<T> items) => ListModule.OfSeq(items);

    /// <summary>Pairs as the core's.</summary>
    public static FSharpList<Tuple<A, B>> List<A, B>(ReadOnlySpan<(A, B)> items) =>
        ListModule.OfSeq(items.ToArray().Select(item => item.ToTuple()));

    public static FSharpList<Tuple<A, B, C>> List<A, B, C>(ReadOnlySpan<(A, B, C)> items) =>
        ListModule.OfSeq(items.ToArray().Select(item => item.ToTuple()));

    public static FSharpOption<T>? Option<T>(T? value)
        where T : struct => value is T some ? FSharpOption<T>.Some(some) : null;

    public static T? OrNull<T>(FSharpOption<T>? option)
        where T : class => option?.Value;

    public static T? ValueOrNull<T>(FSharpOption<T>? option)
        where T : struct => option?.Value;
}
