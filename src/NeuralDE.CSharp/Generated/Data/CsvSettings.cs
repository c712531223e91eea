// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>The format of a table.</summary>
public sealed record CsvSettings
{
    /// <summary>The character between cells; default: a comma.</summary>
    public char Separator { get; init; } = CsvOptions.defaults.Separator;

    /// <summary>
    /// Whether the first line contains the names of the columns, the default; otherwise the names are 0, 1, …
    /// </summary>
    public bool HasHeader { get; init; } = CsvOptions.defaults.HasHeader;

    /// <summary>Lines that begin with this text are skipped, by default "#"; "" skips none.</summary>
    public string Comment { get; init; } = CsvOptions.defaults.Comment;

    /// <summary>
    /// Cells that mean a missing value; default: the empty cell, NA, N/A, NaN, nan, NULL, null and ?.
    /// </summary>
    public IReadOnlyList<string> Missing { get; init; } = CsvOptions.defaults.Missing;

    internal CsvOptions Core() => new(Separator, HasHeader, Comment, FSharp.List(Missing));

    /// <summary>The fields, with numbers in the invariant culture.</summary>
    public override string ToString() => Printed.Record(nameof(CsvSettings), PrintMembers);
}
