using System.Globalization;
using System.Text;

namespace NeuralDE;

/// <summary>Text that is the same in every culture.</summary>
internal static class Printed
{
    /// <summary>
    /// A record as C# prints it. The code that C# generates writes numbers in the current culture, so the culture is
    /// invariant meanwhile.
    /// </summary>
    public static string Record(string name, Func<StringBuilder, bool> members)
    {
        var culture = CultureInfo.CurrentCulture;
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        try
        {
            var text = new StringBuilder(name).Append(" { ");
            return text.Append(members(text) ? " }" : "}").ToString();
        }
        finally
        {
            CultureInfo.CurrentCulture = culture;
        }
    }
}
