namespace FaceTests.Surface;

/// <summary>The checkout that the tests run from.</summary>
internal static class Checkout
{
    /// <summary>The folder that holds NeuralDE.sln, found by walking up from the test assembly.</summary>
    private static readonly string Root = Find(new DirectoryInfo(AppContext.BaseDirectory));

    private static string Find(DirectoryInfo? folder) =>
        folder is null
            ? throw new InvalidOperationException(
                $"No NeuralDE.sln above {AppContext.BaseDirectory}, expected the tests inside a checkout."
            )
        : System.IO.File.Exists(Path.Combine(folder.FullName, "NeuralDE.sln")) ? folder.FullName
        : Find(folder.Parent);

    /// <summary>The full path of a file named relative to the root.</summary>
    public static string File(string relative) => Path.Combine(Root, relative);
}
