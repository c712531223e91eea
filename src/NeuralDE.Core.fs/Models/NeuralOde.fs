namespace NeuralDE

open System.Numerics
open NeuralDE.Compiler

/// <summary>A neural ordinary differential equation: x' = f(t, x) with a network f, the start and the read-out around it, and
/// how it is solved.</summary>
/// <remarks>
/// A tree, to be given to grad, Train and Lbfgs. What is no tensor is static. Made by NeuralOde.ofNetwork; every other function
/// of NeuralOde answers one question. Each part is an interface: parts of your own are records that implement it, or functions
/// of weights (NeuralStart.ofFunction, NeuralField.ofFunction, …), and a model takes them by withStart, ofField, withControl,
/// withReadout and withDuration. R. T. Q. Chen et al., Neural ordinary differential equations, NeurIPS 2018; variants by
/// E. Dupont et al. 2019 (augmented), S. Massaroli et al. 2020 (depth-varying, data-controlled, depth-adaptive), A. Norcliffe et
/// al. 2020 (second order), T. Zhang et al. 2019 (evolving weights).
/// </remarks>
type NeuralOde =
    {
        Field: NeuralField
        Start: NeuralStart
        /// n: the state is [x; x'; …], n parts, and the network gives the n-th derivative of x; 1 is a field as it is
        Order: int
        /// what the field sees besides the state; None: nothing
        Control: NeuralControl option
        /// from the state to what is observed; None: what the start says, its first components or all of a lifted state
        Readout: NeuralReadout option
        /// by what the time of a sample is stretched; None: the span is the same for all
        Duration: NeuralDuration option
        Settings: OdeSettings
    }

/// What NeuralOde's functions read from a solve.
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
    // ── making one ───────────────────────────────────────────────────────────────────────────────────────────────
    /// <summary>x' = f(t, x) of a field whose weights may vary in depth.</summary>
    let ofField (field: NeuralField) : NeuralOde =
        { Field = field
          Start = NeuralStart.observed
          Order = 1
          Control = None
          Readout = None
          Duration = None
          Settings = OdeSettings.defaults }

    /// <summary>x' = f(t, x) of a network, which sees the time if it has a layer for it.</summary>
    let ofNetwork (net: Network) : NeuralOde = ofField (NeuralField.constant net)

    /// <summary>The same from a blueprint, with weights drawn from a key.</summary>
    let init (key: Key) (blueprint: Blueprint) : NeuralOde = ofNetwork (Network.init key blueprint)

    /// <summary>Another start: how the state is made of y0.</summary>
    let withStart (start: NeuralStart) (model: NeuralOde) = { model with Start = start }

    /// <summary>What the field sees besides the state.</summary>
    let withControl (control: NeuralControl) (model: NeuralOde) = { model with Control = Some control }

    /// <summary>What is observed of the state.</summary>
    let withReadout (readout: NeuralReadout) (model: NeuralOde) = { model with Readout = Some readout }

    /// <summary>Each sample has an end of its own: its span is multiplied by a number made of y0, and it has its own steps.</summary>
    let withDuration (duration: NeuralDuration) (model: NeuralOde) =
        { model with Duration = Some duration; Settings = { model.Settings with PerSample = true } }

    /// <summary>So many more components of the state, 0 at the start; the network must take and give them.</summary>
    /// <remarks>Features [batch…; d] become [batch…; d + n], images [batch; channels; height; width] get n more channels: the
    /// layers of the field's network tell which they are. The same goes for all that NeuralOde adds to a state.</remarks>
    let augment (dimensions: int) (model: NeuralOde) =
        Expect.positive "NeuralOde.augment" "dimensions" dimensions
        withStart (NeuralStart.zeros dimensions) model

    /// <summary>As augment, along an axis counted from the end: −1 is the last.</summary>
    let augmentAlong (axis: int) (dimensions: int) (model: NeuralOde) =
        withStart (NeuralStart.zerosAlong axis dimensions) model

    /// <summary>More components of the state, g(y0) at the start: of images by a convolution.</summary>
    let inputLayer (net: Network) (model: NeuralOde) = withStart (NeuralStart.inputLayer net) model

    /// <summary>As inputLayer, along an axis counted from the end.</summary>
    let inputLayerAlong (axis: int) (net: Network) (model: NeuralOde) =
        withStart (NeuralStart.besideAlong axis net Network.apply) model

    /// <summary>Another state, g(y0) at the start; give a readout, too, where its components are not what is observed.</summary>
    let lift (net: Network) (model: NeuralOde) = withStart (NeuralStart.lift net) model

    /// <summary>x'' = f(t, [x; x']) with the velocity g(y0) at the start: the network takes 2 d features and gives d.</summary>
    let secondOrder (velocity: Network) (model: NeuralOde) = inputLayer velocity { model with Order = 2 }

    /// <summary>x⁽ⁿ⁾ = f(t, [x; x'; …]) with derivatives that start at 0, for y0 of d components.</summary>
    let higherOrder (order: int) (d: int) (model: NeuralOde) =
        Expect.positive "NeuralOde.higherOrder" "order" order
        Expect.positive "NeuralOde.higherOrder" "d" d
        let model = { model with Order = order }
        if order = 1 then model else augment ((order - 1) * d) model

    /// <summary>The network sees [state; y0] at all times: data control.</summary>
    let controlled (model: NeuralOde) = withControl NeuralControl.observed model

    /// <summary>As controlled, [state; y0] along an axis counted from the end.</summary>
    let controlledAlong (axis: int) (model: NeuralOde) = withControl (NeuralControl.observedAlong axis) model

    /// <summary>The network sees [state; g(y0)] at all times: of images by a convolution.</summary>
    let controlledBy (net: Network) (model: NeuralOde) = withControl (NeuralControl.ofNetwork net) model

    /// <summary>A network from the state to what is observed.</summary>
    let readout (net: Network) (model: NeuralOde) = withReadout (NeuralReadout.ofNetwork net) model

    /// <summary>Each sample has an end of its own: its span is multiplied by softplus(g(y0)), and it has its own steps.</summary>
    let adaptiveDepth (net: Network) (model: NeuralOde) = withDuration (NeuralDuration.ofNetwork net) model

    let private set change (model: NeuralOde) = { model with Settings = change model.Settings }

    /// The method; Tsit5 unless said otherwise.
    let using (solver: OdeSolver) (model: NeuralOde) = set (fun s -> { s with Solver = solver }) model

    /// A method chosen when the program runs. InputException for one that is not for ordinary equations.
    let usingMethod (m: Method) (model: NeuralOde) = using (OdeSolver.Of "NeuralOde.usingMethod" m) model

    /// As Ode.tolerance; 1e-6 and 1e-9 unless said otherwise.
    let tolerance (rtol: float) (atol: float) (model: NeuralOde) =
        ProblemChecks.tolerance "NeuralOde" rtol atol
        set (fun s -> { s with Rtol = rtol; Atol = atol }) model

    /// Steps of constant length.
    let dt (dt: float) (model: NeuralOde) =
        ProblemChecks.positive "NeuralOde.dt" "the step" dt
        set (fun s -> { s with Step = ConstantStep dt }) model

    /// How reverse mode goes through the solve; Checkpointed unless said otherwise.
    let gradient (method: Gradient) (model: NeuralOde) = set (fun s -> { s with Gradient = method }) model

    /// Each sample of a batch [batch; d] has its own steps.
    let perSample (model: NeuralOde) = set (fun s -> { s with PerSample = true }) model

    // ── solving it ───────────────────────────────────────────────────────────────────────────────────────────────
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
            Expect.misfit
                $"{verb}: got a start of shape {Expect.text y0}, expected {what}. Add an axis with expandDims."

        let state = model.Start.State model.Field.Axis y0

        if isLifted && isPerSample && (state.Rank = 0 || state.Dims[0] <> y0.Dims[0]) then
            Expect.misfit
                $"{verb}: the start made a state {Expect.text state} of {Expect.text y0}, expected the batch for its first axis."

        state

    /// The span of the solve is to be within that of the weights.
    let private checkSpan verb (model: NeuralOde) (t0: Tensor) (t1: Tensor) =
        match model.Field, model.Duration, OutputTimes.known t0, OutputTimes.known t1 with
        | (:? DepthTimes as times), None, ValueSome from, ValueSome until ->
            let slack = 1e-6 * (times.Last - times.First)

            for t in [ from[0]; until[0] ] do
                if t < times.First - slack || t > times.Last + slack then
                    raise (
                        InputException
                            $"{verb}: the weights vary over the span ({string times.First}, {string times.Last}), and the solve goes from {string from[0]} to {string until[0]}, expected times within the span. Make the expansion for it, as in Galerkin.init basis ({string from[0]}, {string until[0]})."
                    )
        | _ -> ()

    /// The end of each sample.
    let private stretched verb (model: NeuralOde) (y0: Tensor) (t0: Tensor) (t1: Tensor) : Tensor =
        match model.Duration with
        | None -> t1
        | Some duration ->
            let stretch = duration.Stretch y0

            if stretch.Rank <> 1 || stretch.Dims[0] <> y0.Dims[0] then
                Expect.misfit
                    $"{verb}: the duration gave {Expect.text stretch} for a start {Expect.text y0}, expected one number for each sample, [batch]."

            t0 + (t1 - t0) * cast Float64 stretch

    let private jumps (field: NeuralField) : float list =
        match field with
        | :? DepthTimes as times -> List.ofArray times.Jumps
        | _ -> []

    /// The solve of a state of any structure.
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

        /// The derivative of a state by a field that sees more than it.
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
            raise (InputException $"{verb}: evolving weights are shared by all samples. Leave perSample out.")
        | (:? NeuralFlow as flow), _ ->
            let f =
                Field.evolvingWeights flow.Flow (fun w t state -> derivative (flow.SlopeWith w) (seen state) t state)
            let solution = solved f (start, flow.Weights)
            { States = fst solution.Ys; Final = fst solution.Y1; Stats = fun () -> solution.Stats }
        | field, Some(control, covariate) when isPerSample -> // a sample carries its own covariate along
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
            raise (InputException $"{verb}: each sample of this model has an end of its own. Use NeuralOde.final.")

        let ts = cast Float64 ts
        run verb model y0 (ts[0], ts[-1]) (Some ts)

    /// <summary>What is observed at times, from y0 at the first of them.</summary>
    /// <param name="model">The model.</param>
    /// <param name="y0">[d], [batch…; d], or of a network of images [batch; channels; height; width].</param>
    /// <param name="ts">[time], in order.</param>
    /// <returns>[time; d] or [time; batch…; d], whatever the readout makes of the last axis; images likewise.</returns>
    let predict (model: NeuralOde) (y0: Tensor) (ts: Tensor) : Tensor =
        observe model y0 (runAt "NeuralOde.predict" model y0 ts).States

    /// <summary>The whole state at times, what was added included: [time; batch…; state].</summary>
    let states (model: NeuralOde) (y0: Tensor) (ts: Tensor) : Tensor = (runAt "NeuralOde.states" model y0 ts).States

    let private runTo verb model y0 (t0: obj | null) (t1: obj | null) =
        run verb model y0 (Time.ofAny verb t0, Time.ofAny verb t1) None

    /// <summary>What is observed at t1, from y0 at t0: [d] or [batch…; d].</summary>
    let final
        (model: NeuralOde)
        (y0: Tensor)
        (t0: 'T0, t1: 'T1)
        : Tensor when 'T0 :> ISubtractionOperators<'T0, 'T0, 'T0> and 'T1 :> ISubtractionOperators<'T1, 'T1, 'T1> =
        observe model y0 (runTo "NeuralOde.final" model y0 (box t0) (box t1)).Final

    /// <summary>What a solve from t0 to t1 costs: steps and evaluations of the network.</summary>
    let stats
        (model: NeuralOde)
        (y0: Tensor)
        (t0: 'T0, t1: 'T1)
        : Stats when 'T0 :> ISubtractionOperators<'T0, 'T0, 'T0> and 'T1 :> ISubtractionOperators<'T1, 'T1, 'T1> =
        (runTo "NeuralOde.stats" model y0 (box t0) (box t1)).Stats()
