/// Random closed graphs from seeds: primitives, function nodes over them, and their arguments.
namespace NeuralDE.Tests.Engine

open System
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Calculus

/// A graph, its arguments, and the exactness of its outputs.
type internal RandomGraph =
    {
        Seed: int
        Graph: Graph
        Args: NdArray[]
        Levels: Level[]
        /// whether an output has as many rows as a loop writes
        Grows: bool
    }

module internal RandomGraphs =
    let private signatureOf (n: Node) = n.Signature

    let private pickWeighted (random: System.Random) (choices: (int * 'T) list) : 'T =
        let mutable left = random.Next(choices |> List.sumBy fst)

        choices
        |> List.pick (fun (weight, choice) ->
            left <- left - weight
            if left < 0 then Some choice else None)

    let rec private grow (b: GraphBuilder) (steps: int) : unit =
        let choices =
            [ yield! RandomPrimitives.all
              if not b.Kind.Special then yield! RandomPrimitives.spreading
              if b.Kind.Depth > 0 then
                  4, call
                  3, condition
                  7, loop

                  if not b.Kind.Smooth then
                      2, other
                      5, pullback ]

        for _ in 1..steps do
            (pickWeighted b.Random choices) b

    /// A builder for a graph whose inputs are these values.
    and private inside (b: GraphBuilder) smooth (args: Node[]) (levels: Level[]) : GraphBuilder =
        let kind = { b.Kind with Smooth = smooth; Depth = b.Kind.Depth - 1 }
        GraphBuilder(b.Random, kind, Array.zip (Array.map signatureOf args) levels)

    and private someArgs (b: GraphBuilder) most : Node[] =
        Array.init (b.Random.Next(1, most + 1)) (fun _ -> if b.Chance 5 then b.Integer() else b.Float())

    and private someOutputs (b: GraphBuilder) : Node[] =
        let last = b.Pool.Count - 1
        Array.init (b.Random.Next(1, 4)) (fun _ -> b.Pool[max (b.Random.Next(last + 1)) (b.Random.Next(last + 1))].Node)

    and private keepOutputs (b: GraphBuilder) fn (args: Node[]) (levels: Level[]) : Node[] =
        let bundle = b.Node (Apply fn) args
        let nodes = levels |> Array.mapi (b.Output bundle)

        for n in nodes do
            b.Keep n

        nodes

    and private subgraph (b: GraphBuilder) smooth (args: Node[]) steps : Graph * Level[] =
        let inner = inside b smooth args (args |> Array.map b.LevelOf)
        grow inner steps
        let outputs = someOutputs inner
        Intern.graph (Array.map signatureOf args) outputs, outputs |> Array.map inner.LevelOf

    and private call (b: GraphBuilder) : unit =
        let args = someArgs b 4
        let g, levels = subgraph b b.Kind.Smooth args (b.Random.Next(1, 10))
        keepOutputs b (Call(g, b.OneOf [| Inline; Recompute |])) args levels |> ignore

    /// Functions with custom derivatives, and host functions: not differentiated here.
    and private other (b: GraphBuilder) : unit =
        let args = someArgs b 3
        let g, levels = subgraph b false args (b.Random.Next(1, 8))

        match b.Random.Next 3 with
        | 0 -> keepOutputs b (Custom { Primal = g; Rule = lazy g; Forward = OfPrimal }) args levels |> ignore
        | 1 ->
            let solve, z = Intern.graph g.Inputs g.Outputs[..0], g.Outputs[0].Signature
            let residual = Intern.graph (Array.append [| z |] g.Inputs) [| Intern.input 0 z |]
            let root =
                { Solve = solve
                  Residual = residual
                  Batch = [||]
                  Linear = ByMatrix(Derived.from (fun () -> residual)) }
            keepOutputs b (Root root) args levels[..0] |> ignore
        | _ ->
            let host =
                { Name = "copies"
                  Outputs = args |> Array.map signatureOf
                  Run = Array.map (fun a -> a.Copy())
                  Jvp = fun _ -> raise (InvalidOperationException "no derivative is taken of it")
                  Vjp = fun _ _ -> raise (InvalidOperationException "no derivative is taken of it") }

            keepOutputs b (Host host) args (args |> Array.map b.LevelOf) |> ignore

    and private condition (b: GraphBuilder) : unit =
        let args = someArgs b 4
        let predicate = b.Flags [||]
        let levels = args |> Array.map b.LevelOf
        let first, second = inside b b.Kind.Smooth args levels, inside b b.Kind.Smooth args levels
        grow first (b.Random.Next(1, 8))
        grow second (b.Random.Next(1, 8))
        let outputs = someOutputs first
        let others = outputs |> Array.map (fun n -> second.Get(n.Signature, false))
        let graph outputs = Intern.graph (Array.map signatureOf args) outputs
        let worst = Array.map2 (fun n m -> max (first.LevelOf n) (second.LevelOf m)) outputs others
        keepOutputs b (Cond(graph outputs, graph others)) (Array.append [| predicate |] args) worst |> ignore

    /// State, counters, flags and captured values; each iteration adds 1 to the counters.
    and private loop (b: GraphBuilder) : unit = loopWith b (ValueSome 16) |> ignore

    and private loopWith (b: GraphBuilder) (capacity: int voption) : Node[] =
        let batch = if b.Chance 2 then [||] else [| b.OneOf [| 1; 2; 3; 5 |] |]
        let rest () = b.OneOf [| [||]; [||]; [| 2 |]; [| 3 |]; [| 5 |]; [| 2; 2 |] |]
        let dtype () = if b.Chance 3 then Float32 else Float64
        let array dtype = { Dtype = dtype; Shape = Array.append batch (rest ()) }
        let states = Array.init (b.Random.Next(1, 4)) (fun _ -> b.Get(array (dtype ()), false))
        let counting = b.OneOf [| Int32; Int64 |]
        let counter = b.Small counting batch 2
        let isFlagCarried = b.Chance 3
        let flag = if isFlagCarried then [| b.Filled { Dtype = Bool; Shape = batch } 0.0 |] else [||]
        let moreControls = if b.Chance 3 then [| b.Get(array (dtype ()), false) |] else [||]
        let controls = Array.concat [ [| counter |]; flag; moreControls ]
        let captured = if b.Chance 4 then [||] else someArgs b 3
        let args = Array.concat [ states; controls; captured ]

        // all carried values are as inexact as the least exact input
        let isSingle = args |> Array.exists (fun n -> n.Dtype = Float32 || b.LevelOf n = Level.Single)
        let worst = if isSingle then Level.Single else Level.Double

        let levels =
            args
            |> Array.mapi (fun i n ->
                if not n.Dtype.IsFloat then Level.Exact
                elif i < states.Length + controls.Length then worst
                else b.LevelOf n)

        let body = inside b b.Kind.Smooth args levels
        grow body (b.Random.Next(2, 12))
        let input i = Intern.input i args[i].Signature
        let next (n: Node) = if body.Chance 6 then n else body.Tamed 3.0 (body.Get(n.Signature, false))

        // states may swap places
        let nextStates = states |> Array.mapi (fun i _ -> next (input i))
        let first = states.Length
        let counted = body.With Add (input first) 1.0
        let limit = float (if capacity.IsNone then b.Random.Next(1, 60) else b.Random.Next(1, 12))

        let counterFlag compare value =
            let other = body.Filled counted.Signature value
            body.Node (Compare compare) [| counted; other |]

        let truth = body.Filled { Dtype = Bool; Shape = batch } 1.0

        let some () =
            match b.Random.Next 3 with
            | 0 -> truth
            | 1 -> body.Node (Compare NotEqual) [| body.With And counted 3.0; body.Filled counted.Signature 1.0 |]
            | _ -> counterFlag Greater (float (b.Random.Next 4))

        let ended = counterFlag GreaterEqual limit

        let nextControls =
            controls
            |> Array.mapi (fun i _ ->
                if i = 0 then counted
                elif isFlagCarried && i = 1 then ended
                else next (input (first + i)))

        // one iteration late if the flag is carried
        let isOver = if isFlagCarried && b.Chance 2 then input (first + 1) else ended
        // one stream, or two that are written at different iterations
        let streams =
            let first = { Emits = (if capacity.IsNone then 1 else b.Random.Next 3); Capacity = capacity }
            let second () = { Emits = b.Random.Next 3; Capacity = b.OneOf [| capacity; ValueSome 16 |] }
            if b.Chance 2 then [| first |] else [| first; second () |]

        let emits = streams |> Array.sumBy (fun s -> s.Emits)

        let emissions =
            Array.init emits (fun _ ->
                match
                    body.Choose(fun n ->
                        n.Shape.Length >= batch.Length
                        && Shape.same n.Shape[.. batch.Length - 1] batch
                        && Shape.stored "test" n.Shape <= 200)
                with
                | ValueSome n -> n
                | ValueNone -> nextStates[0])

        let keep, write = some (), streams |> Array.map (fun _ -> some ())
        let outputs = Array.concat [ nextStates; nextControls; emissions; [| keep |]; write; [| isOver |] ]

        // values that the body computes from captured ones may be less exact than these
        let isSingle = isSingle || outputs |> Array.exists (fun n -> body.LevelOf n = Level.Single)
        let worst = if isSingle then Level.Single else Level.Double

        let l =
            { Batch = batch
              States = states.Length
              Registers = controls.Length
              Streams = streams
              Tape = if b.Chance 2 then Everything else Budget(b.OneOf [| 1L; 64L; 300L; 1000L |])
              Watch = b.OneOf [| ValueNone; ValueNone; ValueSome Cancellable; ValueSome Reporting |]
              Body = Intern.graph (Array.map signatureOf args) outputs }

        let floats count = Array.create count worst
        let emitted = states.Length + controls.Length + emits

        if capacity.IsNone then
            let bundle = b.Node (Apply(Loop l)) args
            Array.init emitted (fun i -> b.Output bundle i worst)
        else
            keepOutputs b (Loop l) args (floats emitted)

    /// The gradient of a random smooth graph, as a named call.
    and private pullback (b: GraphBuilder) : unit =
        let args = Array.init (b.Random.Next(1, 4)) (fun i -> if i > 0 && b.Chance 5 then b.Integer() else b.Float())
        let inner = inside b true args (args |> Array.map b.LevelOf)
        grow inner (b.Random.Next(1, 10))
        if b.Chance 2 && b.Kind.Depth > 1 then loop inner
        let isFloat (n: Node) = n.Dtype.IsFloat
        let outputs = someOutputs inner |> Array.filter isFloat
        let outputs = if outputs.Length > 0 then outputs else [| inner.Float() |]
        let g = Intern.graph (Array.map signatureOf args) outputs
        let wanted = args |> Array.map (fun n -> isFloat n && not (b.Chance 4))
        let given = outputs |> Array.mapi (fun i _ -> i = 0 || not (b.Chance 4))

        if Array.exists id wanted then
            try
                let gradient = Derive.vjpGraph g wanted given
                let cotangents = Masks.pickBy given outputs |> Array.map (fun n -> b.Get(n.Signature, false))
                let all = Array.append args cotangents

                let isSingle (n: Node) = n.Dtype = Float32 || b.LevelOf n = Level.Single
                let hasSingle =
                    Array.exists isSingle all || outputs |> Array.exists (fun n -> inner.LevelOf n = Level.Single)

                let worst = if hasSingle then Level.Single else Level.Double
                let bundle = b.Node (Apply(Call(gradient, b.OneOf [| Inline; Recompute |]))) all

                for i in 0 .. gradient.Outputs.Length - 1 do
                    b.Keep(b.Unary Tanh (b.Output bundle i worst))
            with
            | :? DerivativeException -> () // not every function has a derivative
            | :? InputException -> () // a check of constants failed

    // ── arguments ────────────────────────────────────────────────────────────────────────────────────────────────
    let private special =
        [| nan; infinity; -infinity; -0.0; 0.0; 1.0; Double.Epsilon; -1e-310; float Single.Epsilon; 1e-40 |]

    let argument (random: System.Random) isSpecial (s: Signature) : NdArray =
        let size = Shape.stored "test" s.Shape

        match s.Dtype with
        | Float32
        | Float64 ->
            let number _ =
                if isSpecial && random.Next 6 = 0 then
                    special[random.Next special.Length]
                else
                    2.0 * random.NextDouble() - 1.0

            NdArray.OfFloats(s.Dtype, s.Shape, Array.init size number)
        | Int32
        | Int64 -> NdArray.OfIntegers(s.Dtype, s.Shape, Array.init size (fun _ -> int64 (random.Next(-20, 21))))
        | Bool -> NdArray.OfFlags(s.Shape, Array.init size (fun _ -> random.Next 2 = 0))

    let private signatures (random: System.Random) (kind: GraphKind) : Signature[] =
        let shapes = GraphBuilder(random, { kind with Depth = 0 }, [||])
        let dtype = if random.Next 4 = 0 then Float32 else Float64

        Array.init (random.Next(1, 7)) (fun i ->
            let dtype =
                match random.Next 8 with
                | 0 when i > 0 -> [| Int32; Int64; Bool; Float32 |][random.Next 4]
                | _ -> dtype

            { Signature.Dtype = dtype; Shape = shapes.Shape() })

    let private build seed (kind: GraphKind) : RandomGraph =
        let random = System.Random seed
        let inputs = signatures random kind
        let b = GraphBuilder(random, kind, inputs |> Array.map (fun s -> s, Level.Exact))
        grow b (random.Next(5, 40))
        let last = b.Pool.Count - 1
        let outputs =
            Array.init (random.Next(1, 6)) (fun _ -> b.Pool[max (random.Next(last + 1)) (random.Next(last + 1))].Node)
        let grows = kind.Depth > 0 && not kind.ByRow && random.Next 12 = 0
        let outputs = if grows then Array.append outputs (loopWith b ValueNone) else outputs

        { Seed = seed
          Graph = Intern.graph inputs outputs
          Args = inputs |> Array.map (argument random kind.Special)
          Levels = outputs |> Array.map b.LevelOf
          Grows = grows }

    let private usual = { Smooth = false; Special = false; Depth = 2; ByRow = false; Largest = 6000 }

    /// The graph of a seed: every fifth one has special numbers among its arguments.
    let ofSeed (seed: int) : RandomGraph = build seed { usual with Special = seed % 5 = 4 }

    /// A graph of primitives only, and one with function nodes, whose rows can be computed separately.
    let plain (seed: int) : RandomGraph = build seed { usual with Depth = 0; ByRow = true }
    let nested (seed: int) : RandomGraph = build seed { usual with Depth = 2; ByRow = true }

    /// A graph with arrays so large that several threads share their work.
    let large (seed: int) : RandomGraph = build seed { usual with Depth = 1; Largest = 60000 }

    /// Other arguments for the same graph.
    let otherArgs (seed: int) (r: RandomGraph) : NdArray[] =
        let random = System.Random seed
        r.Graph.Inputs |> Array.map (argument random false)

    let describe (r: RandomGraph) = $"seed {r.Seed}\n{Print.graph r.Graph}"
