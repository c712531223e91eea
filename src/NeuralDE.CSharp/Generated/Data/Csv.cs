// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>Tables in text files: comma-separated values, RFC 4180.</summary>
/// <remarks>
/// Cells in double quotes can contain separators, line ends and doubled quotes. Spaces around other cells, and empty
/// lines, are ignored. Files are UTF-8. A cell takes about 60 bytes of memory, so use .npy files for large tables of
/// numbers.
/// </remarks>
public static partial class Csv
{
    /// <summary>Reads a table of another format, for example with semicolons.</summary>
    /// <param name="settings">The format.</param>
    /// <param name="path">The file.</param>
    /// <returns>The table.</returns>
    /// <remarks>
    /// FileException, with the line, for a file that is not a table; InputException for a separator that is a quote or
    /// a line end.
    /// </remarks>
    public static CsvTable ReadWith(CsvSettings settings, string path) =>
        CsvModule.readWith(Given(settings).Core(), Given(path));

    /// <summary>Reads a table with commas and a header.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The table.</returns>
    /// <remarks>FileException, with the line, for a file that is not a table.</remarks>
    public static CsvTable Read(string path) => CsvModule.read(Given(path));

    /// <summary>Writes a matrix [rows; columns] with a header. Replaces an existing file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="names">One name for each column.</param>
    /// <param name="values">[rows; columns].</param>
    /// <remarks>
    /// Each number is written so that it reads back as the same float64. ShapeException unless there is one name for
    /// each column.
    /// </remarks>
    public static void Write(string path, IReadOnlyList<string> names, Tensor values) =>
        CsvModule.write(Given(path), FSharp.List(names), Given(values));
}
