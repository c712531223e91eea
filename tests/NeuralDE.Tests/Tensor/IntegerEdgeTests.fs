/// Integers at the ends of their range: sums that widen, numbers that do not fit, random integers, casts.
module NeuralDE.Tests.IntegerEdgeTests

open System
open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Tests.Expected

let private wide = tensor [ Int32.MaxValue; Int32.MaxValue; 2 ]

let private integers (shape: int list) (values: int64 list) (x: Tensor) =
    Expect.equal x.Dtype Int64 "x.Dtype"
    Expect.equal x.Shape (List.toArray shape) "x.Shape"
    Expect.equal (x.ToInt64Array()) (List.toArray values) "x.ToInt64Array()"

/// Eagerly, compiled and under vmap.
let private everyWay (f: Tensor -> Tensor) (x: Tensor) (check: Tensor -> unit) =
    check (f x)
    check (compile f x)
    check (vmap f (stack [ x; x ])).[1]

// ── random numbers at the extremes of their parameters ───────────────────────────────────────────────────────────
/// Keys as a batch.
let private keys (each: Key list) : Key =
    Key.foldWith (tensor [ for i in 0 .. each.Length - 1 -> i ]) (Key(stack [ for k in each -> k.Tensor ]))

[<Tests>]
let tests =
    testList
        "Tensor.IntegerEdge"
        [ testCase "sums and products of int32 are int64" (fun () ->
              everyWay sum wide (integers [] [ 4294967296L ])
              everyWay (sumAlong 0) wide (integers [] [ 4294967296L ])
              everyWay (cumsum 0) wide (integers [ 3 ] [ 2147483647L; 4294967294L; 4294967296L ])
              everyWay prod wide (integers [] [ 9223372028264841218L ])
              everyWay (prodAlong 0) wide (integers [] [ 9223372028264841218L ])
              everyWay (cumprod 0) wide (integers [ 3 ] [ 2147483647L; 4611686014132420609L; 9223372028264841218L ])
              everyWay norm1 (tensor [ Int32.MinValue; -1 ]) (integers [] [ 2147483649L ])
              everyWay normInf (tensor [ Int32.MinValue; 3 ]) (integers [] [ 2147483648L ])
              everyWay trace (tensor [ [ Int32.MaxValue; 0 ]; [ 0; 1 ] ]) (integers [] [ 2147483648L ])
              everyWay (associativeScan (+) 0) (tensor [ 1; 2 ]) (fun y -> Expect.equal y.Dtype Int32 "y.Dtype"))

          testCase "sums and products of bools are int64 counts" (fun () ->
              let flags = tensor [ true; false; true ]
              everyWay sum flags (integers [] [ 2L ])
              everyWay (cumsum 0) flags (integers [ 3 ] [ 1L; 1L; 2L ])
              everyWay prod flags (integers [] [ 0L ])
              everyWay sum (tensor Seq.empty<bool>) (integers [] [ 0L ]) |> ignore)

          testCase "sums of floats keep their dtype" (fun () ->
              Expect.equal ((sum (tensor [ 1.0f ])).Dtype) Float32 "(sum (tensor [ 1.0f ])).Dtype"
              Expect.equal ((cumsum 0 (tensor [ 1.0 ])).Dtype) Float64 "(cumsum 0 (tensor [ 1.0 ])).Dtype")

          testCase "a sum of integers is a constant of differentiation" (fun () ->
              let f (x: Tensor) = sum x * cast Float64 (sum (cast Int32 x))
              holds [ 2 ] [ 3.0; 3.0 ] (grad f (tensor [ 1.5; 2.5 ])))

          testCase "a number combined with integers must fit their dtype" (fun () ->
              raises<DtypeException> [ "3000000000"; "int32" ] (fun () -> tensor [ 1 ] + 3e9)
              raises<DtypeException> [ "int32" ] (fun () -> tensor [ 1 ] .< -3e9)
              raises<DtypeException> [ "int64" ] (fun () -> tensor [ 1L ] * 1e19)
              raises<DtypeException> [ "int32" ] (fun () -> tensor [ 1 ] + infinity)
              raises<DtypeException> [ "int32" ] (fun () -> compile (fun (x: Tensor) -> x + 3e9) (tensor [ 1 ]))
              raises<DtypeException> [ "bool" ] (fun () -> tensor [ true ] .= 5)
              holds [ 1 ] [ 2147483647.0 ] (tensor [ 0 ] + Int32.MaxValue)
              holds [ 1 ] [ -2147483648.0 ] (tensor [ 0 ] + float Int32.MinValue))

          testCase "one number as an integer must fit" (fun () ->
              let refused (word: string) (call: unit -> obj) =
                  Expect.stringContains
                      ((Expect.thrown<InputException>(fun () -> call () |> ignore)).Message)
                      word
                      "message"

              refused "does not fit" (fun () -> int (scalar 1e10) :> obj)
              refused "does not fit" (fun () -> int (scalar nan) :> obj)
              refused "does not fit" (fun () -> int (scalar (1L <<< 40)) :> obj)
              refused "does not fit" (fun () -> int64 (scalar 1e19) :> obj)
              refused "does not fit" (fun () -> int64 (scalar infinity) :> obj)
              Expect.equal (int (scalar -2147483648.9)) Int32.MinValue "int (scalar -2147483648.9)"
              Expect.equal (int (scalar -3.7)) (-3) "int (scalar -3.7)"
              Expect.equal (int64 (scalar -9223372036854775808.0)) Int64.MinValue "the smallest int64")

          testCase "casts of floats to integers are clamped to the dtype, and NaN becomes 0" (fun () ->
              let x = tensor [ nan; infinity; -infinity; 3e9; -3e9; 2.9; -2.9 ]
              let least, most = float Int32.MinValue, float Int32.MaxValue
              let expected = [ 0.0; most; least; most; least; 2.0; -2.0 ]
              everyWay (cast Int32) x (holds [ 7 ] expected)
              everyWay (fun x -> cast Int32 (cast Float32 x)) x (holds [ 7 ] expected)
              let far = [ 0L; Int64.MaxValue; Int64.MinValue; 3000000000L; -3000000000L; 2L; -2L ]
              everyWay (cast Int64) x (integers [ 7 ] far)
              everyWay (cast Int32) (tensor [ 4294967297L; Int64.MinValue ]) (holds [ 2 ] [ 1.0; 0.0 ])
              everyWay (cast Bool) x (flags [ 7 ] (List.replicate 7 true)))

          testCase "integer arithmetic wraps and a remainder by 0 is 0" (fun () ->
              let a, b = tensor [ Int32.MaxValue; Int32.MinValue; 7; Int32.MinValue ], tensor [ 1; -1; 0; -1 ]
              everyWay (fun a -> a + b) a (holds [ 4 ] [ -2147483648.0; 2147483647.0; 7.0; 2147483647.0 ])
              everyWay (fun a -> a % b) a (holds [ 4 ] [ 0.0; 0.0; 0.0; 0.0 ])
              everyWay abs a (holds [ 4 ] [ 2147483647.0; -2147483648.0; 7.0; -2147483648.0 ])
              everyWay (fun a -> -a) a (holds [ 4 ] [ -2147483647.0; -2147483648.0; -7.0; -2147483648.0 ]))

          testCase "derivatives by integers or of integers are refused" (fun () ->
              let floats (x: Tensor) = sum (cast Float64 x)
              let whole = tensor [ 1; 2 ]
              raises<TreeException> [ "jacobian" ] (fun () -> jacobian (cast Float64) whole)
              raises<DtypeException> [ "jacobian"; "returned int32" ] (fun () ->
                  jacobian (cast Int32) (tensor [ 1.0; 2.0 ]))
              raises<TreeException> [ "hessian" ] (fun () -> hessian floats whole)
              raises<TreeException> [ "laplacian" ] (fun () -> laplacian floats whole)
              raises<TreeException> [ "divergence" ] (fun () -> divergence id whole))

          testCase "a loop with at most 0 steps makes no step" (fun () ->
              let up most x = repeatWhile (fun (x: Tensor) -> x .< 10.0) most (fun x -> x + 1.0) x
              holds [] [ 0.0 ] (up 0 (scalar 0.0))
              holds [] [ 0.0 ] (compile (up 0) (scalar 0.0))
              holds [] [ 1.0 ] (up 1 (scalar 0.0))
              raises<InputException> [ "repeatWhile"; "-1" ] (fun () -> up -1 (scalar 0.0)))

          testCase "random integers are in range for ranges of any width" (fun () ->
              for low, high in
                  [ -2000000000, 2000000000
                    Int32.MinValue, Int32.MaxValue
                    Int32.MaxValue - 1, Int32.MaxValue
                    Int32.MinValue, Int32.MinValue + 1
                    0, Int32.MaxValue
                    -1, 1 ] do
                  let draw (key: Key) = randint key low high [ 4000 ]

                  for values in [ draw (Key 1); compile draw (Key 1); vmap draw (Key.splitN 3 (Key 1) |> keys) ] do
                      for v in values.ToInt64Array() do
                          Expect.inRange v (int64 low, int64 high - 1L) "v"

              let wide = (randint (Key 1) -2000000000 2000000000 [ 4000 ]).ToInt64Array()
              Expect.isTrue
                  (Array.exists (fun v -> v > 1900000000L) wide && Array.exists (fun v -> v < -1900000000L) wide)
                  "numbers near both ends of the range"
              Expect.inRange (wide |> Array.averageBy float) (-1e8, 1e8) "wide |> Array.averageBy float")

          testCase
              "bernoulli of 0 is always false and of 1 always true, uniform numbers stay below 1, normal ones are finite"
              (fun () ->
                  for b in (bernoulli (Key 2) 0.0 [ 1000 ]).ToBoolArray() do
                      Expect.isFalse b "b"
                  for b in (bernoulli (Key 2) 1.0 [ 1000 ]).ToBoolArray() do
                      Expect.isTrue b "b"
                  for v in (rand (Key 3) [ 100000 ]).ToArray() do
                      Expect.isTrue (v >= 0.0 && v < 1.0) "v >= 0.0 && v < 1.0"
                  for v in (randn (Key 4) [ 100000 ]).ToArray() do
                      Expect.isTrue (Double.IsFinite v) "Double.IsFinite v"
                  Expect.equal ((permutation (Key 5) 0).Shape) [| 0 |] "(permutation (Key 5) 0).Shape"
                  Expect.equal ((permutation (Key 5) 1).ToInt64Array()) [| 0L |] "permutation of one element"
                  for bad in [ -0.1; 1.1; nan ] do
                      raises<InputException> [ "bernoulli" ] (fun () -> bernoulli (Key 1) bad [ 2 ])
                  raises<InputException> [ "randint" ] (fun () -> randint (Key 1) 3 3 [ 2 ])) ]
