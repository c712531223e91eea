using System.Reflection;

namespace FaceTests.Surface;

/// <summary>The public surface for C# is a text file that changes on purpose: one sorted line per public type and
/// member.</summary>
public class PublicSurfaceTests
{
    private static readonly string ApprovedFile = Checkout.File(
        "tests/NeuralDE.CSharp.Tests/Surface/PublicSurface.approved.txt"
    );

    private static string Parameters(MethodBase method) =>
        string.Join(", ", method.GetParameters().Select(p => $"{TypeText.CSharp(p.ParameterType)} {p.Name}"));

    private static IEnumerable<string> Lines(Type type)
    {
        var name = TypeText.CSharp(type);
        var isStatic = type is { IsAbstract: true, IsSealed: true };
        yield return $"{name}: {(isStatic ? "static class" : "record")}";

        foreach (var property in Face.Properties(type))
            yield return $"{name}.{property.Name}: {TypeText.CSharp(property.PropertyType)}";

        foreach (var method in Face.Methods(type).Where(method => !IsAccessor(type, method)))
            yield return $"{name}.{method.Name}({Parameters(method)}): {TypeText.CSharp(method.ReturnType)}";
    }

    private static bool IsAccessor(Type type, MethodInfo method) =>
        Face.Properties(type).Any(property => property.GetMethod == method || property.SetMethod == method);

    [Fact]
    public void The_public_surface_is_the_approved_one()
    {
        string[] got = [.. Face.Types.SelectMany(Lines).Order(StringComparer.Ordinal)];

        if (Environment.GetEnvironmentVariable("NEURALDE_APPROVE") == "1")
            File.WriteAllText(ApprovedFile, string.Join("\n", got) + "\n");

        string[] expected = File.Exists(ApprovedFile) ? File.ReadAllLines(ApprovedFile) : [];
        string[] added = [.. got.Except(expected)];
        string[] gone = [.. expected.Except(got)];
        string[] shown = [.. added.Take(10).Select(line => "+ " + line), .. gone.Take(10).Select(line => "- " + line)];

        Assert.True(
            got.SequenceEqual(expected),
            $"Got {added.Length} new and {gone.Length} missing lines of public surface, expected PublicSurface.approved.txt. "
                + $"If you meant it, run `dotnet fsi build.fsx approve`.\n  {string.Join("\n  ", shown)}"
        );
    }

    [Fact]
    public void The_public_surface_has_no_type_of_FSharp()
    {
        var found =
            from type in Face.Types
            from part in Parts(type)
            let guilty = TypeText.FSharpPart(part.Type)
            where guilty is not null
            select $"{type.Name}.{part.Member}: {guilty.Name}";

        string[] lines = [.. found];
        Assert.True(
            lines.Length == 0,
            $"Got {lines.Length} members with types of F#, expected none. Convert them.\n  {string.Join("\n  ", lines)}"
        );
    }

    /// <summary>Every type in the signature of a member.</summary>
    private static IEnumerable<(string Member, Type Type)> Parts(Type type)
    {
        IEnumerable<MethodBase> calls = [.. Face.Methods(type), .. type.GetConstructors()];
        foreach (var call in calls)
        foreach (var parameter in call.GetParameters())
            yield return (call.Name, parameter.ParameterType);
        foreach (var method in Face.Methods(type))
            yield return (method.Name, method.ReturnType);
        foreach (var property in Face.Properties(type))
            yield return (property.Name, property.PropertyType);
    }
}
