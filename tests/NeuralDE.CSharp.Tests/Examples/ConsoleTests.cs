using System.Diagnostics;
using System.Text.RegularExpressions;
using FaceTests.Surface;

namespace FaceTests.Examples;

/// <summary>The console programs of examples/csharp print the results that README.md states for the F# script, and
/// draw.</summary>
public class ConsoleTests
{
    private static string Run(string example, string folder)
    {
        var info = new ProcessStartInfo("dotnet")
        {
            RedirectStandardOutput = true,
            StandardOutputEncoding = System.Text.Encoding.UTF8,
            ArgumentList = { Path.Combine(AppContext.BaseDirectory, "NeuralDE.Examples.dll"), example, folder },
        };
        using var running = Process.Start(info)!;
        var output = running.StandardOutput.ReadToEnd();
        running.WaitForExit();
        Assert.True(running.ExitCode == 0, $"Got exit code {running.ExitCode}, expected 0.\n{output}");
        return output;
    }

    private static void InFolder(Action<string> action)
    {
        var folder = Directory.CreateTempSubdirectory("neuralde").FullName;
        try
        {
            action(folder);
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }

    [Fact]
    public void The_hares_and_lynxes_are_those_of_the_F_sharp_script() =>
        InFolder(folder =>
        {
            var output = Run("hare-lynx", folder);
            var readme = File.ReadAllText(Checkout.File("README.md"));
            var claims = Regex.Matches(readme, "([αβγδ]) ([0-9.]+ ± [0-9.]+)");
            Assert.Equal(4, claims.Count);
            foreach (Match claim in claims)
                Assert.Matches($"{claim.Groups[1].Value} +{Regex.Escape(claim.Groups[2].Value)}", output);
            Assert.Contains("log-RMSE 0.2192", output);
            Assert.Equal(3, Directory.GetFiles(folder, "*.svg").Length);
        });

    [Fact]
    public void The_spiral_is_learnt() =>
        InFolder(folder =>
        {
            var loss = Regex.Match(Run("spiral", folder), @"then ([0-9.]+)").Groups[1].Value;
            Assert.InRange(double.Parse(loss, System.Globalization.CultureInfo.InvariantCulture), 0.0, 0.1);
            Assert.True(File.Exists(Path.Combine(folder, "spiral.svg")));
            Assert.True(File.Exists(Path.Combine(folder, "spiral.safetensors")));
        });
}
