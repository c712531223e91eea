namespace NeuralDE;

/// <summary>Reports as one HTML file that contains its figures and needs no network.</summary>
/// <remarks>Text appears on the page literally: it is never interpreted as HTML.</remarks>
public static class ReportExtensions
{
    extension(Report)
    {
        /// <summary>An empty report.</summary>
        public static Report Start(string title) => ReportModule.start(Given(title));
    }

    extension(Report report)
    {
        /// <summary>Starts a section. The table of contents lists it.</summary>
        public Report Section(string title) => ReportModule.section(Given(title), Given(report));

        /// <summary>
        /// Adds text: paragraphs separated by empty lines, lists of lines that begin with "- ", code between lines of
        /// three back quotes; <c>code</c> and **strong** within a line.
        /// </summary>
        public Report Text(string text) => ReportModule.text(Given(text), Given(report));

        /// <summary>Adds a figure with a caption.</summary>
        public Report Drawing(string caption, Figure figure) =>
            ReportModule.drawing(Given(caption), Given(figure), Given(report));

        /// <summary>Adds a plot with a caption.</summary>
        public Report Figure(string caption, Plot plot) =>
            ReportModule.figure(Given(caption), Given(plot), Given(report));

        /// <summary>
        /// Adds a table. Columns of numbers are right-aligned. InputException unless there are headers, and each row
        /// has as many cells as headers.
        /// </summary>
        public Report Table(IReadOnlyList<string> headers, params ReadOnlySpan<string[]> rows) =>
            ReportModule.table(FSharp.List(headers), FSharp.Lists(rows), Given(report));

        /// <summary>Adds a table of the library, the runtime, the machine, and the given date.</summary>
        public Report Environment(DateTime date) => ReportModule.environment(date, Given(report));

        /// <summary>The report as the text of a self-contained HTML file without scripts.</summary>
        public string Html() => ReportModule.html(Given(report));

        /// <summary>
        /// Saves the report as one HTML file. Creates the folder; atomically replaces an existing file. IOException
        /// if the file cannot be written.
        /// </summary>
        public void Save(string path) => ReportModule.save(Given(path), Given(report));

        /// <summary>
        /// Writes the report to a new file in the temporary folder and opens it in the browser. Without a browser it
        /// prints the path of the file.
        /// </summary>
        public void Show() => ReportModule.show(Given(report));
    }
}
