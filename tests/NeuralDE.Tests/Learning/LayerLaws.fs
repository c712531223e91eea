/// Laws of every layer: derivatives equal difference quotients, rows are independent, float32 is float64 rounded.
module NeuralDE.Tests.Learning.LayerLaws

open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Tests.Laws.Example

/// A layer at weights and inputs, all as tensors.
[<NoEquality; NoComparison>]
type private Entry =
    {
        Name: string
        Weights: Tensor[]
        /// two samples along the first axis of each input
        Inputs: Tensor[]
        /// weights, inputs
        Apply: Tensor[] -> Tensor[] -> Tensor[]
        /// whether a batch gives each sample the same result as alone
        IsPerSample: bool
    }

/// Weights near those of the model, so that not all scales are 1 and not all shifts are 0.
let private entry name (model: 'M) (inputs: Tensor list) (apply: 'M -> Tensor[] -> Tensor list) =
    let weights = Tree.flatten model

    { Name = name
      Weights = shift weights (direction 7 weights) 0.3
      Inputs = Array.ofList inputs
      Apply = fun weights inputs -> apply (Tree.unflatten model weights) inputs |> Array.ofList
      IsPerSample = true }

let private one name model input (apply: 'M -> Tensor -> Tensor) =
    entry name model [ input ] (fun model x -> [ apply model x[0] ])

let private x seed shape = uniform -1.5 1.5 shape Float64 seed
let private key = Key 5
let private padded = { ConvOptions.Default with Padding = [ 1 ] }

let private blueprint =
    Blueprint.features 3
    |> Blueprint.time
    |> Blueprint.linear 4
    |> Blueprint.layerNorm
    |> Blueprint.softplus
    |> Blueprint.residual (Blueprint.linear 6 >> Blueprint.sine >> Blueprint.linear 4)
    |> Blueprint.power 2.0
    |> Blueprint.linear 2

let private images =
    Blueprint.images 2
    |> Blueprint.time
    |> Blueprint.conv padded 4 [ 3 ]
    |> Blueprint.groupNorm 2
    |> Blueprint.gelu
    |> Blueprint.averagePool 2 1
    |> Blueprint.globalAveragePool
    |> Blueprint.linear 2

let private sequences =
    Blueprint.sequences 2
    |> Blueprint.conv padded 4 [ 3 ]
    |> Blueprint.layerWith 4 (fun key -> Layer.ConvTranspose1d(ConvTranspose1d.init padded key 4 4 3))
    |> Blueprint.silu
    |> Blueprint.layer Layer.Flatten

let private dropping = Blueprint.features 6 |> Blueprint.dropout 0.5 |> Blueprint.linear 2

let private registry =
    [ one "Linear" (Linear.init key 3 2) (x 1 [ 2; 3 ]) Linear.apply
      one "Mlp" (Mlp.init key [ 3; 4; 2 ] |> Mlp.withActivation Activation.Silu) (x 1 [ 2; 3 ]) Mlp.apply
      one "Conv1d" (Conv1d.init padded key 2 3 3) (x 1 [ 2; 2; 4 ]) Conv1d.apply
      one "Conv2d" (Conv2d.init padded key 2 3 [ 3 ]) (x 1 [ 2; 2; 3; 3 ]) Conv2d.apply
      one "ConvTranspose1d" (ConvTranspose1d.init padded key 2 3 3) (x 1 [ 2; 2; 4 ]) ConvTranspose1d.apply
      one "ConvTranspose2d" (ConvTranspose2d.init padded key 2 3 [ 2 ]) (x 1 [ 2; 2; 3; 3 ]) ConvTranspose2d.apply
      entry "Elman" (Elman.init key 2 3 2) [ x 1 [ 2; 4; 2 ] ] (fun net x ->
          let ys, last = Elman.apply net x[0] in ys :: last)
      entry "Gru" (Gru.init key 2 3 2) [ x 1 [ 2; 4; 2 ] ] (fun net x ->
          let ys, last = Gru.apply net x[0] in ys :: last)
      entry "Lstm" (Lstm.init key 2 3 2) [ x 1 [ 2; 4; 2 ] ] (fun net x ->
          let ys, last = Lstm.apply net x[0]
          ys :: (last |> List.collect (fun s -> [ s.Output; s.Memory ])))
      entry "ElmanCell" (ElmanCell.init key 2 3) [ x 1 [ 2; 3 ]; x 2 [ 2; 2 ] ] (fun cell x ->
          [ ElmanCell.step cell x[0] x[1] ])
      entry "GruCell" (GruCell.init key 2 3) [ x 1 [ 2; 3 ]; x 2 [ 2; 2 ] ] (fun cell x ->
          [ GruCell.step cell x[0] x[1] ])
      entry "LstmCell" (LstmCell.init key 2 3) [ x 1 [ 2; 3 ]; x 2 [ 2; 3 ]; x 3 [ 2; 2 ] ] (fun cell x ->
          let s = LstmCell.step cell { Output = x[0]; Memory = x[1] } x[2]
          [ s.Output; s.Memory ])
      one "LayerNorm" (LayerNorm.init [ 4 ]) (x 1 [ 2; 3; 4 ]) LayerNorm.apply
      one "GroupNorm" (GroupNorm.init 2 4) (x 1 [ 2; 4; 2; 2 ]) GroupNorm.apply
      { one "BatchNorm" (BatchNorm.init 2) (x 1 [ 2; 2; 3 ]) (fun layer x ->
            fst (BatchNorm.train layer (Tree.cast x.Dtype (BatchNormState.init 2)) x)) with
          IsPerSample = false }
      one "BatchNorm in evaluation" (BatchNorm.init 2) (x 1 [ 2; 2; 3 ]) (fun layer x ->
          let zero = cast x.Dtype (tensor [ 0.5; -0.2 ])
          BatchNorm.evaluate layer { Mean = zero; Variance = square zero + 0.3 } x)
      one "Attention" (MultiHeadAttention.init key 4 2) (x 1 [ 2; 3; 4 ]) MultiHeadAttention.apply
      one "Attention causal" (MultiHeadAttention.init key 4 2) (x 1 [ 2; 3; 4 ]) MultiHeadAttention.applyCausal
      one "FourierFeatures" (scalar 1.0) (x 1 [ 2; 3 ]) (fun scale x ->
          FourierFeatures.apply (Tree.cast x.Dtype (FourierFeatures.init 0.3 key 3 4)) (scale * x))
      entry "Embedding" (Embedding.init key 4 3) [ tensor [ [ 0; 3 ]; [ 2; 3 ] ] ] (fun layer ids ->
          [ Embedding.apply layer ids[0] ])
      one "Attention masked" (MultiHeadAttention.init key 4 2) (x 1 [ 2; 3; 4 ]) (fun layer x ->
          let mask =
              AttentionMask.Where(tensor [ [ true; false; true ]; [ false; false; false ]; [ true; true; true ] ])
          MultiHeadAttention.attend mask layer x x x)
      one "Network of sequences" (Network.init key sequences) (x 1 [ 2; 2; 4 ]) Network.apply
      one "Network in training" (Network.init key dropping) (x 1 [ 1; 6 ] |> repeat 0 2) (fun net x ->
          vmap (Network.train (Key 3) net (cast x.Dtype (scalar 0.4))) x)
      one "Network of features" (Network.init key blueprint) (x 1 [ 2; 3 ]) (fun net x ->
          Network.field net (cast x.Dtype (scalar 0.4)) x)
      one "Network of images" (Network.init key images) (x 1 [ 2; 2; 3; 3 ]) (fun net x ->
          Network.field net (cast x.Dtype (scalar 0.4)) x) ]
    @ [ for activation in Activation.all ->
            entry $"Activation {activation}" (activation, scalar 0.0) [ x 1 [ 2; 5 ] ] (fun (a, shift) x ->
                [ Activation.apply a (x[0] + shift) ]) ]

let private names = registry |> List.map (fun e -> e.Name)
let private named name = registry |> List.find (fun e -> e.Name = name)

/// The layer as a function of weights and inputs together.
let private joined (e: Entry) =
    let n = e.Weights.Length
    (fun (all: Tensor[]) -> e.Apply all[.. n - 1] all[n..]), Array.append e.Weights e.Inputs

[<Tests>]
let tests =
    testList
        "Learning.LayerLaws"
        [ testList
              "derivatives by weights and inputs equal difference quotients"
              [ for name in names do
                    testCase name (fun () ->
                        let f, x = joined (named name)
                        let v = direction 1 x
                        same $"jvp of {name}" 1e-6 (difference (f >> numbers) x v) (numbers (pushed f x v))
                        let w = direction 2 (f x)
                        let forward = Array.map2 (*) (numbers w) (numbers (pushed f x v)) |> Array.sum
                        let backward = Array.map2 (*) (numbers (pulled f x w)) (numbers v) |> Array.sum
                        same $"vjp of {name}" 1e-10 [| forward |] [| backward |]) ]

          testList
              "vmap over stacked inputs, and over stacked weights, is a loop"
              [ for name in names do
                    testCase name (fun () ->
                        let e = named name
                        let f, all = joined e
                        let n = e.Weights.Length
                        let rows = Array.init 3 (fun row -> shift all (direction (row + 4) all) 0.2)
                        let stacked = Array.transpose rows |> Array.map (List.ofArray >> stack)
                        let loop (f: Tensor[] -> Tensor[]) (rows: Tensor[][]) =
                            rows |> Array.map f |> Array.transpose |> Array.map (List.ofArray >> stack)
                        alike $"vmap of {name} over all" 1e-11 (loop f rows) (vmap f stacked)
                        let inputs = rows |> Array.map (fun row -> row[n..])
                        alike
                            $"vmap of {name} over inputs"
                            1e-11
                            (loop (e.Apply e.Weights) inputs)
                            (vmap (e.Apply e.Weights) stacked[n..])) ]

          testList
              "a sample has the same result in a batch and alone"
              [ for name in names do
                    testCase name (fun () ->
                        let e = named name

                        if e.IsPerSample then
                            let whole = e.Apply e.Weights e.Inputs
                            for row in 0..1 do
                                let alone = e.Apply e.Weights (e.Inputs |> Array.map (fun x -> x[row..row]))
                                Array.iter2
                                    (fun (y: Tensor) (y1: Tensor) ->
                                        Expect.equal (y[row].ToArray()) (y1.ToArray()) "y[row].ToArray()")
                                    whole
                                    alone) ]

          testList
              "float32 is float64 rounded, and compiled equals eager"
              [ for name in names do
                    testCase name (fun () ->
                        let f, x = joined (named name)
                        let narrow = Tree.cast Float32 x
                        let y = f narrow
                        for y in y do
                            Expect.equal y.Dtype Float32 "y.Dtype"
                        same $"{name} in float32" 1e-5 (numbers (f x)) (numbers y)
                        alike $"{name} compiled" 1e-13 (f x) (compile f x)) ] ]
