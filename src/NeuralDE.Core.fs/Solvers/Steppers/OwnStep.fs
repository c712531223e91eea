namespace NeuralDE.Internal.Steppers

open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Equations

/// A step as its user wrote it: y1, and the difference to a solution of lower order where steps are to be adaptive.
[<NoEquality; NoComparison>]
type internal OwnStep =
    { Verb: string
      Name: string
      Order: int
      IsAdaptive: bool
      Step: StepInput -> StateVector * StateVector voption }

module internal OwnStep =
    let private float0 = { Signature.Dtype = Float64; Shape = [||] }

    /// What a step returned must be like the state.
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
          Citation = "written by its user"
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

    /// Cubic by the slopes at both ends, where a step is looked into.
    let private dense (terms: Terms) (a: Attempt) (y1: Tensor[]) () =
        let f0, f1 = terms.Field a.Time a.Y, terms.Field a.TimeNew y1
        Array.init a.Y.Length (fun k -> Prim.stack 0 (RungeKutta.hermite a.H a.Y[k] f0[k] y1[k] f1[k]))

    /// The step, traced over the field's graph: equal graphs give one stepper, however often its user makes the method anew. What
    /// the step captured joins what the field captured, so that it has derivatives like everything there.
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

    /// The method before it has met a field.
    let unbound (own: OwnStep) : Stepper =
        let none (_: Terms) (_: Attempt) : Attempted = raise (GraphException $"{own.Name} was not traced over a field")
        make own 0 none (ValueSome(trace own))
