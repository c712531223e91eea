/// The parts of neural ODEs, and messages about mistakes.
module NeuralDE.Tests.Models.NeuralOdeTests

open System
open Expecto
open NeuralDE.Tests
open NeuralDE

let private key = Key 4
let private net inputs outputs =
    Blueprint.features inputs |> Blueprint.linear 5 |> Blueprint.tanh |> Blueprint.linear outputs
let private drawn inputs outputs = Network.init key (net inputs outputs)
let private y0 = tensor [ 0.5; -0.8 ]

let private raises<'E, 'a when 'E :> exn> (words: string) (call: unit -> 'a) =
    let e = Expect.thrown<'E>(fun () -> call () |> ignore)
    Expect.stringContains e.Message words "e.Message"

let private near tolerance (expected: Tensor) (got: Tensor) =
    Expect.equal got.Shape expected.Shape "got.Shape"
    Array.iter2 (fun (e: float) g -> Expect.near tolerance g e "g") (expected.ToArray()) (got.ToArray())

let private degreesZero =
    [ Basis.Fourier 0; Basis.Chebyshev 0; Basis.Polynomial 0; Basis.RadialBasis 0 ] |> List.map (fun b -> b)

[<Tests>]
let tests =
    testList
        "Models.NeuralOde"
        [
          // ── models as trees ──────────────────────────────────────────────────────────────────────────────────────────────
          testCase "solver settings of a model are constants, compared by Equals" (fun () ->
              let make () =
                  NeuralOde.init key (net 2 2)
                  |> NeuralOde.using Dopri5
                  |> NeuralOde.tolerance 1e-4 1e-5
                  |> NeuralOde.gradient (CheckpointedWithin 1000L)

              let a, b = make (), make ()
              Expect.equal
                  (Tree.difference (Tree.structure a) (Tree.structure b))
                  None
                  "Tree.difference (Tree.structure a) (Tree.structure b)"
              Expect.equal b.Settings a.Settings "b.Settings"
              Expect.equal ((Tree.flatten a).Length) 4 "(Tree.flatten a).Length"

              for other in
                  [ NeuralOde.using Tsit5 a
                    NeuralOde.tolerance 1e-4 1e-6 a
                    NeuralOde.gradient Backsolve a
                    NeuralOde.dt 0.1 a
                    NeuralOde.perSample a
                    NeuralOde.controlled a ] do
                  Expect.notEqual
                      (Tree.difference (Tree.structure a) (Tree.structure other))
                      None
                      "Tree.difference (Tree.structure a) (Tree.structure other)")

          testCase "custom backsolve norms are compared by reference, others by value" (fun () ->
              let mine = UserNorm(fun e -> norm e.State.Head)
              Expect.equal mine mine "mine"
              Expect.notEqual (UserNorm(fun e -> norm e.State.Head)) mine "UserNorm(fun e -> norm e.State.Head)"
              let options: BacksolveOptions = { Rtol = Some 1e-3; Atol = None; Norm = Seminorm }
              Expect.equal
                  (BacksolveWith { options with Norm = Seminorm })
                  (BacksolveWith options)
                  "BacksolveWith { options with Norm = Seminorm }"
              Expect.notEqual
                  (BacksolveWith { options with Norm = FullNorm })
                  (BacksolveWith options)
                  "BacksolveWith { options with Norm = FullNorm }")

          // ── fields ───────────────────────────────────────────────────────────────────────────────────────────────────────
          testCase "a second-order field is the oscillator" (fun () ->
              let x1, v1 =
                  Ode.problem
                      (Field.secondOrder (fun _t x _v -> -x))
                      (tensor [ 1.0; 0.0 ], tensor [ 0.0; 2.0 ])
                      (0.0, 1.5)
                  |> Ode.tolerance 1e-9 1e-9
                  |> Ode.solveFinal

              near 1e-7 (tensor [ cos 1.5; 2.0 * sin 1.5 ]) x1
              near 1e-7 (tensor [ -(sin 1.5); 2.0 * cos 1.5 ]) v1
              // the same with concatenated parts
              let f = Field.higherOrder 2 (fun _t (state: Tensor) -> -state[..1])
              let y1 =
                  Ode.problem f (tensor [ 1.0; 0.0; 0.0; 2.0 ]) (0.0, 1.5) |> Ode.tolerance 1e-9 1e-9 |> Ode.solveFinal
              near 1e-7 (concat [ x1; v1 ]) y1
              raises<ShapeException, _> "3 components do not divide into 2 parts" (fun () ->
                  f (scalar 0.0) (ones [ 3 ])))

          testCase "time and context become features at their positions" (fun () ->
              let seen f t x = f id t x
              near 0.0 (tensor [ 7.0; 1.0; 2.0 ]) (Field.timeDependent id (scalar 7.0) (tensor [ 1.0; 2.0 ]))
              near
                  0.0
                  (tensor [ [ 7.0; 1.0 ]; [ 7.0; 2.0 ] ])
                  (Field.timeDependent id (scalar 7.0) (tensor [ [ 1.0 ]; [ 2.0 ] ]))
              near
                  0.0
                  (tensor [ 1.0; 2.0; 9.0 ])
                  (seen
                      (fun f -> Field.conditioned (tensor [ 9.0 ]) (fun _t x -> f x))
                      (scalar 0.0)
                      (tensor [ 1.0; 2.0 ]))
              raises<ShapeException, _> "got a context [3] for a state [2; 1]" (fun () ->
                  Field.conditioned (ones [ 3 ]) (fun _t x -> x) (scalar 0.0) (ones [ 2; 1 ])))

          testCase "reversed time returns to the start" (fun () ->
              let f (t: Tensor) (x: Tensor) = sin (3.0 * t) * x + t
              let there = Ode.problem f (tensor [ 1.0; -2.0 ]) (0.5, 2.0) |> Ode.tolerance 1e-9 1e-9 |> Ode.solveFinal
              let back =
                  Ode.problem (Field.reverseTime 0.5 2.0 f) there (0.5, 2.0)
                  |> Ode.tolerance 1e-9 1e-9
                  |> Ode.solveFinal
              near 1e-7 (tensor [ 1.0; -2.0 ]) back)

          testCase "an augmented problem has zeros after its components" (fun () ->
              let wide = Mlp.init (Key 3) [ 5; 16; 5 ]
              let p = Ode.problem (fun _t u -> Mlp.apply wide u) (tensor [ 2.0; 0.0 ]) (0.0, 1.0) |> Ode.augment 3
              near 0.0 (tensor [ 2.0; 0.0; 0.0; 0.0; 0.0 ]) p.Y0
              Expect.equal ((Ode.solveFinal p).Shape) [| 5 |] "(Ode.solveFinal p).Shape"
              let images = Ode.problem (fun _t u -> u) (ones [ 2; 3; 4; 4 ]) (0.0, 1.0) |> Ode.augmentAlong 1 2
              Expect.equal images.Y0.Shape [| 2; 5; 4; 4 |] "images.Y0.Shape"
              Expect.equal (float (sum images.Y0)) (2.0 * 3.0 * 16.0) "float (sum images.Y0)"
              raises<InputException, _> "Ode.augment: got dimensions -1" (fun () -> Ode.augment -1 p))

          // ── weights that depend on depth ─────────────────────────────────────────────────────────────────────────────────
          testCase "bases have the functions of their names" (fun () ->
              for s in [ 0.0; 0.3; 0.85; 1.0 ] do
                  let values basis = (Basis.values basis (scalar s)).ToArray()
                  let close (expected: float list) got =
                      Array.iter2 (fun (e: float) g -> Expect.near 1e-14 g e "g") (Array.ofList expected) got
                  close [ for k in 0..5 -> cos (float k * acos (2.0 * s - 1.0)) ] (values (Basis.Chebyshev 5))
                  close [ for k in 0..4 -> s ** float k ] (values (Basis.Polynomial 4))
                  let angle k = 2.0 * Math.PI * float k * s
                  close [ 1.0; cos (angle 1); sin (angle 1); cos (angle 2); sin (angle 2) ] (values (Basis.Fourier 2))
                  let bump c = exp (-0.5 * (2.0 * (s - c)) ** 2.0)
                  close [ 1.0; bump 0.0; bump 0.5; bump 1.0 ] (values (Basis.RadialBasis 3))
                  close [ 1.0; exp (-0.5 * (s - 0.5) ** 2.0) ] (values (Basis.RadialBasis 1))

              for basis in Basis.all do
                  Expect.equal
                      ((Basis.values basis (scalar 0.5)).Count)
                      (Basis.count basis)
                      "(Basis.values basis (scalar 0.5)).Count")

          testList
              "a Galerkin expansion of degree 0 equals the constant model, bit for bit"
              [ for basis in degreesZero do
                    testCase $"{basis}" (fun () ->
                        let constant = NeuralOde.init key (net 2 2)
                        let varying =
                            NeuralOde.ofField (
                                NeuralField.galerkin (
                                    Galerkin.init basis (0.0, 1.0) (fun key -> Network.init key (net 2 2)) key
                                )
                            )
                        let final m = NeuralOde.final m y0 (0.0, 1.0)
                        Expect.equal
                            ((final varying).ToArray())
                            ((final constant).ToArray())
                            "(final varying).ToArray()"
                        let gradient m =
                            grad (fun m -> sum (square (NeuralOde.final m y0 (0.0, 1.0)))) m |> Tree.flatten
                        Array.iter2
                            (fun (a: Tensor) (b: Tensor) -> Expect.equal (b.ToArray()) (a.ToArray()) "b.ToArray()")
                            (gradient constant)
                            (gradient varying)) ]

          testCase "a Galerkin expansion starts as the constant model" (fun () ->
              let constant = NeuralOde.final (NeuralOde.init key (net 2 2)) y0 (0.0, 1.0)

              for basis in Basis.all do
                  let g = Galerkin.init basis (0.0, 1.0) (fun key -> Network.init key (net 2 2)) key
                  near 1e-9 constant (NeuralOde.final (NeuralOde.ofField (NeuralField.galerkin g)) y0 (0.0, 1.0)))

          testCase "a solve may not leave the span of the weights" (fun () ->
              let g = Galerkin.init (Basis.Polynomial 1) (1.0, 3.0) (fun key -> Network.init key (net 2 2)) key
              let final = NeuralOde.final (NeuralOde.ofField (NeuralField.galerkin g)) y0

              for t0, t1 in [ 0.9, 3.0; 1.0, 3.1; 3.1, 1.0 ] do
                  raises<InputException, _> "the weights are defined on the span (1, 3)" (fun () -> final (t0, t1)))

          testCase "a Galerkin expansion is its weighted sum, for any model" (fun () ->
              let g = Galerkin.init (Basis.Polynomial 2) (1.0, 3.0) (fun key -> Linear.init key 2 2) key
              let g =
                  { g with
                      Coefficients =
                          Tree.map (fun (x: Tensor) -> randn (Key x.Count) (List.ofArray x.Shape)) g.Coefficients }
              let s = 0.25 // at t = 1.5
              let expected = g.Coefficients.Weight[0] + s * g.Coefficients.Weight[1] + s * s * g.Coefficients.Weight[2]
              near 1e-14 expected (Galerkin.at (scalar 1.5) g).Weight)

          testCase "pieces are a sequence of networks" (fun () ->
              let p = Piecewise.init 3 (0.0, 1.5) (fun key -> Network.init key (net 2 2)) key
              Expect.equal (Piecewise.jumps p) [ 0.5; 1.0 ] "Piecewise.jumps p"
              let whole = NeuralOde.ofField (NeuralField.piecewise p) |> NeuralOde.tolerance 1e-9 1e-9
              let piece i = Tree.map (fun (rows: Tensor) -> rows[i]) p.Pieces

              let chained =
                  List.fold
                      (fun y i ->
                          NeuralOde.final
                              (NeuralOde.ofNetwork (piece i) |> NeuralOde.tolerance 1e-9 1e-9)
                              y
                              (0.0, 0.5))
                      y0
                      [ 0; 1; 2 ]

              near 1e-8 chained (NeuralOde.final whole y0 (0.0, 1.5))
              // an end before the last piece, and backwards
              let early =
                  NeuralOde.final (NeuralOde.ofNetwork (piece 0) |> NeuralOde.tolerance 1e-9 1e-9) y0 (0.0, 0.4)
              near 1e-8 early (NeuralOde.final whole y0 (0.0, 0.4))
              near 1e-7 y0 (NeuralOde.final whole chained (1.5, 0.0))
              // and in float32, where the times between pieces, thirds, are not exact
              let thirds = { p with Stop = 1.0 }
              let wide = NeuralOde.ofField (NeuralField.piecewise thirds) |> NeuralOde.using RK4 |> NeuralOde.dt 0.1
              let narrow = NeuralOde.final (Tree.cast Float32 wide) (cast Float32 y0) (0.0, 1.0)
              near 1e-5 (NeuralOde.final wide y0 (0.0, 1.0)) (cast Float64 narrow))

          testCase "a piece begins at its boundary, in the direction of the span" (fun () ->
              let forwards = Piecewise.init 3 (0.0, 1.5) (fun key -> Linear.init key 2 2) key

              let pieceAt (p: Piecewise<Linear>) (t: float) =
                  let weight = (Piecewise.at (scalar t) p).Weight.ToArray()
                  [ 0..2 ] |> List.filter (fun i -> p.Pieces.Weight[i].ToArray() = weight)

              for t, piece in [ -9.0, 0; 0.0, 0; 0.499, 0; 0.5, 1; 0.999, 1; 1.0, 2; 1.5, 2; 9.0, 2 ] do
                  Expect.equal (pieceAt forwards t) [ piece ] $"the piece at {string t}"

              let backwards = { forwards with Start = 1.5; Stop = 0.0 }

              for t, piece in [ 9.0, 0; 1.5, 0; 1.001, 0; 1.0, 1; 0.501, 1; 0.5, 2; 0.0, 2; -9.0, 2 ] do
                  Expect.equal (pieceAt backwards t) [ piece ] $"the piece at {string t}, backwards")

          testCase "a weight flow with zero rates is the constant model, bit for bit" (fun () ->
              let constant = NeuralOde.init key (net 2 2) |> NeuralOde.using RK4 |> NeuralOde.dt 0.1
              let weights = drawn 2 2
              let resting = { constant with Field = NeuralField.evolving weights (WeightFlow.atRest weights) }
              let final m = (NeuralOde.final m y0 (0.0, 1.0)).ToArray()
              Expect.equal (final resting) (final constant) "final resting")

          testCase "diffusion keeps the sum of each kernel, reaction changes it" (fun () ->
              let conv = Conv2d.init ConvOptions.Default key 2 3 [ 3 ]
              let flow = { WeightFlow.atRest conv with Diffusion = tensor [ 0.3; 0.1 ] }
              let later = Ode.problem (fun _t w -> WeightFlow.apply flow w) conv (0.0, 2.0) |> Ode.solveFinal
              let sums (c: Conv2d) = sumAlong -1 (sumAlong -1 c.Kernel)
              near 1e-9 (sums conv) (sums later)
              Expect.isTrue
                  (float (var later.Kernel) < 0.9 * float (var conv.Kernel))
                  "float (var later.Kernel) < 0.9 * float (var conv.Kernel)"
              let flow = { WeightFlow.atRest conv with Reaction = tensor [ 0.5; 0.0 ] }
              let later = Ode.problem (fun _t w -> WeightFlow.apply flow w) conv (0.0, 2.0) |> Ode.solveFinal
              near 1e-5 (exp (scalar 1.0) * conv.Kernel) later.Kernel
              near 0.0 conv.Bias.Value later.Bias.Value)

          testCase "advection moves a kernel along its last axis" (fun () ->
              let ramp = reshape [ 1; 5 ] (tensor [ 0.0; 1.0; 2.0; 3.0; 4.0 ])
              let flow = { WeightFlow.atRest ramp with Advection = tensor [ [ 2.0; 7.0 ] ] }
              near 1e-14 (tensor [ [ 1.0; 2.0; 2.0; 2.0; 1.0 ] ]) (WeightFlow.apply flow ramp)
              raises<TreeException, _> "got weights with 2 leaves, expected 1, as in the flow" (fun () ->
                  WeightFlow.apply flow (ramp, ramp)))

          testCase "maxSteps ends a solve" (fun () ->
              let model = NeuralOde.init key (Blueprint.features 2 |> Blueprint.linear 2) |> NeuralOde.maxSteps 3
              let e = Expect.thrown<SolveException>(fun () -> NeuralOde.final model y0 (0.0, 100.0) |> ignore)
              Expect.equal (e.Status, e.Failure.Steps) (MaxStepsReached, 3) "e.Status, e.Failure.Steps"
              Expect.thrown<InputException>(fun () -> NeuralOde.maxSteps 0 model |> ignore) |> ignore)

          // ── use ──────────────────────────────────────────────────────────────────────────────────────────────────────────
          testCase "a prediction is the solve of the network" (fun () ->
              let blueprint =
                  Blueprint.features 2
                  |> Blueprint.power 3.0
                  |> Blueprint.linear 8
                  |> Blueprint.tanh
                  |> Blueprint.linear 2
              let model = NeuralOde.init key blueprint |> NeuralOde.using Dopri5 |> NeuralOde.tolerance 1e-5 1e-6
              let ts = linspace 0.5 2.0 4
              let network = Network.init key blueprint
              let p =
                  Ode.problem (Network.field network) y0 (0.5, 2.0)
                  |> Ode.using Dopri5
                  |> Ode.tolerance 1e-5 1e-6
                  |> Ode.saveAt ts
              let solution = Ode.solve p
              Expect.equal
                  ((NeuralOde.predict model y0 ts).ToArray())
                  (solution.Ys.ToArray())
                  "(NeuralOde.predict model y0 ts).ToArray()"
              Expect.equal
                  (NeuralOde.stats model y0 (0.5, 2.0))
                  (Ode.solve { p with SaveAt = { p.SaveAt with Times = None } } |> _.Stats)
                  "NeuralOde.stats model y0 (0.5, 2.0)")

          testCase "adaptive depth scales the time span of each sample" (fun () ->
              // x' = x: a sample ends at x0 exp(softplus(g))
              let grow = { Layers = [ Layer.Activation Activation.Identity ] }
              let g = { Layers = [ Layer.Linear { Weight = tensor [ [ 1.0 ] ]; Bias = tensor [ 0.3 ] } ] }
              let model = NeuralOde.ofNetwork grow |> NeuralOde.adaptiveDepth g |> NeuralOde.tolerance 1e-9 1e-9
              let x0 = tensor [ [ 0.5 ]; [ -1.0 ] ]
              let expected = x0 * exp (softplus (x0 + 0.3))
              near 1e-7 expected (NeuralOde.final model x0 (0.0, 1.0))
              raises<InputException, _> "Use NeuralOde.final" (fun () ->
                  NeuralOde.predict model x0 (linspace 0.0 1.0 3)))

          testCase "errors name the mistake at the call" (fun () ->
              let model = NeuralOde.init key (net 2 2)
              raises<ShapeException, _> "NeuralOde.predict: got times of shape []" (fun () ->
                  NeuralOde.predict model y0 (scalar 1.0))
              raises<ShapeException, _> "NeuralOde.final: got y0 of shape [2], expected [batch; d]" (fun () ->
                  NeuralOde.final (NeuralOde.perSample model) y0 (0.0, 1.0))
              raises<ShapeException, _> "input has 3 features, the layer was made for 2" (fun () ->
                  NeuralOde.final (NeuralOde.augment 1 model) y0 (0.0, 1.0))
              raises<InputException, _> "evolving weights are shared by all samples" (fun () ->
                  let evolving = NeuralField.evolving (drawn 2 2) (WeightFlow.atRest (drawn 2 2))
                  NeuralOde.final (NeuralOde.ofField evolving |> NeuralOde.perSample) (ones [ 3; 2 ]) (0.0, 1.0))
              raises<InputException, _> "Piecewise.init: got the span (1, 1)" (fun () ->
                  Piecewise.init 2 (1.0, 1.0) (fun key -> Linear.init key 2 2) key)
              raises<InputException, _> "NeuralOde.dt" (fun () -> NeuralOde.dt 0.0 model)) ]
