namespace FaceTests.Surface;

/// <summary>Types as text: in C# syntax, and in a form in which a type of the core and its twin in C# are equal.</summary>
internal static class TypeText
{
    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(double)] = "double",
        [typeof(float)] = "float",
        [typeof(int)] = "int",
        [typeof(long)] = "long",
        [typeof(bool)] = "bool",
        [typeof(string)] = "string",
        [typeof(object)] = "object",
        [typeof(void)] = "void",
    };

    private static string Plain(Type type) => type.Name.Split('`')[0];

    private static bool Is(Type type, string definition) =>
        type.IsGenericType && type.GetGenericTypeDefinition().FullName!.Split('`')[0] == definition;

    private static bool IsTuple(Type type) => Is(type, "System.ValueTuple") || Is(type, "System.Tuple");

    private static string Arguments(Type type, Func<Type, string> text) =>
        string.Join(", ", type.GetGenericArguments().Select(text));

    /// <summary>In C# syntax.</summary>
    public static string CSharp(Type type) =>
        Keywords.TryGetValue(type, out var keyword) ? keyword
        : type.IsArray ? CSharp(type.GetElementType()!) + "[" + new string(',', type.GetArrayRank() - 1) + "]"
        : Nullable.GetUnderlyingType(type) is Type some ? CSharp(some) + "?"
        : Is(type, "System.ValueTuple") ? $"({Arguments(type, CSharp)})"
        : type.IsGenericType ? $"{Plain(type)}<{Arguments(type, CSharp)}>"
        : type.Name;

    /// <summary>
    /// Without the difference between lists, arrays and spans; between functions and delegates; between pairs; between
    /// options and nullable types; between a record of options and its settings. Type parameters have no name.
    /// </summary>
    public static string Common(Type type)
    {
        if (type.IsGenericParameter)
            return "_";
        if (type.IsArray && type.GetArrayRank() == 1)
            return $"series of {Common(type.GetElementType()!)}";
        if (
            Is(type, "Microsoft.FSharp.Collections.FSharpList")
            || Is(type, "System.ReadOnlySpan")
            || Is(type, "System.Collections.Generic.IReadOnlyList")
            || Is(type, "System.Collections.Generic.IEnumerable")
        )
            return $"series of {Common(type.GetGenericArguments()[0])}";
        if (Is(type, "Microsoft.FSharp.Core.FSharpOption") || Is(type, "System.Nullable"))
            return Common(type.GetGenericArguments()[0]);
        if (Is(type, "Microsoft.FSharp.Core.FSharpFunc"))
            return $"({Common(type.GetGenericArguments()[0])} to {Common(type.GetGenericArguments()[1])})";
        if (Is(type, "System.Func"))
            return type.GetGenericArguments() is [var result]
                ? $"(nothing to {Common(result)})"
                : Function(type.GetGenericArguments());
        if (Is(type, "System.Action"))
            return Function([.. type.GetGenericArguments(), typeof(void)]);
        if (IsTuple(type))
            return $"[{Arguments(type, Common)}]";
        if (type == typeof(void) || type.FullName == "Microsoft.FSharp.Core.Unit")
            return "nothing";
        if (type.IsGenericType)
            return $"{Settings(Plain(type))}<{Arguments(type, Common)}>";
        return type.Name == "EarlyStopping" ? "EarlyStoppingSettings" : Settings(type.Name);
    }

    private static string Settings(string name) =>
        name.EndsWith("Options", StringComparison.Ordinal) ? name[..^7] + "Settings" : name;

    private static string Function(Type[] types) =>
        types.Length == 1 ? Common(types[0]) : $"({Common(types[0])} to {Function(types[1..])})";

    /// <summary>The parameters and the result of a returned function; a type that is not a function has no
    /// parameters.</summary>
    public static (IEnumerable<Type> Parameters, Type Result) Uncurried(Type type)
    {
        if (!Is(type, "Microsoft.FSharp.Core.FSharpFunc") && !Is(type, "System.Func"))
            return ([], type);
        var types = type.GetGenericArguments();
        var (parameters, result) = Uncurried(types[^1]);
        return (types[..^1].Concat(parameters), result);
    }

    /// <summary>The parts of a pair, or the type itself.</summary>
    public static IEnumerable<Type> Parts(Type type) => IsTuple(type) ? type.GetGenericArguments() : [type];

    /// <summary>The first part of a type that F#'s library defines; null if there is none.</summary>
    public static Type? FSharpPart(Type type) =>
        type.Namespace?.StartsWith("Microsoft.FSharp", StringComparison.Ordinal) == true ? type
        : type.HasElementType ? FSharpPart(type.GetElementType()!)
        : type.IsGenericType ? type.GetGenericArguments().Select(FSharpPart).FirstOrDefault(part => part is not null)
        : null;
}
