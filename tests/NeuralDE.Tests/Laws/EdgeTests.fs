/// Derivatives at kinks, ties, poles behind masks, stationary points, and of empty arrays.
module NeuralDE.Tests.Laws.EdgeTests

open System
open System.Collections.Generic
open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor
open NeuralDE.Tests.Laws.Example

let private is (expected: float list) (x: Tensor) = same "numbers" 1e-12 (Array.ofList expected) (x.ToArray())
let private zero = scalar 0.0

/// f, f', f'', … of a function of one number, in reverse mode.
let rec private derivative order (f: Tensor -> Tensor) : Tensor -> Tensor =
    if order = 0 then f else derivative (order - 1) (grad f)

/// The same in forward mode.
let rec private slope order (f: Tensor -> Tensor) : Tensor -> Tensor =
    if order = 0 then f else slope (order - 1) (fun x -> snd (jvp f x (Prim.onesLike x)))

// ── poles behind masks ───────────────────────────────────────────────────────────────────────────────────────────
let private onesOf (x: Tensor) = Prim.onesLike x

let private masked: (string * (Tensor -> Tensor)) list =
    [ "sqrt", (fun x -> where (x .> 0.0) (sqrt x) 0.0)
      "log", (fun x -> where (x .> 0.0) (log x) 0.0)
      "log on the other side", (fun x -> where (x .<= 0.0) 0.0 (log x))
      "reciprocal", (fun x -> where (x .<> 0.0) (1.0 / x) 0.0)
      "quotient", (fun x -> where (x .> 0.0) (x / x) 1.0)
      "power", (fun x -> where (x .> 0.0) (x ** 0.5) 0.0)
      "power of tensors", (fun x -> where (x .> 0.0) (x ** (x - 0.5)) 0.0)
      "chain", (fun x -> where (x .> 0.0) (sin (log x) * sqrt x + exp (-(1.0 / x))) 0.0)
      "chain of chains", (fun x -> where (x .> 0.0) (log (sqrt (x * x))) 0.0)
      "fma", (fun x -> where (x .> 0.0) (fma (log x) (sqrt x) (1.0 / x)) 0.0)
      "nested", (fun x -> where (x .> 0.0) (where (x .> 1.0) (log (x - 1.0)) (sqrt x)) 0.0)
      "squared", (fun x -> where (x .> 0.0) (log x * log x) 0.0)
      "atan2", (fun x -> where (x .> 0.0) (atan2 x (0.0 * x)) 0.0)
      "lgamma", (fun x -> where (x .> 0.0) (lgamma x) 0.0)
      "reshape and permute",
      (fun x ->
          where (x .> 0.0) (Prim.permute [| 1; 0 |] (Prim.reshape [| 1; x.Count |] (log x)) |> Prim.reshape x.Dims) 0.0)
      "reverse twice",
      (fun x ->
          if x.Rank = 0 then
              where (x .> 0.0) (log x) 0.0
          else
              flip 0 (where (flip 0 x .> 0.0) (flip 0 (log x)) 0.0))
      "pad and slice",
      (fun x ->
          let padded = Prim.pad [| 1 |] [| 1 |] [| 1 |] (Prim.reshape [| x.Count |] x)
          let kept = where (padded .> 0.0) (log padded) 0.0
          Prim.reshape x.Dims (Prim.slice [| 1 |] [| kept.Count - 1 |] [| 2 |] kept))
      "log of a padded part",
      (fun x ->
          let padded = Prim.pad [| 1 |] [| 0 |] [| 0 |] (log (Prim.reshape [| x.Count |] x))
          let mask = Prim.pad [| 1 |] [| 0 |] [| 0 |] (Prim.reshape [| x.Count |] x)
          let kept = where (mask .> 0.0) padded 0.0
          Prim.reshape x.Dims kept[1..])
      "log of a slice",
      (fun x -> where (x .> 0.0) (Prim.reshape x.Dims ((log (Prim.reshape [| x.Count |] x)).[0..])) 0.0)
      "broadcast",
      (fun x ->
          where (x .> 0.0) (sumAlong 0 (where (x .> 0.0) (broadcastTo (2 :: List.ofArray x.Shape) (log x)) 0.0)) 0.0)
      "concat",
      (fun x ->
          (let y = flatten x in where (concat [ y .> 0.0; y .> 0.0 ]) (concat [ log y; sqrt y ]) 0.0 |> sumAlong 0)
          * onesOf x)
      "stack", (fun x -> where (stack [ x .> 0.0; x .> 1.0 ]) (stack [ log x; log (x - 1.0) ]) 0.0 |> sumAlong 0)
      "gather",
      (fun x ->
          let order = Prim.iota Int64 [| x.Count |] 0
          let kept = where (flatten x .> 0.0) (take 0 order (log (flatten x))) 0.0
          Prim.reshape x.Dims kept)
      "cumsum",
      (fun x ->
          // a sum up to an element that is not positive; it is not used
          let y = flip 0 (sort 0 (flatten x))
          let bad = cumsum 0 (cast Int32 (y .<= 0.0))
          Prim.reshape x.Dims (where (bad .= 0) (cumsum 0 (log y)) 0.0))
      "inline call", (fun x -> where (x .> 0.0) (compile (fun (x: Tensor) -> log x * sqrt x) x) 0.0)
      "call in a call",
      (fun x -> where (x .> 0.0) (compile (fun x -> compile (fun (x: Tensor) -> log x) x + sqrt x) x) 0.0)
      "where in a call", (fun x -> compile (fun (x: Tensor) -> where (x .> 0.0) (log x) 0.0) x)
      "cast", (fun x -> where (x .> 0.0) (cast Float64 (cast Float32 (log x))) 0.0) ]

let private maskedCases =
    Seq.allPairs (List.map fst masked) [ 1..3 ] |> Seq.map (fun (name, order) -> name, order)

let private finite what (x: Tensor) =
    for v in x.ToArray() do
        Expect.isTrue (Double.IsFinite v) $"{what}: got {x}, expected finite numbers"

// ── loops and branches ───────────────────────────────────────────────────────────────────────────────────────────
let private truth b = Prim.literal Bool (if b then 1.0 else 0.0)

/// s ← s − ¼ while s > 0, a ← a + p ln s: a row that has ended stays at s = 0, where ln is infinite
let private descend (p: Tensor) (s: Tensor) =
    let step (s: Tensor, a: Tensor) = s - 0.25, a + p * log s
    snd (repeatWhile (fun (s, _) -> s .> 0.0) 50 step (s, 0.0 * s))

[<Tests>]
let tests =
    testList
        "Laws.Edge"
        [
          // ── kinks and ties ───────────────────────────────────────────────────────────────────────────────────────────────
          testCase "the derivative of abs, sign and relu at 0 is 0" (fun () ->
              for f in [ (fun (x: Tensor) -> abs x); signum; relu ] do
                  for order in 1..3 do
                      is [ 0.0 ] (derivative order f zero)
                      is [ 0.0 ] (slope order f zero))

          testCase "rounding has the derivative 0" (fun () ->
              for f in [ (fun (x: Tensor) -> floor x); ceil; round ] do
                  is [ 0.0; 0.0 ] (grad (fun x -> sum (f x)) (tensor [ 1.0; 2.5 ])))

          testCase "equal elements share the derivative of a maximum" (fun () ->
              let a, b = tensor [ 1.0; 2.0; 3.0 ], tensor [ 1.0; 1.0; 4.0 ]

              for choose, first in
                  [ (fun (a: Tensor) (b: Tensor) -> maximum a b), [ 0.5; 1.0; 0.0 ]
                    (fun a b -> minimum a b), [ 0.5; 0.0; 1.0 ] ] do
                  let da, db = grad (fun (a, b) -> sum (choose a b)) (a, b)
                  is first da
                  is (first |> List.map (fun d -> 1.0 - d)) db
                  is first (snd (jvp (fun a -> choose a b) a (Prim.onesLike a)))

              is [ 0.5; 0.0; 0.5 ] (grad amax (tensor [ 3.0; 1.0; 3.0 ]))
              is [ 1.0 / 3.0; 1.0 / 3.0; 1.0 / 3.0 ] (grad amin (tensor [ 3.0; 3.0; 3.0 ]))
              is [ 0.5; 0.5; 0.0; 1.0 ] (grad (fun x -> sum (maxAlong 1 x)) (tensor [ [ 2.0; 2.0 ]; [ 1.0; 4.0 ] ]))
              is [ 0.5 ] (snd (jvp amax (tensor [ 3.0; 1.0; 3.0 ]) (tensor [ 1.0; 0.0; 0.0 ]))))

          testCase "the shares at a tie are constants of differentiation" (fun () ->
              is [ 0.0; 0.0 ] (hvp amax (tensor [ 2.0; 2.0 ]) (tensor [ 1.0; -1.0 ]))
              let square (x: Tensor) = amax x * amax x
              is [ 0.5; 0.5 ] (hvp square (tensor [ 2.0; 2.0 ]) (tensor [ 1.0; 0.0 ])))

          testCase "equal elements share the derivative of a scattered maximum" (fun () ->
              let x, updates = tensor [ 1.0; 5.0; 2.0 ], tensor [ 1.0; 1.0; 4.0; 2.0 ]
              let indices = tensor [ 0; 0; 1; 2 ]
              let dx, du = grad (fun (x, u) -> sum (scatterMax indices u x)) (x, updates)
              is [ 1.0 / 3.0; 1.0; 0.5 ] dx
              is [ 1.0 / 3.0; 1.0 / 3.0; 0.0; 0.5 ] du
              let push = snd (jvp (fun x -> scatterMax indices updates x) x (tensor [ 3.0; 1.0; 1.0 ]))
              is [ 1.0; 1.0; 0.5 ] push)

          testCase "stopGradient has the derivative 0" (fun () ->
              is [ 2.0 ] (grad (fun (x: Tensor) -> stopGradient x * x) (scalar 2.0))
              is [ 0.0 ] (snd (jvp (fun (x: Tensor) -> stopGradient (x * x)) (scalar 2.0) (scalar 1.0))))

          testList
              "no pole behind a mask"
              [ for name, order in maskedCases do
                    testCase $"{name}, {order}" (fun () ->
                        let f = List.find (fst >> (=) name) masked |> snd
                        let all = tensor [ 0.0; 2.0; -1.0; 0.5 ]
                        let total (f: Tensor -> Tensor) (x: Tensor) = sum (f x)

                        let rec reverse order (f: Tensor -> Tensor) : Tensor -> Tensor =
                            if order = 0 then f else reverse (order - 1) (grad (total f))

                        let rec mixed order (f: Tensor -> Tensor) : Tensor -> Tensor =
                            if order = 0 then
                                f
                            else
                                mixed (order - 1) (fun x -> snd (jvp (grad (total f)) x (Prim.onesLike x)))

                        finite $"{name}, reverse, of a vector" (reverse order f all)
                        finite $"{name}, reverse, at 0" (derivative order f zero)
                        is [ 0.0 ] (derivative order f zero)
                        if order < 3 then finite $"{name}, forward over reverse" (mixed order f all)
                        // elements that are not masked keep their derivatives
                        let single = scalar 2.0
                        let expected =
                            difference
                                (fun x -> numbers [| derivative (order - 1) f x[0] |])
                                [| single |]
                                [| scalar 1.0 |]
                        let tolerance = if name = "cast" then infinity else 1e-6
                        if name <> "cast" then same name tolerance expected (numbers [| derivative order f single |])
                        same name 1e-10 (numbers [| slope order f single |]) (numbers [| derivative order f single |])) ]

          testCase "no pole behind a mask that is one bool over a sum" (fun () ->
              for order in 1..3 do
                  for pole in [ (fun (x: Tensor) -> log x); sqrt; (fun x -> 1.0 / x) ] do
                      let f (x: Tensor) = where (all (x .> 0.0)) (sum (pole x)) 0.0
                      let rec reverse order (f: Tensor -> Tensor) : Tensor -> Tensor =
                          if order = 0 then f else reverse (order - 1) (fun x -> sum (grad f x))

                      is [ 0.0; 0.0 ] (grad (reverse (order - 1) f) (tensor [ 0.0; 2.0 ]))
                      finite "not masked" (grad (reverse (order - 1) f) (tensor [ 1.0; 2.0 ])))

          testCase "no pole behind a mask over the sum of rows" (fun () ->
              let f (x: Tensor) =
                  let rows = sumAlong 1 (log x)
                  sum (where (allAlong 1 (x .> 0.0)) rows 0.0)

              let x = tensor [ [ 0.0; 1.0 ]; [ 2.0; 4.0 ] ]
              is [ 0.0; 0.0; 0.5; 0.25 ] (grad f x)
              is [ 0.0; 0.0; -0.25; -0.0625 ] (grad (fun x -> sum (grad f x)) x)
              is [ 0.0; 0.0; 0.25; 0.03125 ] (grad (fun x -> sum (grad (fun x -> sum (grad f x)) x)) x))

          testCase "no pole behind a mask that is one bool over a maximum" (fun () ->
              let f (x: Tensor) = where (all (x .> 0.0)) (amax (log x) + logsumexp (log x)) 0.0
              is [ 0.0; 0.0 ] (grad f (tensor [ 0.0; 2.0 ]))
              is [ 0.0; 0.0; 0.0; 0.0 ] (hessian f (tensor [ 0.0; 2.0 ]))
              finite "not masked" (hessian f (tensor [ 1.0; 2.0 ])))

          testCase "no pole behind a mask under vmap" (fun () ->
              let f (x: Tensor) = where (x .> 0.0) (log x * log x) 0.0
              is [ 0.0; 0.0; Math.Log 2.0 ] (vmap (grad f) (tensor [ 0.0; 1.0; 2.0 ]))
              is [ 0.0; 2.0; 0.5 * (1.0 - Math.Log 2.0) ] (vmap (grad (grad f)) (tensor [ 0.0; 1.0; 2.0 ])))

          testCase "a masked root" (fun () ->
              // the unused root has the slope 0
              let root (a: Tensor) = implicitRoot (fun a -> sqrt (abs a)) (fun z a -> z * z - a) a
              let f (a: Tensor) = where (a .> 0.0) (root a) 0.0
              is [ 0.0 ] (grad f zero)
              is [ 0.25 ] (grad f (scalar 4.0)))

          // ── stationary points ────────────────────────────────────────────────────────────────────────────────────────────
          testCase "second derivatives at a stationary point" (fun () ->
              let f (x: Tensor) = where (x .> 0.0) (square (log x)) 0.0 * 0.5
              is [ 0.0 ] (grad f (scalar 1.0))
              is [ 1.0 ] (grad (grad f) (scalar 1.0))
              is [ 1.0 ] (hvp f (scalar 1.0) (scalar 1.0))
              is [ -3.0 ] (grad (grad (grad f)) (scalar 1.0)))

          testCase "second derivatives through a root at a stationary point" (fun () ->
              let root (a: Tensor) =
                  implicitRoot (fun a -> iterate 30 (fun (z: Tensor) -> 0.5 * (z + a / z)) a) (fun z a -> z * z - a) a

              let f (a: Tensor) = square (root a - 2.0) / 2.0
              is [ 0.0 ] (grad f (scalar 4.0))
              is [ 1.0 / 16.0 ] (grad (grad f) (scalar 4.0))
              is [ 1.0 / 16.0 ] (hvp f (scalar 4.0) (scalar 1.0))
              is [ 1.0 / 16.0 ] (slope 2 f (scalar 4.0)))

          testCase "second derivatives through a vector root at a stationary point" (fun () ->
              let root (a: Tensor) =
                  implicitRoot (fun a -> iterate 30 (fun (z: Tensor) -> 0.5 * (z + a / z)) a) (fun z a -> z * z - a) a

              let f (a: Tensor) = sum (square (root a - tensor [ 2.0; 3.0 ])) / 2.0
              is [ 1.0 / 16.0; 0.0; 0.0; 1.0 / 36.0 ] (hessian f (tensor [ 4.0; 9.0 ])))

          testCase "second derivatives through a loop at a stationary point" (fun () ->
              let f (a: Tensor) = square (iterate 3 (fun (s: Tensor) -> s * a) a - 16.0) / 2.0 // (a⁴ − 16)² / 2
              is [ 0.0 ] (grad f (scalar 2.0))
              is [ 1024.0 ] (grad (grad f) (scalar 2.0)))

          // ── empty arrays ────────────────────────────────────────────────────────────────────────
          testCase "empty sums are 0" (fun () ->
              is [ 0.0 ] (sum (zeros [ 0 ]))
              is [ 0.0; 0.0 ] (sumAlong 0 (zeros [ 0; 2 ]))
              is [ 0.0; 0.0; 0.0; 0.0 ] (matmul (zeros [ 2; 0 ]) (zeros [ 0; 2 ]))
              is [ 1.0 ] (prod (zeros [ 0 ]))
              Expect.equal
                  ((grad (fun (x: Tensor) -> sum x) (zeros [ 0; 2 ])).Shape)
                  [| 0; 2 |]
                  "shape of the gradient")

          testCase "max and mean of empty arrays raise" (fun () ->
              let raises (f: Tensor -> Tensor) shape =
                  for call in [ f; (fun x -> grad (fun x -> sum (f x)) x); compile f ] do
                      let failure = Expect.thrown<ShapeException>(fun () -> call (zeros shape) |> ignore)
                      Expect.stringContains failure.Message "no elements" "failure.Message"
                      Expect.stringContains failure.Message "expected at least one" "failure.Message"

              raises amax [ 0 ]
              raises amin [ 2; 0 ]
              raises mean [ 0 ]
              raises (maxAlong 0) [ 0; 2 ]
              raises (minAlong 1) [ 2; 0 ]
              raises (meanAlong 0) [ 0; 2 ])

          // ── leaves without a derivative ──────────────────────────────────────────────────────────────────────────────────
          testCase "integer, bool and key leaves get zeros of their own type" (fun () ->
              let x =
                  {| Weight = tensor [ 1.0; 2.0 ]
                     Index = tensor [ 1; 0 ]
                     Mask = tensor [ true; false ]
                     Key = Key 3 |}

              let f (x: {| Weight: Tensor; Index: Tensor; Mask: Tensor; Key: Key |}) =
                  sum (where x.Mask (take 0 x.Index x.Weight) 0.0 * rand x.Key [ 2 ])

              let g = grad f x
              let noise = (rand (Key 3) [ 2 ]).ToArray()
              is [ 0.0; noise[0] ] g.Weight
              Expect.equal (g.Index.Dtype, g.Mask.Dtype, g.Key.Tensor.Dtype) (Int32, Bool, Int64) "dtypes"
              is [ 0.0; 0.0 ] g.Index
              is [ 0.0; 0.0 ] g.Mask
              is [ 0.0 ] g.Key.Tensor
              let y, dy =
                  jvp
                      (fun (x: Tensor * Tensor) -> fst x * 2.0, snd x)
                      (tensor [ 1.0 ], tensor [ 7 ])
                      (tensor [ 1.0 ], tensor [ 0 ])
              Expect.equal ((snd y).Dtype, (snd dy).Dtype) (Int32, Int32) "((snd y).Dtype, (snd dy).Dtype)"
              is [ 0.0 ] (snd dy))

          testCase "a rejected iteration rolls back the state and not the registers" (fun () ->
              // a step that is too long is halved until it is kept; then the loop ends
              let f (x: Tensor) =
                  let result =
                      ControlFlow.loopOn
                          "a loop"
                          [||]
                          (ValueSome 0)
                          Everything
                          [| x |]
                          [| scalar 4.0; Prim.literal Int32 0.0 |]
                          (fun s c ->
                              let isShort = c[0] .< 1.0
                              [| s[0] * s[0] |], [| 0.5 * c[0]; c[1] + 1 |], [||], isShort, truth true, isShort)

                  result[0], result[2]

              let value, count = f (scalar 3.0)
              is [ 9.0 ] value
              is [ 4.0 ] count
              is [ 6.0 ] (grad (fst << f) (scalar 3.0))
              is [ 2.0 ] (grad (grad (fst << f)) (scalar 3.0))
              is [ 6.0; 8.0 ] (vmap (grad (fst << f)) (tensor [ 3.0; 4.0 ])))

          testCase "finished rows do not affect gradients of shared values" (fun () ->
              let starts = tensor [ 0.5; 1.0; 2.0; 0.25; 0.0 ]
              let total (p: Tensor) = sum (vmap (descend p) starts)
              let steps start = [ for k in 0 .. int (start / 0.25) - 1 -> start - 0.25 * float k ]
              let expected = [ 0.5; 1.0; 2.0; 0.25 ] |> List.sumBy (fun start -> steps start |> List.sumBy Math.Log)
              is [ expected ] (grad total (scalar 1.3))
              is [ expected ] (snd (jvp total (scalar 1.3) (scalar 1.0)))
              is [ 0.0 ] (grad (grad total) (scalar 1.3))
              is [ 3.0 * 1.69 * expected ] (grad (fun p -> total (p * p * p)) (scalar 1.3))
              is [ 6.0 * 1.3 * expected ] (grad (grad (fun p -> total (p * p * p))) (scalar 1.3))
              let byRow = grad (fun starts -> sum (vmap (descend (scalar 1.3)) starts)) (tensor [ 0.5; 1.0 ])
              let slope start = steps start |> List.sumBy (fun s -> 1.3 / s)
              is [ slope 0.5; slope 1.0 ] byRow)

          testCase "rejected rows do not affect gradients of shared values" (fun () ->
              // a row is kept in its own iterations only; in the others, its state would be at a pole
              let f (p: Tensor) (s: Tensor) =
                  let result =
                      ControlFlow.loopOn
                          "a loop"
                          [||]
                          (ValueSome 0)
                          Everything
                          [| s |]
                          [| Prim.literal Int32 0.0 |]
                          (fun state c ->
                              let keep = Prim.both (Prim.compareTo Equal (c[0] % 2) 1.0) (state[0] .> 0.0)
                              [| state[0] - 0.25 + p * log state[0] |],
                              [| c[0] + 1 |],
                              [||],
                              keep,
                              truth true,
                              Prim.compareTo Greater c[0] 4.0)

                  result[0]

              let starts = tensor [ 0.0; 1.0; 2.0 ]
              let gradient = grad (fun p -> sum (vmap (f p) starts)) (scalar 0.1)
              let expected = [ 1.0; 2.0 ] |> List.sumBy (fun s -> float (grad (fun p -> f p (scalar s)) (scalar 0.1)))
              is [ expected ] gradient)

          testCase "a branch that is not taken is not run" (fun () ->
              let counted = List<float>()

              let watched (x: Tensor) =
                  dynamic
                      x
                      (fun (x: Tensor) ->
                          if not x.IsPlaceholder then counted.Add(float x)
                          sqrt x)
                      x

              let f (x: Tensor) = cond (x .> 0.0) (fun x -> x * x) watched x
              is [ 9.0 ] (compile f (scalar 3.0))
              is [ 6.0 ] (grad f (scalar 3.0))
              is [ 2.0 ] (grad (grad f) (scalar 3.0))
              Expect.isEmpty counted "counted")

          testCase "values captured by a branch are not computed outside it" (fun () ->
              let checks = List<float>()
              let check: Check =
                  { Look =
                      fun x ->
                          (checks.Add x[0].Floats[0]
                           ValueNone)
                    Flagged = false }

              let f (x: Tensor, c: Tensor) =
                  cond (x .> 0.0) (fun x -> x * c) (fun x -> x + log (Tensor.Apply(Check check, [| c |]))) x

              let at = scalar 3.0, zero
              is [ 0.0 ] (compile f at)
              let dx, dc = grad f at
              is [ 0.0 ] dx
              is [ 3.0 ] dc
              is [ 0.0 ] (grad (fun c -> snd (grad f (scalar 3.0, c))) zero)
              Expect.isEmpty checks "checks")

          testCase "a pole in the branch not taken does not affect vmap" (fun () ->
              let f (x: Tensor) = cond (x .> 0.0) (fun x -> log x) (fun x -> x * x) x
              is [ 0.0; -4.0; 0.5 ] (vmap (grad f) (tensor [ 0.0; -2.0; 2.0 ]))
              is [ 0.0; -4.0; 0.5 ] (grad (fun x -> sum (vmap f x)) (tensor [ 0.0; -2.0; 2.0 ]))
              is [ 2.0; 2.0; -0.25 ] (vmap (grad (grad f)) (tensor [ 0.0; -2.0; 2.0 ])))

          testCase "a condition on an empty slice combines with one on the whole tensor" (fun () ->
              let f (x: Tensor) =
                  let none = Prim.range 0 0 0 x
                  sum (where (none .> 0.0) none (zerosLike none)) + sum (where (x .> 0.0) (sqrt x) (zerosLike x))

              let g = grad f (tensor [ 4.0; -1.0; 0.25 ])
              Expect.equal g.Numbers.Floats [| 0.25; 0.0; 1.0 |] "g.Numbers.Floats") ]
