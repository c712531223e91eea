namespace NeuralDE.Internal.Training

open System.Globalization
open System.IO
open NeuralDE

/// The line of progress in a terminal, which is overwritten after each step; nothing if the output is not a terminal.
[<Sealed>]
type internal ProgressLine(output: TextWriter, isTerminal: bool) =
    let between = 0.2
    let mutable written = -infinity
    let mutable length = 0

    /// Writes warnings before the first step, one per line.
    member _.Warn(sentences: string[]) =
        if isTerminal then
            for sentence in sentences do
                output.WriteLine sentence

    /// Writes the line after a step: at most every 0.2 s, and at the last step.
    member _.Write(p: TrainProgress, validation: float voption) =
        if isTerminal && (p.Step = p.Steps || p.Seconds - written >= between) then
            written <- p.Seconds
            let number (format: string) (x: float) = x.ToString(format, CultureInfo.InvariantCulture)
            let loss = number "E3" p.Loss

            let validated =
                match validation with
                | ValueSome value -> ", validation " + number "E3" value
                | ValueNone -> ""

            let skipped = if p.Skipped > 0 then $", {string p.Skipped} skipped" else ""
            let shortened = if p.Shortened > 0 then $", {string p.Shortened} shrunk" else ""
            let seconds = number "F1" p.Seconds
            let text =
                $"step {string p.Step} of {string p.Steps}, loss {loss}{validated}{skipped}{shortened}, {seconds} s"
            output.Write("\r" + text.PadRight length)
            length <- text.Length

    /// Ends the line after the training.
    member _.End() = if length > 0 then output.WriteLine()
