/// Loops by lanes in rare conditions beside a plan of the whole batch: rows that end at once, no rows, loops in branches, tables by
/// row, no vectors.
module NeuralDE.Tests.Engine.LaneEdgeTests

open System
open System.Runtime.Intrinsics
open Expecto
open NeuralDE
open NeuralDE.Internal.Engine
open NeuralDE.Internal.Tensor
open NeuralDE.Tests.Sizes
open NeuralDE.Tests.Engine.SameBits

let private bits (x: Tensor) = x.Numbers.Floats |> Array.map BitConverter.DoubleToInt64Bits

/// The bits in every form: one node at a time, and compiled for every width.
let private forms (f: unit -> Tensor) : (string * int64[]) list =
    [ "one node at a time", bits (withTier Tiled f)
      for width in LaneLaws.widths do
          $"vectors of {width.Bytes} bytes", bits (withWidth width (fun () -> withTier Compiled f)) ]

/// Values have the bits of a plan; gradients, whose sums over rows have another order, its numbers.
let private check isValue (f: unit -> Tensor) =
    let expected = withLanes false f
    let all = forms f

    for name, got in all do
        Expect.equal got (snd all.Head) $"{name}, beside one node at a time"
        if isValue then Expect.equal got (bits expected) $"{name}, beside a plan"

    let got = if isValue then [||] else (snd all.Head) |> Array.map BitConverter.Int64BitsToDouble
    let scale = expected.Numbers.Floats |> Array.fold (fun most x -> max most (abs x)) 1.0

    for got, expected in Seq.zip got expected.Numbers.Floats do
        Expect.isLessThan (abs (got - expected)) (1e-10 * scale) "beside a plan"

let private explained (f: Tensor -> Tensor) (x: Tensor) = Engine.explain f x

let private expectLanes (f: Tensor -> Tensor) (x: Tensor) =
    let text = explained f x
    Expect.stringContains text "by lanes, " "it runs by lanes"
    Expect.isFalse (text.Contains "not by lanes") "everything runs by lanes"

let private field (_t: Tensor) (y: Tensor) = stack [ y[1] * 0.5 - y[0]; -y[0] * y[1] ]
let private norm (y: Tensor) = sum (y * y)
let private starts n = rand (Key 1) [ n; 2 ] + 0.1
let private ode solver (y: Tensor) =
    Ode.problem field y (0.0, 1.0) |> Ode.using solver |> Ode.dt 0.05 |> Ode.perSample |> Ode.solveFinal

let private noisy (y: Tensor) =
    Sde.problem field (Diagonal(fun _ y -> 0.1 * y)) y (0.0, 1.0)
    |> Sde.noise (Key 7)
    |> Sde.using EulerMaruyama
    |> Sde.dt 0.1
    |> Sde.perSample
    |> Sde.solveFinal

/// Doubles a number until 1: from 0 without an end.
let private doubled limit (x: Tensor) = repeatWhile (fun (x: Tensor) -> x .< 1.0) limit (fun x -> 2.0 * x) x

/// A loop by row: each row decides whether it goes on. The numbers of these tests do until the count is reached.
let private repeated count (step: Tensor -> Tensor) = repeatWhile (fun (x: Tensor) -> x .< 1e9) count step

let private functions: (string * (Tensor -> Tensor)) list =
    [ "Tsit5", ode Tsit5
      "Kvaerno3, with loops inside", ode Kvaerno3
      "Rosenbrock23", ode Rosenbrock23
      "Euler–Maruyama", noisy

      "adaptive steps",
      fun y -> Ode.problem field y (0.0, 1.0) |> Ode.tolerance 1e-5 1e-5 |> Ode.perSample |> Ode.solveFinal

      "a loop of a few iterations", vmap (repeated 3 (iterate 2 (fun (x: Tensor) -> sin (1.5 * x)))) ]

/// Runs the doubling only where it ends.
let private branching limit =
    repeated 20 (fun (x: Tensor) -> cond (x .> 0.1) (doubled limit) (fun x -> x + 0.05) (0.5 * x))

/// Functions of rows that an ordinary solve does not contain.
let private special: (string * (unit -> Tensor)) list =
    let numbers = tensor [ 0.3; 5.0; 0.01; 2.0; 1e-9; 0.7; 0.9; 40.0; 0.25 ]

    [ "rows that end at once, or after many iterations", fun () -> vmap (doubled 1000) numbers

      "a loop inside that only some rows run",
      fun () -> vmap (branching 100) (Prim.concat 0 [| numbers; tensor [ 0.0 ] |])

      "a loop in a loop in a loop",
      fun () ->
          let inner x = repeatWhile (fun (x: Tensor) -> x .> 0.3) 7 (fun x -> 0.5 * x) x
          let middle x = repeatWhile (fun (x: Tensor) -> x .< 5.0) 9 (fun x -> 3.0 * inner x + 0.7) x
          vmap (repeatWhile (fun (x: Tensor) -> x .< 30.0) 9 (fun x -> 1.7 * middle x)) numbers

      "a loop inside whose rows all fail with NaN but one",
      fun () ->
          let root (x: Tensor) =
              repeatWhile (fun (z: Tensor) -> abs (z * z - x) .> 1e-9) 40 (fun z -> 0.5 * (z + x / z)) (x + 1.0)
          vmap (repeated 3 root) (Prim.concat 0 [| tensor [ 2.0 ]; Prim.fill Float64 [| 8 |] nan |])

      "conversions of floats to integers",
      fun () ->
          let step (x: Tensor) =
              cast Float64 (cast Int32 x)
              + cast Float64 (cast Int64 (x * 1e3)) * 1e-3
              + cast Float64 (cast Int32 (cast Float32 x))
          let extreme = tensor [ nan; infinity; -infinity; 1e10; -1e10; 1e300; 2147483647.5; -2147483648.9; -0.7; 2.5 ]
          vmap (repeated 2 step) extreme ]

/// Rows with tables of their own, of `count` numbers; `axes` more batch axes than the table has.
let private tables (name: string) n count (further: bool) : unit -> Tensor =
    let table = cumsum 1 (rand (Key 3) [ n; count ])
    let x = rand (Key 4) [ n; 3 ] * float count * 0.5

    let follow (table: Tensor) (x: Tensor) =
        let step (x: Tensor) =
            let i = (if name = "left" then searchSorted else searchSortedRight) (table * 0.5) (stack [ x ])
            let j = searchSorted table (stack [ x ])
            0.3 * x + Prim.reshape [||] (Prim.gather 0 table i) - 0.2 * Prim.reshape [||] (Prim.gather 0 table j)

        repeated 4 step x

    fun () ->
        if further then
            vmap (fun (table: Tensor, x: Tensor) -> vmap (follow table) x) (table, x)
        else
            vmap (fun (table: Tensor, x: Tensor) -> follow table x) (table, Prim.pick 1 0 x)

/// Solves of y' = u(t) − y², where u is linear between 50 values, the same for all samples or of each sample.
let private controlled (values: Tensor) (y0: Tensor) : Tensor =
    let ts = linspace 0.0 1.0 50

    let follow (values: Tensor) (y0: Tensor) =
        let between (t: Tensor) =
            let i = clip 0.0 48.0 (searchSortedRight ts (reshape [ 1 ] t) - 1)
            let at (x: Tensor) = take 0 i x, take 0 (i + 1) x
            let (a, b), (from, until) = at values, at ts
            a + (b - a) * (t - from) / (until - from)

        Ode.problem (fun t y -> between t - y * y) y0 (0.0, 1.0)
        |> Ode.tolerance 1e-5 1e-5
        |> Ode.perSample
        |> Ode.solveFinal

    if values.Rank = 1 then
        follow values y0
    else
        vmap (fun (values, y0: Tensor) -> follow values (reshape [ 1; 1 ] y0)) (values, y0)

[<Tests>]
let tests =
    testSequenced (
        testList
            "Engine.LaneEdge"
            [ for name, f in functions do
                  testCase $"{name}: 0, 1, 7 and 129 rows" (fun () ->
                      for n in [ 0; 1; 7; 129 ] do
                          let x = starts n
                          let x = if name.StartsWith "a loop" then Prim.pick 1 0 x else x
                          if n = 7 then expectLanes f x
                          check true (fun () -> f x)
                          if n > 0 then check false (fun () -> grad (f >> norm) x))

              for name, f in special do
                  testCase $"{name}: the bits of a plan" (fun () -> check true f)

              testCase "a loop inside runs only in the rows of its branch: the others would not end" (fun () ->
                  let x = tensor [ 0.0; 0.3; 5.0; 0.01; -1.0 ]
                  let alone = stack [ for i in 0 .. x.Count - 1 -> branching 1000000000 x[i] ]

                  for name, got in forms (fun () -> vmap (branching 1000000000) x) do
                      Expect.equal got (bits alone) name)

              for name in [ "left"; "right" ] do
                  for n, count in [ 1, 40; 7, 33; 129, 50; 7, 1000 ] do
                      testCase $"{n} tables of {count} by row, searched to the {name}" (fun () ->
                          check true (tables name n count false)
                          check true (tables name n count true))

              testCase "loops by row with tables of their own run by lanes" (fun () ->
                  let f (x: Tensor) =
                      vmap
                          (fun (table: Tensor, x: Tensor) ->
                              repeated
                                  3
                                  (fun x ->
                                      x * 0.5
                                      + Prim.reshape [||] (Prim.gather 0 table (searchSorted table (stack [ x ]))))
                                  x)
                          (cumsum 1 (abs x), Prim.pick 1 0 x)
                  expectLanes f (rand (Key 3) [ 5; 100 ]))

              for name, shape in [ "all samples", [ 50 ]; "each sample", [ 9; 50 ] ] do
                  testCase $"fields that read the control path of {name} run by lanes, with their gradients" (fun () ->
                      let values, y0 = randn (Key 5) shape, rand (Key 6) [ 9; 1 ]
                      let solve values = controlled values y0
                      expectLanes solve values
                      check true (fun () -> solve values)

                      if shape.Length = 1 then expectLanes (grad (solve >> norm)) values

                      check false (fun () -> grad (solve >> norm) values)
                      check false (fun () -> grad (controlled values >> norm) y0))

              testCase "the laws without vectors of the machine" (fun () ->
                  if Vector128.IsHardwareAccelerated then
                      Children.runWith [ "DOTNET_EnableHWIntrinsic", "0" ] 10.0 "lanes" 0 10) ]
    )
