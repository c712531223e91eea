using System.Reflection;
using Microsoft.FSharp.Core;
using Microsoft.FSharp.Reflection;

namespace FaceTests.Surface;

/// <summary>
/// What C# sees of the core, member by member: a type of F# stands only where C# reads it by an interface of .NET, where the
/// face has a twin of it, or where a line below says why. And no name hides another.
/// </summary>
public class SeenTests
{
    private const BindingFlags Own =
        BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    /// <summary>Types whose fields C# need not read: the class of the face that makes and changes them, and the reason.</summary>
    private static readonly Dictionary<string, (string Twin, string Reason)> Described = new()
    {
        ["Problem"] = ("ProblemExtensions", "a description of a solve, set by what follows Ode.Problem"),
        ["SaveAt"] = ("ProblemExtensions", "set by SaveAt, SaveStart, SaveEnd and SaveSteps of a problem"),
        ["Training"] = ("TrainingExtensions", "a description of a training, set by what follows Train.Start"),
        ["Blueprint"] = ("BlueprintExtensions", "a description of a network, set layer by layer"),
        ["Plot"] = ("PlotExtensions", "a description of a picture, set by what follows Plot.Trajectories"),
        ["PlotSeries"] = ("PlotExtensions", "a part of a plot"),
        ["PlotField"] = ("PlotExtensions", "a part of a plot"),
        ["Axes"] = ("FigureExtensions", "a description of a picture, set by what follows Axes.Create"),
        ["AxisTicks"] = ("FigureExtensions", "a part of axes"),
        ["Curve"] = ("FigureExtensions", "a part of axes"),
        ["Figure"] = ("FigureExtensions", "made of axes"),
        ["Report"] = ("ReportExtensions", "a description of a page, set by what follows Report.Start"),
        ["GradientMethod"] = ("Gradients", "made by Gradients.Own"),
        ["OptimiserRule"] = ("Optimisers", "made by Optimisers.OwnRule"),
        ["BacksolveOptions"] = ("BacksolveSettings", "settings of C#"),
        ["ConvOptions"] = ("ConvSettings", "settings of C#"),
        ["CsvOptions"] = ("CsvSettings", "settings of C#"),
    };

    /// <summary>Types that the library makes, and C# only reads.</summary>
    private static readonly Dictionary<string, string> Results = new()
    {
        ["BacksolveError"] = "given to a norm",
        ["EpochProgress"] = "given to a report",
        ["Failure"] = "of a solution",
        ["Fit"] = "of a training",
        ["OptimState"] = "of an optimiser",
        ["SafetensorsFile"] = "of a file that was read",
        ["SolveCancelledException"] = "thrown by a solve",
        ["SolveException"] = "thrown by a solve",
    };

    /// <summary>Models whose constructors take lists or options, and the method of the face that makes them.</summary>
    private static readonly Dictionary<string, string> Made = new()
    {
        ["Conv1d"] = "Init",
        ["Conv2d"] = "Init",
        ["ConvTranspose1d"] = "Init",
        ["ConvTranspose2d"] = "Init",
        ["Elman"] = "Of",
        ["Gru"] = "Of",
        ["Lstm"] = "Of",
        ["Mlp"] = "Of",
        ["Network"] = "Of",
        ["NeuralOde"] = "OfField",
    };

    /// <summary>Methods with a type of F#.</summary>
    private static readonly Dictionary<string, string> Methods = new()
    {
        ["Tensor.GetSlice"] = "what F# makes of x[1..3, 2]; C# writes x[1..4, 2]",
        ["OrderConditions.FirstViolation"] = "for laws about tableaus",
        ["StateVector.Map"] = "for gradient methods in F#; C# reads and makes the leaves",
    };

    private static string Home(Type type) => type.Name.Split('`')[0];

    private static bool IsGenerated(MemberInfo member) =>
        member.IsDefined(typeof(System.Runtime.CompilerServices.CompilerGeneratedAttribute), false)
        || member.GetCustomAttribute<CompilationMappingAttribute>(false)?.SourceConstructFlags
            == SourceConstructFlags.UnionCase;

    private static IEnumerable<Type> Seen() =>
        from type in Face.OfCore
        where !FSharpType.IsModule(type) && !IsGenerated(type)
        // the case of a union is a class within it, and is made by the union
        where type.DeclaringType is null
        select type;

    private static Type Definition(Type type) => type.IsGenericType ? type.GetGenericTypeDefinition() : type;

    /// <summary>A list or a map of what C# knows, which is read by an interface of .NET.</summary>
    private static bool IsReadable(Type type)
    {
        if (!type.IsGenericType || type.Name is not ("FSharpList`1" or "FSharpMap`2"))
            return TypeText.FSharpPart(type) is null;
        var arguments = type.GetGenericArguments();
        var read =
            type.Name == "FSharpList`1"
                ? typeof(IReadOnlyList<>).MakeGenericType(arguments)
                : typeof(IReadOnlyDictionary<,>).MakeGenericType(arguments);
        return read.IsAssignableFrom(type) && arguments.All(IsReadable);
    }

    /// <summary>An extension property of the face that ends in OrNull, of the same type, with null for None.</summary>
    private static bool HasTwin(Type home, PropertyInfo property)
    {
        if (property.PropertyType.Name != "FSharpOption`1")
            return false;
        var some = property.PropertyType.GetGenericArguments()[0];
        return Face.ByName[property.Name + "OrNull"]
            .Any(twin =>
                twin.GetParameters() is [var self]
                && Definition(self.ParameterType) == Definition(home)
                && TypeText.Common(Nullable.GetUnderlyingType(twin.ReturnType) ?? twin.ReturnType)
                    == TypeText.Common(some)
            );
    }

    [Fact]
    public void Every_property_is_read_without_FSharp()
    {
        var all = (
            from type in Seen()
            from property in type.GetProperties(Own)
            where !IsGenerated(property) && property.GetMethod is { IsStatic: false }
            select (type, property)
        ).ToList();
        var found =
            from pair in all
            let home = Home(pair.type)
            where !IsReadable(pair.property.PropertyType)
            where !Described.ContainsKey(home) && !HasTwin(pair.type, pair.property)
            select $"{home}.{pair.property.Name}: {TypeText.CSharp(pair.property.PropertyType)}";

        string[] lines = [.. found];
        Assert.True(all.Count > 400, $"Got {all.Count} properties, expected those of the core.");
        Assert.True(
            lines.Length == 0,
            $"Got {lines.Length} properties that show types of F#, expected a twin that ends in OrNull, or a line above.\n  "
                + string.Join("\n  ", lines)
        );
    }

    [Fact]
    public void Every_constructor_with_a_type_of_FSharp_has_a_maker_of_the_face()
    {
        var found =
            from type in Seen()
            where !FSharpType.IsUnion(type, null)
            let home = Home(type)
            where
                type.GetConstructors()
                    .Any(c => c.GetParameters().Any(p => TypeText.FSharpPart(p.ParameterType) is not null))
            where !Described.ContainsKey(home) && !Results.ContainsKey(home)
            where !Made.TryGetValue(home, out var maker) || !Face.ByName[maker].Any(m => Home(m.ReturnType) == home)
            select home;

        string[] lines = [.. found];
        Assert.True(
            lines.Length == 0,
            $"Got {lines.Length} types that C# cannot make without types of F#, expected a maker of the face.\n  "
                + string.Join("\n  ", lines)
        );
    }

    [Fact]
    public void Every_method_is_called_without_FSharp()
    {
        // lower case is F#'s own way to call; ParityTests finds the twins
        var found =
            from type in Seen()
            from method in type.GetMethods(Own)
            where !method.IsSpecialName && !IsGenerated(method) && !(method.IsStatic && char.IsLower(method.Name[0]))
            where type != typeof(TensorOperands) && type != typeof(WhereOperands)
            where !method.Name.EndsWith("$W", StringComparison.Ordinal)
            let types = method.GetParameters().Select(p => p.ParameterType).Append(method.ReturnType)
            where types.Any(t => TypeText.FSharpPart(t) is not null)
            let name = $"{Home(type)}.{method.Name}"
            where !Methods.ContainsKey(name)
            select name;

        string[] lines = [.. found.Distinct()];
        Assert.True(
            lines.Length == 0,
            $"Got {lines.Length} methods with types of F#, expected none, or a line above.\n  "
                + string.Join("\n  ", lines)
        );
    }

    [Fact]
    public void Every_line_of_the_tables_is_needed()
    {
        var seen = Seen()
            .Where(type =>
                type.GetProperties(Own).Any(p => TypeText.FSharpPart(p.PropertyType) is not null)
                || type.GetConstructors()
                    .Any(c => c.GetParameters().Any(p => TypeText.FSharpPart(p.ParameterType) is not null))
            )
            .Select(Home)
            .ToHashSet();
        var methods = Seen().SelectMany(t => t.GetMethods(Own).Select(m => $"{Home(t)}.{m.Name}")).ToHashSet();
        string[] stale =
        [
            .. Described.Keys.Concat(Results.Keys).Concat(Made.Keys).Where(name => !seen.Contains(name)),
            .. Methods.Keys.Where(name => !methods.Contains(name)),
            .. Described.Values.Select(line => line.Twin).Where(twin => !Face.Types.Any(type => type.Name == twin)),
        ];
        Assert.True(stale.Length == 0, $"Got {string.Join(", ", stale)} in the tables only. Delete these lines.");
    }

    /// <summary>Types that a C# program sees by its implicit usings.</summary>
    private static HashSet<string> Implicit()
    {
        string[] namespaces =
        [
            "System",
            "System.Collections.Generic",
            "System.IO",
            "System.Linq",
            "System.Net.Http",
            "System.Threading",
            "System.Threading.Tasks",
        ];
        Type[] homes = [typeof(object), typeof(Enumerable), typeof(Stack<>), typeof(HttpClient), typeof(Uri)];
        return homes
            .SelectMany(home => home.Assembly.GetExportedTypes())
            .Where(type => type.DeclaringType is null && !type.IsGenericType && namespaces.Contains(type.Namespace))
            .Select(type => type.Name)
            .ToHashSet();
    }

    [Fact]
    public void No_verb_hides_a_type_of_the_base_library()
    {
        var known = Implicit();
        string[] both = [.. typeof(Verbs).GetMembers(Own).Select(m => m.Name).Where(known.Contains).Distinct()];
        Assert.True(known.Contains("Range") && known.Contains("File"), "Got too few types of the base library.");
        Assert.True(
            both.Length == 0,
            $"Got {string.Join(", ", both)} as verbs and as types, expected one meaning a name. Rename the verb."
        );
    }

    [Fact]
    public void No_type_of_the_library_hides_one_of_the_base_library()
    {
        var known = Implicit();
        string[] both =
        [
            .. Face
                .OfCore.Concat(Face.Types)
                .Where(type => type.DeclaringType is null && type.Namespace == nameof(NeuralDE) && !type.IsGenericType)
                .Select(type => type.Name)
                .Where(known.Contains),
        ];
        Assert.True(
            both.Length == 0,
            $"Got {string.Join(", ", both)}, expected other names: CS0104 where both are used."
        );
    }

    /// <summary>An extension that an instance member wins over is never called.</summary>
    [Fact]
    public void No_member_hides_an_extension_and_no_two_extensions_are_one()
    {
        var extensions = (
            from type in Face.Types
            from method in Face.Methods(type)
            where method.IsStatic && method.GetParameters().Length > 0
            let self = method.GetParameters()[0].ParameterType
            where Face.OfCore.Contains(Definition(self))
            let isProperty = method.Name.StartsWith("get_", StringComparison.Ordinal)
            where isProperty || method.IsDefined(typeof(System.Runtime.CompilerServices.ExtensionAttribute), false)
            select (method, self, isProperty)
        ).ToList();

        bool IsHidden(MethodInfo method, Type self, bool isProperty)
        {
            if (isProperty)
                return Definition(self).GetProperty(method.Name[4..]) is not null;
            var parameters = method.GetParameters().Skip(1).Select(p => TypeText.CSharp(p.ParameterType)).ToList();
            return Definition(self)
                .GetMethods()
                .Any(m =>
                    m.Name == method.Name
                    && !m.IsStatic
                    && m.GetParameters().Select(p => TypeText.CSharp(p.ParameterType)).SequenceEqual(parameters)
                );
        }

        var hidden = extensions.Where(e => IsHidden(e.method, e.self, e.isProperty)).Select(e => e.method.Name);
        var twice = extensions
            .GroupBy(e =>
                $"{e.method.Name}({string.Join(", ", e.method.GetParameters().Select(p => TypeText.CSharp(p.ParameterType)))})"
            )
            .Where(group => group.Count() > 1)
            .Select(group => group.Key);

        string[] lines = [.. hidden.Concat(twice)];
        Assert.True(extensions.Count > 200, $"Got {extensions.Count} extensions, expected those of the face.");
        Assert.True(lines.Length == 0, $"Got {string.Join("; ", lines)}, expected each name to be reached.");
    }
}
