namespace NeuralDE.Internal.Optimisers

open System
open NeuralDE
open NeuralDE.Internal.Calculus

/// Checks of the model and the loss of a fit, and its warnings.
module internal Fitting =
    /// Raises TreeException for a model without float tensors.
    let requireFloats verb (model: 'M) = PlainNumbers.requireFloats verb "fit" model (Tree.flatten model)

    let private listed (paths: string list) = String.Join(", ", paths)

    /// Raises InputException for a loss that does not depend on any leaf that may be updated.
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
                    + "Compute it from the argument of the function: a model outside of it, numbers read from a "
                    + "tensor and stopGradient are constants."
                )
            )

    /// Warnings about plain numbers in the model, which are not updated, and about leaves that the loss does not depend on.
    let warnings (model: 'M) (unused: string list) : string[] =
        [| for path in PlainNumbers.paths model do
               $"{path} is a plain number, which is constant. Wrap it by scalar or tensor to fit it."
           for path in unused do
               $"The loss does not depend on {path}: its gradient is 0." |]
