namespace NeuralDE;

/// <summary>Tables in text files: comma-separated values, RFC 4180.</summary>
public static class Csv
{
    /// <summary>Reads a table of another format, for example with semicolons.</summary>
    /// <remarks>
    /// FileException, with the line, for a file that is not a table; InputException for a separator that is a quote
    /// or a line end.
    /// </remarks>
    public static CsvTable ReadWith(CsvSettings settings, string path) =>
        CsvModule.readWith(Given(settings).Core(), Given(path));

    /// <summary>Reads a table with commas and a header.</summary>
    /// <remarks>FileException, with the line, for a file that is not a table.</remarks>
    public static CsvTable Read(string path) => CsvModule.read(Given(path));

    /// <summary>Writes a matrix [rows; columns] with a header. Replaces an existing file.</summary>
    /// <remarks>
    /// Each number is written so that it reads back as the same float64. ShapeException unless there is one name for
    /// each column.
    /// </remarks>
    public static void Write(string path, IReadOnlyList<string> names, Tensor values) =>
        CsvModule.write(Given(path), FSharp.List(names), Given(values));
}

/// <summary>Columns of a table.</summary>
public static class CsvTableExtensions
{
    extension(CsvTable table)
    {
        /// <summary>Columns as numbers: float64 [rows; columns], with NaN for missing values.</summary>
        /// <remarks>
        /// FileException, with line and column, for a cell that is not a number; InputException for an unknown
        /// column.
        /// </remarks>
        public Tensor Columns(params ReadOnlySpan<string> names) => CsvModule.columns(FSharp.List(names), Given(table));

        /// <summary>One column as numbers: float64 [rows], with NaN for missing values.</summary>
        /// <remarks>
        /// FileException, with line and column, for a cell that is not a number; InputException for an unknown
        /// column.
        /// </remarks>
        public Tensor Column(string name) => CsvModule.column(Given(name), Given(table));

        /// <summary>The mask of columns: bool [rows; columns], true where a value is present.</summary>
        /// <remarks>InputException for an unknown column.</remarks>
        public Tensor Mask(params ReadOnlySpan<string> names) => CsvModule.mask(FSharp.List(names), Given(table));

        /// <summary>The cells of one column as text.</summary>
        /// <remarks>InputException for an unknown column.</remarks>
        public string[] Texts(string name) => CsvModule.texts(Given(name), Given(table)).ToArray();
    }
}

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
