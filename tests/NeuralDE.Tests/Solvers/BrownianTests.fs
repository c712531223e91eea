/// Brownian motion as a function of key and time: statistical tests of its law with fixed keys, with bounds of five standard
/// deviations of the estimate, and exact properties.
module NeuralDE.Tests.Solvers.BrownianTests

open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Calculus
open NeuralDE.Internal.Equations
open NeuralDE.Tests.Solvers.OdeCases

let private count = 20000
let private float64Of (shape: int list) = { Signature.Dtype = Float64; Shape = List.toArray shape }

/// W(t) on [t0, t1]
let private path (t0: float) (t1: float) shape (key: Key) (t: float) : Tensor =
    Brownian.at (float64Of shape) key (scalar t0) (scalar t1) (scalar t)

/// W(t) on [0, 1] of many components.
let private many (key: int) (t: float) : float[] = path 0.0 1.0 [ count ] (Key key) t |> numbers

let private meanOf (x: float[]) = Array.average x
let private product (x: float[]) (y: float[]) = meanOf (Array.map2 (*) x y)

/// The mean of x y is within five deviations of its value; x and y have variances a and b.
let private correlates what a b (expected: float) (x: float[]) (y: float[]) =
    let deviation = sqrt ((a * b + expected * expected) / float x.Length)
    within (5.0 * deviation) what [ expected ] [ product x y ]

/// Off the grid of every level, on a grid, near the ends, in the first of the last intervals and in the last of them.
let private times = [ 0.3; 0.7182818; 0.5; 0.75; 1.0 / 3.0; 1e-3; 0.999; 1e-8; 1.0 - 2e-8; 1.0 ]

let private pairs =
    [ 0.2, 0.7; 0.5, 0.75; 0.4999, 0.5001; 0.25, 0.250001; 1e-9, 0.6; 0.3, 1.0; 1.0 / 3.0, 2.0 / 3.0 ]

let private law =
    testList
        "The law"
        [ testCase "means and variances" (fun () ->
              for t in times do
                  let w = many 1 t
                  within (5.0 * sqrt (t / float count)) $"the mean at {t}" [ 0.0 ] [ meanOf w ]
                  correlates $"the variance at {t}" t t t w w)

          testCase "covariances are the smaller time" (fun () ->
              for s, t in pairs do
                  correlates $"{s} and {t}" s t (min s t) (many 2 s) (many 2 t))

          testCase "increments over disjoint intervals are independent, with their lengths as variances" (fun () ->
              let grid = [ 0.0; 1e-6; 0.1; 0.25; 0.250002; 0.4; 0.5; 0.51; 0.8; 0.99999; 1.0 ]
              let increments = [ for a, b in List.pairwise grid -> b - a, Array.map2 (-) (many 3 b) (many 3 a) ]

              for i, (h, x) in List.indexed increments do
                  for j, (k, y) in List.indexed increments do
                      if j >= i then correlates $"increments {i} and {j}" h k (if i = j then h else 0.0) x y)

          testCase "steps twice as long as the last intervals are still independent" (fun () ->
              let h = 2.0 ** float -(Brownian.depth - 1)
              isAtMost "their length" 1.2e-7 h

              for from in [ 0.0; 0.3; 0.7182818 ] do
                  let increments =
                      [ for k in 0..3 ->
                            Array.map2 (-) (many 10 (from + float (k + 1) * h)) (many 10 (from + float k * h)) ]

                  for i in 0..3 do
                      for j in i..3 do
                          correlates
                              $"{i} and {j} from {from}"
                              h
                              h
                              (if i = j then h else 0.0)
                              increments[i]
                              increments[j])

          testCase "the third and fourth moments are those of the normal law" (fun () ->
              for t in times do
                  let w = many 4 t |> Array.map (fun w -> w / sqrt t)
                  let moment n = meanOf (w |> Array.map (fun w -> w ** n))
                  let within variance what expected got =
                      within (5.0 * sqrt (variance / float count)) $"{what} at {t}" [ expected ] [ got ]
                  within 15.0 "moment 3" 0.0 (moment 3.0)
                  within 96.0 "moment 4" 3.0 (moment 4.0))

          testCase "at the midpoint of known values: their mean, and a quarter of the length as variance" (fun () ->
              for a, b in [ 0.0, 1.0; 0.25, 0.5; 0.375, 0.4375; 0.1, 0.9 ] do
                  let wa, wb, middle = many 5 a, many 5 b, many 5 (0.5 * (a + b))
                  let off = Array.map3 (fun x y m -> m - 0.5 * (x + y)) wa wb middle
                  let variance = 0.25 * (b - a)
                  correlates $"variance between {a} and {b}" variance variance variance off off
                  correlates $"with {a}" variance a 0.0 off wa
                  correlates $"with {b}" variance b 0.0 off wb)

          testCase "components and keys are independent" (fun () ->
              for t in [ 0.5; 0.3; 1.0 ] do
                  let columns = path 0.0 1.0 [ count; 2 ] (Key 6) t
                  correlates $"columns at {t}" t t 0.0 (numbers columns[*, 0]) (numbers columns[*, 1])
                  let w = many 6 t
                  correlates $"neighbours at {t}" t t 0.0 w[.. count - 2] w[1..]
                  correlates $"keys 6 and 7 at {t}" t t 0.0 w (many 7 t)
                  correlates
                      $"a key and its first child at {t}"
                      t
                      t
                      0.0
                      w
                      (path 0.0 1.0 [ count ] (Key.fold 0 (Key 6)) t |> numbers))

          testCase "the squared steps of a path add up to the time" (fun () ->
              let steps = 4096
              let at k = float (path 0.0 1.0 [] (Key 8) (float k / float steps))
              let total = List.init steps (fun k -> (at (k + 1) - at k) ** 2.0) |> List.sum
              within (5.0 * sqrt (2.0 / float steps)) "their sum" [ 1.0 ] [ total ])

          testCase "on any interval, also backwards" (fun () ->
              for t0, t1 in [ 2.0, 5.0; 1.0, -3.0; 1e6, 1e6 + 0.5 ] do
                  let w part = path t0 t1 [ count ] (Key 9) (t0 + part * (t1 - t0)) |> numbers
                  let span = abs (t1 - t0)
                  same $"at {t0}" (Array.zeroCreate count) (w 0.0)
                  correlates $"at {t1}" span span span (w 1.0) (w 1.0)
                  correlates $"between {t0} and {t1}" (0.3 * span) (0.6 * span) (0.3 * span) (w 0.3) (w 0.6)) ]

let private bits =
    testList
        "Exact properties"
        [ testCase "0 at the start, NaN outside, 0 on an interval of length 0" (fun () ->
              same "at 0" [ 0.0; 0.0 ] (path 0.0 1.0 [ 2 ] (Key 1) 0.0 |> numbers)
              same "before" [ nan; nan ] (path 0.0 1.0 [ 2 ] (Key 1) -1e-12 |> numbers)
              same "after" [ nan; nan ] (path 0.0 1.0 [ 2 ] (Key 1) 1.000001 |> numbers)
              same "of length 0" [ 0.0 ] (path 2.0 2.0 [ 1 ] (Key 1) 2.0 |> numbers))

          testCase "a key and a time give one value: in any order, in a batch, in a graph" (fun () ->
              let ts = [ 0.9; 0.1; 0.5; 0.3; 0.25; 1.0; 0.0 ]
              let at t = path 0.0 1.0 [ 3; 5 ] (Key 2) t
              let alone = ts |> List.map (at >> numbers)
              same "in another order" (Seq.concat (List.rev alone)) (ts |> List.rev |> Seq.collect (at >> numbers))
              let batch t = Brownian.at (float64Of [ 3; 5 ]) (Key 2) (scalar 0.0) (scalar 1.0) t
              same "in a batch" (Seq.concat alone) (vmap batch (tensor ts) |> numbers)

              for t, w in List.zip ts alone do
                  let arguments = [| scalar t; (Key 2).Tensor; scalar 0.0; scalar 1.0 |]
                  let out = Prim.call (Brownian.control [| float64Of [ 3; 5 ] |]) arguments
                  same "as a control" w (numbers out[0]))

          testCase "a batch of keys gives the path of each key" (fun () ->
              let keys = Key.splitN 4 (Key 3)
              let control = Brownian.control [| float64Of [ 6 ] |]
              let batch = stack [ for key in keys -> key.Tensor ]
              let arguments = [| scalar 0.3, false; batch, true; scalar 0.0, false; scalar 1.0, false |]
              let out = Batch.vmapFn (Call(control, Inline)) 4 arguments
              let rows = fst out[0]
              same "rows" (keys |> Seq.collect (fun key -> path 0.0 1.0 [ 6 ] key 0.3 |> numbers)) (numbers rows))

          testCase "one graph for all keys" (fun () ->
              Expect.same
                  (Brownian.control [| float64Of [ 6 ] |])
                  (Brownian.control [| float64Of [ 6 ] |])
                  "the control"
              Expect.isFalse
                  (obj.ReferenceEquals(Brownian.control [| float64Of [ 6 ] |], Brownian.control [| float64Of [ 7 ] |]))
                  "another shape has the same control, expected a different one")

          testCase "float32 is the same path, rounded" (fun () ->
              let at dtype =
                  Brownian.at { Dtype = dtype; Shape = [| 50 |] } (Key 4) (scalar 0.0) (scalar 2.0) (scalar 0.7)
              Expect.equal (at Float32).Dtype Float32 "the dtype"
              same "values" (at Float64 |> cast Float32 |> numbers) (at Float32 |> numbers))

          testCase "no derivative by times" (fun () ->
              let w (t: Tensor) = sum (Brownian.at (float64Of [ 3 ]) (Key 5) (0.0 * t) (2.0 * t) t)
              same "dW/dt" [ 0.0 ] [ float (grad w (scalar 0.7)) ]) ]

[<Tests>]
let tests = testList "Solvers.Brownian" [ law; bits ]
