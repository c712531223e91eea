/// Nested verbs on programs with loops, branches and roots, compared with closed forms.
module NeuralDE.Tests.Laws.NestingTests

open System
open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor
open NeuralDE.Tests.Laws.Example

// ── programs of one number whose derivatives are known ───────────────────────────────────────────────────────────
/// The derivative of this order of c xⁿ.
let private powerDerivative c (n: int) order (x: float) =
    if order > n then
        0.0
    else
        c * Seq.fold (*) 1.0 (seq { for k in 0 .. order - 1 -> float (n - k) }) * Math.Pow(x, float (n - order))

let private programs: (string * (Tensor -> Tensor) * (int -> float -> float)) list =
    let power c n = powerDerivative c n

    [ "iterate", (fun x -> iterate 5 (fun (s: Tensor) -> s * x) x), power 1.0 6
      "iterate of a pair", (fun x -> fst (iterate 4 (fun (a: Tensor, b: Tensor) -> a * b, b) (x, x))), power 1.0 5
      "iterate in iterate",
      (fun x -> iterate 2 (fun (s: Tensor) -> iterate 3 (fun (s: Tensor) -> s * x) s) x),
      power 1.0 7
      "scan",
      (fun x -> fst (scan (fun (s: Tensor) (c: Tensor) -> s * x * c, s) x (tensor [ 1.0; 2.0; 0.5; 3.0 ]))),
      power 3.0 5
      "results of scan",
      (fun x -> sum (snd (scan (fun (s: Tensor) (_: Tensor) -> s * x, s * s) x (zeros [ 3 ])))),
      (fun k x -> power 1.0 2 k x + power 1.0 4 k x + power 1.0 6 k x)
      // multiplies until the product exceeds 20: eight factors at 1.5
      "repeatWhile", (fun x -> repeatWhile (fun (s: Tensor) -> s .< 20.0) 50 (fun s -> s * x) x), power 1.0 8
      "cond", (fun x -> cond (x .> 1.0) (fun x -> x * x * x * x * x) (fun x -> log (x - 1.0)) x), power 1.0 5
      "cond that captures",
      (fun x -> (let y = x * x in cond (y .> 1.0) (fun (z: Tensor) -> z * y * y * y) (fun z -> z) x)),
      power 1.0 7
      "cond in iterate",
      (fun x -> iterate 4 (fun (s: Tensor) -> cond (s .> 2.0) (fun s -> s * x * x) (fun s -> s * x) s) x),
      power 1.0 8 // at 1.5: one factor, then two in each of three steps
      "root",
      (fun x ->
          implicitRoot
              (fun (a: Tensor) -> iterate 30 (fun (z: Tensor) -> 0.5 * (z + a / z)) a)
              (fun z a -> z * z - a)
              (x ** 10.0)),
      power 1.0 5
      "vector root",
      (fun x ->
          let a = stack [ x ** 6.0; x ** 8.0 ]
          let z =
              implicitRoot
                  (fun (a: Tensor) -> iterate 40 (fun (z: Tensor) -> 0.5 * (z + a / z)) a)
                  (fun z a -> z * z - a)
                  a
          z[0] * z[1]),
      power 1.0 7
      "custom", (fun x -> customGradient (fun (x: Tensor) -> x ** 6.0) (fun x _ w -> w * 6.0 * x ** 5.0) x), power 1.0 6
      "dynamic", (fun x -> dynamic x (fun (x: Tensor) -> if float x > 1.0 then x ** 6.0 else x) x), power 1.0 6
      "recomputed iterate", checkpoint (fun x -> iterate 5 (fun (s: Tensor) -> s * x) x), power 1.0 6
      "vmap",
      (fun x -> sum (vmap (fun (c: Tensor) -> c * iterate 4 (fun (s: Tensor) -> s * x) x) (tensor [ 1.0; 2.0 ]))),
      power 3.0 5
      "compiled", compile (fun x -> x * iterate 4 (fun (s: Tensor) -> s * x) x), power 1.0 6
      "exponential", (fun x -> exp (2.0 * x)), (fun k x -> Math.Pow(2.0, float k) * Math.Exp(2.0 * x)) ]

let private named name = programs |> List.find (fun (n, _, _) -> n = name) |> fun (_, f, exact) -> f, exact
let private names = programs |> Seq.map (fun (name, _, _) -> name)

let private point = 1.5
let private at = scalar point
let private along (f: Tensor -> Tensor) (x: Tensor) = snd (jvp f x (Prim.onesLike x))
let rec private repeated n (transform: (Tensor -> Tensor) -> Tensor -> Tensor) f =
    if n = 0 then f else repeated (n - 1) transform (transform f)

// ── verbs against each other ─────────────────────────────────────────────────────────────────────────────────────
let private hilly (x: Tensor) = sum (sin (x * x)) + prod (cos x) + x[0] * exp x[1]
let private field (x: Tensor) = stack [ x[0] * x[1] * x[2]; sin x[0] + x[1] * x[1]; x[2] * exp x[0] ]
let private place = tensor [ 0.3; -0.8; 1.1 ]

/// The Jacobian by rows, in reverse mode.
let private byRows (f: Tensor -> Tensor) (x: Tensor) =
    let y, pull = vjp f x
    let n = y.Count
    vmap (fun w -> pull (Prim.reshape y.Shape w)) (eye n) |> Prim.reshape (Array.append y.Shape x.Shape)

/// By columns, in forward mode.
let private byColumns (f: Tensor -> Tensor) (x: Tensor) =
    let columns = vmap (fun v -> snd (jvp f x (Prim.reshape x.Shape v))) (eye x.Count)
    Prim.permute (Shape.moving columns.Rank 0 (columns.Rank - 1)) columns
    |> Prim.reshape (Array.append columns.Shape[1..] x.Shape)

[<Tests>]
let tests =
    testList
        "Laws.Nesting"
        [ testList
              "derivatives of every order and mixture"
              [ for name in names do
                    testCase name (fun () ->
                        let f, exact = named name
                        let check what order (g: Tensor -> Tensor) =
                            same $"{what} of {name}" 1e-10 [| exact order point |] [| float (g at) |]

                        for order in 0..4 do
                            check $"grad^{order}" order (repeated order grad f)
                            check $"jvp^{order}" order (repeated order along f)

                        check "jvp³∘grad" 4 (repeated 3 along (grad f))
                        check "grad∘jvp³" 4 (grad (repeated 3 along f))
                        check "jvp∘grad∘jvp∘grad" 4 (along (grad (along (grad f))))
                        check "compiled grad∘jvp∘grad" 3 (compile (grad (along (grad f))))

                        if name <> "dynamic" && name <> "vmap" then
                            let rows = vmap (grad (grad f)) (tensor [ point; point ])
                            same $"vmap∘grad∘grad of {name}" 1e-10 [| exact 2 point; exact 2 point |] (rows.ToArray())) ]

          testList
              "compiled and recomputed functions have the bits of the plain ones"
              [ for name in names do
                    testCase name (fun () ->
                        let f, _ = named name

                        for order in 0..3 do
                            let plain = float (repeated order grad f at)
                            Expect.equal (float (repeated order grad (checkpoint f) at)) plain "with checkpoint"
                            Expect.equal (float (repeated order grad (compile f) at)) plain "of the compiled function"
                            Expect.equal (float (compile (repeated order grad f) at)) plain "compiled derivative") ]

          // ── compilation ─────────────────────────────────────────────────────────────────────────
          testCase "a compiled function is traced once for each structure" (fun () ->
              let mutable traces = 0

              let f =
                  compile (fun (x: Tensor, c: Tensor) ->
                      traces <- traces + 1
                      sum (x * c))

              for k in 1..5 do
                  Expect.equal (float (f (tensor [ 1.0; 2.0 ], scalar (float k)))) (3.0 * float k) "value of a call"

              Expect.equal traces 1 "traces"
              f (tensor [ 1.0; 2.0; 3.0 ], scalar 1.0) |> ignore
              Expect.equal traces 2 "traces"
              f (tensor [ 1.0f ], scalar 1.0f) |> ignore
              Expect.equal traces 3 "traces"
              Expect.equal (float (f (tensor [ 1.0; 2.0 ], scalar 2.0))) 6.0 "value of a call with the first shapes"
              Expect.equal traces 3 "traces")

          testCase "a compiled gradient is traced once" (fun () ->
              let mutable traces = 0

              let g =
                  compile (
                      grad (fun (x: Tensor) ->
                          traces <- traces + 1
                          sum (x * x * x))
                  )

              for k in 1..4 do
                  Expect.equal ((g (tensor [ float k ])).ToArray()) [| 3.0 * float (k * k) |] "gradient"

              Expect.equal traces 1 "traces")

          testCase "a compiled function inside grad" (fun () ->
              let mutable traces = 0

              let f =
                  compile (fun (x: Tensor) ->
                      traces <- traces + 1
                      sin x * x)

              let expected x = Math.Sin x + x * Math.Cos x
              same "grad of compiled" 1e-14 [| expected 0.7 |] [| float (grad f (scalar 0.7)) |]
              same "grad of compiled" 1e-14 [| expected 1.7 |] [| float (grad f (scalar 1.7)) |]
              Expect.equal traces 1 "traces"
              // placeholders captured from the enclosing function belong to that function
              let outer (a: Tensor) = (compile (fun (x: Tensor) -> x * a)) a
              same "captured" 0.0 [| 6.0 |] [| float (grad outer (scalar 3.0)) |]
              same "captured" 0.0 [| 2.0 |] [| float (grad (grad outer) (scalar 3.0)) |])

          testCase "a compiled function that captures an outer placeholder is traced again" (fun () ->
              let kept = ResizeArray<Tensor -> Tensor>()

              let outer (a: Tensor) =
                  if kept.Count = 0 then kept.Add(compile (fun (x: Tensor) -> x * a))
                  kept[0] a

              Expect.equal (float (grad outer (scalar 2.0))) 4.0 "float (grad outer (scalar 2.0))"
              Expect.thrown<TraceException>(fun () -> grad outer (scalar 2.0) |> ignore) |> ignore)

          testCase "hessian-vector products are products with the hessian" (fun () ->
              let v = tensor [ 0.5; 1.5; -2.0 ]
              let h = hessian hilly place
              alike "hvp" 1e-12 [| matmul h v |] [| hvp hilly place v |]
              alike "symmetric" 1e-12 [| h |] [| transpose h |]
              alike "jacobian of grad" 1e-12 [| h |] [| jacobian (grad hilly) place |]
              alike "rows" 1e-12 [| h |] [| vmap (fun v -> hvp hilly place v) (eye 3) |])

          testCase "laplacian and divergence are traces" (fun () ->
              alike "laplacian" 1e-12 [| trace (hessian hilly place) |] [| laplacian hilly place |]
              alike "divergence" 1e-12 [| trace (jacobian field place) |] [| divergence field place |]
              alike "divergence of grad" 1e-12 [| laplacian hilly place |] [| divergence (grad hilly) place |]
              let matrix = reshape [ 3; 1 ] place
              alike "of a matrix" 1e-12 [| laplacian hilly place |] [| laplacian (fun x -> hilly (flatten x)) matrix |]
              // and they are differentiable
              let along (x: Tensor) = laplacian hilly x
              same
                  "grad of laplacian"
                  1e-7
                  (difference (fun x -> numbers [| along x[0] |]) [| place |] [| place |])
                  (numbers [| sum (grad along place * place) |]))

          testCase "the curl of a gradient is 0" (fun () ->
              same "curl of grad" 1e-12 [| 0.0; 0.0; 0.0 |] ((curl (grad hilly) place).ToArray())
              let x, y, z = 0.3, -0.8, 1.1
              let exact = [| 0.0; x * y - z * Math.Exp x; Math.Cos x - x * z |]
              same "curl" 1e-12 exact ((curl field place).ToArray())
              same "divergence of curl" 1e-12 [| 0.0 |] [| float (divergence (curl field) place) |])

          testCase "jacobians forward and in reverse are equal" (fun () ->
              let loop (x: Tensor) = iterate 4 (fun (s: Tensor) -> s + 0.1 * field s) x
              let rows (x: Tensor) =
                  snd (scan (fun (s: Tensor) (c: Tensor) -> s + c * 0.1 * field s, s[0] * s) x (tensor [ 1.0; 2.0 ]))
              let untilFar (x: Tensor) =
                  repeatWhile (fun (s: Tensor) -> sum (s * s) .< 6.0) 30 (fun s -> 1.2 * s + 0.1 * field s) x

              for f in [ field; loop; rows; untilFar; (fun x -> x[0..1] * x[2]); (fun x -> outer x (sin x)); hilly ] do
                  let expected = byColumns f place
                  alike "reverse" 1e-12 [| expected |] [| byRows f place |]
                  alike "jacobian" 1e-12 [| expected |] [| jacobian f place |])

          testCase "jacobians of vmaps and vmaps of jacobians" (fun () ->
              let points = stack [ place; 2.0 * place; place * place ]
              let each = [ 0..2 ] |> List.map (fun i -> jacobian field points[i]) |> stack
              alike "vmap of jacobian" 1e-12 [| each |] [| vmap (jacobian field) points |]
              let whole = jacobian (vmap field) points // [3; 3; 3; 3], zero between different rows
              let between = [ for i in 0..2 -> stack [ for j in 0..2 -> whole[i][*, j] ] ]

              for i in 0..2 do
                  for j in 0..2 do
                      let expected = if i = j then each[i] else zeros [ 3; 3 ]
                      alike $"block {i}, {j}" 1e-12 [| expected |] [| between[i][j] |])

          testCase "vmap of vmap" (fun () ->
              let rows, columns = tensor [ 1.0; 2.0; 3.0 ], tensor [ 0.5; -1.0 ]
              let table = vmap (fun (a: Tensor) -> vmap (fun (b: Tensor) -> sin (a * b) + a) columns) rows
              let expected = [ for a in [ 1.0; 2.0; 3.0 ] -> [ for b in [ 0.5; -1.0 ] -> Math.Sin(a * b) + a ] ]
              alike "table" 1e-14 [| tensor expected |] [| table |]
              let loops (a: Tensor) (b: Tensor) =
                  repeatWhile (fun (s: Tensor) -> s .< 10.0) 20 (fun s -> 2.0 * s + b * b) a
              let table = vmap (fun (a: Tensor) -> vmap (loops a) columns) rows
              let expected = [ for i in 0..2 -> [ for j in 0..1 -> float (loops rows[i] columns[j]) ] ]
              alike "loops" 1e-14 [| tensor expected |] [| table |]
              let slopes = vmap (fun (a: Tensor) -> vmap (fun (b: Tensor) -> grad (fun b -> loops a b) b) columns) rows
              let expected = [ for i in 0..2 -> [ for j in 0..1 -> float (grad (loops rows[i]) columns[j]) ] ]
              alike "slopes of loops" 1e-14 [| tensor expected |] [| slopes |])

          testCase "grad of vmap of grad" (fun () ->
              // d/dc Σ (d/dx sin (c x) at x)² = Σ 2 c cos(c x) (cos(c x) − c x sin(c x))
              let xs = [ 0.3; 0.9; -1.4 ]
              let f (c: Tensor) = sum (square (vmap (grad (fun x -> sin (c * x))) (tensor xs)))
              let exact c =
                  xs |> List.sumBy (fun x -> 2.0 * c * Math.Cos(c * x) * (Math.Cos(c * x) - c * x * Math.Sin(c * x)))
              same "one number" 1e-13 [| exact 1.3 |] [| float (grad f (scalar 1.3)) |]
              let expected = difference (fun c -> numbers [| grad f c[0] |]) [| scalar 1.3 |] [| scalar 1.0 |]
              same "twice" 1e-8 expected [| float (grad (grad f) (scalar 1.3)) |]
              // through loops whose rows end at different iterations
              let halving (c: Tensor) (x: Tensor) = repeatWhile (fun (s: Tensor) -> s .> 1.0) 20 (fun s -> s * c * c) x
              let g (c: Tensor) =
                  sum (vmap (fun x -> grad (fun x -> square (halving c x)) x) (tensor [ 3.0; 7.0; 0.5 ]))
              let expected = difference (fun c -> numbers [| g c[0] |]) [| scalar 0.7 |] [| scalar 1.0 |]
              same "loops" 1e-8 expected [| float (grad g (scalar 0.7)) |]
              let expected = difference (fun c -> numbers [| grad g c[0] |]) [| scalar 0.7 |] [| scalar 1.0 |]
              same "loops, twice" 1e-8 expected [| float (grad (grad g) (scalar 0.7)) |])

          testCase "perturbations of nested derivatives are not confused" (fun () ->
              // d/dx (x · d/dy (x + y)) = 1
              Expect.equal
                  (float (along (fun x -> x * along (fun y -> x + y) (scalar 1.0)) (scalar 1.0)))
                  1.0
                  "jvp of jvp"
              Expect.equal
                  (float (grad (fun x -> x * grad (fun y -> x + y) (scalar 1.0)) (scalar 1.0)))
                  1.0
                  "grad of grad"
              Expect.equal
                  (float (grad (fun x -> x * along (fun y -> x + y) (scalar 1.0)) (scalar 1.0)))
                  1.0
                  "grad of jvp"
              Expect.equal (float (along (fun x -> grad (fun y -> x * x * y) x) (scalar 1.0))) 2.0 "jvp of grad")

          testCase "auxiliary results" (fun () ->
              let (y, aux), g =
                  valueAndGradWith
                      (fun (x: Tensor) -> sum (x * x), {| Twice = 2.0 * x; Count = tensor [ 3 ] |})
                      (tensor [ 1.0; 2.0 ])
              Expect.equal (float y) 5.0 "float y"
              Expect.equal (aux.Twice.ToArray()) [| 2.0; 4.0 |] "aux.Twice.ToArray()"
              Expect.equal (aux.Count.ToArray()) [| 3.0 |] "aux.Count.ToArray()"
              Expect.equal (g.ToArray()) [| 2.0; 4.0 |] "g.ToArray()"
              let g, aux =
                  gradWith
                      (fun (x: Tensor) -> (let y = iterate 3 (fun (s: Tensor) -> s * x) x in y, y * y))
                      (scalar 2.0)
              Expect.equal (float g, float aux) (32.0, 256.0) "(float g, float aux)")

          testCase "functions that ignore, repeat or return their argument" (fun () ->
              let x, captured = tensor [ 1.0; 2.0 ], scalar 3.0
              let holds (expected: float list) (y: Tensor) =
                  Expect.equal (y.ToArray()) (Array.ofList expected) "y.ToArray()"
              holds [ 0.0; 0.0 ] (grad (fun (_: Tensor) -> captured) x)
              holds [ 0.0; 0.0 ] (grad (fun (_: Tensor) -> scalar 1.0 + 1.0) x)
              holds [ 1.0 ] (grad id captured)
              holds [ 0.0 ] (grad (grad id) captured)
              holds [ 0.0; 0.0 ] (snd (jvp (fun (_: Tensor) -> x) x x))
              holds [ 3.0; 3.0; 3.0; 3.0 ] (vmap (fun (_: Tensor) -> stack [ captured; captured ]) x)
              holds [ 1.0; 2.0 ] (vmap id x)
              holds [ 1.0; 2.0 ] (compile id x)
              holds [ 0.0; 0.0; 0.0; 0.0 ] (hessian (fun x -> sum x) x)
              let (a, b), pull = vjp (fun (x: Tensor) -> x, x) x
              holds [ 1.0; 2.0 ] a
              holds [ 1.0; 2.0 ] b
              holds [ 11.0; 22.0 ] (pull (x, 10.0 * x))
              let a, b = grad (fun (a: Tensor, _: Tensor) -> sum a) (x, captured)
              holds [ 1.0; 1.0 ] a
              holds [ 0.0 ] b
              holds [ 3.0 ] (compile (fun () -> captured) ())
              // nothing to differentiate by
              Expect.thrown<TreeException>(fun () -> grad (fun (_: Tensor list) -> captured) [] |> ignore) |> ignore
              Expect.thrown<TreeException>(fun () -> grad (cast Float64) (scalar 3) |> ignore) |> ignore)

          testCase "derivatives of empty arrays" (fun () ->
              let x = zeros [ 0 ]
              Expect.equal ((jacobian sin x).Shape) [| 0; 0 |] "(jacobian sin x).Shape"
              Expect.equal ((hessian (fun x -> sum (x * x)) x).Shape) [| 0; 0 |] "shape of the Hessian"
              Expect.equal (float (laplacian (fun x -> sum (x * x)) x)) 0.0 "Laplacian"
              Expect.equal ((jacobian (fun x -> stack [ sum x; prod x ]) x).Shape) [| 2; 0 |] "shape of the Jacobian") ]
