module NeuralDE.Tests.Kernels.ElementEdgeTests

open System
open Expecto
open NeuralDE.Tests
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Engine
open NeuralDE.Kernels

/// Special arguments with both signs: where functions change branch, end or overflow.
let private edges (special: float list) =
    [| yield! [ nan; infinity; -infinity; 0.0; -0.0 ]
       for x in
           special
           @ [ 1e-16
               1e-8
               1e-3
               0.3
               0.5
               0.92
               1.0
               1.5
               2.0
               2.5
               3.0
               4.0
               8.5
               10.0
               17.0
               20.5
               40.0
               86.0
               88.5
               89.5
               100.0
               104.5
               1e5
               100001.0
               4194304.0
               3e9
               1e22 ] do
           yield x
           yield -x |]

let private edges32 =
    edges
        [ float Single.Epsilon
          1e-40
          float (MathF.ScaleB(1f, -126))
          1e-30
          float (MathF.BitDecrement 1f)
          float (MathF.BitIncrement 1f)
          1e30
          float Single.MaxValue ]
    |> Array.map float32

let private edges64 =
    edges
        [ Double.Epsilon
          1e-310
          Math.ScaleB(1.0, -1022)
          1e-300
          Math.BitDecrement 1.0
          Math.BitIncrement 1.0
          700.0
          709.0
          710.5
          745.0
          746.0
          1e300
          Double.MaxValue ]

let private unaries =
    [ for u, f in UnaryCases.ofFloats do
          let about = Unaries.about u
          if about.Parameter.IsNone then yield about.Name, about.Kernel, f ]

/// The distance in ulp; ∞ between zeros of different signs.
let private far32 (got: float32) (expected: float) =
    if got = 0f && expected = 0.0 && Single.IsNegative got <> Double.IsNegative expected then
        infinity
    else
        Widths.ulps32 got expected

let private far64 (got: float) (expected: float) =
    if got = 0.0 && expected = 0.0 && Double.IsNegative got <> Double.IsNegative expected then
        infinity
    else
        Widths.ulps64 got expected

/// Compares every width with a function of float64.
let private check name op parameter (f: float -> float) bound32 bound64 =
    for width, kernel in Widths.float32s do
        let got = Widths.values kernel op parameter edges32 edges32

        for i in 0 .. got.Length - 1 do
            let expected = f (float edges32[i])

            if far32 got[i] expected > bound32 then
                failtest
                    $"{name} of {edges32[i]:R} ({width}): got {got[i]:R}, expected {float32 expected:R} within {bound32} ulp"

    for width, kernel in Widths.float64s do
        let got = Widths.values kernel op parameter edges64 edges64

        for i in 0 .. got.Length - 1 do
            let expected = f edges64[i]

            if far64 got[i] expected > bound64 then
                failtest
                    $"{name} of {edges64[i]:R} ({width}): got {got[i]:R}, expected {expected:R} within {bound64} ulp"

/// Every x with every y.
let private pairs (values: 'T[]) = Array.allPairs values values |> Array.unzip

/// Compares every width with a function of two float64.
let private checkPairs op (f: float -> float -> float) bound32 bound64 =
    let x, y = pairs edges32

    for width, kernel in Widths.float32s do
        let got = Widths.values kernel op 0.0 x y

        for i in 0 .. got.Length - 1 do
            let expected = f (float x[i]) (float y[i])

            if far32 got[i] expected > bound32 then
                failtest
                    $"{op} of {x[i]:R} and {y[i]:R} ({width}): got {got[i]:R}, expected {float32 expected:R} within {bound32} ulp"

    let x, y = pairs edges64

    for width, kernel in Widths.float64s do
        let got = Widths.values kernel op 0.0 x y

        for i in 0 .. got.Length - 1 do
            let expected = f x[i] y[i]

            if far64 got[i] expected > bound64 then
                failtest
                    $"{op} of {x[i]:R} and {y[i]:R} ({width}): got {got[i]:R}, expected {expected:R} within {bound64} ulp"

/// ScalarMaths.Of for each function of the table, by operation: for float64 and for float32.
let private scalars: (ElementOp * (float -> float -> float) * (float32 -> float32 -> float32)) list =
    let flags = Reflection.BindingFlags.Static ||| Reflection.BindingFlags.Public

    [ for op in Enum.GetValues<ElementOp>() do
          match ElementTable.FunctionOf op with
          | null -> ()
          | f when op >= ElementOp.Equal && op <= ElementOp.GreaterEqual -> ignore f // masks
          | f ->
              let isUnary = typeof<IUnary>.IsAssignableFrom f

              let call (number: Type) (x: obj) (y: obj) =
                  let of' =
                      typeof<ScalarMaths>.GetMethods flags
                      |> Array.find (fun m ->
                          let p = m.GetParameters()
                          m.Name = "Of" && p.Length = (if isUnary then 2 else 3) && p[1].ParameterType = number)

                  let args = Activator.CreateInstance f :: x :: (if isUnary then [] else [ y ])
                  of'.MakeGenericMethod([| f |]).Invoke(null, List.toArray args)

              yield
                  op,
                  (fun x y -> unbox<float>(call typeof<float> x y)),
                  (fun x y -> unbox<float32>(call typeof<float32> x y)) ]

[<Tests>]
let tests =
    testList
        "Kernels.ElementEdge"
        [ testCase "functions of one argument at their edges" (fun () ->
              for name, op, f in unaries do
                  // the reference overflows slightly earlier than eˣ
                  let f x = if op = ElementOp.Expm1 && x > 40.0 then Math.Exp x else f x
                  check name op 0.0 f 5.0 5.0)

          testCase "powers at their edges" (fun () ->
              for a in [ 0.0; 1.0; 2.0; 3.0; 4.0; 5.0; 8.0; 0.5; 1.5; 0.1; 1.7; 101.0; 1e10; infinity ] do
                  for a in [ a; -a ] do
                      check $"power {a}" ElementOp.Power a (fun x -> Math.Pow(x, a)) 3.0 3.0

              check "power NaN" ElementOp.Power nan (fun x -> Math.Pow(x, nan)) 0.0 0.0)

          testCase "polygamma agrees with the reference" (fun () ->
              for order in [ 0; 1; 2; 3; 6 ] do
                  check $"polygamma {order}" ElementOp.Polygamma (float order) (Special.polygamma order) 0.5 0.0)

          testCase "functions of two arguments at their edges" (fun () ->
              checkPairs ElementOp.Add (fun x y -> x + y) 0.5 0.0
              checkPairs ElementOp.Sub (fun x y -> x - y) 0.5 0.0
              checkPairs ElementOp.Mul (fun x y -> x * y) 0.5 0.0
              checkPairs ElementOp.Div (fun x y -> x / y) 0.5 0.0
              checkPairs ElementOp.Max (fun x y -> Math.Max(x, y)) 0.0 0.0
              checkPairs ElementOp.Min (fun x y -> Math.Min(x, y)) 0.0 0.0
              checkPairs ElementOp.Mod ScalarFunctions.floatMod 0.5 0.0
              checkPairs ElementOp.Atan2 (fun x y -> Math.Atan2(x, y)) 4.0 4.0
              checkPairs ElementOp.Pow (fun x y -> Math.Pow(x, y)) 3.0 3.0)

          testCase "mod is exact" (fun () ->
              let random = System.Random 8
              let number _ = (random.NextDouble() - 0.5) * Math.Pow(10.0, float (random.Next(-3, 4)))
              let x = Array.init 20000 number
              let y = Array.init 20000 number
              // multiples, and neighbours of multiples
              for i in 0..4..19996 do
                  x[i] <- y[i] * float (random.Next(-1000, 1000))
                  x[i + 1] <- Math.BitDecrement(y[i + 1] * float (random.Next(-1000, 1000)))

              for width, kernel in Widths.float64s do
                  let got = Widths.values kernel ElementOp.Mod 0.0 x y

                  for i in 0 .. x.Length - 1 do
                      let expected = ScalarFunctions.floatMod x[i] y[i]

                      if far64 got[i] expected > 0.0 then
                          failtest $"{x[i]:R} mod {y[i]:R} ({width}): got {got[i]:R}, expected {expected:R}"

              let x32, y32 = Array.map float32 x, Array.map float32 y

              for width, kernel in Widths.float32s do
                  let got = Widths.values kernel ElementOp.Mod 0.0 x32 y32

                  for i in 0 .. x.Length - 1 do
                      let expected = ScalarFunctions.floatMod (float x32[i]) (float y32[i])

                      if far32 got[i] expected > 0.5 then
                          failtest
                              $"{x32[i]:R} mod {y32[i]:R} ({width}): got {got[i]:R}, expected {float32 expected:R}")

          testCase "scalar functions have the bits of lanes" (fun () ->
              let random = System.Random 9
              let number _ = (random.NextDouble() - 0.5) * Math.Pow(10.0, float (random.Next(-4, 4)))
              let x = Array.append edges64 (Array.init 3000 number)
              let y = Array.init x.Length number
              let _, widest = Widths.float64s[0]
              let x32, y32 =
                  Array.append edges32 (Array.map float32 x),
                  Array.init (edges32.Length + x.Length) (number >> float32)
              let _, widest32 = Widths.float32s[0]

              let same name op parameter (f: float -> float -> float) (g: float32 -> float32 -> float32) =
                  let got = Array.map2 f x y
                  let expected = Widths.values widest op parameter x y

                  for i in 0 .. x.Length - 1 do
                      if
                          not (got[i].Equals expected[i])
                          || Double.IsNegative got[i] <> Double.IsNegative expected[i] && not (Double.IsNaN got[i])
                      then
                          failtest $"{name} of {x[i]:R}, {y[i]:R}: got {got[i]:R}, expected {expected[i]:R}"

                  let got = Array.map2 g x32 y32
                  let expected = Widths.values widest32 op parameter x32 y32

                  for i in 0 .. x32.Length - 1 do
                      if
                          not (got[i].Equals expected[i])
                          || Single.IsNegative got[i] <> Single.IsNegative expected[i] && not (Single.IsNaN got[i])
                      then
                          failtest $"{name} of {x32[i]:R}, {y32[i]:R}: got {got[i]:R}, expected {expected[i]:R}"

              for op, f, g in scalars do
                  same (string op) op 0.0 f g

              for a in [ 0.0; 1.0; 2.0; -2.0; 0.5; -0.5; 3.0; 4.0; 7.0; 0.1 ] do
                  same $"power {a}" ElementOp.Power a (fun x _ -> ScalarMaths.Power(x, a)) (fun x _ ->
                      ScalarMaths.Power(x, a))

              same "polygamma" ElementOp.Polygamma 1.0 (fun x _ -> ScalarMaths.Polygamma(x, 1.0)) (fun x _ ->
                  ScalarMaths.Polygamma(x, 1.0))) ]
