namespace NeuralDE.Internal.Integration

open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Steppers

/// The output of a step.
[<NoEquality; NoComparison>]
type internal Saved =
    {
        /// the index of the next output
        Output: Tensor
        /// bool
        Write: Tensor
        Emit: Tensor[]
    }

module internal StepSave =
    /// The polynomials of the step, computed only if `write`.
    let private polynomials (p: SolvePlan) (write: Tensor) (y: Tensor[]) (h: Tensor) (dense: Dense) : Tensor[] =
        let compute f (args: Tensor[]) = Array.append (f ()) args[..0]

        match dense with
        | Ready f -> compute f [| h |] |> Array.truncate y.Length
        | OnDemand f ->
            let skip (args: Tensor[]) =
                let empty (y: Tensor) =
                    Prim.zeros { y.Signature with Shape = Array.append [| p.Stepper.Degree + 1 |] y.Dims }

                Array.append (Array.map empty y) args[..0]

            cond write (compute f) skip [| h |] |> Array.truncate y.Length

    /// The polynomial over the part of the step before an event, at the fraction `share` of the step.
    let private upTo (share: Tensor) (coefficients: Tensor) =
        let powers = Array.scan (fun x _ -> x * share) (Prim.number 1.0) [| 2 .. coefficients.Dims[0] |]
        let powers = Prim.cast coefficients.Dtype (Prim.stack 0 powers)
        coefficients * Prim.broadcast coefficients.Dims [| 0 |] powers

    /// The output of a step from s.Time, if it is accepted. A step with an event ends before the change of the event.
    let rows
        (p: SolvePlan)
        (s: Steering<Tensor>)
        (i: SolveInputs)
        (a: Advance)
        keep
        accepted
        y
        (step: Attempted)
        (ending: Ending voption)
        : Saved =
        let edge, span, y1 =
            match ending with
            | ValueSome e ->
                Prim.select e.Crossed e.Time a.Edge, Prim.select e.Crossed (e.Time - s.Time) a.Span, e.Before
            | ValueNone -> a.Edge, a.Span, step.Y1

        let passed () = // the number of outputs at or before the end of the step
            let ts = i.Ts * RungeKutta.spread a.Direction i.Ts
            let now = Prim.reshape [| 1 |] (a.Direction * edge)
            Prim.cast Int32 (Prim.reshape [||] (Tensor.Apply(SearchSorted true, [| ts; now |])))

        let pieces write =
            let ps = polynomials p write y a.H step.Dense

            let ps =
                match ending with
                | ValueSome e -> ps |> Array.map (upTo (Prim.select e.Crossed (span / a.H) (Prim.number 1.0)))
                | ValueNone -> ps

            Array.concat [ [| s.Time; span |]; ps; y1 ]

        match p.Saving with
        | Nothing -> { Output = s.Output; Write = Prim.literal Bool 0.0; Emit = [||] }
        | AtTimes ->
            let last = passed ()
            let write = Prim.both keep (Prim.compare Greater last s.Output)
            { Output = Prim.select keep last s.Output; Write = write; Emit = pieces write }
        | EveryPolynomial -> { Output = s.Output; Write = keep; Emit = pieces keep }
        | EverySteps every ->
            let onTurn = Prim.isNumber (Prim.binary Mod accepted (Prim.integer every)) 0
            { Output = s.Output; Write = Prim.both keep onTurn; Emit = Array.append [| edge |] y1 }
