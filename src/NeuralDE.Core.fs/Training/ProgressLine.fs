namespace NeuralDE.Internal.Training

open System.Globalization
open System.IO
open NeuralDE

/// The line of progress in a terminal, written again and again over itself; nothing where the output is no terminal.
[<Sealed>]
type internal ProgressLine(output: TextWriter, isTerminal: bool) =
    let between = 0.2
    let mutable written = -infinity
    let mutable length = 0

    /// Before the first step, a line each.
    member _.Warn(sentences: string[]) =
        if isTerminal then
            for sentence in sentences do
                output.WriteLine sentence

    /// After a step; every 0.2 s, and at the last.
    member _.Write(p: TrainProgress, validation: float voption) =
        if isTerminal && (p.Step = p.Steps || p.Seconds - written >= between) then
            written <- p.Seconds
            let number (format: string) (x: float) = x.ToString(format, CultureInfo.InvariantCulture)
            let loss = number "E3" p.Loss

            let validated =
                match validation with
                | ValueSome value -> ", validation " + number "E3" value
                | ValueNone -> ""

            let skipped = if p.Skipped > 0 then $", {string p.Skipped} left out" else ""
            let shortened = if p.Shortened > 0 then $", {string p.Shortened} made shorter" else ""
            let seconds = number "F1" p.Seconds
            let text =
                $"step {string p.Step} of {string p.Steps}, loss {loss}{validated}{skipped}{shortened}, {seconds} s"
            output.Write("\r" + text.PadRight length)
            length <- text.Length

    /// When the training has ended, however it did.
    member _.End() = if length > 0 then output.WriteLine()
