namespace NeuralDE.Internal.Optimisers

open System
open NeuralDE
open NeuralDE.Internal.Calculus

/// Checks of a fit's model and loss, and its warnings.
module internal Fitting =
    /// Raises TreeException for a model without float tensors.
    let requireFloats verb (model: 'M) = PlainNumbers.requireFloats verb "fit" model (Tree.flatten model)

    let private listed (paths: string list) = String.Join(", ", paths)

    /// Raises InputException for a loss that depends on none of the leaves that may move.
    let requireDependence verb what (paths: string list) (depends: bool list) =
        if not (List.contains true depends) then
            let leaves =
                match paths |> List.filter ((<>) "") with
                | [] -> "the model"
                | named when named.Length > 8 -> listed (List.take 8 named) + ", …"
                | named -> listed named

            raise (
                InputException(
                    $"{verb}: the {what} not depend on {leaves}, so there is nothing to fit. "
                    + "Compute from the model that the function is given: another one outside of it, numbers read from a "
                    + "tensor and stopGradient are constants."
                )
            )

    /// Sentences on what looks as if it moved and does not: plain numbers beside the tensors, and leaves that the loss does
    /// not depend on.
    let warnings (model: 'M) (unused: string list) : string[] =
        [| for path in PlainNumbers.paths model do
               $"{path} is a plain number and stays as it is. Write scalar or tensor around it if it is to move."
           for path in unused do
               $"The loss does not depend on {path}: its gradient is 0." |]
