namespace NeuralDE.Internal.Equations

open NeuralDE
open NeuralDE.Internal.Graph

/// What a user's function returns for a state must be like the state.
module internal StateChecks =
    /// Where in the state: nothing for a state that is one tensor.
    let nameOf name = if name = "" then "" else $" in component {name}"

    /// `returned`: who returned it, as in "the field returned"; `mend`: what to return instead.
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
