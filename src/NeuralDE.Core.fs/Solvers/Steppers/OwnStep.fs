namespace NeuralDE.Internal.Steppers

open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Equations

/// A custom step: from its arguments to y1, and to the difference from a solution of lower order if steps are adaptive.
[<NoEquality; NoComparison>]
type internal OwnStep =
    { Verb: string
      Name: string
      Order: int
      IsAdaptive: bool
      Step: StepInput -> StateVector * StateVector voption }

module internal OwnStep =
    let private float0 = { Signature.Dtype = Float64; Shape = [||] }

    /// Checks that a result of the step has the shapes and dtypes of the state.
    let private check (own: OwnStep) what (state: Signature[]) (got: StateVector) =
        StateChecks.requireLike
            own.Verb
            $"the step of {own.Name} returned {what} of"
            "Compute it from Y and Field, leaf by leaf."
            (Array.create state.Length "")
            state
            got.Items

    let private make (own: OwnStep) evaluations run bind : Stepper =
        { Name = own.Name
          Citation = "custom step"
          Order = own.Order
          ErrorPower = if own.IsAdaptive then own.Order else 0
          Degree = 3
          Begin = fun _ _ _ -> [||]
          Renew = fun _ _ -> [||]
          Remember = fun _ _ _ -> [||]
          Step = run
          Cost = fun _ -> { Start = 0; Attempt = evaluations; Output = 2; Restart = 0 }
          Counts = false
          Compensates = false
          Integral = Integral.NoNoise
          Bind = bind
          Tableau = ValueNone }

    /// Cubic dense output from the slopes at both ends, computed only for steps that are interpolated.
    let private dense (terms: Terms) (a: Attempt) (y1: Tensor[]) () =
        let f0, f1 = terms.Field a.Time a.Y, terms.Field a.TimeNew y1
        Array.init a.Y.Length (fun k -> Prim.stack 0 (RungeKutta.hermite a.H a.Y[k] f0[k] y1[k] f1[k]))

    /// Traces the step over the graph of the field. Equal graphs give one stepper, even if the user makes the method again.
    /// Values that the step captured are appended to those of the field, so that they have derivatives too.
    let private trace (own: OwnStep) verb (g: Graph) leaves : BoundStepper =
        let own = { own with Verb = verb }
        let state, ofField = g.Inputs[1..leaves], g.Inputs[leaves + 1 ..]
        let mutable evaluations = 0

        let graph, captured =
            Tracing.trace verb Hoisted (Array.concat [ [| float0; float0 |]; state; ofField ]) (fun x ->
                let f = RungeKutta.fieldOf g x[2 + leaves ..]

                let field t (y: StateVector) =
                    evaluations <- evaluations + 1
                    check own "an argument of Field" state y
                    StateVector.OfLeaves(f t y.Items)

                let y1, error = own.Step(StepInput(field, x[0], x[1], StateVector.OfLeaves x[2 .. 1 + leaves]))
                check own "a state" state y1
                error |> ValueOption.iter (check own "an error" state)

                Array.append
                    y1.Items
                    (match error with
                     | ValueSome e -> e.Items
                     | ValueNone -> [||]))

        let step (terms: Terms) (a: Attempt) : Attempted =
            let out = Prim.call graph (Array.concat [ [| a.Time; a.TimeNew |]; a.Y; terms.Captured ])
            let y1 = out[.. leaves - 1]

            { Y1 = y1
              Carried = [||]
              Memory = [||]
              Errors = fun () -> [| out[leaves..] |> Array.map Some |]
              Dense = OnDemand(dense terms a y1)
              Solved = ValueNone
              Work = [||]
              Rounding = [||] }

        let count = evaluations
        let stepper = graph.Memo(("own step", own.Name, own.Order), (fun () -> make own count step ValueNone))
        let inputs = Array.append g.Inputs (Tracing.signatures captured)

        { Stepper = stepper
          Field = Tracing.closed inputs (fun x -> Prim.call g x[.. g.Inputs.Length - 1])
          Captured = captured }

    /// The method before it is bound to a field.
    let unbound (own: OwnStep) : Stepper =
        let none (_: Terms) (_: Attempt) : Attempted = raise (GraphException $"{own.Name} was not traced over a field")
        make own 0 none (ValueSome(trace own))
