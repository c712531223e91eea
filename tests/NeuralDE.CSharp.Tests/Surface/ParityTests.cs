using System.Reflection;
using Microsoft.FSharp.Core;
using Microsoft.FSharp.Reflection;

namespace FaceTests.Surface;

/// <summary>
/// C# can call everything that F# can call: every function of the core's modules, and every static member that C# cannot
/// call directly, has a twin in the face with the same name and types, or is listed below with the reason.
/// </summary>
public class ParityTests
{
    /// <summary>Twins with another name or other types.</summary>
    private static readonly Dictionary<string, (string Twin, string Reason)> Renamed = new()
    {
        ["TensorMakers.tensor"] = ("Of", "Tensor.Of reads as C#'s other factories"),
        ["ElementwiseVerbs.op_DotLess"] = ("op_LessThan", "an operator of C#"),
        ["ElementwiseVerbs.op_DotLessEquals"] = ("op_LessThanOrEqual", "an operator of C#"),
        ["ElementwiseVerbs.op_DotGreater"] = ("op_GreaterThan", "an operator of C#"),
        ["ElementwiseVerbs.op_DotGreaterEquals"] = ("op_GreaterThanOrEqual", "an operator of C#"),
        ["ElementwiseVerbs.op_DotEquals"] = ("Equal", "== compares references, since operators of C# return bools"),
        ["ElementwiseVerbs.op_DotLessGreater"] = ("NotEqual", "!= compares references"),
        ["ElementwiseVerbs.maximum"] = ("Maximum", "overloads for what F# infers: tensors and numbers"),
        ["ElementwiseVerbs.minimum"] = ("Minimum", "overloads for what F# infers"),
        ["ElementwiseVerbs.where"] = ("Where", "overloads for what F# infers"),
        ["Series.observedOfBatch"] = ("Observed", "an overload: of a batch"),
        ["Series.firstObservedOfBatch"] = ("FirstObserved", "an overload: of a batch"),
        ["OdeVerbs.problem"] = ("Problem", "overloads for what F# infers: times are numbers or tensors"),
        ["SdeVerbs.problem"] = ("Problem", "overloads for what F# infers: times are numbers or tensors"),
        ["SdeVerbs.stratonovich"] = ("Stratonovich", "overloads for what F# infers: times are numbers or tensors"),
        ["ProblemVerbs.jumpAt"] = ("JumpAt", "overloads for what F# infers: times are numbers or tensors"),
        ["NeuralOde.final"] = ("Final", "overloads for what F# infers: times are numbers or tensors"),
        ["NeuralOde.stats"] = ("Stats", "times are numbers"),
        ["ConvolutionVerbs.conv1d"] = ("Convolve1d", "Conv1d is the layer"),
        ["ConvolutionVerbs.conv2d"] = ("Convolve2d", "Conv2d is the layer"),
        ["ConvolutionVerbs.convTranspose1d"] = ("ConvolveTranspose1d", "ConvTranspose1d is the layer"),
        ["ConvolutionVerbs.convTranspose2d"] = ("ConvolveTranspose2d", "ConvTranspose2d is the layer"),
        ["MovementVerbs.split"] = ("SplitRows", "Split makes parts of data"),
        ["Engine.threads"] = ("Threads", "a property"),
        ["Engine.setThreads"] = ("set_Threads", "a property"),
    };

    /// <summary>Functions without a twin.</summary>
    private static readonly Dictionary<string, string> Left = new()
    {
        ["ElementwiseVerbs.operandsBy"] = "how F# infers overloads; hidden there, too",
        ["ExplicitTableaus"] = "coefficients behind the solvers, for laws about them",
        ["RootedTrees"] = "the order conditions that those laws check",
        ["Ticks"] = "a part of drawing axes",
    };

    /// <summary>Records with a field of an F# type that C# need not read: methods give the values.</summary>
    private static readonly Dictionary<string, string> Answers = new()
    {
        ["Problem"] = "Ode.Problem and what follows it",
        ["SaveAt"] = "SaveAt, SaveStart, SaveEnd, SaveSteps of a problem",
        ["OptimiserRule"] = "Optimisers.OwnRule",
        ["GradientMethod"] = "Gradients.Own",
        ["Training"] = "Train.Start and what follows it",
        ["Plot"] = "Plot.Trajectories, … and what follows it",
        ["Axes"] = "Axes.Create and what follows it",
        ["Curve"] = "Curve.Line, … and what follows it",
        ["BacksolveOptions"] = "BacksolveSettings",
        ["PlotField"] = "Field, FieldAt and Streamlines of a plot",
        ["Report"] = "Report.Start and what follows it",
        ["ReportPart"] = "Text, Table, Figure, … of a report",
    };

    /// <summary>
    /// Unions whose cases contain lists or functions, and the class of the face that makes them. C# makes other unions
    /// directly, as in Basis.NewFourier(3).
    /// </summary>
    private static readonly Dictionary<string, string> Made = new()
    {
        ["BacksolveNorm"] = "BacksolveNormExtensions.Of",
        ["CheckpointSource"] = "CheckpointSources",
        ["Gradient"] = "Gradients",
        ["Layer"] = "a Blueprint, layer by layer",
        ["Optimiser"] = "Optimisers, Optim and what follows an optimiser",
        ["RootSolve"] = "RootSolves",
    };

    private static bool IsModule(Type type) => FSharpType.IsModule(type);

    private static string Home(Type type)
    {
        var name = type.Name.Split('`')[0];
        return IsModule(type) && name.EndsWith("Module", StringComparison.Ordinal) ? name[..^6] : name;
    }

    private static SourceConstructFlags Origin(MemberInfo member) =>
        (
            member.GetCustomAttribute<CompilationMappingAttribute>(false)?.SourceConstructFlags
            ?? SourceConstructFlags.None
        ) & SourceConstructFlags.KindMask;

    private static bool IsGenerated(MemberInfo member) =>
        member.IsDefined(typeof(System.Runtime.CompilerServices.CompilerGeneratedAttribute), false)
        || Origin(member) == SourceConstructFlags.UnionCase
        || member.Name.EndsWith("$W", StringComparison.Ordinal);

    /// <summary>A name that is not valid in C#, or a type that C# would have to convert.</summary>
    private static bool NeedsTwin(Type home, MethodInfo method) =>
        IsModule(home)
        || char.IsLower(method.Name[0]) && !method.IsSpecialName
        || method
            .GetParameters()
            .Select(p => p.ParameterType)
            .Append(method.ReturnType)
            .Any(t => TypeText.FSharpPart(t) is not null);

    private static IEnumerable<(string Name, MethodInfo Method)> EntryPoints() =>
        from type in Face.OfCore
        where !IsGenerated(type) && type.DeclaringType is null
        from method in type.GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly)
        let property = type.GetProperties().FirstOrDefault(p => p.GetMethod == method)
        where !IsGenerated(method) && (property is null || !IsGenerated(property)) && NeedsTwin(type, method)
        select ($"{Home(type)}.{property?.Name ?? method.Name}", method);

    private static string Pascal(string word) => char.ToUpperInvariant(word[0]) + word[1..];

    /// <summary>
    /// The types of a call: those of its parameters, in any order, and of its result. A returned function counts as further
    /// parameters, and a pair as its parts, because in F# both forms are calls with several arguments.
    /// </summary>
    private static (string[] Parameters, string Result) Types(MethodInfo method)
    {
        var (parameters, result) = TypeText.Uncurried(method.ReturnType);
        var all = method.GetParameters().Select(p => p.ParameterType).Concat(parameters).SelectMany(TypeText.Parts);
        return ([.. all.Select(TypeText.Common).Order(StringComparer.Ordinal)], TypeText.Common(result));
    }

    /// <summary>A method that F# has for every sufficiently specific equation, C# has for the most general one.</summary>
    private static MethodInfo Least(MethodInfo method)
    {
        if (!method.IsGenericMethodDefinition || method.GetParameters().Length > 0)
            return method;
        var constraints = method.GetGenericArguments().Select(a => a.GetGenericParameterConstraints()).ToList();
        return constraints.TrueForAll(c => c.Length == 1)
            ? method.MakeGenericMethod([.. constraints.Select(c => c[0])])
            : method;
    }

    private static bool AreTwins(MethodInfo core, MethodInfo face)
    {
        var (ours, theirs) = (Types(Least(core)), Types(face));
        return ours.Result == theirs.Result && ours.Parameters.SequenceEqual(theirs.Parameters);
    }

    private static string Text(MethodInfo method)
    {
        var (parameters, result) = Types(method);
        return $"({string.Join(", ", parameters)}): {result}";
    }

    public static TheoryData<string> Homes =>
        [.. EntryPoints().Select(entry => entry.Name.Split('.')[0]).Distinct().Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Homes))]
    public void Every_function_has_its_twin(string home)
    {
        var missing = new List<string>();

        foreach (var (name, method) in EntryPoints().Where(entry => entry.Name.Split('.')[0] == home))
        {
            if (Left.ContainsKey(home) || Left.ContainsKey(name))
                continue;
            var word = Pascal(name[(name.IndexOf('.') + 1)..]);
            var isRenamed = Renamed.TryGetValue(name, out var renamed);
            var twins = Face.ByName[isRenamed ? renamed.Twin : word].ToList();
            if (isRenamed ? twins.Count == 0 : !twins.Exists(twin => AreTwins(method, twin)))
                missing.Add(
                    $"{name}{Text(method)}, got {string.Join(" and ", twins.Select(Text).DefaultIfEmpty("nothing"))}"
                );
        }

        Assert.True(
            missing.Count == 0,
            $"Got no twin in C# for {missing.Count} functions, expected one each, or a line in the tables above.\n  "
                + string.Join("\n  ", missing)
        );
    }

    [Fact]
    public void Every_line_of_the_tables_is_needed()
    {
        var names = EntryPoints().Select(entry => entry.Name).ToHashSet();
        var types = Face.OfCore.Select(Home).ToHashSet();
        var stale = Renamed
            .Keys.Concat(Left.Keys)
            .Where(name => !names.Contains(name) && !names.Any(n => n.StartsWith(name + ".", StringComparison.Ordinal)))
            .Concat(Answers.Keys.Concat(Made.Keys).Where(name => !types.Contains(name)))
            .ToList();
        Assert.True(stale.Count == 0, $"Got {string.Join(", ", stale)} in the tables only. Delete these lines.");
    }

    [Fact]
    public void C_sharp_reads_the_core_without_options_and_functions()
    {
        var found =
            from type in Face.OfCore
            where
                !IsGenerated(type)
                && !IsModule(type)
                && !Answers.ContainsKey(Home(type))
                && !Left.ContainsKey(Home(type))
            from property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
            let part = TypeText.FSharpPart(property.PropertyType)
            where part is not null && !IsGenerated(property)
            // a list is an IReadOnlyList, a map an IReadOnlyDictionary; an option has a twin that is null
            where part.Name is not ("FSharpList`1" or "FSharpMap`2") && !Face.ByName.Contains(property.Name + "OrNull")
            select $"{Home(type)}.{property.Name}: {part.Name}";

        string[] lines = [.. found];
        Assert.True(
            lines.Length == 0,
            $"Got {lines.Length} properties with types of F#, expected a twin that ends in OrNull, or a line in the tables.\n  "
                + string.Join("\n  ", lines)
        );
    }

    [Fact]
    public void The_face_makes_unions_that_contain_lists_or_functions()
    {
        var found =
            from type in Face.OfCore
            where FSharpType.IsUnion(type, null) && type.DeclaringType is null
            let cases = FSharpType.GetUnionCases(type, null)
            where cases.Any(c => c.GetFields().Any(field => TypeText.FSharpPart(field.PropertyType) is not null))
            select (Home(type), cases);

        foreach (var (home, cases) in found)
        {
            Assert.True(
                Made.ContainsKey(home) || Answers.ContainsKey(home),
                $"Got the union {home}, whose cases hold types of F#, expected a line in the table of unions. Add one."
            );
            var maker = Face.Types.FirstOrDefault(type => Made.TryGetValue(home, out var name) && type.Name == name);
            if (maker is null)
                continue;
            foreach (var c in cases)
                Assert.True(
                    maker.GetMember(c.Name).Length > 0,
                    $"Got no {maker.Name}.{c.Name} for the case of {home}, expected one. Add it."
                );
        }
    }
}
