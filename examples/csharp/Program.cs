// dotnet run -c Release --project examples/csharp -- hare-lynx | spiral | cubic-spiral | extend [folder for the pictures]

using System.Globalization;
using System.Text;
using NeuralDE.Examples;

Console.OutputEncoding = Encoding.UTF8;

// numbers as the F# script prints them, in every country
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var folder = args.Length > 1 ? args[1] : Path.Combine("artifacts", "csharp");

switch (args.FirstOrDefault())
{
    case "hare-lynx":
        HareLynx.Run(folder);
        return 0;
    case "spiral":
        Spiral.Run(folder);
        return 0;
    case "cubic-spiral":
        CubicSpiral.Run(folder);
        return 0;
    case "extend":
        Extend.Run();
        return 0;
    default:
        Console.Error.WriteLine(
            $"Got `{string.Join(' ', args)}`, expected hare-lynx, spiral, cubic-spiral or extend, and perhaps a folder."
        );
        return 1;
}
