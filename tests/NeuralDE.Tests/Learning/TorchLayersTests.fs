/// Layers give PyTorch's numbers for PyTorch's weights: layers.py wrote Conformance/layers.json.
module NeuralDE.Tests.Learning.TorchLayersTests

open System
open System.IO
open System.Text.Json
open Expecto
open NeuralDE.Tests
open NeuralDE

type private Case = { Weights: Map<string, Tensor>; Inputs: Tensor list; Outputs: Tensor list }

let private cases =
    lazy
        (let path = Path.Combine(AppContext.BaseDirectory, "Conformance", "layers.json")
         use document = JsonDocument.Parse(File.ReadAllText path)

         let numbers (e: JsonElement) = [ for x in e.EnumerateArray() -> x.GetDouble() ]

         let tensorOf (e: JsonElement) =
             tensor (numbers (e.GetProperty "values")) |> reshape (numbers (e.GetProperty "shape") |> List.map int)

         let tensors (e: JsonElement) = [ for x in e.EnumerateArray() -> tensorOf x ]

         Map
             [ for e in document.RootElement.GetProperty("cases").EnumerateArray() ->
                   nonNull ((e.GetProperty "name").GetString()),
                   { Weights = Map [ for w in (e.GetProperty "weights").EnumerateObject() -> w.Name, tensorOf w.Value ]
                     Inputs = tensors (e.GetProperty "inputs")
                     Outputs = tensors (e.GetProperty "outputs") } ])

// ── weights from PyTorch's ───────────────────────────────────────────────────────────────────────────────────────
let private linear (weight: Tensor) bias : Linear = { Weight = transpose weight; Bias = bias }

/// The weights of a recurrent cell of a layer.
let private cell (c: Case) layer : Linear * Linear =
    let part name = c.Weights[$"{name}_l{layer}"]
    linear (part "weight_ih") (part "bias_ih"), linear (part "weight_hh") (part "bias_hh")

let private options stride padding dilation groups outputPadding : ConvOptions =
    { Stride = stride
      Padding = padding
      Dilation = dilation
      Groups = groups
      OutputPadding = outputPadding }

let private attention (c: Case) : MultiHeadAttention =
    let weights, biases = chunk 3 c.Weights["in_proj_weight"], chunk 3 c.Weights["in_proj_bias"]

    { Queries = linear weights[0] biases[0]
      Keys = linear weights[1] biases[1]
      Values = linear weights[2] biases[2]
      Output = linear c.Weights["out_proj.weight"] c.Weights["out_proj.bias"]
      Heads = 2 }

let private conv1d options (c: Case) : Conv1d =
    { Kernel = c.Weights["weight"]; Bias = Some c.Weights["bias"]; Options = options }

let private conv2d options (c: Case) : Conv2d =
    { Kernel = c.Weights["weight"]; Bias = Some c.Weights["bias"]; Options = options }

let private layerNorm (c: Case) =
    LayerNorm.apply { Scale = c.Weights["weight"]; Shift = c.Weights["bias"]; Epsilon = 1e-5 } c.Inputs[0]

/// The result of the library's layer for each case of the file.
let private ours: (string * (Case -> Tensor list)) list =
    [ "Linear", (fun c -> [ Linear.apply (linear c.Weights["weight"] c.Weights["bias"]) c.Inputs[0] ])
      "Conv1d", (fun c -> [ Conv1d.apply (conv1d (options [ 2 ] [ 1 ] [ 2 ] 1 [ 0 ]) c) c.Inputs[0] ])
      "Conv1d groups", (fun c -> [ Conv1d.apply (conv1d (options [ 1 ] [ 0 ] [ 1 ] 2 [ 0 ]) c) c.Inputs[0] ])
      "Conv2d", (fun c -> [ Conv2d.apply (conv2d (options [ 2; 1 ] [ 1; 2 ] [ 1; 2 ] 1 [ 0 ]) c) c.Inputs[0] ])
      "Conv2d groups", (fun c -> [ Conv2d.apply (conv2d (options [ 1 ] [ 1 ] [ 1 ] 2 [ 0 ]) c) c.Inputs[0] ])
      "ConvTranspose1d",
      (fun c ->
          let layer: ConvTranspose1d =
              { Kernel = c.Weights["weight"]
                Bias = Some c.Weights["bias"]
                Options = options [ 2 ] [ 1 ] [ 1 ] 1 [ 1 ] }

          [ ConvTranspose1d.apply layer c.Inputs[0] ])
      "ConvTranspose2d",
      (fun c ->
          let layer: ConvTranspose2d =
              { Kernel = c.Weights["weight"]
                Bias = Some c.Weights["bias"]
                Options = options [ 2 ] [ 1 ] [ 1 ] 2 [ 0 ] }

          [ ConvTranspose2d.apply layer c.Inputs[0] ])
      "Elman",
      (fun c ->
          let cell i : ElmanCell = let input, hidden = cell c i in { Input = input; Hidden = hidden }
          let ys, last = Elman.applyFrom [ c.Inputs[1][0]; c.Inputs[1][1] ] { Cells = [ cell 0; cell 1 ] } c.Inputs[0]
          [ ys; stack last ])
      "Gru",
      (fun c ->
          let cell i : GruCell = let input, hidden = cell c i in { Input = input; Hidden = hidden }
          let ys, last = Gru.applyFrom [ c.Inputs[1][0]; c.Inputs[1][1] ] { Cells = [ cell 0; cell 1 ] } c.Inputs[0]
          [ ys; stack last ])
      "Lstm",
      (fun c ->
          let cell i : LstmCell = let input, hidden = cell c i in { Input = input; Hidden = hidden }
          let state i : LstmState = { Output = c.Inputs[1][i]; Memory = c.Inputs[2][i] }
          let ys, last = Lstm.applyFrom [ state 0; state 1 ] { Cells = [ cell 0; cell 1 ] } c.Inputs[0]
          [ ys; stack (last |> List.map _.Output); stack (last |> List.map _.Memory) ])
      "LayerNorm", (fun c -> [ layerNorm c ])
      "LayerNorm of two axes", (fun c -> [ layerNorm c ])
      "GroupNorm",
      (fun c ->
          let layer: GroupNorm = { Scale = c.Weights["weight"]; Shift = c.Weights["bias"]; Groups = 2; Epsilon = 1e-5 }

          [ GroupNorm.apply layer c.Inputs[0] ])
      "BatchNorm",
      (fun c ->
          let layer: BatchNorm =
              { Scale = c.Weights["weight"]; Shift = c.Weights["bias"]; Momentum = 0.1; Epsilon = 1e-5 }

          let y, state = BatchNorm.train layer (BatchNormState.init 3) c.Inputs[0]
          [ y; state.Mean; state.Variance; BatchNorm.evaluate layer state c.Inputs[0] ])
      "Embedding", (fun c -> [ Embedding.apply { Table = c.Weights["weight"] } (cast Int64 c.Inputs[0]) ])
      "Attention",
      (fun c ->
          [ MultiHeadAttention.attend AttentionMask.Everywhere (attention c) c.Inputs[0] c.Inputs[1] c.Inputs[2] ])
      "Attention causal", (fun c -> [ MultiHeadAttention.applyCausal (attention c) c.Inputs[0] ])
      "Attention masked",
      (fun c ->
          let mask = AttentionMask.Where(c.Inputs[3] .> 0.5)
          [ MultiHeadAttention.attend mask (attention c) c.Inputs[0] c.Inputs[1] c.Inputs[2] ]) ]
    @ [ for activation in Activation.all ->
            let name = (string activation).Split(' ')[0]
            $"Activation {name}", (fun c -> [ Activation.apply activation c.Inputs[0] ]) ]

let private names = ours |> List.map (fun (name, _) -> name)

[<Tests>]
let tests =
    testList
        "Learning.TorchLayers"
        [ testCase "every case of the file is tested" (fun () ->
              let inFile = cases.Value |> Map.toList |> List.map fst |> List.sort
              Expect.equal (ours |> List.map fst |> List.sort) inFile "ours |> List.map fst |> List.sort")

          testList
              "the numbers equal PyTorch's"
              [ for name in names do
                    testCase name (fun () ->
                        let c = cases.Value[name]
                        let got = (ours |> List.find (fun (known, _) -> known = name) |> snd) c
                        Expect.equal got.Length c.Outputs.Length "got.Length"

                        for expected, got in List.zip c.Outputs got do
                            Expect.equal got.Shape expected.Shape "got.Shape"
                            Array.iter2
                                (fun (e: float) g -> Expect.near 1e-11 g e "g")
                                (expected.ToArray())
                                (got.ToArray())) ] ]
