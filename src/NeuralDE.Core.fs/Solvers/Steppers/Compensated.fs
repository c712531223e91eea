namespace NeuralDE.Internal.Steppers

open NeuralDE
open NeuralDE.Internal.Tensor

/// Compensated sums over many steps.
module internal Compensated =
    /// y + Δy for each leaf. A leaf with the rounding error e of its sum adds d = Δy + e instead; the new error e' = d − (y1
    /// − y) is a constant of differentiation. W. Kahan, Further remarks on reducing truncation errors, 1965.
    let add (y: Tensor[]) (changes: Tensor option[]) (rounding: Tensor option[]) : Tensor[] * Tensor[] =
        let added =
            Array.map3
                (fun (y: Tensor) change error ->
                    match change, error with
                    | None, None -> y, None
                    | Some change, None -> y + change, None
                    | None, Some error -> y, Some error
                    | Some change, Some error ->
                        let change: Tensor = change + error
                        let y1 = y + change
                        y1, Some(Prim.stop (change - (y1 - y))))
                y
                changes
                rounding

        Array.map fst added, Array.choose snd added
