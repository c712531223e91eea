/// Indices out of range: every verb refuses them, eagerly and inside every transform; but not if a row or a branch that
/// is not used computes them.
module NeuralDE.Tests.IndexEdgeTests

open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Tests.Expected

let private x = tensor [ 1.0; 2.0; 3.0 ]
let private rows = tensor [ [ 1.0; 2.0 ]; [ 3.0; 4.0 ]; [ 5.0; 6.0 ] ]

/// A verb as a function of its integers, the first integer out of range, and the verb's name for it.
type private Indexed = { Verb: string; What: string; Places: int; Apply: Tensor -> Tensor -> Tensor }

let private verb name what places apply = { Verb = name; What = what; Places = places; Apply = apply }

/// Each takes three numbers and any number of integers.
let private indexed: Indexed list =
    let updates (i: Tensor) (x: Tensor) = broadcastTo (List.ofArray i.Shape) (sum x)

    [ verb "take" "index" 3 (fun i x -> take 0 i x)
      verb "takeAlong" "index" 3 (fun i x -> takeAlong 0 i x)
      verb "gatherRows" "index" 3 (fun i x -> gatherRows i x)
      verb "scatterAdd" "index" 3 (fun i x -> scatterAdd i (updates i x) x)
      verb "scatterSet" "index" 3 (fun i x -> scatterSet i (updates i x) x)
      verb "scatterMax" "index" 3 (fun i x -> scatterMax i (updates i x) x)
      verb "dynamicSlice" "start" 2 (fun i x -> dynamicSlice 0 i[0] 2 x)
      verb "dynamicUpdate" "start" 2 (fun i x -> dynamicUpdate 0 i[0] x[0..1] x)
      verb "oneHot" "index" 3 (fun i x -> sum x * oneHot 3 i)
      verb "segmentSum" "id" 3 (fun i x -> segmentSum i 3 (updates i x))
      verb "segmentMax" "id" 3 (fun i x -> segmentMax i 3 (updates i x))
      verb "segmentMean" "id" 3 (fun i x -> segmentMean i 3 (updates i x))
      verb "Embedding.apply" "symbol" 3 (fun i x -> Embedding.apply { Table = outer x (ones [ 2 ]) } i)
      verb "Loss.crossEntropy" "label" 3 (fun i x -> Loss.crossEntropy i (broadcastTo [ i.Length; 3 ] x)) ]

let private cases = [ for v in indexed -> v.Verb ]
let private find name = indexed |> List.find (fun v -> v.Verb = name)

/// The ways to run a function of integers and numbers; each returns one number.
let private ways (f: Tensor -> Tensor -> Tensor) : (string * (Tensor -> Tensor)) list =
    let total i x = sum (f i x)

    [ "eager", (fun i -> f i x)
      "compiled", (fun i -> compile (fun (i, x) -> f i x) (i, x))
      "gradient", (fun i -> grad (fun (i, x) -> total i x) (i, x) |> snd)
      "second derivative", (fun i -> hvp (fun x -> compile (fun (i, x) -> total i (x * x)) (i, x)) x x)
      "forward", (fun i -> jvp (fun (i, x) -> f i x) (i, x) (zerosLike i, x) |> snd)
      "vmap", (fun i -> vmap (fun (i, x) -> f i x) (stack [ i; i ], stack [ x; x ]))
      "vmap of the integers", (fun i -> vmap (fun i -> f i x) (stack [ zerosLike i; i ]))
      "checkpoint", (fun i -> grad (checkpoint (fun (i, x) -> total i x)) (i, x) |> snd)
      "loop", (fun i -> compile (fun (i, x) -> iterate 3 (fun s -> s + total i x) (scalar 0.0)) (i, x))
      "solve",
      (fun i ->
          compile
              (fun (i, x) ->
                  Ode.problem (fun _ (y: Tensor) -> -y + total i x) (scalar 1.0) (0.0, 1.0) |> Ode.solve |> _.Y1)
              (i, x)) ]

// ── rows and branches that are not used ──────────────────────────────────────────────────────────────────────────
/// Σ x[i] for i below n: a row that has ended would read x[n].
let private firstOf (n: Tensor) (x: Tensor) =
    repeatWhile
        (fun (i: Tensor, _) -> i .< n)
        10
        (fun (i, total: Tensor) -> i + 1, total + take 0 i x)
        (scalar 0, scalar 0.0)
    |> snd

[<Tests>]
let tests =
    testList
        "Tensor.IndexEdge"
        [ testList
              "an index out of range is an InputException in every way to run"
              [ for name in cases do
                    testCase name (fun () ->
                        let v = find name

                        for way, run in ways v.Apply do
                            for bad in [ v.Places; -1; System.Int32.MaxValue; System.Int32.MinValue ] do
                                for i in [ tensor [ bad; bad ]; cast Int64 (tensor [ bad; bad ]) ] do
                                    let failure = Expect.thrown<InputException>(fun () -> (run i).ToString() |> ignore)
                                    let expected =
                                        $"{name}: {v.What} {string bad} is outside. Use 0 to {string (v.Places - 1)}."
                                    Expect.equal (way, failure.Message) (way, expected) "(way, failure.Message)") ]

          testList
              "indices in range give the same numbers in every way to run"
              [ for name in cases do
                    testCase name (fun () ->
                        let v = find name
                        let i = tensor [ 1; v.Places - 1 ]
                        let eager = v.Apply i x
                        like 1e-15 eager (compile (fun (i, x) -> v.Apply i x) (i, x))
                        let twice = vmap (fun (i, x) -> v.Apply i x) (stack [ i; i ], stack [ x; x ])
                        like 1e-15 eager twice[1]
                        like 1e-15 eager (vmap (fun i -> v.Apply i x) (stack [ i; i ])).[0]) ]

          testCase "an int64 far out of range is refused, too" (fun () ->
              for run in [ (fun i -> take 0 i x); compile (fun i -> take 0 i x) ] do
                  raises<InputException> [ "index 9223372036854775807" ] (fun () ->
                      run (tensor [ System.Int64.MaxValue ]))
                  raises<InputException> [ "index -9223372036854775808" ] (fun () ->
                      run (tensor [ System.Int64.MinValue ]))
                  raises<InputException> [ "index 4294967296" ] (fun () -> run (tensor [ 4294967296L ])))

          testCase "taking from an empty axis is a ShapeException" (fun () ->
              raises<ShapeException> [ "take"; "extent 0" ] (fun () -> take 0 (tensor [ 0 ]) (zeros [ 0 ]))
              raises<ShapeException> [ "take"; "extent 0" ] (fun () ->
                  compile (fun i -> take 0 i (zeros [ 0 ])) (tensor [ 0 ]))
              raises<ShapeException> [ "segmentSum"; "extent 0" ] (fun () -> segmentSum (tensor [ 0 ]) 0 (ones [ 1 ]))
              holds [ 0 ] [] (take 0 (tensor Seq.empty<int>) (zeros [ 0 ]))
              raises<ShapeException> [ "Loss.crossEntropy"; "no classes" ] (fun () ->
                  Loss.crossEntropy (tensor [ 0 ]) (zeros [ 1; 0 ])))

          testCase "indices of a finished row are not checked" (fun () ->
              let counts = tensor [ 1; 3; 2; 0 ]
              let all x = vmap (fun n -> firstOf n x) counts
              holds [ 4 ] [ 1.0; 6.0; 3.0; 0.0 ] (all x)
              holds [ 4 ] [ 1.0; 6.0; 3.0; 0.0 ] (compile all x)
              holds [ 3 ] [ 3.0; 2.0; 1.0 ] (grad (fun x -> sum (all x)) x)
              holds [ 4 ] [ 1.0; 6.0; 3.0; 0.0 ] (snd (jvp all x x))
              holds [ 3 ] [ 6.0; 4.0; 2.0 ] (hvp (fun x -> sum (all (x * x))) x (ones [ 3 ]))
              let nested = vmap (fun counts -> vmap (fun n -> firstOf n x) counts) (stack [ counts; flip 0 counts ])
              holds [ 2; 4 ] [ 1.0; 6.0; 3.0; 0.0; 0.0; 3.0; 6.0; 1.0 ] nested
              holds
                  [ 4; 3 ]
                  [ 1.0; 0.0; 0.0; 1.0; 1.0; 1.0; 1.0; 1.0; 0.0; 0.0; 0.0; 0.0 ]
                  (vmap (fun n -> grad (firstOf n) x) counts))

          testCase "an active row with an index out of range is refused" (fun () ->
              for run in
                  [ (fun counts -> vmap (fun n -> firstOf n x) counts)
                    compile (fun counts -> vmap (fun n -> firstOf n x) counts)
                    (fun counts -> grad (fun x -> sum (vmap (fun n -> firstOf n x) counts)) x) ] do
                  raises<InputException> [ "take: index 3 is outside" ] (fun () -> run (tensor [ 1; 4; 2 ])))

          testCase "indices in a branch that is not taken are not checked" (fun () ->
              let f (i: Tensor) (x: Tensor) = cond (i .< 3) (fun i -> take 0 i x) (fun _ -> -1.0 * sum x) i
              let all x = vmap (fun i -> f i x) (tensor [ 2; 7; 0 ])
              holds [ 3 ] [ 3.0; -6.0; 1.0 ] (all x)
              holds [ 3 ] [ 0.0; -1.0; 0.0 ] (grad (fun x -> sum (all x)) x)
              holds [] [ -6.0 ] (compile (fun i -> f i x) (scalar 7))
              // a loop in a branch, a cond in a loop, a call in both
              let looped i =
                  cond
                      (i .< 3)
                      (fun i -> iterate 2 (fun s -> s + compile (fun i -> take 0 i x) i) (scalar 0.0))
                      (fun _ -> scalar 0.0)
                      i
              holds [ 2 ] [ 4.0; 0.0 ] (vmap looped (tensor [ 1; 9 ]))
              let wrong i = cond (i .< 4) (fun i -> take 0 i x) (fun _ -> scalar 0.0) i
              raises<InputException> [ "take: index 3 is outside" ] (fun () -> vmap wrong (tensor [ 1; 3; 9 ])))

          testCase "a failed solve in a branch that is not taken does not raise" (fun () ->
              // y' = y² from y0 reaches infinity at t = 1 / y0
              let solve (y0: Tensor) =
                  (Ode.problem (fun _ (y: Tensor) -> y * y) y0 (0.0, 1.0) |> Ode.maxSteps 200 |> Ode.solve).Y1

              let f (y0: Tensor) = cond (y0 .< 0.9) solve (fun y0 -> -y0) y0
              close 1e-4 [ 2 ] [ 1.0; -2.0 ] (vmap f (tensor [ 0.5; 2.0 ]))
              Expect.thrown<SolveException>(fun () -> (vmap solve (tensor [ 0.5; 2.0 ])).ToString() |> ignore)
              |> ignore)

          testCase "training with a label out of range is refused" (fun () ->
              let loss (labels: Tensor) (w: Tensor) = Loss.crossEntropy labels (matmul rows w)
              let step = compile (fun (labels, w: Tensor) -> w - 0.1 * grad (loss labels) w)
              let w = step (tensor [ 0; 1; 1 ], zeros [ 2; 2 ])
              for v in w.ToArray() do
                  Expect.isTrue (System.Double.IsFinite v) "System.Double.IsFinite v"
              raises<InputException> [ "Loss.crossEntropy: label 2 is outside. Use 0 to 1." ] (fun () ->
                  step (tensor [ 0; 1; 2 ], w))
              // the plan still works
              like 0.0 (step (tensor [ 0; 1; 1 ], w)) (step (tensor [ 0; 1; 1 ], w))) ]
