/// Roots of any shape: every solver of their linear systems is compared with the unrolled iteration.
module NeuralDE.Tests.Calculus.RootTests

open System.Collections.Generic
open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Calculus

/// z = tanh (z W + x U + b), z [batch; n]
type private Equilibrium = { W: Tensor; U: Tensor; B: Tensor; X: Tensor }

let private layer (p: Equilibrium) (z: Tensor) = tanh (matmul z p.W + matmul p.X p.U + p.B)

/// ‖W‖ is about 0.8.
let private make seed batch n inputs : Equilibrium =
    let keys = Key.splitN 4 (Key(seed: int))

    { W = 0.4 / sqrt (float n) * randn keys[0] [ n; n ]
      U = 0.5 * randn keys[1] [ inputs; n ]
      B = 0.3 * randn keys[2] [ n ]
      X = randn keys[3] [ batch; inputs ] }

let private start (p: Equilibrium) = Prim.fill p.W.Dtype [| p.X.Dims[0]; p.W.Dims[0] |] 0.0
/// 0.8²⁵⁰ is below rounding.
let private unrolled (p: Equilibrium) = iterate 250 (layer p) (start p)
let private equilibrium options (p: Equilibrium) = implicitRootWith options unrolled (fun z p -> z - layer p z) p

let private tight: GmresOptions = { GmresOptions.defaults with Rtol = 1e-12 }
let private repeated: SameIterationOptions = { SameIterationOptions.defaults with Rtol = 1e-12 }

/// w ← w + (b − A w) on trees, as a user's own solver.
let private own (apply: 'Z -> 'Z) (b: 'Z) : 'Z =
    iterate 250 (fun w -> Tree.map2 (+) w (Tree.map2 (-) b (apply w))) (Tree.zerosLike b)

let private couplings = [ "joint", RootCoupling.Joint; "per sample", RootCoupling.PerSample ]

let private ways () : (string * RootOptions<'Z>) list =
    [ for name, solve in
          [ "dense", RootSolve.Dense
            "GMRES", RootSolve.Gmres tight
            "GMRES that restarts", RootSolve.Gmres { tight with Restart = 3 }
            "same iteration", RootSolve.SameIteration repeated
            "own", RootSolve.Own(1e-11, own) ] do
          for word, coupling in couplings do
              $"{name}, {word}", { Coupling = coupling; Solve = solve } ]

let private gap (a: Tensor) (b: Tensor) = float (amax (abs (a - b))) / (float (amax (abs b)) + 1e-300)

let private near bound (got: 'T) (expected: 'T) =
    for (path, e), g in Seq.zip (Tree.leaves expected) (Tree.flatten got) do
        let error = gap (cast Float64 g) (cast Float64 e)
        Expect.isTrue (error <= bound) $"{path}: a relative error of {string error}, expected {string bound} at most"

let private loss (solve: Equilibrium -> Tensor) (p: Equilibrium) =
    let z = solve p
    sum (sin z * z + 0.3 * z)

let private small seed = make seed 3 4 2
let private direction (seed: int) p =
    Tree.map (fun (x: Tensor) -> randn (Key seed) (List.ofArray x.Dims) |> cast x.Dtype) p

/// All tensors that a derivative computes, including those inside function nodes.
let private largest (f: 'A -> 'B) (x: 'A) =
    let seen = HashSet<Graph>(HashIdentity.Reference)
    let mutable most = 0L

    let rec visit (g: Graph) =
        if seen.Add g then
            for n in g.Order do
                most <- System.Math.Max(most, Shape.size n.Shape)

                match n.Op with
                | Apply fn -> Print.graphsOf fn |> List.iter visit
                | _ -> ()

    visit (TracedFunction.trace "largest" Hoisted f x).Graph
    most

let private raises<'E, 'T when 'E :> exn> (words: string list) (call: unit -> 'T) =
    let failure = Expect.thrown<'E>(fun () -> call () |> ignore)

    for word in words do
        Expect.stringContains failure.Message word "failure.Message"

// ── trees ────────────────────────────────────────────────────────────────────────────────────────────────────────
/// Two unknowns of different rank: M [batch; 2; 2] and v [batch].
type private Pair = { M: Tensor; V: Tensor }

let private couple (a: Tensor) (z: Pair) : Pair =
    { M = 0.3 * sin (z.M * expandDims -1 (expandDims -1 z.V)) + expandDims -1 (expandDims -1 a)
      V = 0.4 * cos (sumAlong -1 (sumAlong -1 z.M)) * z.V + a * a }

let private pairFrom (a: Tensor) =
    let like = { M = Prim.fill a.Dtype [| a.Dims[0]; 2; 2 |] 0.5; V = Prim.fill a.Dtype a.Dims 0.5 }
    iterate 300 (couple a) like

let private pair options (a: Tensor) = implicitRootWith options pairFrom (fun z a -> Tree.map2 (-) z (couple a z)) a

let private ofPair (z: Pair) = sum (square z.M) + sum (z.V * exp z.V)

[<Tests>]
let tests =
    testList
        "Calculus.Root"
        [ testList
              "an equilibrium layer's derivatives are those of its unrolled iteration"
              [ for name, options in ways () do
                    testCase name (fun () ->
                        let p = small 1
                        let f, g = loss (equilibrium options), loss unrolled
                        near 1e-10 (grad f p) (grad g p)
                        let v = direction 5 p
                        near 1e-8 (hvp f p v) (hvp g p v)
                        near 1e-10 (snd (jvp (equilibrium options) p v)) (snd (jvp unrolled p v)))

                    testCase $"third derivatives, {name}" (fun () ->
                        let p = make 2 2 2 1
                        let v = direction 6 p
                        let third f = grad (fun p -> Tree.flatten (hvp (loss f) p v) |> Seq.sumBy sum) p
                        near 1e-7 (third (equilibrium options)) (third unrolled)) ]

          testList
              "jvp and vjp are transposes of each other"
              [ for name, options in ways () do
                    testCase name (fun () ->
                        let p = small 3
                        let v = direction 7 p
                        let z, dz = jvp (equilibrium options) p v
                        let w = randn (Key 8) (List.ofArray z.Dims)
                        let pulled = snd (vjp (equilibrium options) p) w
                        let inner a b =
                            Seq.zip (Tree.flatten a) (Tree.flatten b) |> Seq.sumBy (fun (a, b) -> float (sum (a * b)))
                        let expected = float (sum (w * dz))
                        Expect.near (1e-9 * abs expected) (inner pulled v) expected "⟨Jᵀ w, v⟩") ]

          testList
              "gradients of rows are rows of gradients, also compiled"
              [ for name, options in ways () do
                    testCase name (fun () ->
                        let rows = Array.init 3 (fun k -> small (10 + k))
                        let each = rows |> Array.map (grad (loss (equilibrium options)))
                        let stacked (ps: Equilibrium[]) =
                            Array.map Tree.flatten ps
                            |> Array.transpose
                            |> Array.map (List.ofArray >> stack)
                            |> Tree.unflatten ps[0]

                        near 1e-10 (vmap (grad (loss (equilibrium options))) (stacked rows)) (stacked each)
                        let compiled = compile (grad (loss (equilibrium options)))
                        near 1e-13 (compiled rows[0]) each[0]
                        near 1e-13 (compiled rows[1]) each[1]) ]

          testList
              "a root may be a tree of leaves of any rank"
              [ for name, options in ways () do
                    testCase name (fun () ->
                        let a = tensor [ 0.3; -0.2; 0.5 ]
                        let f a = ofPair (pair options a)
                        let g a = ofPair (pairFrom a)
                        near 1e-12 (pair options a) (pairFrom a)
                        near 1e-10 (grad f a) (grad g a)
                        near 1e-8 (hvp f a (tensor [ 1.0; 2.0; -1.0 ])) (hvp g a (tensor [ 1.0; 2.0; -1.0 ]))) ]

          testList
              "float32"
              [ for name, options in ways () do
                    testCase name (fun () ->
                        let options =
                            match options.Solve with
                            | RootSolve.Own _ -> { options with Solve = RootSolve.Own(1e-5, own) }
                            | _ -> options

                        let p = small 4
                        let got = grad (loss (equilibrium options)) (Tree.cast Float32 p)
                        Expect.equal got.W.Dtype Float32 "got.W.Dtype"
                        near 1e-4 got (Tree.cast Float32 (grad (loss unrolled) p))) ]

          testCase "implicitRoot takes a number or a vector without packing" (fun () ->
              let root (a: Tensor) =
                  implicitRoot
                      (fun a -> iterate 40 (fun z -> a - 0.25 * sin z) (Prim.zerosLike a))
                      (fun z a -> z + 0.25 * sin z - a)
                      a

              let signature (x: Tensor) =
                  (TracedFunction.trace "root" Hoisted root x).Graph.Order
                  |> Array.pick (fun n ->
                      match n.Op with
                      | Apply(Root r) -> Some(r.Residual.Inputs[0].Shape, r.Residual.Outputs[0].Op)
                      | _ -> None)

              for x in [ scalar 1.0; tensor [ 1.0; 2.0 ] ] do
                  let shape, last = signature x
                  Expect.equal shape x.Dims "the unknown's shape"
                  Expect.equal last (Binary Sub) "the residual's last operation")

          testCase "matrix-free solvers compute no tensor as large as the Jacobian" (fun () ->
              let p = make 1 8 30 5

              for solve in [ RootSolve.Gmres GmresOptions.defaults; RootSolve.SameIteration repeated ] do
                  let options = { Coupling = RootCoupling.Joint; Solve = solve }
                  let size = largest (grad (loss (equilibrium options))) p
                  Expect.isTrue (size < 240L * 240L / 5L) $"a tensor of {size} elements, expected none near 240²"

              let dense = largest (grad (loss (equilibrium RootOptions<Tensor>.defaults))) p
              Expect.isTrue
                  (dense >= 240L * 240L)
                  $"the largest of the dense solver has {dense} elements, expected 240²")

          testCase "large and tiny cotangents are solved to the same relative accuracy" (fun () ->
              let p = small 1

              for _, options in ways () do
                  let unit = grad (loss (equilibrium options)) p

                  for scale in [ 1e-250; 1e250 ] do
                      let got = grad (fun p -> scale * loss (equilibrium options) p) p
                      near 1e-10 (Tree.map (fun x -> x / scale) got) unit)

          testCase "each sample's system is solved relative to its own cotangent" (fun () ->
              let p = small 1
              let sizes = tensor [ [ 1.0 ]; [ 1e-200 ]; [ 1e200 ] ]
              let w = randn (Key 9) [ 3; 4 ]

              for name, options in ways () do
                  if name.EndsWith "per sample" then
                      let _, pull = vjp (fun x -> equilibrium options { p with X = x }) p.X
                      near 1e-9 (pull (sizes * w) / sizes) (pull w))

          testCase "a cotangent of zeros gives zeros, NaN gives NaN" (fun () ->
              let p = small 1

              for name, options in ways () do
                  let _, pull = vjp (equilibrium options) p
                  let zero, none = pull (zeros [ 3; 4 ]), pull (full [ 3; 4 ] nan)
                  Expect.equal (float (amax (abs zero.W))) 0.0 name
                  Expect.isTrue (System.Double.IsNaN(float (sum none.W))) $"{name}: expected NaN")

          // ── unsolved systems ───────────────────────────────────────────────────────────────────────────────────────────
          testCase "an unsolved system raises an exception with its residual" (fun () ->
              let p = small 1

              for _, coupling in couplings do
                  for name, solve in
                      [ "GMRES", RootSolve.Gmres { tight with MaxIterations = 2 }
                        "SameIteration", RootSolve.SameIteration { repeated with MaxIterations = 2 }
                        "your own solver", RootSolve.Own(1e-10, fun _ b -> b) ] do
                      let f = loss (equilibrium { Coupling = coupling; Solve = solve })
                      raises<DerivativeException, _>
                          [ "implicitRoot"; name; "residual"; "expected at most" ]
                          (fun () -> grad f p)
                      raises<DerivativeException, _> [ name ] (fun () -> compile (grad f) p)
                      raises<DerivativeException, _> [ name ] (fun () -> jvp f p p)
                      raises<DerivativeException, _> [ name ] (fun () ->
                          vmap (fun b -> grad f { p with B = b }) (stack [ p.B; p.B ]))

              let counted = RootSolve.Gmres { tight with MaxIterations = 2 }
              raises<DerivativeException, _> [ "after 2 iterations" ] (fun () ->
                  grad (loss (equilibrium { Coupling = RootCoupling.Joint; Solve = counted })) p))

          testCase "an iteration that does not contract raises" (fun () ->
              let f (a: Tensor) =
                  implicitRootWith
                      { RootOptions.defaults with Solve = RootSolve.SameIteration repeated }
                      (fun a -> a / 4.0)
                      (fun z a -> z + 3.0 * z - a)
                      a

              raises<DerivativeException, _> [ "SameIteration"; "z − F(z)" ] (fun () -> grad f (scalar 1.0)))

          testCase "a singular Jacobian raises in the iterative solvers" (fun () ->
              let f (a: Tensor) =
                  implicitRootWith
                      { RootOptions.defaults with Solve = RootSolve.Gmres tight }
                      (fun a -> Prim.zerosLike a)
                      (fun z a -> matmul (tensor [ [ 1.0; 1.0 ]; [ 1.0; 1.0 ] ]) z - 0.0 * a)
                      a

              raises<DerivativeException, _> [ "GMRES"; "singular" ] (fun () ->
                  grad (fun a -> (f a)[0]) (tensor [ 1.0; 2.0 ])))

          testCase "samples that depend on each other raise" (fun () ->
              // each sample depends on the mean of all
              let mixed (p: Equilibrium) (z: Tensor) = layer p (0.5 * z + 0.5 * meanAlong 0 z)
              let search p = iterate 250 (mixed p) (start p)
              let root options p = implicitRootWith options search (fun z p -> z - mixed p z) p
              let p = small 1
              let expected = grad (loss search) p
              near 1e-10 (grad (loss (root RootOptions.defaults)) p) expected

              let dense = { Coupling = RootCoupling.PerSample; Solve = RootSolve.Dense }
              raises<DerivativeException, _> [ "Samples depend on each other"; "RootCoupling.Joint" ] (fun () ->
                  grad (loss (root dense)) p)
              raises<DerivativeException, _> [ "Samples depend on each other" ] (fun () -> jvp (root dense) p p)

              for solve in [ RootSolve.Gmres tight; RootSolve.SameIteration repeated; RootSolve.Own(1e-11, own) ] do
                  let f = loss (root { Coupling = RootCoupling.PerSample; Solve = solve })

                  match
                      (try
                          Ok(grad f p)
                       with :? DerivativeException as e ->
                           Error e.Message)
                  with
                  | Ok got -> near 1e-9 got expected
                  | Error message -> Expect.stringContains message "must not depend on each other" "message")

          testCase "a root in a branch that a row does not take does not raise" (fun () ->
              let hopeless = RootSolve.SameIteration { repeated with MaxIterations = 1 }

              let f (a: Tensor) =
                  implicitRootWith
                      { RootOptions.defaults with Solve = hopeless }
                      (fun a -> a / 1.5)
                      (fun z a -> 1.5 * z - a)
                      a

              let chosen (a: Tensor) = cond (a .> 0.0) (fun a -> a * a) (grad f) a
              let before (a: Tensor) = cond (a .> 0.0) (fun a -> a * a) f a
              near 0.0 (vmap chosen (tensor [ 1.0; 2.0 ])) (tensor [ 1.0; 4.0 ])
              near 0.0 (grad (fun a -> sum (vmap before a)) (tensor [ 1.0; 2.0 ])) (tensor [ 2.0; 4.0 ])
              raises<DerivativeException, _> [ "SameIteration" ] (fun () -> vmap chosen (tensor [ 1.0; -2.0 ]))
              raises<DerivativeException, _> [ "SameIteration" ] (fun () ->
                  grad (fun a -> sum (vmap before a)) (tensor [ 1.0; -2.0 ])))

          testCase "nor does one whose search or residual contains a system that cannot be solved" (fun () ->
              let hopeless = RootSolve.SameIteration { repeated with MaxIterations = 1 }

              let inner (a: Tensor) =
                  implicitRootWith
                      { RootOptions.defaults with Solve = hopeless }
                      (fun a -> a / 1.5)
                      (fun z a -> 1.5 * z - a)
                      a

              let ofSearch (a: Tensor) = implicitRoot (grad inner) (fun z a -> z - a) a
              let ofResidual (a: Tensor) = implicitRoot id (fun z a -> z - a * grad inner a) a

              for root in [ ofSearch; ofResidual ] do
                  let chosen (a: Tensor) = cond (a .> 0.0) (fun a -> a * a) root a
                  let slope a = grad (fun a -> sum (vmap chosen a)) a
                  near 0.0 (vmap chosen (tensor [ 1.0; 2.0 ])) (tensor [ 1.0; 4.0 ])
                  near 0.0 (slope (tensor [ 1.0; 2.0 ])) (tensor [ 2.0; 4.0 ])
                  raises<DerivativeException, _> [ "SameIteration" ] (fun () -> slope (tensor [ 1.0; -2.0 ])))

          testCase "a user's solver may capture tensors, including placeholders" (fun () ->
              let f (scale: Tensor) (a: Tensor) =
                  let solver (apply: Tensor -> Tensor) (b: Tensor) =
                      iterate 300 (fun w -> w + scale * (b - apply w)) (Prim.zerosLike b)

                  implicitRootWith
                      { RootOptions.defaults with Solve = RootSolve.Own(1e-10, solver) }
                      (fun a -> sqrt a)
                      (fun z a -> z * z - a)
                      a

              let a = tensor [ 4.0; 9.0 ]
              let expected = tensor [ 0.25; 1.0 / 6.0 ]
              near 1e-10 (grad (fun a -> sum (f (scalar 0.1) a)) a) expected
              near 1e-10 (grad (fun s -> sum (grad (fun a -> sum (f s a)) a)) (scalar 0.1) + expected) expected)

          // ── argument checks ─────────────────────────────────────────────────────────────────────────
          testCase "residuals that differ from the root in structure, shape or dtype" (fun () ->
              let a = tensor [ 0.3; -0.2 ]
              let find (residual: Pair -> Tensor -> Pair) = implicitRoot pairFrom residual a
              raises<ShapeException, _> [ "implicitRoot"; "[2]"; "M"; "[2; 2; 2]"; "one residual" ] (fun () ->
                  find (fun z _ -> { z with M = z.V }))
              raises<DtypeException, _> [ "float32"; "float64"; "V" ] (fun () ->
                  find (fun z _ -> { z with V = cast Float32 z.V }))
              raises<TreeException, _> [ "implicitRoot"; "different trees"; "2 elements" ] (fun () ->
                  implicitRoot (fun (a: Tensor) -> [ a; a ]) (fun z _ -> List.tail z) a))

          testCase "trees that cannot be roots" (fun () ->
              let per = { Coupling = RootCoupling.PerSample; Solve = RootSolve.Dense }
              let keep z _ = z
              raises<ShapeException, _> [ "PerSample"; "[]"; "the batch" ] (fun () ->
                  implicitRootWith per (fun (a: Tensor) -> a) keep (scalar 1.0))
              raises<ShapeException, _> [ "PerSample"; "[3; 1]"; "[2]"; "Item2" ] (fun () ->
                  implicitRootWith
                      { Coupling = per.Coupling; Solve = RootSolve.Dense }
                      (fun (a: Tensor) -> a, zeros [ 3; 1 ])
                      keep
                      (zeros [ 2 ]))
              raises<DtypeException, _> [ "int64"; "Item2"; "floats" ] (fun () ->
                  implicitRoot (fun (a: Tensor) -> a, cast Int64 a) keep (zeros [ 2 ]))
              raises<DtypeException, _> [ "float32"; "one type" ] (fun () ->
                  implicitRoot (fun (a: Tensor) -> a, cast Float32 a) keep (zeros [ 2 ]))
              raises<TreeException, _> [ "no tensors" ] (fun () ->
                  implicitRoot (fun (_: Tensor) -> ([]: Tensor list)) keep (zeros [ 2 ]))
              raises<ShapeException, _> [ "no elements" ] (fun () ->
                  implicitRoot (fun (_: Tensor) -> zeros [ 0; 2 ]) keep (zeros [ 2 ])))

          testCase "options out of range" (fun () ->
              let give solve =
                  implicitRootWith
                      { RootOptions.defaults with Solve = solve }
                      (fun (a: Tensor) -> a)
                      (fun z a -> z - a)
                      (scalar 1.0)

              let gmres change = give (RootSolve.Gmres(change GmresOptions.defaults))
              raises<InputException, _> [ "implicitRootWith"; "Gmres"; "Rtol -1" ] (fun () ->
                  gmres (fun o -> { o with Rtol = -1.0 }))
              raises<InputException, _> [ "Rtol NaN" ] (fun () -> gmres (fun o -> { o with Rtol = nan }))
              raises<InputException, _> [ "not both 0" ] (fun () -> gmres (fun o -> { o with Rtol = 0.0 }))
              raises<InputException, _> [ "Atol Infinity" ] (fun () -> gmres (fun o -> { o with Atol = infinity }))
              raises<InputException, _> [ "Restart 0" ] (fun () -> gmres (fun o -> { o with Restart = 0 }))
              raises<InputException, _> [ "MaxIterations 0" ] (fun () -> gmres (fun o -> { o with MaxIterations = 0 }))
              raises<InputException, _> [ "SameIteration"; "MaxIterations 0" ] (fun () ->
                  give (RootSolve.SameIteration { repeated with MaxIterations = 0 }))
              raises<InputException, _> [ "Own with rtol -1" ] (fun () -> give (RootSolve.Own(-1.0, own)))
              raises<System.ArgumentNullException, _> [ "solver" ] (fun () ->
                  give (RootSolve.Own(1e-10, Unchecked.defaultof<_>))))

          testCase "a user's solver that returns another shape" (fun () ->
              let solve = RootSolve.Own(1e-10, fun _ (b: Tensor) -> stack [ b; b ])

              raises<ShapeException, _> [ "implicitRootWith"; "solver's result"; "[2; 2]"; "[2]" ] (fun () ->
                  implicitRootWith
                      { RootOptions.defaults with Solve = solve }
                      (fun (a: Tensor) -> a)
                      (fun z a -> z - a)
                      (tensor [ 1.0; 2.0 ]))) ]

[<Tests>]
let gates =
    testList
        "gates.Calculus.Root"
        [ testList
              "an equilibrium layer of 8 samples and 30 units has the gradients of its unrolled iteration, five keys"
              [ for name, options in ways () do
                    testCase name (fun () ->
                        for seed in 1..5 do
                            let p = make (100 + seed) 8 30 5
                            let expected = grad (loss unrolled) p
                            near 1e-10 (grad (loss (equilibrium options)) p) expected
                            // the gradient of a single step, which ignores how z depends on p, is far off
                            let z = stopGradient (unrolled p)
                            let oneStep = grad (loss (fun p -> layer p z)) p
                            Expect.isTrue (gap oneStep.W expected.W > 0.05) "error of the one-step gradient") ] ]
