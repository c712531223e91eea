namespace NeuralDE.Internal.Equations

open NeuralDE
open NeuralDE.Internal.Graph

/// Checks that the result of a user's function has the structure, shapes and dtypes of the state.
module internal StateChecks =
    /// The component of the state, for a message; empty if the state is one tensor.
    let nameOf name = if name = "" then "" else $" in component {name}"

    /// `returned`: subject and verb of the message, such as "the field returned"; `mend`: how to correct the function.
    let requireLike verb returned mend (names: string[]) (state: Signature[]) (got: Tensor[]) =
        if got.Length <> state.Length then
            raise (
                TreeException
                    $"{verb}: {returned} {string got.Length} tensors for a state of {string state.Length}. {mend}"
            )

        for k in 0 .. state.Length - 1 do
            let where = nameOf names[k]

            if not (Shape.same got[k].Dims state[k].Shape) then
                raise (
                    ShapeException
                        $"{verb}: {returned} shape {Shape.text got[k].Dims} for a state of shape {Shape.text state[k].Shape}{where}. {mend}"
                )

            if got[k].Dtype <> state[k].Dtype then
                raise (
                    DtypeException
                        $"{verb}: {returned} {got[k].Dtype} for a state of {state[k].Dtype}{where}. Cast one of them."
                )
