/// Custom parts of neural ODEs: each kind as a function of weights, and as a record.
module NeuralDE.Tests.Models.NeuralPartTests

open System.IO
open Expecto
open NeuralDE.Tests
open NeuralDE

// ── a record of each kind ────────────────────────────────────────────────────────────────────────────────────────────
/// [y0; tanh(scale y0)]
type ScaledStart =
    { Scale: Tensor }

    interface NeuralStart with
        member s.State _ y0 = concatAlong -1 [ y0; tanh (s.Scale * y0) ]
        member _.Observed _ y0 states = (let d = y0.Shape[y0.Rank - 1] in splitAlong -1 [ d; d ] states |> List.head)

/// Weights w0 + sin(t) w1.
type Swinging =
    { Middle: Linear
      Swing: Linear }

    interface Depth<Linear> with
        member s.At t = Tree.map2 (fun a b -> a + sin t * b) s.Middle s.Swing

/// x' = −rate x
type Decay =
    { Rate: Tensor }

    interface NeuralField with
        member _.Axis = -1
        member f.Slope _ x = -f.Rate * x

/// A decay whose rate grows: rate' = growth.
type GrowingDecay =
    { First: Tensor
      Growth: Tensor }

    interface NeuralFlow with
        member _.Axis = -1
        member f.Slope _ x = -f.First * x
        member f.Weights = [| f.First |]
        member f.Flow _ _ = [| f.Growth |]
        member _.SlopeWith weights _ x = -weights[0] * x

/// The input of the field is x · gain · y0.
type Gain =
    { Gain: Tensor }

    interface NeuralControl with
        member c.Covariate _ y0 = c.Gain * y0
        member _.Seen _ covariate state = covariate * state

/// The input of the field is x · weight · Σ y0: a covariate of one number for each sample.
type Total =
    { Mean: Tensor }

    interface NeuralControl with
        member c.Covariate _ y0 = c.Mean * sumAlong -1 y0
        member _.Seen _ covariate state = expandDims -1 covariate * state

type Sum =
    { Factor: Tensor }

    interface NeuralReadout with
        member r.Observe axis _ states = r.Factor * sumAlong axis states

type Twice =
    { By: Tensor }

    interface NeuralDuration with
        member d.Stretch y0 = d.By * ones [ y0.Shape[0] ]

let private key = Key 4
let private y0 = tensor [ [ 0.5; -0.8 ]; [ 1.1; 0.4 ]; [ -0.3; 0.9 ] ]
let private linear key = Linear.init key 2 2
let private tight = NeuralOde.tolerance 1e-9 1e-9
let private final model = NeuralOde.final model y0 (0.0, 1.0)
let private decay = NeuralOde.ofField { Rate = scalar 0.7 } |> tight

let private near tolerance (expected: Tensor) (got: Tensor) =
    Expect.equal got.Shape expected.Shape "got.Shape"
    Array.iter2 (fun (e: float) g -> Expect.near tolerance g e "g") (expected.ToArray()) (got.ToArray())

/// Every kind, alone and together.
let internal models: (string * NeuralOde) list =
    [ "start",
      NeuralOde.init key (Blueprint.features 4 |> Blueprint.linear 4) |> NeuralOde.withStart { Scale = scalar 0.5 }
      "start of a function",
      NeuralOde.init key (Blueprint.features 4 |> Blueprint.linear 4)
      |> NeuralOde.withStart (NeuralStart.beside (linear key) Linear.apply)
      "depth",
      NeuralOde.ofField (
          NeuralField.ofDepth (fun net _ x -> Linear.apply net x) { Middle = linear key; Swing = linear (Key 5) }
      )
      "field", decay
      "field of a function",
      NeuralOde.ofField (NeuralField.ofFunction (linear key) (fun net t x -> t * Linear.apply net x))
      "flow", NeuralOde.ofField { First = scalar 0.7; Growth = scalar 0.3 }
      "control", decay |> NeuralOde.withControl { Gain = scalar 0.5 }
      "control, own steps", decay |> NeuralOde.withControl { Gain = scalar 0.5 } |> NeuralOde.perSample
      "control of a function",
      NeuralOde.init key (Blueprint.features 3 |> Blueprint.linear 2)
      |> NeuralOde.withControl (NeuralControl.ofFunction (Linear.init key 2 1) Linear.apply)
      "readout", decay |> NeuralOde.withReadout { Factor = scalar 2.0 }
      "readout of a function", decay |> NeuralOde.withReadout (NeuralReadout.ofFunction (linear key) Linear.apply)
      "duration", decay |> NeuralOde.withDuration { By = scalar 2.0 }
      "duration of a function",
      decay
      |> NeuralOde.withDuration (
          NeuralDuration.ofFunction (Linear.init key 2 1) (fun net y0 -> exp (sumAlong -1 (Linear.apply net y0)))
      )
      "all",
      NeuralOde.ofField (
          NeuralField.ofDepth
              (fun net _ x -> Linear.apply net x)
              { Middle = Linear.init key 4 4; Swing = Linear.init (Key 5) 4 4 }
      )
      |> NeuralOde.withStart { Scale = scalar 0.5 }
      |> NeuralOde.withReadout { Factor = scalar 2.0 }
      |> NeuralOde.withDuration { By = scalar 2.0 } ]

let private named name = models |> List.find (fun (known, _) -> known = name) |> snd
let private names = models |> List.map fst

[<Tests>]
let tests =
    testList
        "Models.NeuralPart"
        [ testList
              "a custom part is trained, saved and compiled like the library's"
              [ for name in names do
                    testCase name (fun () ->
                        let model = named name |> NeuralOde.using RK4 |> NeuralOde.dt 0.1
                        let loss m = mean (square (final m - 0.3))
                        let slopes, weights = Tree.flatten (grad loss model), Tree.flatten model
                        Expect.isGreaterThan weights.Length 0 "weights.Length"

                        // the derivative by each weight equals the difference quotient
                        for i in 0 .. weights.Length - 1 do
                            let h = 1e-5

                            let at (d: float) =
                                weights
                                |> Array.mapi (fun j w -> if i = j then w + d else w)
                                |> Tree.unflatten model
                                |> loss
                                |> float

                            let slope = (at h - at -h) / (2.0 * h)
                            Expect.near (1e-6 + 1e-5 * abs slope) (float (sum slopes[i])) slope "slope"

                        Expect.isTrue (slopes |> Array.exists (fun g -> float (sum (abs g)) > 1e-6)) "some slope"
                        near 1e-12 (final model) (compile final model)
                        let fit = Train.start model (Adam 1e-2) |> Train.steps 5 |> Train.run loss
                        Expect.isLessThan (float (loss fit.Model)) (float (loss model)) "the loss after training"

                        let path = Path.GetTempFileName()

                        try
                            Checkpoint.save path fit.Model
                            near 0.0 (final fit.Model) (final (Checkpoint.load path model))
                        finally
                            File.Delete path) ]

          testCase "a custom start makes the state and selects the observed part" (fun () ->
              let start = { Scale = scalar 0.5 }
              let still = NeuralField.ofFunction () (fun () _ x -> zerosLike x)
              let model = NeuralOde.ofField still |> NeuralOde.withStart start
              let states = NeuralOde.states model y0 (tensor [ 0.0; 1.0 ])
              near 0.0 (concatAlong -1 [ y0; tanh (0.5 * y0) ]) states[1]
              near 0.0 y0 (final model))

          testCase "a custom field, depth and flow define their equations" (fun () ->
              near 1e-8 (y0 * exp (scalar -0.7)) (final decay)
              let growing = NeuralOde.ofField { First = scalar 0.7; Growth = scalar 0.3 } |> tight
              near 1e-8 (y0 * exp (scalar -0.85)) (final growing)
              // x' = sin t w x with one weight
              let one = { Weight = tensor [ [ 1.0 ] ]; Bias = tensor [ 0.0 ] }
              let swinging: Depth<Linear> = { Middle = Tree.zerosLike one; Swing = one }
              let model = NeuralOde.ofField (NeuralField.ofDepth (fun net _ x -> Linear.apply net x) swinging) |> tight
              let x = tensor [ [ 2.0 ] ]
              near 1e-7 (x * exp (scalar (1.0 - cos 1.0))) (NeuralOde.final model x (0.0, 1.0))
              Expect.stringContains
                  (Expect.thrown<InputException>(fun () -> final (NeuralOde.perSample growing) |> ignore)).Message
                  "evolving weights are shared by all samples"
                  "per sample")

          testCase "a custom control, readout and duration are applied" (fun () ->
              // x' = −rate gain y0 x
              let model = decay |> NeuralOde.withControl { Gain = scalar 0.5 }
              near 1e-8 (y0 * exp (-0.35 * y0)) (final model)
              near 1e-7 (y0 * exp (-0.35 * y0)) (final (NeuralOde.perSample model))
              near
                  1e-8
                  (2.0 * sumAlong -1 (y0 * exp (scalar -0.7)))
                  (final (NeuralOde.withReadout { Factor = scalar 2.0 } decay))
              near 1e-7 (y0 * exp (scalar -1.4)) (final (NeuralOde.withDuration { By = scalar 2.0 } decay))
              let wrong = NeuralDuration.ofFunction () (fun () y0 -> y0)
              Expect.stringContains
                  (Expect.thrown<ShapeException>(fun () -> final (NeuralOde.withDuration wrong decay) |> ignore))
                      .Message
                  "NeuralOde.final: the duration returned [3; 2] for y0 [3; 2], expected one number for each sample"
                  "a duration of another shape")

          // ── any axis ─────────────────────────────────────────────────────────────────────────────────────────────────
          testCase "components can be added along any axis" (fun () ->
              let x = randn (Key 3) [ 4; 2; 5 ]
              let still = NeuralField.ofFunctionAlong -2 () (fun () _ x -> zerosLike x)
              let times = tensor [ 0.0; 1.0 ]

              for axis, shape in [ -1, [| 4; 2; 8 |]; -2, [| 4; 5; 5 |] ] do
                  let model = NeuralOde.ofField still |> NeuralOde.augmentAlong axis 3
                  let states = NeuralOde.states model x times
                  Expect.equal states[1].Shape shape "states"
                  near 0.0 x (NeuralOde.final model x (0.0, 1.0))
                  near 0.0 (Ode.problem (fun _ y -> y) x (0.0, 1.0) |> Ode.augmentAlong axis 3 |> _.Y0) states[0]
                  near 0.0 x (NeuralOde.final (NeuralOde.perSample model) x (0.0, 1.0))

              let layer = Network.init key (Blueprint.features 5 |> Blueprint.linear 5)
              let input = NeuralOde.ofField still |> NeuralOde.inputLayerAlong -2 layer
              let states = NeuralOde.states input x times
              near 0.0 (concatAlong -2 [ x; Network.apply layer x ]) states[1]

              // [state; y0] along the rows: the field takes the second half
              let second =
                  NeuralField.ofFunctionAlong -2 () (fun () _ seen -> splitAlong -2 [ 2; 2 ] seen |> List.last)
              let controlled = NeuralOde.ofField second |> NeuralOde.controlledAlong -2 |> tight
              near 1e-8 (2.0 * x) (NeuralOde.final controlled x (0.0, 1.0))
              near 1e-7 (2.0 * x) (NeuralOde.final (NeuralOde.perSample controlled) x (0.0, 1.0))

              for call in
                  [ NeuralOde.augmentAlong 1 3; NeuralOde.controlledAlong 0; NeuralOde.inputLayerAlong 1 layer ] do
                  Expect.stringContains
                      (Expect.thrown<InputException>(fun () -> call input |> ignore)).Message
                      "expected one counted from the end"
                      "an axis from the front")

          testCase "images are augmented and controlled by convolutions" (fun () ->
              let same = { ConvOptions.Default with Padding = [ 1 ] }
              let conv inputs outputs = Network.init key (Blueprint.images inputs |> Blueprint.conv same outputs [ 3 ])
              let x = randn (Key 3) [ 4; 2; 6; 6 ]
              let layer, control = conv 2 3, conv 2 1
              let model =
                  NeuralOde.ofNetwork (conv 6 5) |> NeuralOde.inputLayer layer |> NeuralOde.controlledBy control
              let states = NeuralOde.states model x (tensor [ 0.0; 1.0 ])
              Expect.equal states.Shape [| 2; 4; 5; 6; 6 |] "states.Shape"
              near 0.0 (concatAlong 1 [ x; Network.apply layer x ]) states[0]
              let whole = Network.apply control x

              let f _t (u: Tensor) = Network.apply (conv 6 5) (concatAlong 1 [ u; whole ])
              let twin = Ode.problem f states[0] (0.0, 1.0) |> Ode.saveAt (tensor [ 0.0; 1.0 ]) |> Ode.solveYs
              near 1e-12 twin states
              near 1e-6 (NeuralOde.final model x (0.0, 1.0)) (NeuralOde.final (NeuralOde.perSample model) x (0.0, 1.0)))

          testCase "a covariate of another shape is supported" (fun () ->
              // one number for each sample, with a state of two components
              let model = decay |> NeuralOde.withControl { Mean = scalar 1.0 }
              let expected = y0 * exp (-0.7 * expandDims -1 (sumAlong -1 y0))
              near 1e-8 expected (final model)
              near 1e-7 expected (final (NeuralOde.perSample model))) ]
