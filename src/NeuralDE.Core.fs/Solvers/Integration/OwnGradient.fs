namespace NeuralDE.Internal.Integration

open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Calculus
open NeuralDE.Internal.Equations
open NeuralDE.Internal.Steppers

/// The adjoint of a solve by a custom gradient method.
module internal OwnGradientRule =
    let private check verb what mend (like: Signature[]) (got: StateVector) =
        StateChecks.requireLike
            verb
            $"the gradient method returned {what} of"
            mend
            (Array.create like.Length "")
            like
            got.Items

    let private checkIntegrals verb (like: Signature[]) (got: StateVector) =
        let found = Tracing.signatures got.Items
        let isLike (a: Signature) (b: Signature) = a.Dtype = b.Dtype && Shape.same a.Shape b.Shape

        if found.Length <> like.Length || not (Array.forall2 isLike found like) then
            let text (s: Signature[]) =
                let each = s |> Array.map (fun s -> $"{s.Dtype} {Shape.text s.Shape}")
                "(" + String.concat ", " each + ")"

            raise (
                ShapeException
                    $"{verb}: the gradient method returned parameters' integrals {text found}, expected {text like}. Compute them from Zero and Pull, leaf by leaf."
            )

    let private requireResult verb what (got: StateVector) =
        if isNull (got :> obj | null) then
            raise (InputException $"{verb}: the gradient method returned null for the {what}, expected a state vector.")

    /// `verb`: for messages.
    let custom verb (p: SolvePlan) (m: GradientMethod) (g: Graph) : Custom =
        let n = p.Leaves
        let smooth = AdjointRule.smooth n g
        let state, integrals = g.Inputs[1..n], Masks.pickBy smooth g.Inputs[n + 1 ..]
        let wanted = Array.concat [ [| false |]; Array.create n true; smooth ]

        let goBack () : GoBack =
            let pulled = Derive.vjpGraph (UnderDerivative.graph g wanted) wanted (Array.create n true)
            let ask what = check verb what "Compute it from Y0, Y1 and Field, leaf by leaf." state

            let field captured t (y: StateVector) =
                ask "an argument of Field" y
                StateVector.OfLeaves(RungeKutta.fieldOf g captured t y.Items)

            let pull captured (t: Tensor) (y: StateVector) (a: StateVector) =
                ask "an argument of Pull" y
                ask "an argument of Pull" a
                let t = Prim.cast g.Inputs[0].Dtype t
                let out = Prim.call pulled (Array.concat [ [| t |]; y.Items; captured; a.Items ])
                StateVector.OfLeaves out[.. n - 1], StateVector.OfLeaves out[n..]

            let back (x: Tensor[]) =
                let part first = StateVector.OfLeaves(Array.sub x (2 + first * n) n)
                let captured = x[2 + 3 * n ..]
                let zero = StateVector.OfLeaves(integrals |> Array.map Prim.zeros)
                let ends, states = struct (x[0], x[1]), struct (part 0, part 1)
                let a, q = m.Back(AdjointSpan(ends, states, part 2, zero, field captured, pull captured))
                requireResult verb "adjoint" a
                requireResult verb "parameters' integrals" q
                check verb "an adjoint" "Compute it from Adjoint and Pull, leaf by leaf." state a
                checkIntegrals verb integrals q
                Array.append a.Items q.Items

            fun _ captured span ->
                let seen = Array.concat [ [| span.Early; span.Late |]; span.YEarly; span.YLate; span.Adjoint; captured ]
                let out = OwnPart.traced verb "the gradient method" seen back
                out[.. n - 1], Array.map2 (+) span.Integrals out[n..]

        g.Memo((p, m), (fun () -> AdjointRule.custom p g goBack))
