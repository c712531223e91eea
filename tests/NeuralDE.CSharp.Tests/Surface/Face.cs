using System.Reflection;
using System.Runtime.CompilerServices;

namespace FaceTests.Surface;

/// <summary>The C# surface: public types and their members, including those of extensions.</summary>
internal static class Face
{
    private const BindingFlags Own =
        BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    public static readonly Assembly Assembly = typeof(Verbs).Assembly;

    /// <summary>The assemblies of the core that users see, from the bottom up.</summary>
    public static readonly Type[] OfCore =
    [
        .. typeof(Tensor).Assembly.GetExportedTypes(),
        .. typeof(Status).Assembly.GetExportedTypes(),
        .. typeof(Mlp).Assembly.GetExportedTypes(),
    ];

    /// <summary>Its public types; types whose names cannot be written contain the compiler's data about
    /// extensions.</summary>
    public static readonly Type[] Types = [.. Assembly.GetExportedTypes().Where(type => !type.FullName!.Contains('<'))];

    private static bool IsGenerated(MemberInfo member) =>
        member.IsDefined(typeof(CompilerGeneratedAttribute), false) || member.Name.Contains('<');

    /// <summary>Methods, operators and, as get_Name, extension properties, without the members that a record adds.</summary>
    public static IEnumerable<MethodInfo> Methods(Type type) =>
        type.GetMethods(Own).Where(method => !IsGenerated(method) && !IsOfRecord(method));

    public static IEnumerable<PropertyInfo> Properties(Type type) =>
        type.GetProperties(Own).Where(property => !IsGenerated(property) && property.Name != "EqualityContract");

    /// <summary>All static methods, with their names as C# writes them.</summary>
    public static readonly ILookup<string, MethodInfo> ByName = Types
        .SelectMany(Methods)
        .Where(method => method.IsStatic)
        .ToLookup(method => method.Name.StartsWith("get_", StringComparison.Ordinal) ? method.Name[4..] : method.Name);

    private static bool IsOfRecord(MethodInfo method) =>
        method.Name is "ToString" or "Equals" or "GetHashCode" or "op_Equality" or "op_Inequality"
        || (method.IsSpecialName && !method.IsStatic);
}
