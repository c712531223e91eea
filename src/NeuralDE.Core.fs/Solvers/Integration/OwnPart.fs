namespace NeuralDE.Internal.Integration

open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor

/// User functions that become a part of a solve's graph, where only numbers can be captured.
module internal OwnPart =
    /// The results of a user function at `arguments`. InputException if it captured a placeholder; `verb` and `what` are for
    /// the message.
    let traced verb what (arguments: Tensor[]) (f: Tensor[] -> Tensor[]) : Tensor[] =
        let g, captured = Tracing.trace verb Hoisted (Tracing.signatures arguments) f

        for c in captured do
            if c.IsPlaceholder then
                raise (
                    InputException
                        $"{verb}: {what} captured a {c.Dtype} {Shape.text c.Dims} that is an argument of a function being differentiated, batched or compiled; expected numbers. Make it outside of that function."
                )

        Prim.call g (Array.append arguments captured)
