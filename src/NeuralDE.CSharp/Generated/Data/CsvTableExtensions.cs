// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>A table of text cells. A column is converted to numbers when it is read.</summary>
public static partial class CsvTableExtensions
{
    extension(CsvTable table)
    {
        /// <summary>Columns as numbers: float64 [rows; columns], with NaN for missing values.</summary>
        /// <param name="names">The names of columns.</param>
        /// <returns>float64 [rows; columns].</returns>
        /// <remarks>
        /// FileException, with line and column, for a cell that is not a number; InputException for an unknown column.
        /// </remarks>
        public Tensor Columns(params ReadOnlySpan<string> names) => CsvModule.columns(FSharp.List(names), Given(table));

        /// <summary>One column as numbers: float64 [rows], with NaN for missing values.</summary>
        /// <param name="name">The name of a column.</param>
        /// <returns>float64 [rows].</returns>
        /// <remarks>
        /// FileException, with line and column, for a cell that is not a number; InputException for an unknown column.
        /// </remarks>
        public Tensor Column(string name) => CsvModule.column(Given(name), Given(table));

        /// <summary>The mask of columns: bool [rows; columns], true where a value is present.</summary>
        /// <param name="names">The names of columns.</param>
        /// <returns>bool [rows; columns].</returns>
        /// <remarks>InputException for an unknown column.</remarks>
        public Tensor Mask(params ReadOnlySpan<string> names) => CsvModule.mask(FSharp.List(names), Given(table));

        /// <summary>The cells of one column as text.</summary>
        /// <param name="name">The name of a column.</param>
        /// <returns>One text for each row.</returns>
        /// <remarks>InputException for an unknown column.</remarks>
        public string[] Texts(string name) => CsvModule.texts(Given(name), Given(table)).ToArray();
    }
}
