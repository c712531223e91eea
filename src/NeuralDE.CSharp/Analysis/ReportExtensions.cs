namespace NeuralDE;

/// <summary>Reports as one HTML file that holds its pictures and opens without a network.</summary>
public static class ReportExtensions
{
    extension(Report)
    {
        /// <summary>An empty report.</summary>
        public static Report Start(string title) => ReportModule.start(Given(title));
    }

    extension(Report report)
    {
        /// <summary>Begins a section; the table of contents lists it.</summary>
        public Report Section(string title) => ReportModule.section(Given(title), Given(report));

        /// <summary>
        /// Paragraphs parted by empty lines, lists of lines that begin with "- ", code between lines of three back
        /// quotes; `code` and **strong** within a line.
        /// </summary>
        public Report Text(string text) => ReportModule.text(Given(text), Given(report));

        /// <summary>A figure of several plots with its caption.</summary>
        public Report Drawing(string caption, Figure figure) =>
            ReportModule.drawing(Given(caption), Given(figure), Given(report));

        /// <summary>A plot with its caption.</summary>
        public Report Figure(string caption, Plot plot) =>
            ReportModule.figure(Given(caption), Given(plot), Given(report));

        /// <summary>
        /// A table. Columns of numbers are aligned at their right. Raises InputException where a row has more or
        /// fewer cells than there are headers.
        /// </summary>
        public Report Table(IReadOnlyList<string> headers, params ReadOnlySpan<string[]> rows) =>
            ReportModule.table(FSharp.List(headers), FSharp.Lists(rows), Given(report));

        /// <summary>
        /// What the results were made with: the library, the runtime, the machine, and the date that the caller
        /// gives.
        /// </summary>
        public Report Environment(DateTime date) => ReportModule.environment(date, Given(report));

        /// <summary>The report as the text of an HTML file that needs nothing else and runs no script.</summary>
        public string Html() => ReportModule.html(Given(report));

        /// <summary>
        /// Writes the report as one HTML file, creating its folder; a file that is there is replaced at once.
        /// IOException if it can't.
        /// </summary>
        public void Save(string path) => ReportModule.save(Given(path), Given(report));

        /// <summary>
        /// Writes the report to a file of its own in the temporary folder and opens it in the browser; says where
        /// it is where there is none.
        /// </summary>
        public void Show() => ReportModule.show(Given(report));
    }
}
