namespace NeuralDE.Benchmarks

/// What is kept of some samples.
type Quartiles = { Lower: float; Median: float; Upper: float }

[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Quartiles =
    /// Between neighbouring samples a quantile is linear.
    let ofSamples (samples: float[]) : Quartiles =
        let sorted = Array.sort samples

        let quantile share =
            let at = share * float (sorted.Length - 1)
            let below = int at
            let above = min (below + 1) (sorted.Length - 1)
            sorted[below] + (at - float below) * (sorted[above] - sorted[below])

        { Lower = quantile 0.25; Median = quantile 0.5; Upper = quantile 0.75 }
