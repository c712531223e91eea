namespace NeuralDE

open System.Numerics
open NeuralDE.Compiler

/// How the weights of a field depend on depth.
[<RequireQualifiedAccess>]
type NeuralField =
    | Constant of Network
    | Piecewise of Piecewise<Network>
    | Galerkin of Galerkin<Network>
    /// the weights are a state of their own, and start from these
    | Evolving of weights: Network * flow: WeightFlow

/// How the state of a field is made of what is observed at the start.
[<RequireQualifiedAccess>]
type NeuralStart =
    | Observed
    /// [y0; 0]
    | Zeros of dimensions: int
    /// [y0; g(y0)]
    | InputLayer of Network
    /// g(y0)
    | Lift of Network

/// <summary>A neural ordinary differential equation: x' = f(t, x) with a network f, the start and the read-out around it, and
/// how it is solved.</summary>
/// <remarks>
/// A tree, to be given to grad, Train and Lbfgs. What is no tensor is static. Made by NeuralOde.ofNetwork; every other function
/// of NeuralOde answers one question. R. T. Q. Chen et al., Neural ordinary differential equations, NeurIPS 2018; variants by
/// E. Dupont et al. 2019 (augmented), S. Massaroli et al. 2020 (depth-varying, data-controlled, depth-adaptive), A. Norcliffe et
/// al. 2020 (second order), T. Zhang et al. 2019 (evolving weights).
/// </remarks>
type NeuralOde =
    {
        Field: NeuralField
        Start: NeuralStart
        /// n: the state is [x; x'; …], n parts, and the network gives the n-th derivative of x; 1 is a field as it is
        Order: int
        /// whether the network sees [state; y0]
        IsControlled: bool
        /// from the state to what is observed; None: its first components, as many as y0 has (all of a lifted state)
        Readout: Network option
        /// by what softplus(g(y0)) the time of a sample is stretched
        Duration: Network option
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
          Start = NeuralStart.Observed
          Order = 1
          IsControlled = false
          Readout = None
          Duration = None
          Settings = OdeSettings.defaults }

    /// <summary>x' = f(t, x) of a network, which sees the time if it has a layer for it.</summary>
    let ofNetwork (net: Network) : NeuralOde = ofField (NeuralField.Constant net)

    /// <summary>The same from a blueprint, with weights drawn from a key.</summary>
    let init (key: Key) (blueprint: Blueprint) : NeuralOde = ofNetwork (Network.init key blueprint)

    /// <summary>So many more components of the state, 0 at the start; the network must take and give them.</summary>
    /// <remarks>Features [batch…; d] become [batch…; d + n], images [batch; channels; height; width] get n more channels: the
    /// layers of the field's network tell which they are. The same goes for all that NeuralOde adds to a state.</remarks>
    let augment (dimensions: int) (model: NeuralOde) =
        Expect.positive "NeuralOde.augment" "dimensions" dimensions
        { model with Start = NeuralStart.Zeros dimensions }

    /// <summary>More components of the state, g(y0) at the start.</summary>
    let inputLayer (net: Network) (model: NeuralOde) = { model with Start = NeuralStart.InputLayer net }

    /// <summary>Another state, g(y0) at the start; give a readout, too, where its components are not what is observed.</summary>
    let lift (net: Network) (model: NeuralOde) = { model with Start = NeuralStart.Lift net }

    /// <summary>x'' = f(t, [x; x']) with the velocity g(y0) at the start: the network takes 2 d features and gives d.</summary>
    let secondOrder (velocity: Network) (model: NeuralOde) =
        { model with Start = NeuralStart.InputLayer velocity; Order = 2 }

    /// <summary>x⁽ⁿ⁾ = f(t, [x; x'; …]) with derivatives that start at 0, for y0 of d components.</summary>
    let higherOrder (order: int) (d: int) (model: NeuralOde) =
        Expect.positive "NeuralOde.higherOrder" "order" order
        Expect.positive "NeuralOde.higherOrder" "d" d

        if order = 1 then
            { model with Order = 1 }
        else
            { model with Start = NeuralStart.Zeros((order - 1) * d); Order = order }

    /// <summary>The network sees [state; y0] at all times: data control.</summary>
    let controlled (model: NeuralOde) = { model with IsControlled = true }

    /// <summary>A network from the state to what is observed.</summary>
    let readout (net: Network) (model: NeuralOde) = { model with Readout = Some net }

    /// <summary>Each sample has an end of its own: its span is multiplied by softplus(g(y0)), and it has its own steps.</summary>
    let adaptiveDepth (net: Network) (model: NeuralOde) =
        { model with Duration = Some net; Settings = { model.Settings with PerSample = true } }

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
    /// Axes after the channels of the state: 2 for images, 0 for features.
    let private spatialOf (model: NeuralOde) =
        match model.Field with
        | NeuralField.Constant net
        | NeuralField.Evolving(net, _) -> Network.spatial net
        | NeuralField.Piecewise p -> Network.spatial p.Pieces
        | NeuralField.Galerkin g -> Network.spatial g.Coefficients

    /// The axis of the features or channels.
    let private channelsOf spatial (x: Tensor) = x.Rank - 1 - spatial

    /// Side by side along the features or channels.
    let private beside verb spatial (a: Tensor) (b: Tensor) : Tensor =
        let others (x: Tensor) = Shape.without [| channelsOf spatial x |] x.Dims

        if a.Rank <> b.Rank || a.Rank <= spatial || not (Shape.same (others a) (others b)) then
            let axis = if spatial = 0 then "features" else "channels"
            Expect.misfit
                $"{verb}: got {Expect.text b} beside {Expect.text a}, expected the same shape but for the {axis}."

        Prim.concat (channelsOf spatial a) [| a; b |]

    let private checkStart verb (model: NeuralOde) (y0: Tensor) =
        Expect.floats verb y0
        let isPerSample = model.Settings.PerSample

        // a lifted state has its own axes
        let spatial =
            match model.Start with
            | NeuralStart.Lift net -> Network.spatial net
            | NeuralStart.Observed
            | NeuralStart.Zeros _
            | NeuralStart.InputLayer _ -> spatialOf model

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

    let private startOf (model: NeuralOde) (y0: Tensor) =
        match model.Start with
        | NeuralStart.Observed -> y0
        | NeuralStart.Zeros n -> SolveSetup.augmented "NeuralOde" (-1 - spatialOf model) n y0
        | NeuralStart.InputLayer net -> beside "NeuralOde.inputLayer" (spatialOf model) y0 (Network.apply net y0)
        | NeuralStart.Lift net -> Network.apply net y0

    /// A Galerkin expansion is fitted on its span; beyond it polynomials grow, and Fourier's functions begin anew.
    let private checkSpan verb (model: NeuralOde) (t0: Tensor) (t1: Tensor) =
        match model.Field, model.Duration, OutputTimes.known t0, OutputTimes.known t1 with
        | NeuralField.Galerkin g, None, ValueSome from, ValueSome until ->
            let first, last = min g.Start g.Stop, max g.Start g.Stop
            let slack = 1e-6 * (last - first)

            for t in [ from[0]; until[0] ] do
                if t < first - slack || t > last + slack then
                    raise (
                        InputException
                            $"{verb}: the weights vary over the span ({string g.Start}, {string g.Stop}), and the solve goes from {string from[0]} to {string until[0]}, expected times within the span. Make the expansion for it, as in Galerkin.init basis ({string from[0]}, {string until[0]})."
                    )
        | _ -> ()

    let private run verb (model: NeuralOde) (y0: Tensor) (t0: Tensor, t1: Tensor) (times: Tensor option) : NeuralRun =
        checkStart verb model y0
        let spatial = spatialOf model
        let isPerSample = model.Settings.PerSample

        // a sample carries its own y0 along where the network sees it
        let carriesControl = model.IsControlled && isPerSample
        let start = startOf model y0
        let width = start.Dims[channelsOf spatial start]
        let start = if carriesControl then beside "NeuralOde.controlled" spatial start y0 else start

        /// The network at time t with those weights, as a field of the whole state.
        let derivative (net: Network) (t: Tensor) (state: Tensor) =
            let axis = channelsOf spatial state

            let own, seen =
                if carriesControl then Prim.range axis 0 width state, state
                elif model.IsControlled then state, beside "NeuralOde.controlled" spatial state y0
                else state, state

            let slope = Field.higherOrderBefore spatial model.Order (fun t _ -> Network.field net t seen) t own

            if carriesControl then
                Prim.concat axis [| slope; Prim.zerosLike (Prim.range axis width state.Dims[axis] state) |]
            else
                slope

        let t1 =
            match model.Duration with
            | None -> t1
            | Some net ->
                let stretch = softplus (Network.apply net y0)

                if stretch.Rank <> 2 || stretch.Dims[1] <> 1 then
                    Expect.misfit $"{verb}: the duration's network gave {Expect.text stretch}, expected [batch; 1]."

                t0 + (t1 - t0) * cast Float64 (Prim.reshape [| y0.Dims[0] |] stretch)

        checkSpan verb model t0 t1

        let prepared (jumps: float list) (p: OdeProblem<'S>) =
            let p = p |> OdeSettings.apply model.Settings |> Ode.jumpAt jumps

            match times with
            | Some times when isPerSample -> Ode.saveAt (broadcastTo [ y0.Dims[0]; times.Count ] times) p
            | Some times -> Ode.saveAt times p
            | None -> p

        let own (states: Tensor) =
            if carriesControl then Prim.range (channelsOf spatial states) 0 width states else states
        let timeFirst (states: Tensor) = if isPerSample then moveAxis 1 0 states else states

        let plain (jumps: float list) (f: Tensor -> Tensor -> Tensor) =
            let solution = Ode.problem f start (t0, t1) |> prepared jumps |> Ode.solve
            { States = timeFirst (own solution.Ys); Final = own solution.Y1; Stats = fun () -> solution.Stats }

        match model.Field with
        | NeuralField.Constant net -> plain [] (derivative net)
        | NeuralField.Piecewise p -> plain (Piecewise.jumps p) (fun t -> derivative (Piecewise.at t p) t)
        | NeuralField.Galerkin g -> plain [] (fun t -> derivative (Galerkin.at t g) t)
        | NeuralField.Evolving(weights, flow) ->
            if isPerSample then
                raise (InputException $"{verb}: evolving weights are shared by all samples. Leave perSample out.")

            let f = Field.evolvingWeights (fun _t weights -> WeightFlow.apply flow weights) derivative
            let solution = Ode.problem f (start, weights) (t0, t1) |> prepared [] |> Ode.solve
            { States = fst solution.Ys; Final = fst solution.Y1; Stats = fun () -> solution.Stats }

    let private observe (model: NeuralOde) (y0: Tensor) (states: Tensor) =
        let spatial = spatialOf model

        match model.Readout, model.Start with
        | Some net, _ when spatial > 0 && states.Rank > spatial + 2 -> // layers of images take one batch axis
            let before = states.Rank - 1 - spatial
            let batch = Shape.extent "NeuralOde" (Shape.size states.Dims[.. before - 1])
            let read = Network.apply net (Prim.reshape (Array.append [| batch |] states.Dims[before..]) states)
            Prim.reshape (Array.append states.Dims[.. before - 1] read.Dims[1..]) read
        | Some net, _ -> Network.apply net states
        | None, NeuralStart.Lift _ -> states
        | None, (NeuralStart.Observed | NeuralStart.Zeros _ | NeuralStart.InputLayer _) ->
            Prim.range (channelsOf spatial states) 0 y0.Dims[channelsOf spatial y0] states

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
