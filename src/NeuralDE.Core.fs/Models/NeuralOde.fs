namespace NeuralDE

open System.Numerics
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Equations
open NeuralDE.Internal.Families

/// <summary>A neural ordinary differential equation: x' = f(t, x) with a network f, the initial state, the readout, and
/// solver settings.</summary>
/// <remarks>A tree, which you can pass to `grad`, Train and Lbfgs. Non-tensor fields are constants. Make a model with
/// NeuralOde.ofNetwork; each other function of NeuralOde sets one option. Each part is an interface: implement it with a
/// record, or make the part from a function of weights (NeuralStart.ofFunction, NeuralField.ofFunction, …), and pass it to
/// withStart, ofField, withControl, withReadout or withDuration. R. T. Q. Chen et al., Neural ordinary differential
/// equations, NeurIPS 2018; variants by E. Dupont et al. 2019 (augmented), S. Massaroli et al. 2020 (depth-varying,
/// data-controlled, depth-adaptive), A. Norcliffe et al. 2020 (second order), T. Zhang et al. 2019 (evolving
/// weights).</remarks>
type NeuralOde =
    {
        Field: NeuralField
        Start: NeuralStart
        /// n: the state is [x; x'; …], in n parts, and the network returns the n-th derivative of x; 1: the network returns
        /// x'
        Order: int
        /// further inputs of the field; None: the field's input is the state
        Control: NeuralControl option
        /// from the state to the output; None: the start decides, usually its first components, or all of a lifted state
        Readout: NeuralReadout option
        /// the factors of the samples' time spans; None: all samples have the same span
        Duration: NeuralDuration option
        Settings: OdeSettings
    }

/// The results of a solve that NeuralOde's functions use.
[<NoEquality; NoComparison>]
type internal NeuralRun =
    {
        /// [time; batch…; state]
        States: Tensor
        /// [batch…; state]
        Final: Tensor
        Stats: unit -> Stats
    }

[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module NeuralOde =
    // ── building a model ─────────────────────────────────────────────────────────────────────────────────────────
    /// <summary>The model x' = f(t, x) with a field f, whose weights may vary in depth.</summary>
    /// <param name="field">The field.</param>
    /// <returns>The model.</returns>
    let ofField (field: NeuralField) : NeuralOde =
        { Field = field
          Start = NeuralStart.observed
          Order = 1
          Control = None
          Readout = None
          Duration = None
          Settings = OdeSettings.defaults }

    /// <summary>The model x' = f(t, x) with a network f. f depends on time if the network has a time layer.</summary>
    /// <param name="net">A network.</param>
    /// <returns>The model.</returns>
    let ofNetwork (net: Network) : NeuralOde = ofField (NeuralField.constant net)

    /// <summary>The model x' = f(t, x) with a network f from a blueprint. The key determines the initial weights.</summary>
    /// <param name="key">Determines the initial weights.</param>
    /// <param name="blueprint">The layers of the network.</param>
    /// <returns>The model.</returns>
    let init (key: Key) (blueprint: Blueprint) : NeuralOde = ofNetwork (Network.init key blueprint)

    /// <summary>Sets the start, which computes the initial state from y0.</summary>
    /// <param name="start">The start.</param>
    /// <param name="model">The model.</param>
    /// <returns>The changed model.</returns>
    let withStart (start: NeuralStart) (model: NeuralOde) = { model with Start = start }

    /// <summary>Sets the control: further inputs of the field.</summary>
    /// <param name="control">The control.</param>
    /// <param name="model">The model.</param>
    /// <returns>The changed model.</returns>
    let withControl (control: NeuralControl) (model: NeuralOde) = { model with Control = Some control }

    /// <summary>Sets the readout, which computes the output from the state.</summary>
    /// <param name="readout">The readout.</param>
    /// <param name="model">The model.</param>
    /// <returns>The changed model.</returns>
    let withReadout (readout: NeuralReadout) (model: NeuralOde) = { model with Readout = Some readout }

    /// <summary>Sets the duration: the time span of each sample is multiplied by a number computed from y0, and each sample
    /// has its own steps.</summary>
    /// <param name="duration">The duration.</param>
    /// <param name="model">The model.</param>
    /// <returns>The changed model.</returns>
    let withDuration (duration: NeuralDuration) (model: NeuralOde) =
        { model with Duration = Some duration; Settings = { model.Settings with PerSample = true } }

    /// <summary>Adds `dimensions` components to the state, which start at 0. The network must take and return
    /// them.</summary>
    /// <param name="dimensions">The number of components.</param>
    /// <param name="model">The model.</param>
    /// <returns>The changed model.</returns>
    /// <remarks>Features [batch…; d] become [batch…; d + `dimensions`]; images [batch; channels; height; width] get
    /// `dimensions` more channels. The layers of the field's network determine which of the two applies, here and wherever
    /// NeuralOde adds components. InputException unless `dimensions` is positive.</remarks>
    let augment (dimensions: int) (model: NeuralOde) =
        Expect.positive "NeuralOde.augment" "dimensions" dimensions
        withStart (NeuralStart.zeros dimensions) model

    /// <summary>Like `augment`, along an axis counted from the end: −1 is the last.</summary>
    /// <param name="axis">The axis, counted from the end: −1 is the last.</param>
    /// <param name="dimensions">The number of components.</param>
    /// <param name="model">The model.</param>
    /// <returns>The changed model.</returns>
    let augmentAlong (axis: int) (dimensions: int) (model: NeuralOde) =
        withStart (NeuralStart.zerosAlong axis dimensions) model

    /// <summary>Adds components to the state, which start at g(y0); for images g is a convolutional network.</summary>
    /// <param name="net">The network g, from y0 to the added components.</param>
    /// <param name="model">The model.</param>
    /// <returns>The changed model.</returns>
    let inputLayer (net: Network) (model: NeuralOde) = withStart (NeuralStart.inputLayer net) model

    /// <summary>Like inputLayer, along an axis counted from the end.</summary>
    /// <param name="axis">The axis, counted from the end: −1 is the last.</param>
    /// <param name="net">The network g, from y0 to the added components.</param>
    /// <param name="model">The model.</param>
    /// <returns>The changed model.</returns>
    let inputLayerAlong (axis: int) (net: Network) (model: NeuralOde) =
        withStart (NeuralStart.besideAlong axis net Network.apply) model

    /// <summary>Sets the initial state to g(y0). Also set a readout, unless all components of the state are the
    /// output.</summary>
    /// <param name="net">The network g, from y0 to the initial state.</param>
    /// <param name="model">The model.</param>
    /// <returns>The changed model.</returns>
    let lift (net: Network) (model: NeuralOde) = withStart (NeuralStart.lift net) model

    /// <summary>Makes the model x'' = f(t, [x; x']) with initial velocity g(y0). The network takes 2 d features and returns
    /// d.</summary>
    /// <param name="velocity">The network g, from y0 to the initial velocity.</param>
    /// <param name="model">The model.</param>
    /// <returns>The changed model.</returns>
    let secondOrder (velocity: Network) (model: NeuralOde) = inputLayer velocity { model with Order = 2 }

    /// <summary>Makes the model x⁽ⁿ⁾ = f(t, [x; x'; …]) for y0 of d components. All derivatives of x start at 0.</summary>
    /// <param name="order">The order n of the equation.</param>
    /// <param name="d">The number of components of y0.</param>
    /// <param name="model">The model.</param>
    /// <returns>The changed model.</returns>
    /// <remarks>InputException unless `order` and `d` are positive.</remarks>
    let higherOrder (order: int) (d: int) (model: NeuralOde) =
        Expect.positive "NeuralOde.higherOrder" "order" order
        Expect.positive "NeuralOde.higherOrder" "d" d
        let model = { model with Order = order }
        if order = 1 then model else augment ((order - 1) * d) model

    /// <summary>Data control: the input of the network is [state; y0] at all times.</summary>
    /// <param name="model">The model.</param>
    /// <returns>The changed model.</returns>
    let controlled (model: NeuralOde) = withControl NeuralControl.observed model

    /// <summary>Like `controlled`, with [state; y0] along an axis counted from the end.</summary>
    /// <param name="axis">The axis, counted from the end: −1 is the last.</param>
    /// <param name="model">The model.</param>
    /// <returns>The changed model.</returns>
    let controlledAlong (axis: int) (model: NeuralOde) = withControl (NeuralControl.observedAlong axis) model

    /// <summary>Data control: the input of the network is [state; g(y0)] at all times; for images g is a convolutional
    /// network.</summary>
    /// <param name="net">The network g, from y0 to the further inputs.</param>
    /// <param name="model">The model.</param>
    /// <returns>The changed model.</returns>
    let controlledBy (net: Network) (model: NeuralOde) = withControl (NeuralControl.ofNetwork net) model

    /// <summary>Sets a network as readout, from the state to the output.</summary>
    /// <param name="net">The network, from the state to the output.</param>
    /// <param name="model">The model.</param>
    /// <returns>The changed model.</returns>
    let readout (net: Network) (model: NeuralOde) = withReadout (NeuralReadout.ofNetwork net) model

    /// <summary>Multiplies the time span of each sample by softplus(g(y0)). Each sample has its own steps.</summary>
    /// <param name="net">The network g, from y0 to [batch; 1].</param>
    /// <param name="model">The model.</param>
    /// <returns>The changed model.</returns>
    let adaptiveDepth (net: Network) (model: NeuralOde) = withDuration (NeuralDuration.ofNetwork net) model

    let private set change (model: NeuralOde) = { model with Settings = change model.Settings }

    /// <summary>Sets the method; default: Tsit5.</summary>
    /// <param name="solver">The method.</param>
    /// <param name="model">The model.</param>
    /// <returns>The changed model.</returns>
    let using (solver: OdeSolver) (model: NeuralOde) = set (fun s -> { s with Solver = solver }) model

    /// <summary>Sets a method that is chosen at run time. InputException for a method that is not for ordinary
    /// equations.</summary>
    /// <param name="m">The method.</param>
    /// <param name="model">The model.</param>
    /// <returns>The changed model.</returns>
    let usingMethod (m: Method) (model: NeuralOde) = using (OdeSolver.Of "NeuralOde.usingMethod" m) model

    /// <summary>Sets the tolerances: a step is accepted if its error is at most atol + rtol |y|; default: 1e-6 and 1e-9.
    /// InputException for negative tolerances.</summary>
    /// <param name="rtol">The relative tolerance.</param>
    /// <param name="atol">The absolute tolerance.</param>
    /// <param name="model">The model.</param>
    /// <returns>The changed model.</returns>
    let tolerance (rtol: float) (atol: float) (model: NeuralOde) =
        ProblemChecks.tolerance "NeuralOde" rtol atol
        set (fun s -> { s with Rtol = rtol; Atol = atol }) model

    /// <summary>Sets the maximum number of steps of a solve; default: 100 000.</summary>
    /// <param name="n">The number of steps.</param>
    /// <param name="model">The model.</param>
    /// <returns>The changed model.</returns>
    let maxSteps (n: int) (model: NeuralOde) =
        ProblemChecks.count "NeuralOde.maxSteps" n
        set (fun s -> { s with MaxSteps = n }) model

    /// <summary>Sets constant steps of size dt. InputException unless dt is positive.</summary>
    /// <param name="dt">The step size.</param>
    /// <param name="model">The model.</param>
    /// <returns>The changed model.</returns>
    let dt (dt: float) (model: NeuralOde) =
        ProblemChecks.positive "NeuralOde.dt" "the step" dt
        set (fun s -> { s with Step = ConstantStep dt }) model

    /// <summary>Sets the gradient method of reverse mode; default: Gradient.Checkpointed.</summary>
    /// <param name="method">The gradient method.</param>
    /// <param name="model">The model.</param>
    /// <returns>The changed model.</returns>
    let gradient (method: Gradient) (model: NeuralOde) = set (fun s -> { s with Gradient = method }) model

    /// <summary>Gives each sample of a batch [batch; d] its own steps.</summary>
    /// <param name="model">The model.</param>
    /// <returns>The changed model.</returns>
    let perSample (model: NeuralOde) = set (fun s -> { s with PerSample = true }) model

    // ── solving a model ──────────────────────────────────────────────────────────────────────────────────────────
    let private checkStart verb (model: NeuralOde) (y0: Tensor) =
        Expect.floats verb y0
        let isPerSample = model.Settings.PerSample

        // a lifted state has its own axes
        let axis, isLifted =
            match model.Start with
            | :? NeuralStartAxis as start -> start.Axis, true
            | _ -> model.Field.Axis, false

        let spatial = -1 - axis
        let least, most = (if isPerSample then spatial + 2 else spatial + 1), spatial + 2

        let what =
            match spatial with
            | 0 when isPerSample -> "[batch; d]"
            | 0 -> "[d] or [batch…; d]"
            | 1 -> "[batch; channels; length]"
            | _ -> "[batch; channels; height; width]"

        if y0.Rank < least || (spatial > 0 && y0.Rank > most) then
            Expect.misfit $"{verb}: got y0 of shape {Expect.text y0}, expected {what}. Add an axis with expandDims."

        let state = model.Start.State model.Field.Axis y0

        if isLifted && isPerSample && (state.Rank = 0 || state.Dims[0] <> y0.Dims[0]) then
            Expect.misfit
                $"{verb}: the start made a state {Expect.text state} from y0 {Expect.text y0}, expected the batch as its first axis."

        state

    /// How far a solve may go beyond the times of the weights, relative to their span: the rounding error of float32 times.
    let private spanSlack = 1e-6

    /// Checks that the time span of the solve is within that of the weights.
    let private checkSpan verb (model: NeuralOde) (t0: Tensor) (t1: Tensor) =
        match model.Field, model.Duration, OutputTimes.known t0, OutputTimes.known t1 with
        | (:? DepthTimes as times), None, ValueSome from, ValueSome until ->
            let slack = spanSlack * (times.Last - times.First)

            for t in [ from[0]; until[0] ] do
                if t < times.First - slack || t > times.Last + slack then
                    raise (
                        InputException
                            $"{verb}: the weights are defined on the span ({string times.First}, {string times.Last}), and the solve goes from {string from[0]} to {string until[0]}, expected times within the span. Make the expansion for these times, as in Galerkin.init basis ({string from[0]}, {string until[0]})."
                    )
        | _ -> ()

    /// The end time of each sample.
    let private stretched verb (model: NeuralOde) (y0: Tensor) (t0: Tensor) (t1: Tensor) : Tensor =
        match model.Duration with
        | None -> t1
        | Some duration ->
            let stretch = duration.Stretch y0

            if stretch.Rank <> 1 || stretch.Dims[0] <> y0.Dims[0] then
                Expect.misfit
                    $"{verb}: the duration returned {Expect.text stretch} for y0 {Expect.text y0}, expected one number for each sample, [batch]."

            t0 + (t1 - t0) * cast Float64 stretch

    let private jumps (field: NeuralField) : float list =
        match field with
        | :? DepthTimes as times -> List.ofArray times.Jumps
        | _ -> []

    /// Solves for a state of any structure.
    let private solved (model: NeuralOde) (y0: Tensor) (t0: Tensor, t1: Tensor) (times: Tensor option) f (start: 'S) =
        let problem = Ode.problem f start (t0, t1) |> OdeSettings.apply model.Settings |> Ode.jumpAt (jumps model.Field)

        match times with
        | Some times when model.Settings.PerSample ->
            problem |> Ode.saveAt (broadcastTo [ y0.Dims[0]; times.Count ] times) |> Ode.solve
        | Some times -> problem |> Ode.saveAt times |> Ode.solve
        | None -> problem |> Ode.solve

    let private run verb (model: NeuralOde) (y0: Tensor) (t0: Tensor, t1: Tensor) (times: Tensor option) : NeuralRun =
        let start = checkStart verb model y0
        let axis = model.Field.Axis
        let isPerSample = model.Settings.PerSample
        let t1 = stretched verb model y0 t0 t1
        checkSpan verb model t0 t1
        let covariate = model.Control |> Option.map (fun control -> control, control.Covariate axis y0)

        /// The derivative of a state by a field with further inputs.
        let derivative (slope: Tensor -> Tensor -> Tensor) (seen: Tensor) (t: Tensor) (state: Tensor) =
            Field.higherOrderBefore (-1 - axis) model.Order (fun t _ -> slope t seen) t state

        let seen (state: Tensor) =
            match covariate with
            | Some(control, covariate) -> control.Seen axis covariate state
            | None -> state

        let solved f start = solved model y0 (t0, t1) times f start
        let timeFirst (states: Tensor) = if isPerSample then moveAxis 1 0 states else states

        match model.Field, covariate with
        | :? NeuralFlow, _ when isPerSample ->
            raise (InputException $"{verb}: evolving weights are shared by all samples. Remove perSample.")
        | (:? NeuralFlow as flow), _ ->
            let f =
                Field.evolvingWeights flow.Flow (fun w t state -> derivative (flow.SlopeWith w) (seen state) t state)
            let solution = solved f (start, flow.Weights)
            { States = fst solution.Ys; Final = fst solution.Y1; Stats = fun () -> solution.Stats }
        | field, Some(control, covariate) when isPerSample -> // the covariate of a sample is part of its state
            let f t (state, covariate) =
                derivative field.Slope (control.Seen axis covariate state) t state, Prim.zerosLike covariate

            if ChannelAxis.fit axis start covariate then
                let carried = ChannelAxis.joined axis start f
                let solution = solved carried (ChannelAxis.beside verb axis start covariate)
                let own (states: Tensor) = ChannelAxis.first axis start states
                { States = timeFirst (own solution.Ys); Final = own solution.Y1; Stats = fun () -> solution.Stats }
            else
                let solution = solved f (start, covariate)
                { States = timeFirst (fst solution.Ys); Final = fst solution.Y1; Stats = fun () -> solution.Stats }
        | field, _ ->
            let solution = solved (fun t state -> derivative field.Slope (seen state) t state) start
            { States = timeFirst solution.Ys; Final = solution.Y1; Stats = fun () -> solution.Stats }

    let private observe (model: NeuralOde) (y0: Tensor) (states: Tensor) =
        match model.Readout with
        | Some readout -> readout.Observe model.Field.Axis y0 states
        | None -> model.Start.Observed model.Field.Axis y0 states

    let private runAt verb (model: NeuralOde) (y0: Tensor) (ts: Tensor) =
        Expect.floats verb ts

        if ts.Rank <> 1 || ts.Count = 0 then
            Expect.misfit
                $"{verb}: got times of shape {Expect.text ts}, expected [time] with one or more. Write tensor [ 0.0; t ]."

        if model.Duration.IsSome then
            raise (InputException $"{verb}: each sample of this model has its own end time. Use NeuralOde.final.")

        let ts = cast Float64 ts
        run verb model y0 (ts[0], ts[-1]) (Some ts)

    /// <summary>The output at given times. The solve starts from y0 at the first of them.</summary>
    /// <param name="model">The model.</param>
    /// <param name="y0">[d] or [batch…; d]; for a network of images [batch; channels; height; width].</param>
    /// <param name="ts">[time], in order.</param>
    /// <returns>[time; d] or [time; batch…; d], where the readout may change the last axis; images likewise.</returns>
    /// <remarks>SolveException if the solve fails; ShapeException for other shapes; InputException if the model has a
    /// duration: use `final`.</remarks>
    let predict (model: NeuralOde) (y0: Tensor) (ts: Tensor) : Tensor =
        observe model y0 (runAt "NeuralOde.predict" model y0 ts).States

    /// <summary>The whole state at given times, including added components: [time; batch…; state].</summary>
    /// <param name="model">The model.</param>
    /// <param name="y0">[d] or [batch…; d]; for a network of images [batch; channels; height; width].</param>
    /// <param name="ts">[time], in order.</param>
    /// <returns>[time; batch…; state].</returns>
    let states (model: NeuralOde) (y0: Tensor) (ts: Tensor) : Tensor = (runAt "NeuralOde.states" model y0 ts).States

    let private runTo verb model y0 (t0: obj | null) (t1: obj | null) =
        run verb model y0 (Time.ofAny verb t0, Time.ofAny verb t1) None

    /// <summary>The output at t1 of a solve from y0 at t0. With tensors as times it can be differentiated by them.</summary>
    /// <param name="model">The model.</param>
    /// <param name="y0">[d] or [batch…; d]; for a network of images [batch; channels; height; width].</param>
    /// <param name="t0">The start time: a number or a tensor [].</param>
    /// <param name="t1">The end time: a number or a tensor [].</param>
    /// <returns>[d] or [batch…; d], where the readout may change the last axis; images likewise.</returns>
    /// <exception cref="T:NeuralDE.SolveException">if the solve fails.</exception>
    let final
        (model: NeuralOde)
        (y0: Tensor)
        (t0: 'T0, t1: 'T1)
        : Tensor when 'T0 :> ISubtractionOperators<'T0, 'T0, 'T0> and 'T1 :> ISubtractionOperators<'T1, 'T1, 'T1> =
        observe model y0 (runTo "NeuralOde.final" model y0 (box t0) (box t1)).Final

    /// <summary>The solver statistics of a solve from t0 to t1: steps, evaluations of the network, …</summary>
    /// <param name="model">The model.</param>
    /// <param name="y0">As in final.</param>
    /// <param name="t0">The start time.</param>
    /// <param name="t1">The end time.</param>
    /// <returns>The statistics.</returns>
    let stats
        (model: NeuralOde)
        (y0: Tensor)
        (t0: 'T0, t1: 'T1)
        : Stats when 'T0 :> ISubtractionOperators<'T0, 'T0, 'T0> and 'T1 :> ISubtractionOperators<'T1, 'T1, 'T1> =
        (runTo "NeuralOde.stats" model y0 (box t0) (box t1)).Stats()
