/// Random graphs whose outputs are reductions of what is computed element by element and moved: what a plan need not store.
module internal NeuralDE.Tests.Engine.RandomReductions

open System
open NeuralDE
open NeuralDE.Compiler

let private pick (random: System.Random) (choices: (int * (GraphBuilder -> unit)) list) =
    let mutable left = random.Next(choices |> List.sumBy fst)

    choices
    |> List.pick (fun (weight, choice) ->
        left <- left - weight
        if left < 0 then Some choice else None)

/// A reduction along any axes of a node, often of a sum with what is spread over it.
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
    b.Node (Reduce((if x.Dtype = Bool || b.Chance 3 && not isEmpty then Maximum else Sum), axes)) [| x |]

let ofSeed (largest: int) (seed: int) : RandomGraph =
    let random = System.Random seed

    let kind =
        { Smooth = false
          Special = seed % 5 = 4
          Depth = 0
          ByRow = false
          Largest = largest }

    let shapes = GraphBuilder(random, kind, [||])
    let dtype () = if random.Next 4 = 0 then Float32 else Float64
    let main = dtype ()

    let inputs =
        Array.init (random.Next(2, 6)) (fun i ->
            { Signature.Dtype = (if i > 0 && random.Next 5 = 0 then [| Int32; Int64; Bool; dtype () |][random.Next 4] else main)
              Shape = shapes.Shape() })

    let b = GraphBuilder(random, kind, inputs |> Array.map (fun s -> s, Level.Exact))

    for _ in 1 .. random.Next(4, 30) do
        (pick random RandomPrimitives.streaming) b

    // the larger ones more often
    let sorted = b.Pool |> Seq.map (fun p -> p.Node) |> Seq.sortBy (fun n -> int64 (Shape.size n.Shape)) |> Seq.toArray
    let some () = sorted[max (random.Next sorted.Length) (random.Next sorted.Length)]
    let reductions = Array.init (random.Next(1, 5)) (fun _ -> reduction b (some ()))
    // now and then an array is needed both ways
    let outputs = if random.Next 3 = 0 then Array.append reductions [| some () |] else reductions

    { Seed = seed
      Graph = Intern.graph inputs outputs
      Args = inputs |> Array.map (RandomGraphs.argument random kind.Special)
      Levels = outputs |> Array.map b.LevelOf
      Grows = false }
