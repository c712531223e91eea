// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>Reports as one HTML file that contains its figures and needs no network.</summary>
/// <remarks>Text appears on the page literally: it is never interpreted as HTML.</remarks>
public static partial class ReportExtensions
{
    extension(Report)
    {
        /// <summary>An empty report.</summary>
        /// <param name="title">The title.</param>
        /// <returns>The report.</returns>
        public static Report Start(string title) => ReportModule.start(Given(title));
    }

    extension(Report report)
    {
        /// <summary>Starts a section. The table of contents lists it.</summary>
        /// <param name="title">The title.</param>
        /// <returns>The report with this part.</returns>
        public Report Section(string title) => ReportModule.section(Given(title), Given(report));

        /// <summary>
        /// Adds text: paragraphs separated by empty lines, lists of lines that begin with "- ", code between lines of
        /// three back quotes; <c>code</c> and **strong** within a line.
        /// </summary>
        /// <param name="text">The text.</param>
        /// <returns>The report with this part.</returns>
        public Report Text(string text) => ReportModule.text(Given(text), Given(report));

        /// <summary>Adds a figure with a caption.</summary>
        /// <param name="caption">The caption.</param>
        /// <param name="figure">The figure.</param>
        /// <returns>The report with this part.</returns>
        public Report Drawing(string caption, Figure figure) =>
            ReportModule.drawing(Given(caption), Given(figure), Given(report));

        /// <summary>Adds a plot with a caption.</summary>
        /// <param name="caption">The caption.</param>
        /// <param name="plot">The plot.</param>
        /// <returns>The report with this part.</returns>
        public Report Figure(string caption, Plot plot) =>
            ReportModule.figure(Given(caption), Given(plot), Given(report));

        /// <summary>
        /// Adds a table. Columns of numbers are right-aligned. InputException unless there are headers, and each row
        /// has as many cells as headers.
        /// </summary>
        /// <param name="headers">The headers of the columns.</param>
        /// <param name="rows">The cells of each row.</param>
        /// <returns>The report with this part.</returns>
        public Report Table(IReadOnlyList<string> headers, params ReadOnlySpan<string[]> rows) =>
            ReportModule.table(FSharp.List(headers), FSharp.Lists(rows), Given(report));

        /// <summary>Adds a table of the library, the runtime, the machine, and the given date.</summary>
        /// <param name="date">The date.</param>
        /// <returns>The report with this part.</returns>
        public Report Environment(DateTime date) => ReportModule.environment(date, Given(report));

        /// <summary>The report as the text of a self-contained HTML file without scripts.</summary>
        /// <returns>The text of the file.</returns>
        public string Html() => ReportModule.html(Given(report));

        /// <summary>
        /// Saves the report as one HTML file. Creates the folder; atomically replaces an existing file. IOException if
        /// the file cannot be written.
        /// </summary>
        /// <param name="path">The file.</param>
        public void Save(string path) => ReportModule.save(Given(path), Given(report));

        /// <summary>
        /// Writes the report to a new file in the temporary folder and opens it in the browser. Without a browser it
        /// prints the path of the file.
        /// </summary>
        public void Show() => ReportModule.show(Given(report));
    }
}
