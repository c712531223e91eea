/// Examples of every function node.
module internal NeuralDE.Tests.Laws.RegistryFunctions

open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor
open NeuralDE.Tests.Laws.Example

let private any = uniform -1.0 1.0

/// A smooth function of two tensors that broadcast.
let private mix (a: Tensor) (b: Tensor) = sin (a * b) + 0.5 * a

let private node name word sources apply = example name [ word ] sources apply

// ── calls, custom gradients, branches ───────────────────────────────────────────────────
let private calls =
    [ for shape, other in [ [ 3; 1 ], [ 1; 2 ]; [], []; [ 0 ], [] ] do
          yield!
              both (
                  node "inline call" "call g1" [ any shape; any other ] (fun x ->
                      compile (fun (x: Tensor[]) -> [| mix x[0] x[1]; sum x[0] |]) x)
              )

          yield!
              both (
                  node "recomputed call" "recomputed in" [ any shape; any other ] (fun x ->
                      checkpoint (fun (x: Tensor[]) -> [| mix x[0] x[1]; cos x[1] |]) x)
              )

          yield!
              both (
                  node "custom" "custom" [ any shape; uniform 0.5 1.5 shape ] (fun x ->
                      let rule (x: Tensor[]) (y: Tensor[]) (w: Tensor[]) =
                          [| w[0] * x[1] * cos x[0]; w[0] * (y[0] / x[1]) |]

                      customGradient (fun (x: Tensor[]) -> [| x[1] * sin x[0] |]) rule x)
              )

      yield
          node "custom of an integer too" "custom" [ any [ 3 ]; integers Int64 0 3 [ 2 ] ] (fun x ->
              let rule (x: Tensor[]) _ (w: Tensor[]) =
                  [| 2.0 * x[0] * scatterAdd x[1] w[0] (Prim.zerosLike x[0]); Prim.zerosLike x[1] |]

              customGradient (fun (x: Tensor[]) -> [| take 0 x[1] (square x[0]) |]) rule x) ]

/// Function and rule capture one number each.
let private capturing =
    let inner, outer = scalar 0.7, scalar 1.4

    [ for shape in [ []; [ 3 ] ] do
          let custom (x: Tensor[]) =
              let rule (x: Tensor[]) _ (w: Tensor[]) = [| w[0] * outer * 0.5 * cos (inner * x[0]) |]
              customGradient (fun (x: Tensor[]) -> [| sin (inner * x[0]) |]) rule x

          yield node "custom that captures" "custom" [ any shape ] custom
          yield
              node "pull of a custom that captures" "data" [ any shape; any shape ] (fun x ->
                  pulled custom x[..0] x[1..]) ]

let private choices =
    [ for shape in [ [ 3 ]; []; [ 0; 2 ] ] do
          yield!
              both (
                  node "cond" "cond" [ flags []; any shape; any [] ] (fun x ->
                      cond
                          x[0]
                          (fun (x: Tensor[]) -> [| mix x[0] x[1]; x[0] |])
                          (fun x -> [| x[0] * x[0]; cos x[0] * x[1] |])
                          x[1..])
              )

      // a tangent in only one branch
      yield
          node "cond with an idle branch" "cond" [ flags []; any [ 2 ] ] (fun x ->
              cond x[0] (fun (x: Tensor) -> [| sin x |]) (fun x -> [| Prim.onesLike x |]) x[1])

      // captured by only one branch
      yield
          node "cond that captures" "cond" [ flags []; any [ 2 ]; any [] ] (fun x ->
              cond x[0] (fun (a: Tensor) -> [| sin a * x[2] |]) (fun a -> [| a * a |]) x[1]) ]

// ── loops ────────────────────────────────────────────────────────────────────────────────────────────────────────
let private truth b = Prim.literal Bool (if b then 1.0 else 0.0)

/// x ← x + rate sin x, a number of times, as a loop; every second step is rejected.
let private looping tape capacity (x: Tensor) (rate: Tensor) =
    ControlFlow.loopOn "a loop" [||] capacity tape [| x |] [| Prim.literal Int32 0.0 |] (fun state control ->
        let next = state[0] + rate * sin state[0]
        let count = Prim.plus 1.0 control[0]
        let isOdd = Prim.compareTo Equal (count % 2) 1.0
        let write = Prim.both isOdd (Prim.compareTo Greater count 1.0)
        [| next |], [| count |], [| next * rate |], isOdd, write, Prim.compareTo GreaterEqual count 7.0)

let private loops =
    [ for shape in [ [ 2 ]; []; [ 0 ] ] do
          yield!
              both (
                  node "iterate" "loop" [ any shape; any [] ] (fun x ->
                      [| iterate 3 (fun (s: Tensor) -> s + x[1] * sin s) x[0] |])
              )

          yield
              node "loop that rejects, all kept" "loop" [ any shape; any [] ] (fun x ->
                  looping Everything (ValueSome 3) x[0] x[1])

          yield
              node "loop that rejects, by a budget" "loop" [ any shape; any [] ] (fun x ->
                  looping (Budget 40L) (ValueSome 5) x[0] x[1])

          yield
              node "scan" "loop" [ any shape; any (4 :: shape); any [] ] (fun x ->
                  let last, ys =
                      scan
                          (fun (s: Tensor) (row: Tensor) -> (let next = sin s + x[2] * row in next, next * s))
                          x[0]
                          x[1]

                  [| last; ys |])

      // every row of a batch ends separately
      let halving (x: Tensor[]) =
          repeatWhile (fun (s: Tensor[]) -> s[0] .> 1.0) 20 (fun s -> [| 0.5 * s[0]; s[1] + s[0] * x[2] |]) x[..1]

      for value in [ (fun seed -> 1.3 * float (seed % 97 % 5 + 1)) ] do
          let start: Source = fun dtype seed -> Prim.literal dtype (value seed) |> fun t -> Tensor.OfArray t.Numbers
          yield! both (node "repeatWhile" "loop" [ start; any []; any [] ] halving)

          yield
              node "repeatWhile with a counter" "loop" [ start; integers Int32 0 5 []; any [] ] (fun x ->
                  repeatWhile
                      (fun (s: Tensor[]) -> s[0] .> 1.0)
                      20
                      (fun s -> [| s[0] * (0.4 + 0.1 * sin x[2]); s[1] + 1 |])
                      x[..1])

      yield
          node "loop in a loop" "loop" [ any [ 2 ]; any [] ] (fun x ->
              let inner (s: Tensor) = iterate 2 (fun (s: Tensor) -> s + 0.3 * cos (x[1] * s)) s
              [| iterate 2 (fun (s: Tensor) -> inner s * x[1] + s) x[0] |])

      // the reverse sweep of a loop as a separate function
      yield
          node "pullback" "pullback" [ any [ 2 ]; any []; any [ 2 ] ] (fun x ->
              snd (vjp (fun (x: Tensor[]) -> iterate 3 (fun (s: Tensor) -> s + x[1] * sin s) x[0]) x[..1]) x[2])

      yield
          node "pullback of emissions" "pullback" [ any []; any [ 3 ]; any [ 3 ] ] (fun x ->
              snd (vjp (fun (x: Tensor[]) -> snd (scan (fun (s: Tensor) r -> sin s + r, s * r) x[0] x[1])) x[..1]) x[2])

      yield
          node "pullback of a repeatWhile" "pullback" [ uniform 1.5 6.0 []; any []; any [] ] (fun x ->
              let f (x: Tensor[]) =
                  repeatWhile (fun (s: Tensor) -> s .> 1.0) 20 (fun s -> s * (0.5 + 0.1 * sin x[1])) x[0]

              snd (vjp f x[..1]) x[2]) ]

// ── roots and host functions ─────────────────────────────────────────────────────────────────────────────────────
/// z + ¼ sin z = a b, one number; the search contracts.
let private scalarRoot (x: Tensor[]) =
    implicitRoot
        (fun (p: Tensor[]) -> iterate 40 (fun (z: Tensor) -> p[0] * p[1] - 0.25 * sin z) (Prim.zerosLike p[0]))
        (fun z p -> z + 0.25 * sin z - p[0] * p[1])
        x

/// z + ¼ A sin z = b, a vector.
let private vectorRoot (x: Tensor[]) =
    implicitRoot
        (fun (p: Tensor[]) -> iterate 60 (fun (z: Tensor) -> p[1] - 0.25 * matmul p[0] (sin z)) (Prim.zerosLike p[1]))
        (fun z p -> z + 0.25 * matmul p[0] (sin z) - p[1])
        x

/// Z + ¼ A sin(Z) = B by rows of B, a matrix; `solve` solves its systems.
let private matrixRoot coupling solve (x: Tensor[]) =
    implicitRootWith
        { Coupling = coupling; Solve = solve }
        (fun (p: Tensor[]) -> iterate 60 (fun (z: Tensor) -> p[1] - 0.25 * matmul (sin z) p[0]) (Prim.zerosLike p[1]))
        (fun z p -> z + 0.25 * matmul (sin z) p[0] - p[1])
        x

let private solvedRoots =
    [ for name, solve in
          [ "LU", RootSolve.Dense
            "GMRES", RootSolve.Gmres { GmresOptions.defaults with Rtol = 1e-13 }
            "the same iteration", RootSolve.SameIteration { SameIterationOptions.defaults with Rtol = 1e-13 }
            "a user's solver",
            RootSolve.Own(1e-5, fun apply b -> iterate 60 (fun w -> w + (b - apply w)) (Prim.zerosLike b)) ] do
          for word, coupling in [ "", RootCoupling.Joint; " by sample", RootCoupling.PerSample ] do
              yield!
                  both (
                      node $"root by {name}{word}" "root" [ any [ 2; 2 ]; any [ 3; 2 ] ] (fun x ->
                          [| matrixRoot coupling solve x |])
                  ) ]

let private roots =
    [ yield! solvedRoots
      yield! both (node "scalar root" "root" [ any []; any [] ] (fun x -> [| scalarRoot x |]))
      yield! both (node "vector root" "root" [ any [ 3; 3 ]; any [ 3 ] ] (fun x -> [| vectorRoot x |]))

      yield
          node "root that captures" "root" [ any []; any [] ] (fun x ->
              [| implicitRoot
                     (fun (p: Tensor) -> iterate 40 (fun (z: Tensor) -> p - 0.25 * sin (z * x[1])) (Prim.zerosLike p))
                     (fun z p -> z + 0.25 * sin (z * x[1]) - p)
                     x[0] |]) ]

/// The branch that runs depends on the value.
let private chosen (x: Tensor[]) =
    dynamic
        [| x[0]; x[1] |]
        (fun (x: Tensor[]) -> [| (if float (sum x[0]) > 0.0 then mix x[0] x[1] else x[0] * x[1]); cos x[1] |])
        x

let private hosts =
    [ yield! both (node "dynamic" "host dynamic" [ any [ 2 ]; any [ 2 ] ] chosen)
      yield node "dynamic of one number" "host dynamic" [ any []; any [] ] chosen
      yield
          node "dynamic of an integer too" "host dynamic" [ any [ 3 ]; integers Int64 0 3 [ 2 ] ] (fun x ->
              dynamic [| Prim.fill x[0].Dtype [| 2 |] 0.0 |] (fun (x: Tensor[]) -> [| take 0 x[1] (square x[0]) |]) x) ]

// ── nested function nodes ───────────────────────────────────────────────────────────────
/// Steps of size h, halved while h × scale exceeds 0.6; each row has its own rejections and emissions.
let private rejecting (x: Tensor) (rate: Tensor) (scale: Tensor) =
    let start = [| Prim.fill x.Dtype [||] 2.0; Prim.literal Int32 0.0 |]

    ControlFlow.loopOn "a loop" [||] (ValueSome 6) Everything [| x |] start (fun state control ->
        let h = control[0]
        let next = state[0] + 0.2 * rate * h * sin state[0]
        let isShort = h * scale .< 0.6
        let count = Prim.plus 1.0 control[1]
        let write = Prim.both isShort (Prim.compareTo Greater count 1.0)
        let finish = Prim.compareTo GreaterEqual count 6.0
        [| next |], [| where isShort h (0.5 * h); count |], [| next * h |], isShort, write, finish)

let private nested =
    let start = uniform 1.1 6.0

    [ node "loop whose rows reject" "loop" [ any [ 2 ]; any []; uniform 0.31 1.1 [] ] (fun x ->
          rejecting x[0] x[1] x[2])

      node
          "pullback of a loop whose rows reject"
          "pullback"
          [ any []; any []; uniform 0.31 1.1 []; any [ 6 ] ]
          (fun x -> snd (vjp (fun (x: Tensor[]) -> Array.last (rejecting x[0] x[1] x[2])) x[..2]) x[3])

      node "rows of loops" "batch [3]" [ start [ 3 ]; any []; any [ 3 ] ] (fun x ->
          let shrink (s: Tensor, a: Tensor) =
              repeatWhile
                  (fun (s, _) -> s .> 1.0)
                  20
                  (fun (s: Tensor, a: Tensor) -> s * (0.5 + 0.1 * sin x[1]), a + s * a)
                  (s, a)

          let last, sums = vmap shrink (x[0], x[2])
          [| last; sums |])

      node "rows of roots" "batch [2]" [ any [ 2 ]; any [] ] (fun x ->
          [| vmap (fun (a: Tensor) -> scalarRoot [| a; x[1] |]) x[0] |])

      node "rows of vector roots" "batch [2]" [ any [ 2; 2; 2 ]; any [ 2 ] ] (fun x ->
          [| vmap (fun (a: Tensor) -> vectorRoot [| a; x[1] |]) x[0] |])

      node "rows of roots by GMRES" "batch [2]" [ any [ 2; 2; 2 ]; any [ 3; 2 ] ] (fun x ->
          let solve = RootSolve.Gmres { GmresOptions.defaults with Rtol = 1e-13 }
          [| vmap (fun (a: Tensor) -> matrixRoot RootCoupling.Joint solve [| a; x[1] |]) x[0] |])

      node "cond in a loop" "cond" [ any [ 2 ]; any [] ] (fun x ->
          let step (s: Tensor) = cond (sum s .> 0.1) (fun s -> s * x[1] - 0.4) (fun s -> s + 0.5 * cos (x[1] * s)) s
          [| iterate 3 step x[0] |])

      node "loop in a cond" "loop" [ flags []; any [ 2 ]; any [] ] (fun x ->
          cond
              x[0]
              (fun (s: Tensor) -> [| iterate 3 (fun (s: Tensor) -> s + x[2] * sin s) s |])
              (fun s ->
                  [| fst (
                         scan (fun (s: Tensor) (c: Tensor) -> s * c + x[2], s) s (cast s.Dtype (tensor [ 1.0; 0.5 ]))
                     ) |])
              x[1])

      node "root in a loop" "root" [ any []; any [] ] (fun x ->
          [| iterate 2 (fun s -> scalarRoot [| s; x[1] |] + s) x[0] |])

      node "loop in a residual" "loop" [ any []; any [] ] (fun x ->
          let bend (a: Tensor) (z: Tensor) = iterate 2 (fun (s: Tensor) -> 0.3 * sin (a * s)) z

          [| implicitRoot
                 (fun (p: Tensor[]) -> iterate 40 (fun (z: Tensor) -> p[0] - bend p[1] z) (Prim.zerosLike p[0]))
                 (fun z p -> z + bend p[1] z - p[0])
                 x |])

      node "custom in a loop" "custom" [ any []; any [] ] (fun x ->
          let step s =
              customGradient
                  (fun (s: Tensor, a: Tensor) -> sin (s * a))
                  (fun (s, a) _ w -> w * a * cos (s * a), w * s * cos (s * a))
                  (s, x[1])

          [| iterate 3 (fun s -> s + step s) x[0] |])

      node "recomputed step of a scan" "recomputed in" [ any []; any [ 3 ]; any [] ] (fun x ->
          let step (s: Tensor) (c: Tensor) = checkpoint (fun (s: Tensor, c) -> sin (s * x[2]) + c, s * c) (s, c)
          let last, all = scan step x[0] x[1]
          [| last; all |])

      node "recomputed loop" "recomputed in" [ any [ 2 ]; any [] ] (fun x ->
          checkpoint (fun (x: Tensor[]) -> [| iterate 3 (fun (s: Tensor) -> s + x[1] * sin s) x[0] |]) x)

      node "dynamic in a loop" "host dynamic" [ any []; any [] ] (fun x ->
          let step (s: Tensor) =
              dynamic s (fun (s: Tensor, a: Tensor) -> if float a > 0.0 then sin (a * s) else a * s) (s, x[1])
          [| iterate 2 (fun s -> s + step s) x[0] |])

      node "gradient in a loop" "loop" [ any [ 2 ]; any [] ] (fun x ->
          let energy (s: Tensor) = sum (cos (x[1] * s) + square s * x[1])
          [| iterate 2 (fun (s: Tensor) -> s - 0.1 * grad energy s) x[0] |])

      node "gradient of a loop in a loop" "pullback" [ any []; any [] ] (fun x ->
          let energy (s: Tensor) = iterate 2 (fun (z: Tensor) -> z + x[1] * sin (z * s)) s
          [| iterate 2 (fun (s: Tensor) -> s - 0.1 * grad energy s) x[0] |]) ]

let functions = List.concat [ calls; capturing; choices; loops; roots; hosts; nested ]
