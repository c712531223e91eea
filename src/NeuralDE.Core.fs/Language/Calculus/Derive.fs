namespace NeuralDE.Internal.Calculus

open System.Collections.Generic
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Engine
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Calculus.Masks
open NeuralDE.Internal.Calculus.Activity

/// jvp and vjp of closed graphs and of function nodes. A missing tangent or cotangent (None) is zero. At the boundary
/// of a function node, masks say which are present; those present are dense.
///
/// Only the reverse sweep of a loop is a node of its own (Pullback). Its derivatives follow from the sweep of the
/// loop's forward derivative: for F: x → y, cotangents w and x̄ = Pullback F (x, w),
///   jvp along (ẋ, ẇ):  the x-part of Pullback(Jvp F)(x, ẋ; ẇ on y, w on ẏ)
///   vjp along u on x̄:  w̄ = ẏ of Jvp F (x; u),  x-part of Pullback(Jvp F)(x, u; 0 on y, w on ẏ)
/// All other function nodes are rewritten to graphs of ordinary nodes, which are closed under differentiation.
module internal Derive =
    // ── forward mode ─────────────────────────────────────────────────────────────────────────────────────────────
    /// y and ẏ from x and ẋ.
    let rec jvpAt (g: Graph) (x: Tensor[]) (dx: Tensor option[]) : Tensor[] * Tensor option[] =
        let primal = Dictionary<Node, Tensor>(HashIdentity.Reference)
        // a tangent, and the condition under which it can be non-zero
        let tangent = Dictionary<Node, (Tensor * Condition option) option>(HashIdentity.Reference)
        let bundles = Dictionary<Node, Tensor[] * Tensor option[]>(HashIdentity.Reference)
        let anywhere = Option.map (fun d -> d, None)

        for n in g.Order do
            match n.Op with
            | Input i ->
                primal[n] <- x[i]
                tangent[n] <- anywhere dx[i]
            | Output i ->
                let ys, dys = bundles[n.Args[0]]
                primal[n] <- ys[i]
                tangent[n] <- anywhere dys[i]
            | Apply fn ->
                bundles[n] <-
                    jvpFnAt
                        fn
                        (n.Args |> Array.map (fun a -> primal[a]))
                        (n.Args |> Array.map (fun a -> Option.map fst tangent[a]))
            | op -> // a primitive
                let args = n.Args |> Array.map (fun a -> primal[a])
                let y = Tensor.Apply(op, args)
                primal[n] <- y
                tangent[n] <- pushAt op args y (n.Args |> Array.map (fun a -> tangent[a]))

        g.Outputs |> Array.map (fun n -> primal[n]), g.Outputs |> Array.map (fun n -> Option.map fst tangent[n])

    /// The tangent of a primitive's result, and its condition.
    and private pushAt (op: Op) (x: Tensor[]) (y: Tensor) (dx: (Tensor * Condition option) option[]) =
        let push dx = PrimitiveRules.push op x y dx
        let tangents = dx |> Array.map (Option.map fst)
        let conditions = dx |> Array.map (Option.map snd)
        let isMasked = conditions |> Array.exists (fun c -> Option.isSome (Option.flatten c))

        let dy =
            if not (Array.exists Option.isSome tangents) then
                None
            elif isMasked && Slopes.isElementwise op && not (Conditions.passes op || Slopes.chooses op) then
                // each term has its own condition
                let term i =
                    push (tangents |> Array.mapi (fun j d -> if i = j then d else None))
                    |> Option.map (Conditions.under (Option.flatten conditions[i]))

                let terms = Array.init dx.Length (fun i -> if tangents[i].IsSome then term i else None)
                if Array.exists Option.isSome terms then
                    Some(Array.choose id terms |> Array.reduce (+))
                else
                    None
            else
                push tangents

        dy |> Option.map (fun d -> d, Conditions.push op x conditions)

    /// x, ẋ[on] → y, ẏ[active]
    and jvpGraph (g: Graph) (on: bool[]) : Graph =
        g.Memo(Transform.Forward on, fun () -> jvpGraphFor g on (activeOutputs g on))

    and private jvpGraphFor (g: Graph) (on: bool[]) (active: bool[]) : Graph =
        let n = g.Inputs.Length

        Tracing.closed (Array.append g.Inputs (pickBy on g.Inputs)) (fun x ->
            let y, dy = jvpAt g x[.. n - 1] (spreadBy on x[n..])
            Array.append y (pickBy active (Array.map2 orZeros (outputSignatures g) dy)))

    and jvpLoop (l: Loop) (on: bool[]) : Loop * Source[] * Source[] = LoopTangents.derive jvpGraph l on

    and jvpFnAt (fn: Fn) (x: Tensor[]) (dx: Tensor option[]) : Tensor[] * Tensor option[] =
        let on = mask dx
        let active = activeFn fn on

        if not (any active) then
            let y = Prim.apply fn x
            y, y |> Array.map (fun _ -> None)
        else
            match fn with
            | Call(g, kind) ->
                let r = Prim.apply (Call(jvpGraph g on, kind)) (Array.append x (given dx))
                let n = g.Outputs.Length
                r[.. n - 1], spreadBy active r[n..]
            | Loop l -> jvpLoopAt l on x dx
            | Cond(t, e) ->
                // a tangent that is active in one branch is a dense zero in the other
                let branch g = jvpGraphFor g on[1..] active
                let r = Prim.apply (Cond(branch t, branch e)) (Array.append x (given dx[1..]))
                let n = t.Outputs.Length
                r[.. n - 1], spreadBy active r[n..]
            | Root r -> jvpRoot r x dx
            | Custom c -> jvpCustom c on active x dx
            | Host h ->
                let y = Prim.apply fn x
                let dy = Prim.apply (Host(h.Jvp on)) (Array.append x (given dx))
                y, Array.map2 (fun isActive d -> if isActive then Some d else None) active dy
            | Pullback p -> jvpPullback p on x dx

    and private jvpLoopAt (l: Loop) (on: bool[]) (x: Tensor[]) (dx: Tensor option[]) =
        let derived, arguments, results = jvpLoop l on
        let r = Prim.apply (Loop derived) (arguments |> Array.map (LoopTangents.argument x dx))
        let resultAt = positions results
        let find source = resultAt source |> Option.map (fun k -> r[k])
        let outputs = l.States + l.Registers + l.Emits
        Array.init outputs (fun i -> (find (Primal i)).Value), Array.init outputs (fun i -> find (Tangent i))

    /// ż = −(∂r/∂z)⁻¹ ṙ, expressed by the root z itself, so that higher orders recurse.
    and private jvpRoot (r: Root) (x: Tensor[]) (dx: Tensor option[]) =
        let y = Prim.apply (Root r) x
        let z = y[0]
        let _, dr = jvpAt r.Residual (Array.append [| z |] x) (Array.append [| None |] dx)
        let dz = dr[0] |> Option.map (fun dr -> solveSlope r z x false (-dr))
        y, Array.init y.Length (fun k -> if k = 0 then dz else None)

    and private jvpCustom (c: Custom) (on: bool[]) (active: bool[]) (x: Tensor[]) (dx: Tensor option[]) =
        match c.Forward with
        | OfPrimal -> jvpAt c.Primal x dx
        | OfRule ->
            match transposed c on with
            | ValueNone -> raise (refusedForward ())
            | ValueSome g ->
                let outputs = outputSignatures c.Primal
                let r = Prim.call g (Array.concat [ x; outputs |> Array.map Prim.zeros; given dx ])
                Prim.apply (Custom c) x, spreadBy active r

    /// The derivative of a sweep along (ẋ, ẇ), by the formula at the head of this module.
    and private jvpPullback (p: Pullback) (on: bool[]) (x: Tensor[]) (dx: Tensor option[]) =
        let n = p.Wanted.Length
        let w = spreadBy p.Given x[n..]
        let dw = spreadBy p.Given dx[n..] |> Array.map Option.flatten
        let loop, arguments, results = jvpLoop p.Of on[.. n - 1]

        let wanted source =
            match source with
            | Primal i -> p.Wanted[i]
            | Tangent _ -> false

        let cotangent source =
            match source with
            | Primal j -> dw[j]
            | Tangent j -> w[j]

        let xbar =
            vjpFnAt
                (Loop loop)
                (Array.map (LoopTangents.argument x dx) arguments)
                (Array.map wanted arguments)
                (Array.map cotangent results)

        let argumentAt = positions arguments

        Prim.apply (Pullback p) x,
        [| for i in 0 .. n - 1 do
               if p.Wanted[i] then xbar[(argumentAt (Primal i)).Value] |]

    /// The transpose of a rule, the linear map ȳ ↦ x̄[on]: x, ȳ, ẋ[on] → ẏ. ValueNone if the transpose depends on ȳ,
    /// because the rule is then not linear.
    and private transposed (c: Custom) (on: bool[]) : Graph voption =
        let rule = c.Rule.Value
        let inputs, outputs = c.Primal.Inputs.Length, outputSignatures c.Primal
        let isSmooth = outputs |> Array.map (fun s -> s.Dtype.IsFloat)
        let g = Simplify.graph (vjpGraph rule (Array.append (no inputs) isSmooth) on)

        let isCotangent (n: Node) =
            match n.Op with
            | Input i -> i >= inputs && i < inputs + outputs.Length
            | _ -> false // only an input is a cotangent

        if Array.exists isCotangent g.Order then ValueNone else ValueSome g

    /// Whether a graph has a forward derivative: every custom rule in it is linear.
    and isPushable (g: Graph) : bool =
        g.Memo(
            "pushable",
            fun () ->
                let ofFn (fn: Fn) =
                    match fn with
                    | Custom({ Forward = OfRule } as c) ->
                        (transposed c (c.Primal.Inputs |> Array.map (fun s -> s.Dtype.IsFloat))).IsSome
                    | Custom c -> isPushable c.Primal
                    | Call(h, _) -> isPushable h
                    | Cond(t, e) -> isPushable t && isPushable e
                    | Loop l -> isPushable l.Body
                    | Pullback p -> isPushable p.Of.Body
                    | Root r -> isPushable r.Residual
                    | Host _ -> true

                g.Order
                |> Array.forall (fun n ->
                    match n.Op with
                    | Apply fn -> ofFn fn
                    | _ -> true) // a primitive
        )

    and private refusedForward () : exn =
        DerivativeException
            "customGradient: forward mode (jvp, hvp) needs a rule that is linear in the cotangent, and this rule is not. Use reverse mode (grad, vjp, jacobian), or make the rule linear."

    /// (∂r/∂z)⁻¹ b, or (∂r/∂z)⁻ᵀ b.
    and private solveSlope (r: Root) (z: Tensor) (x: Tensor[]) isTransposed (b: Tensor) : Tensor =
        match r.Linear with
        | ByMatrix slope -> solveMatrix r slope.Value z x isTransposed b
        | BySolves solves ->
            let root = linearRoot r solves isTransposed
            (Prim.apply (Root root) (Array.concat [ [| z |]; x; [| b |] ]))[0]

    /// For a single unknown: 0 where ∂r/∂z = 0 (a grazing root, or a row whose root is not used). The condition tests
    /// ∂r/∂z and not b, because a test of b would cut off second derivatives at stationary points.
    and private solveMatrix (r: Root) (slope: Graph) (z: Tensor) (x: Tensor[]) isTransposed (b: Tensor) : Tensor =
        let slope = (Prim.call slope (Array.append [| z |] x))[0]

        if z.Rank = r.Batch.Length then
            let isFlat = Prim.compareTo Equal slope 0.0
            let safe = Prim.select isFlat (Prim.onesLike z) slope
            Prim.select isFlat (Prim.zerosLike b) (b / safe)
        else
            let matrix = if isTransposed then Prim.swapLast slope else slope
            Prim.reshape b.Dims (Prim.solve matrix (Prim.reshape (Array.append b.Dims [| 1 |]) b))

    /// z, p, w → (∂r/∂z) w, or (∂r/∂z)ᵀ w, for a residual z, p → r.
    and slopeAlong (residual: Graph) (isTransposed: bool) : Graph =
        residual.Memo(
            ("slope along", isTransposed),
            fun () ->
                let z, n = residual.Inputs[0], residual.Inputs.Length

                Tracing.closed (Array.append residual.Inputs [| z |]) (fun x ->
                    let at, w = x[.. n - 1], x[n]
                    let isUnknown = Array.init n (fun k -> k = 0)

                    let along =
                        if isTransposed then
                            vjpAt residual at isUnknown [| Some w |]
                        else
                            snd (jvpAt residual at (isUnknown |> Array.map (fun is -> if is then Some w else None)))

                    [| orZeros z along[0] |])
        )

    /// w with (∂r/∂z) w = b, or with the transpose, as the root of w, z, p, b ↦ (∂r/∂z) w − b. The derivative of that
    /// residual by w is ∂r/∂z again, so derivatives of every order are solved in the same way.
    and private linearRoot (r: Root) (solves: RootSolves) (isTransposed: bool) : Root =
        r.Residual.Memo(
            ("linear root", r, isTransposed),
            fun () ->
                let z, n = r.Residual.Inputs[0], r.Residual.Inputs.Length
                let inputs = Array.append r.Residual.Inputs [| z |]
                let further = Array.append [| z |] inputs
                let along = slopeAlong r.Residual isTransposed

                let residual =
                    Tracing.closed further (fun x ->
                        [| (Prim.call along (Array.append x[1..n] [| x[0] |]))[0] - x[n + 1] |])

                // w, z, p, b, c → the solution for the right side c
                let later (solve: Derived<Graph>) =
                    Derived.from (fun () ->
                        Tracing.closed (Array.append further [| z |]) (fun x ->
                            Prim.call solve.Value (Array.append x[1..n] [| x[n + 2] |])))

                let own, other =
                    if isTransposed then
                        solves.Transposed, solves.Forward
                    else
                        solves.Forward, solves.Transposed

                { Solve = own.Value
                  Residual = residual
                  Batch = r.Batch
                  Linear =
                    BySolves
                        { Key = ("linear", isTransposed, solves.Key) :> obj
                          Forward = later own
                          Transposed = later other } }
        )

    // ── reverse mode ─────────────────────────────────────────────────────────────────────────────────────────────
    /// x̄ for the wanted inputs, from cotangents of the outputs.
    and vjpAt (g: Graph) (x: Tensor[]) (wanted: bool[]) (w: Tensor option[]) : Tensor option[] =
        w |> Array.map (Option.map (fun w -> w, None)) |> vjpUnder g x wanted |> Array.map (Option.map fst)

    /// The same with the conditions under which cotangents can be non-zero.
    and private vjpUnder
        (g: Graph)
        (x: Tensor[])
        (wanted: bool[])
        (w: (Tensor * Condition option) option[])
        : (Tensor * Condition option) option[] =
        let sweep = ReverseSweep(g, x, wanted)
        Array.iter2 sweep.Add g.Outputs w

        for n in Array.rev g.Walk do
            match n.Op, sweep.Cotangent n with
            | Input _, _ -> ()
            | Apply fn, _ ->
                match sweep.Received n with
                | ValueSome w -> pullFn sweep n fn w
                | ValueNone -> ()
            | Output i, ValueSome(w, condition) -> sweep.PassOutput(n, i, w, condition)
            | _, ValueSome(w, condition) -> sweep.Pull(n, w, condition)
            | _, ValueNone -> ()

        sweep.Found

    and private pullFn (sweep: ReverseSweep) (n: Node) (fn: Fn) (w: (Tensor * Condition option) option[]) =
        let isActive = n.Args |> Array.map sweep.IsActive
        let isMasked = w |> Array.exists (Option.exists (snd >> Option.isSome))

        match fn with
        | Call(h, Inline) when isMasked -> // only a name: conditions pass through
            vjpUnder h (sweep.Arguments n) isActive w |> Array.iter2 sweep.Add n.Args
        | _ ->
            vjpFnAt fn (sweep.Arguments n) isActive (w |> Array.map (Option.map fst))
            |> Array.map (Option.map (fun w -> w, None))
            |> Array.iter2 sweep.Add n.Args

    /// x, w[given] → x̄[wanted]
    and vjpGraph (g: Graph) (wanted: bool[]) (given: bool[]) : Graph =
        g.Memo(
            Transform.Reverse(wanted, given),
            fun () ->
                let n = g.Inputs.Length

                Tracing.closed (Array.append g.Inputs (pickBy given (outputSignatures g))) (fun x ->
                    vjpAt g x[.. n - 1] wanted (spreadBy given x[n..]) |> Array.map2 orZeros g.Inputs |> pickBy wanted)
        )

    /// The reverse sweep of a loop as a node.
    and pullbackOf (l: Loop) (wanted: bool[]) (given: bool[]) : Fn =
        let carried = l.States + l.Registers
        let states, emits = activeLoop l wanted

        let sweep (body: Graph) =
            let bodyWanted = Array.concat [ states; no l.Registers; wanted[carried..] ]
            let emitted = Array.map2 (&&) emits given[carried .. carried + l.Emits - 1]
            vjpGraph body bodyWanted (Array.concat [ states; no l.Registers; emitted; no l.Flags ])

        Pullback
            { Of = l
              Wanted = wanted
              Given = given
              ActiveStates = states
              ActiveEmits = emits
              Sweep = Derived.from (fun () -> sweep l.Body)
              RowSweep =
                Derived.from (fun () ->
                    RowLoop.innermost l
                    |> ValueOption.bind (fun (struct (row, _)) ->
                        // the same states and emissions must depend on the wanted arguments
                        if activeLoop row wanted = (states, emits) then ValueSome(sweep row.Body) else ValueNone)) }

    and vjpFnAt (fn: Fn) (x: Tensor[]) (wanted: bool[]) (w: Tensor option[]) : Tensor option[] =
        let wanted =
            match fn with
            | Loop l ->
                wanted |> Array.mapi (fun i isWanted -> isWanted && (i < l.States || i >= l.States + l.Registers))
            | _ -> wanted // only a loop has arguments (its registers) that are never differentiated

        let active = activeFn fn wanted
        let w = Array.map2 (fun isActive w -> if isActive then w else None) active w
        let cot = mask w

        if not (any cot && any wanted) then
            wanted |> Array.map (fun _ -> None)
        else
            match fn with
            | Call(g, kind) ->
                Prim.apply (Call(vjpGraph g wanted cot, kind)) (Array.append x (given w)) |> spreadBy wanted
            | Cond(t, e) ->
                let branch g = vjpGraph g wanted[1..] cot

                Prim.apply (Cond(branch t, branch e)) (Array.append x (given w))
                |> spreadBy wanted[1..]
                |> Array.append [| None |]
            | Loop l -> Prim.apply (pullbackOf l wanted cot) (Array.append x (given w)) |> spreadBy wanted
            | Root r -> vjpRoot r x wanted w
            | Custom c ->
                let dense = Array.map2 orZeros (outputSignatures c.Primal) w
                Prim.call c.Rule.Value (Array.append x dense)
                |> Array.mapi (fun i r -> if wanted[i] then Some r else None)
            | Host h -> Prim.apply (Host(h.Vjp wanted cot)) (Array.append x (given w)) |> spreadBy wanted
            | Pullback p -> vjpPullback p x wanted w

    /// p̄ = ∂r/∂pᵀ λ, λ = −(∂r/∂z)⁻ᵀ z̄
    and private vjpRoot (r: Root) (x: Tensor[]) (wanted: bool[]) (w: Tensor option[]) =
        let z = (Prim.apply (Root r) x)[0]
        let lambda = solveSlope r z x true (-w[0].Value)

        vjpAt r.Residual (Array.append [| z |] x) (Array.append [| false |] wanted) [| Some lambda |] |> Array.tail

    /// The derivative of a sweep along u on x̄, by the formula at the head of this module.
    and private vjpPullback (p: Pullback) (x: Tensor[]) (wanted: bool[]) (w: Tensor option[]) =
        let n = p.Wanted.Length
        let ws = spreadBy p.Given x[n..]
        let u = spreadBy p.Wanted w |> Array.map Option.flatten
        let loop, arguments, results = jvpLoop p.Of (mask u)

        let isWanted source =
            match source with
            | Primal i -> wanted[i]
            | Tangent _ -> false

        let cotangent source =
            match source with
            | Primal _ -> None
            | Tangent j -> ws[j]

        let arguments' = Array.map (LoopTangents.argument x u) arguments

        let xbar = vjpFnAt (Loop loop) arguments' (Array.map isWanted arguments) (Array.map cotangent results)

        let argumentAt, resultAt = positions arguments, positions results

        let wbar =
            if any wanted[n..] then
                let y = Prim.apply (Loop loop) arguments'
                fun j -> resultAt (Tangent j) |> Option.map (fun k -> y[k])
            else
                fun _ -> None

        Array.append
            (Array.init n (fun i -> xbar[(argumentAt (Primal i)).Value]))
            [| for j in 0 .. p.Given.Length - 1 do
                   if p.Given[j] then wbar j |]
