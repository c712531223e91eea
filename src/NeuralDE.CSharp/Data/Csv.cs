namespace NeuralDE;

/// <summary>Tables in text files: comma-separated values, RFC 4180.</summary>
public static class Csv
{
    /// <summary>Reads a table that is written another way, such as with semicolons.</summary>
    /// <remarks>FileException names the line of what is no table.</remarks>
    public static CsvTable ReadWith(CsvSettings settings, string path) =>
        CsvModule.readWith(Given(settings).Core(), Given(path));

    /// <summary>Reads a table with commas and a header.</summary>
    public static CsvTable Read(string path) => CsvModule.read(Given(path));

    /// <summary>Writes a matrix [rows; columns] under a header, in place of a file that may be there.</summary>
    /// <remarks>
    /// Numbers are written so that they read back as the same float64. ShapeException if there is not one name a
    /// column.
    /// </remarks>
    public static void Write(string path, IReadOnlyList<string> names, Tensor values) =>
        CsvModule.write(Given(path), FSharp.List(names), Given(values));
}

/// <summary>What a table holds.</summary>
public static class CsvTableExtensions
{
    extension(CsvTable table)
    {
        /// <summary>Columns as numbers: float64 [rows; columns], NaN where a value is missing.</summary>
        /// <remarks>
        /// FileException names line and column of what is no number, InputException a column that is not there.
        /// </remarks>
        public Tensor Columns(params ReadOnlySpan<string> names) => CsvModule.columns(FSharp.List(names), Given(table));

        /// <summary>One column as numbers: float64 [rows], NaN where a value is missing.</summary>
        public Tensor Column(string name) => CsvModule.column(Given(name), Given(table));

        /// <summary>Where columns have values: bool [rows; columns].</summary>
        public Tensor Mask(params ReadOnlySpan<string> names) => CsvModule.mask(FSharp.List(names), Given(table));

        /// <summary>One column as it is written.</summary>
        public string[] Texts(string name) => CsvModule.texts(Given(name), Given(table)).ToArray();
    }
}

/// <summary>How a table is written down.</summary>
public sealed record CsvSettings
{
    /// <summary>Between cells; a comma.</summary>
    public char Separator { get; init; } = CsvOptions.defaults.Separator;

    /// <summary>Whether the first line names the columns, true; else they are called 0, 1, …</summary>
    public bool HasHeader { get; init; } = CsvOptions.defaults.HasHeader;

    /// <summary>Lines that begin so are skipped, "#"; "" skips none.</summary>
    public string Comment { get; init; } = CsvOptions.defaults.Comment;

    /// <summary>What stands for a value that is missing: nothing, NA, NaN, null and the like.</summary>
    public IReadOnlyList<string> Missing { get; init; } = CsvOptions.defaults.Missing;

    internal CsvOptions Core() => new(Separator, HasHeader, Comment, FSharp.List(Missing));

    /// <summary>Its fields; numbers read the same in every culture.</summary>
    public override string ToString() => Printed.Record(nameof(CsvSettings), PrintMembers);
}
