module NeuralDE.Tests.Kernels.ElementFunctionTests

open System
open Expecto
open NeuralDE.Internal.Graph
open NeuralDE.Kernels

/// The range of a test's arguments.
type private Domain =
    /// Both signs: half of them uniform, half of them log-uniform from 1e-30 on.
    | Both of largest: float
    | Between of float * float
    /// Log-uniform.
    | Scale of float * float

let private points domain n =
    let random = System.Random 5
    let uniform a b = a + (b - a) * random.NextDouble()
    let logarithmic a b = exp (uniform (log a) (log b))

    Array.init n (fun i ->
        match domain with
        | Both largest when i % 2 = 0 -> uniform -largest largest
        | Both largest -> logarithmic 1e-30 largest * (if i % 4 = 1 then 1.0 else -1.0)
        | Between(a, b) -> uniform a b
        | Scale(a, b) when i % 4 = 0 -> uniform (max a 0.5) (min b 2.0)
        | Scale(a, b) -> logarithmic a b)

/// The float64 value, which is accurate enough to test float, and the exact one.
type private Row =
    { Op: ElementOp
      Parameter: float
      Domain32: Domain
      Domain64: Domain
      Value: float -> float
      True: float -> Precise
      Bound32: float
      Bound64: float }

let private row op domain32 domain64 value (precise: Precise -> Precise) bound32 bound64 =
    { Op = op
      Parameter = 0.0
      Domain32 = domain32
      Domain64 = domain64
      Value = value
      True = Precise.ofFloat >> precise
      Bound32 = bound32
      Bound64 = bound64 }

let private power a domain bound32 bound64 =
    { Op = ElementOp.Power
      Parameter = a
      Domain32 = domain
      Domain64 = domain
      Value = fun x -> Math.Pow(x, a)
      True = fun x -> Precise.pow (Precise.ofFloat x) (Precise.ofFloat a)
      Bound32 = bound32
      Bound64 = bound64 }

let private rows =
    [ row ElementOp.Exp (Between(-104.0, 88.7)) (Between(-745.0, 709.7)) Math.Exp Precise.exp 1.5 1.5
      row ElementOp.Expm1 (Both 88.7) (Both 709.7) Special.expm1 Precise.expm1 3.0 3.0
      row ElementOp.Log (Scale(1e-44, 3e38)) (Scale(1e-320, 1e308)) Math.Log Precise.log 1.5 1.5
      row ElementOp.Log1p (Scale(1e-30, 3e38)) (Scale(1e-30, 1e300)) Special.log1p Precise.log1p 3.0 3.0
      row ElementOp.Log1p (Between(-1.0, 1.0)) (Between(-1.0, 1.0)) Special.log1p Precise.log1p 3.0 3.0
      row ElementOp.Sin (Both 1e5) (Both 1e5) Math.Sin Precise.sin 2.5 2.5
      row ElementOp.Cos (Both 1e5) (Both 1e5) Math.Cos Precise.cos 2.5 2.5
      row ElementOp.Sin (Both 10.0) (Both 10.0) Math.Sin Precise.sin 2.5 2.5
      row ElementOp.Cos (Both 10.0) (Both 10.0) Math.Cos Precise.cos 2.5 2.5
      row ElementOp.Tan (Both 1e5) (Both 1e5) Math.Tan Precise.tan 4.0 4.0
      row ElementOp.Tan (Both 3.0) (Both 3.0) Math.Tan Precise.tan 4.0 4.0
      row ElementOp.Tanh (Both 9.0) (Both 20.0) Math.Tanh Precise.tanh 5.0 5.0
      row ElementOp.Sigmoid (Both 104.0) (Both 740.0) Special.sigmoid Precise.sigmoid 3.0 3.0
      row ElementOp.Sigmoid (Both 9.0) (Both 20.0) Special.sigmoid Precise.sigmoid 3.0 3.0
      row ElementOp.Softplus (Both 104.0) (Both 80.0) Special.softplus Precise.softplus 3.0 3.0
      row ElementOp.Softplus (Both 9.0) (Both 20.0) Special.softplus Precise.softplus 3.0 3.0
      row ElementOp.Erf (Both 4.5) (Both 6.2) Special.erf Precise.erf 3.0 3.0
      { row ElementOp.Erfinv (Between(-1.0, 1.0)) (Between(-1.0, 1.0)) Special.erfinv id 1.0 4.0 with
          True = fun x -> Precise.erfinv (Special.erfinv x) (Precise.ofFloat x) }
      power 2.0 (Scale(1e-19, 1e19)) 2.0 2.0
      power 3.0 (Scale(1e-12, 1e12)) 2.0 2.0
      power 4.0 (Scale(1e-9, 1e9)) 2.0 2.0
      power -1.0 (Scale(1e-38, 1e38)) 2.0 2.0
      power -2.0 (Scale(1e-19, 1e19)) 2.0 2.0
      power 0.5 (Scale(1e-40, 1e38)) 2.0 2.0
      power -0.5 (Scale(1e-40, 1e38)) 2.0 2.0
      power 5.0 (Scale(1e-8, 1e7)) 3.0 3.0
      power 0.1 (Scale(1e-40, 1e38)) 3.0 3.0
      power -1.7 (Scale(1e-22, 1e22)) 3.0 3.0
      power 1e6 (Between(0.99995, 1.00005)) 3.0 3.0 ]

/// x and y whose powers xʸ cover the whole range.
let private bases n = points (Scale(1e-30, 1e30)) n

let private exponents (x: float[]) largest =
    let random = System.Random 6
    x |> Array.map (fun x -> (2.0 * random.NextDouble() - 1.0) * largest / max 1e-3 (abs (log x)))

[<Tests>]
let tests =
    testList
        "Kernels.ElementFunction"
        [ testCase "float32 functions keep their bounds" (fun () ->
              for row in rows do
                  let x = points row.Domain32 20000 |> Array.map float32
                  let expected = x |> Array.map (float >> row.Value)

                  for width, kernel in Widths.float32s do
                      let got = Widths.values kernel row.Op row.Parameter x x

                      for i in 0 .. x.Length - 1 do
                          let error = Widths.ulps32 got[i] expected[i]

                          if error > row.Bound32 then
                              failtest
                                  $"{row.Op} {row.Parameter} of {x[i]:R} ({width}): got {got[i]:R}, expected {expected[i]:R} within {row.Bound32} ulp, off by {error:F2}")

          testCase "float64 functions keep their bounds" (fun () ->
              for row in rows do
                  let x = points row.Domain64 1000
                  let expected = x |> Array.Parallel.map row.True

                  for width, kernel in Widths.float64s do
                      let got = Widths.values kernel row.Op row.Parameter x x

                      for i in 0 .. x.Length - 1 do
                          let error = Precise.ulps got[i] expected[i]

                          if error > row.Bound64 then
                              failtest
                                  $"{row.Op} {row.Parameter} of {x[i]:R} ({width}): got {got[i]:R}, expected {Precise.toFloat expected[i]:R} within {row.Bound64} ulp, off by {error:F2}")

          testCase "pow keeps its bound" (fun () ->
              let x = bases 20000 |> Array.map float32
              let y = exponents (Array.map float x) 88.0 |> Array.map float32
              let expected = Array.map2 (fun (x: float32) (y: float32) -> Math.Pow(float x, float y)) x y

              for width, kernel in Widths.float32s do
                  let got = Widths.values kernel ElementOp.Pow 0.0 x y

                  for i in 0 .. x.Length - 1 do
                      let error = Widths.ulps32 got[i] expected[i]

                      if error > 2.0 then
                          failtest
                              $"{x[i]:R} to the power {y[i]:R} ({width}): got {got[i]:R}, expected {expected[i]:R} within 2 ulp, off by {error:F2}"

              let x = bases 1000
              let y = exponents x 700.0
              let expected =
                  Array.Parallel.map
                      (fun (x, y) -> Precise.pow (Precise.ofFloat x) (Precise.ofFloat y))
                      (Array.zip x y)

              for width, kernel in Widths.float64s do
                  let got = Widths.values kernel ElementOp.Pow 0.0 x y

                  for i in 0 .. x.Length - 1 do
                      let error = Precise.ulps got[i] expected[i]

                      if error > 2.0 then
                          failtest
                              $"{x[i]:R} to the power {y[i]:R} ({width}): got {got[i]:R}, expected {Precise.toFloat expected[i]:R} within 2 ulp, off by {error:F2}") ]
