/// Random graphs whose outputs are reductions of element-wise and movement nodes, which a plan need not store.
module internal NeuralDE.Tests.Engine.RandomReductions

open NeuralDE
open NeuralDE.Internal.Graph

let private pick (random: System.Random) (choices: (int * (GraphBuilder -> unit)) list) =
    let mutable left = random.Next(choices |> List.sumBy fst)

    choices
    |> List.pick (fun (weight, choice) ->
        left <- left - weight
        if left < 0 then Some choice else None)

/// A reduction of a node along any axes, often of a sum with a broadcast of the reduction.
let private reduction (b: GraphBuilder) (x: Node) : Node =
    let rank = x.Shape.Length

    let x =
        if rank > 0 && x.Dtype.IsFloat && b.Chance 2 then
            let axis = b.Random.Next rank
            let row = b.Get({ x.Signature with Shape = [| x.Shape[axis] |] }, false)
            b.Node (Binary(b.OneOf [| Add; Mul; Sub |])) [| x; b.Node (Broadcast(x.Shape, [| axis |])) [| row |] |]
        else
            x

    let axes =
        if b.Chance 3 then
            Shape.axes rank
        else
            Shape.axes rank |> Array.filter (fun _ -> b.Chance 2)

    let isEmpty = axes |> Array.exists (fun a -> x.Shape[a] = 0)
    let x = if x.Dtype = Bool && isEmpty then b.Node (Cast Int32) [| x |] else x
    b.Node (Reduce((if x.Dtype = Bool || b.Chance 3 && not isEmpty then Maximum else Sum), axes)) [| x |]

/// A product with a few rows or columns, if the node has matrices.
let private product (b: GraphBuilder) (x: Node) : Node =
    let rank = x.Shape.Length

    if rank < 2 || not x.Dtype.IsFloat then
        reduction b x
    else
        let batch, few = x.Shape[.. rank - 3], b.OneOf [| 1; 2; 3; 5; 9; 70 |]
        let rows, columns = x.Shape[rank - 2], x.Shape[rank - 1]
        let get shape = b.Get({ x.Signature with Shape = Array.append batch shape }, false)
        let scaled = b.With Mul x 0.25

        if b.Chance 2 then
            b.Node Dot [| scaled; get [| columns; few |] |]
        else
            b.Node Dot [| get [| few; rows |]; scaled |]

let ofSeed (largest: int) (seed: int) : RandomGraph =
    let random = System.Random seed

    let kind = { Smooth = false; Special = seed % 5 = 4; Depth = 0; ByRow = false; Largest = largest }

    let shapes = GraphBuilder(random, kind, [||])
    let dtype () = if random.Next 4 = 0 then Float32 else Float64
    let main = dtype ()

    let inputs =
        Array.init (random.Next(2, 6)) (fun i ->
            { Signature.Dtype =
                (if i > 0 && random.Next 5 = 0 then
                     [| Int32; Int64; Bool; dtype () |][random.Next 4]
                 else
                     main)
              Shape = shapes.Shape() })

    let b = GraphBuilder(random, kind, inputs |> Array.map (fun s -> s, Level.Exact))

    for _ in 1 .. random.Next(4, 30) do
        (pick random RandomPrimitives.streaming) b

    // sums that may be streamed like element-wise nodes, and nodes computed from them
    for _ in 1 .. random.Next 4 do
        let x = b.Float()
        b.Keep(b.Tamed 8.0 (reduction b x))
        b.Keep(b.Unary Tanh (b.Like x))

    // larger ones more often
    let sorted =
        b.Pool |> Seq.map (fun p -> p.Node) |> Seq.sortBy (fun n -> int64 (Shape.size n.Shape)) |> Seq.toArray
    let some () = sorted[max (random.Next sorted.Length) (random.Next sorted.Length)]
    let reductions =
        Array.init (random.Next(1, 5)) (fun _ -> if b.Chance 4 then product b (some ()) else reduction b (some ()))

    // sometimes an array has both kinds of readers
    let outputs = if random.Next 3 = 0 then Array.append reductions [| some () |] else reductions

    { Seed = seed
      Graph = Intern.graph inputs outputs
      Args = inputs |> Array.map (RandomGraphs.argument random kind.Special)
      Levels = outputs |> Array.map b.LevelOf
      Grows = false }
