/// Error messages state the value received, the value expected and the fix.
module NeuralDE.Tests.Laws.ErrorTests

open Expecto
open NeuralDE.Tests
open NeuralDE

let private raises<'E, 'T when 'E :> exn> (words: string list) (call: unit -> 'T) =
    let failure = Expect.thrown<'E>(fun () -> call () |> ignore)

    for word in words do
        Expect.stringContains failure.Message word "failure.Message"

let private one = scalar 1.0

[<Tests>]
let tests =
    testList
        "Laws.Error"
        [
          // ── placeholders ─────────────────────────────────────────────────────────────────────────────────────────────────
          testCase "a placeholder that outlived its function" (fun () ->
              let mutable kept = one

              let leak (x: Tensor) =
                  kept <- sin x
                  x

              grad leak one |> ignore
              Expect.isTrue kept.IsPlaceholder "kept.IsPlaceholder"
              let words = [ "placeholder of grad"; "outlived"; "Return the tensor" ]
              raises<TraceException, _> words (fun () -> kept + 1.0)
              raises<TraceException, _> words (fun () -> grad (fun (x: Tensor) -> x * kept) one)
              raises<TraceException, _> words (fun () -> compile (fun (_: Tensor) -> kept) one)
              // an equal function traced again does not make it valid
              raises<TraceException, _> words (fun () -> grad (fun (x: Tensor) -> leak (x + 0.0 * kept)) one))

          testCase "a placeholder that outlived an inner function" (fun () ->
              let mutable kept = one

              let f (x: Tensor) =
                  jvp
                      (fun (y: Tensor) ->
                          (kept <- y * x
                           y))
                      x
                      x
                  |> ignore
                  x * kept

              raises<TraceException, _> [ "placeholder of jvp"; "outlived" ] (fun () -> grad f one)

              let returned (x: Tensor) =
                  jvp
                      (fun (y: Tensor) ->
                          (kept <- y * x
                           y))
                      x
                      x
                  |> ignore
                  kept

              raises<TraceException, _> [ "placeholder of jvp"; "outlived" ] (fun () -> grad returned one))

          testCase "a placeholder that is read" (fun () ->
              for verb, call in
                  [ "grad", (fun () -> grad (fun (x: Tensor) -> if float x > 0.0 then x else -x) one)
                    "vmap", (fun () -> vmap (fun (x: Tensor) -> x * float x) (tensor [ 1.0 ]))
                    "compile", (fun () -> compile (fun (x: Tensor) -> x * float (sum (sin x))) one)
                    "valueAndGrad", (fun () -> fst (valueAndGrad (fun (x: Tensor) -> x * (x.ToArray()[0])) one))
                    "jvp",
                    (fun () -> fst (jvp (fun (x: Tensor) -> if (x .> 0.0).ToBoolArray()[0] then x else -x) one one))
                    "vjp", (fun () -> fst (vjp (fun (x: Tensor) -> x * float (int x)) one)) ] do
                  raises<TraceException, _>
                      [ $"placeholder of {verb}"; "no numbers yet"; "`where`"; "`cond`"; "`dynamic`"; "saveAt" ]
                      call)

          testCase "an exception in a function closes its trace" (fun () ->
              let fail () = grad (fun (x: Tensor) -> (failwith "by the user": Tensor) + x) one
              raises<System.Exception, _> [ "by the user" ] fail
              Expect.equal (float (grad (fun (x: Tensor) -> x * x) one)) 2.0 "a later gradient"
              Expect.isFalse ((one + 1.0).IsPlaceholder) "(one + 1.0).IsPlaceholder")

          // ── gradients ────────────────────────────────────────────────────────────────────────────────────────────────────
          testCase "gradients of a result that is not one float" (fun () ->
              let pair = tensor [ 1.0; 2.0 ]
              raises<ShapeException, _> [ "grad"; "[2]"; "one number"; "sum or mean" ] (fun () ->
                  grad (fun (x: Tensor) -> x * x) pair)

              raises<ShapeException, _> [ "valueAndGrad"; "[1]"; "sum" ] (fun () ->
                  valueAndGrad (fun (x: Tensor) -> x) (tensor [ 1.0 ]))

              raises<ShapeException, _> [ "valueAndGradWith"; "[2]" ] (fun () ->
                  valueAndGradWith (fun (x: Tensor) -> x, x) pair)
              raises<DtypeException, _> [ "grad"; "int32"; "float"; "cast" ] (fun () ->
                  grad (fun (x: Tensor) -> cast Int32 x) one)
              raises<ShapeException, _> [ "grad"; "[2]"; "one number" ] (fun () -> hessian (fun x -> x * x) pair))

          testCase "tangents and cotangents that do not fit" (fun () ->
              let pair = tensor [ 1.0; 2.0 ]
              raises<ShapeException, _> [ "jvp"; "tangent"; "[]"; "[2]" ] (fun () ->
                  jvp (fun (x: Tensor) -> x) pair one)
              raises<ShapeException, _> [ "vjp"; "cotangent"; "[2]"; "[]" ] (fun () ->
                  (snd (vjp (fun (x: Tensor) -> sum x) pair)) pair)

              raises<DtypeException, _> [ "jvp"; "float32"; "float64"; "Cast" ] (fun () ->
                  jvp (fun (x: Tensor) -> x) one (cast Float32 one))

              raises<TreeException, _> [ "jvp"; "2 tensors"; "expected 1" ] (fun () ->
                  jvp (fun (x: Tensor list) -> x) [ one ] [ one; one ]))

          testCase "fields of a wrong shape" (fun () ->
              let pair, three = tensor [ 1.0; 2.0 ], tensor [ 1.0; 2.0; 3.0 ]
              raises<ShapeException, _> [ "divergence"; "[]"; "[2]"; "point's shape" ] (fun () -> divergence sum pair)
              raises<ShapeException, _> [ "curl"; "[2]"; "[3]" ] (fun () -> curl id pair)
              raises<ShapeException, _> [ "curl"; "returned"; "[2]"; "[3]" ] (fun () -> curl (fun x -> x[0..1]) three))

          // ── batches ──────────────────────────────────────────────────────────────────────────────────────────────────────
          testCase "vmap without rows, or with unequal numbers of rows" (fun () ->
              let two, three = tensor [ 1.0; 2.0 ], tensor [ 1.0; 2.0; 3.0 ]
              raises<ShapeException, _> [ "vmap"; "2 and 3 rows"; "capture" ] (fun () ->
                  vmap (fun (a: Tensor, b) -> a + b) (two, three))
              raises<ShapeException, _> [ "vmap"; "shape []"; "Capture" ] (fun () -> vmap (fun (a: Tensor) -> a) one)
              raises<TreeException, _> [ "vmap"; "no tensors" ] (fun () -> vmap (fun (_: Tensor list) -> one) []))

          // ── shapes and dtypes ────────────────────────────────────────────────────────────────────────────────────────────
          testCase "float32 combined with float64" (fun () ->
              let narrow = tensor [ 1.0f ]

              for name, op in
                  [ "+", (fun (a: Tensor) (b: Tensor) -> a + b)
                    "*", (*)
                    "/", (/)
                    "maximum", (fun a b -> maximum a b)
                    "where", (fun a b -> where (scalar true) a b)
                    "concat", (fun a b -> concat [ a; b ])
                    "fma", (fun a b -> fma a b b) ] do
                  let wide = tensor [ 1.0 ]

                  for call in [ (fun () -> op wide narrow); (fun () -> grad (fun x -> sum (op x narrow)) wide) ] do
                      raises<DtypeException, _> [ name; "float64"; "float32"; "cast" ] call

              raises<DtypeException, _> [ "expected floats"; "int32"; "cast" ] (fun () -> sin (tensor [ 1 ]))
              raises<DtypeException, _> [ "not an integer"; "int32" ] (fun () -> tensor [ 1 ] + 0.5))

          testCase "shapes that do not fit" (fun () ->
              let a, b = zeros [ 2; 3 ], zeros [ 2 ]

              for call in [ (fun () -> a + b); (fun () -> grad (fun a -> sum (a + b)) a) ] do
                  raises<ShapeException, _> [ "+"; "[2; 3]"; "[2]"; "do not broadcast"; "equal or 1" ] call

              raises<ShapeException, _> [ "matmul"; "[2; 3]"; "[2; 2]" ] (fun () -> matmul a (zeros [ 2; 2 ]))
              raises<ShapeException, _> [ "reshape"; "[2; 3]"; "[4]" ] (fun () -> reshape [ 4 ] a)
              raises<ShapeException, _> [ "axis 2"; "rank 2" ] (fun () -> sumAlong 2 a)
              raises<ShapeException, _> [ "index"; "5"; "[2; 3]"; "-2 to 1" ] (fun () -> a[5]))

          // ── branches and loops ──────────────────────────────────────────────────────────────────
          testCase "branches of different results" (fun () ->
              let choose (whenTrue: Tensor -> 'T) whenFalse =
                  compile (fun (x: Tensor) -> cond (x .> 0.0) whenTrue whenFalse x) one

              raises<TreeException, _> [ "cond"; "branches"; "differ"; "Return the same tree" ] (fun () ->
                  choose (fun x -> [ x ]) (fun x -> [ x; x ]))

              raises<TreeException, _> [ "cond"; "differ"; "[]"; "[2]" ] (fun () ->
                  choose id (fun x -> stack [ x; x ]))
              raises<TreeException, _> [ "cond"; "differ"; "float32" ] (fun () -> choose id (cast Float32)))

          testCase "conditions that are not one bool" (fun () ->
              raises<ShapeException, _> [ "cond"; "bool [2]"; "any or all"; "where" ] (fun () ->
                  cond (tensor [ 1.0; 2.0 ] .> 0.0) id id one)

              raises<ShapeException, _> [ "cond"; "float64 []"; "one bool" ] (fun () -> cond one id id one)

              raises<ShapeException, _> [ "repeatWhile"; "bool [2]"; "any or all" ] (fun () ->
                  repeatWhile (fun (x: Tensor) -> x .> 0.0) 3 id (tensor [ 1.0; 2.0 ])))

          testCase "states that change" (fun () ->
              raises<TreeException, _> [ "iterate"; "before and after"; "differ" ] (fun () ->
                  iterate 2 (fun (x: Tensor) -> stack [ x; x ]) one)
              raises<TreeException, _> [ "repeatWhile"; "differ" ] (fun () ->
                  repeatWhile (fun (x: Tensor) -> any (x .> 0.0)) 2 (cast Float32) one)
              raises<TreeException, _> [ "scan"; "differ" ] (fun () ->
                  scan (fun (s: Tensor) (x: Tensor) -> stack [ s; x ], x) one (tensor [ 1.0 ]))
              raises<ShapeException, _> [ "scan"; "same first extent" ] (fun () ->
                  scan (fun (s: Tensor) (_: Tensor) -> s, s) one one)
              raises<ShapeException, _> [ "scan"; "no rows" ] (fun () ->
                  scan (fun (s: Tensor) (_: Tensor) -> s, s) one (zeros [ 0 ]))
              raises<InputException, _> [ "iterate"; "-1" ] (fun () -> iterate -1 id one))

          // ── custom rules ────────────────────────────────────────────────────────────────────────
          testCase "a custom gradient that captures a placeholder" (fun () ->
              let scaled (scale: Tensor) x = customGradient (fun (x: Tensor) -> x * scale) (fun _ _ w -> w * scale) x
              Expect.equal (float (grad (scaled (scalar 3.0)) one)) 3.0 "float (grad (scaled (scalar 3.0)) one)"

              raises<DerivativeException, _> [ "customGradient"; "placeholder"; "Pass it as an argument" ] (fun () ->
                  grad (fun (scale: Tensor) -> scaled scale one) one)

              let inRule (scale: Tensor) x = customGradient (fun (x: Tensor) -> x) (fun _ _ w -> w * scale) x

              raises<DerivativeException, _> [ "customGradient"; "placeholder"; "Pass it as an argument" ] (fun () ->
                  grad (fun (scale: Tensor) -> grad (inRule scale) scale) one))

          testCase "a custom gradient whose rule returns another shape" (fun () ->
              let f x = customGradient (fun (x: Tensor) -> sum x) (fun _ _ w -> w) x

              raises<ShapeException, _> [ "customGradient"; "rule's result"; "[]"; "[2]" ] (fun () ->
                  grad f (tensor [ 1.0; 2.0 ])))

          testCase "a dynamic function that returns another shape" (fun () ->
              let f like x = dynamic like (fun (x: Tensor) -> x * x) x
              raises<ShapeException, _> [ "dynamic"; "result"; "[2]"; "[]" ] (fun () -> f one (tensor [ 1.0; 2.0 ]))
              raises<DtypeException, _> [ "dynamic"; "float64"; "float32" ] (fun () -> f (cast Float32 one) one))

          testCase "roots of a wrong shape" (fun () ->
              let search (p: Tensor) = p
              raises<ShapeException, _> [ "implicitRoot"; "[2]"; "[]"; "one residual" ] (fun () ->
                  implicitRoot search (fun z _ -> stack [ z; z ]) one))

          testCase "second derivatives of a dynamic function under vmap" (fun () ->
              let f (c: Tensor) =
                  sum (
                      vmap
                          (fun (x: Tensor) -> dynamic x (fun (x: Tensor, c: Tensor) -> x * c * c) (x, c))
                          (tensor [ 1.0; 2.0 ])
                  )
              Expect.equal (float (grad f (scalar 2.0))) 12.0 "float (grad f (scalar 2.0))"
              raises<DerivativeException, _> [ "second derivatives"; "vmap"; "inside" ] (fun () ->
                  grad (grad f) (scalar 2.0))) ]
