/// A loop with two streams of emissions, each written at its own iterations.
module NeuralDE.Tests.Engine.EmissionStreamTests

open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor

let private float0: Signature = { Dtype = Float64; Shape = [||] }
let private int0: Signature = { Dtype = Int32; Shape = [||] }

/// x ← p x, ten times. The first stream emits x if the counter is even; the second emits x² and the counter if it
/// exceeds `from`.
let private loop: Loop =
    { Batch = [||]
      States = 1
      Registers = 1
      Streams = [| { Emits = 1; Capacity = ValueSome 7 }; { Emits = 2; Capacity = ValueSome 10 } |]
      Tape = Budget 1L
      Watch = ValueNone
      Body =
        Tracing.closed [| float0; int0; float0; int0 |] (fun x ->
            let x, count, p, from = x[0], x[1], x[2], x[3]
            let next = Prim.plus 1.0 count
            let isEven = Prim.isNumber (Prim.binary Mod count (Prim.integer 2)) 0
            let isLate = Prim.compare GreaterEqual count from

            [| x * p
               next
               x
               x * x
               Prim.cast Float64 count
               Prim.literal Bool 1.0
               isEven
               isLate
               Prim.compareTo GreaterEqual next 10.0 |]) }

let private run (x: Tensor) (p: Tensor) (from: Tensor) = Prim.apply (Loop loop) [| x; Prim.literal Int32 0.0; p; from |]

let private ofLoop (x: Tensor) (p: Tensor) =
    let y = run x p (scalar 6)
    sum y[2] + 3.0 * sum y[3]

/// The same in closed form: Σ x p^2k, k < 5, and 3 Σ x² p^2k, k = 6 … 9.
let private known (x: Tensor) (p: Tensor) =
    let even = List.init 5 (fun k -> x * p ** float (2 * k)) |> List.reduce (+)
    let late = List.init 4 (fun k -> x * x * p ** float (2 * (k + 6))) |> List.reduce (+)
    even + 3.0 * late

let private near what (expected: Tensor) (got: Tensor) =
    let expected, got = expected.ToArray(), got.ToArray()
    Expect.equal got.Length expected.Length what
    Array.iter2 (fun e g -> Expect.near (1e-12 * (1.0 + abs e)) g e what) expected got

let private x, p = scalar 1.3, scalar 0.9

[<Tests>]
let tests =
    testList
        "Engine.EmissionStreams"
        [ testCase "each stream fills its own rows; unwritten rows are 0" (fun () ->
              let y = run x p (scalar 6)
              let power k = 1.3 * 0.9 ** float k
              near "first" (tensor [ for k in 0..6 -> if k < 5 then power (2 * k) else 0.0 ]) y[2]
              near "second" (tensor [ for k in 6..15 -> if k < 10 then power k ** 2.0 else 0.0 ]) y[3]
              near "beside it" (tensor [ for k in 6..15 -> if k < 10 then float k else 0.0 ]) y[4])

          testCase "derivatives of both streams, forward, reverse and twice" (fun () ->
              near "value" (known x p) (ofLoop x p)
              near "reverse" (grad (known x) p) (grad (ofLoop x) p)
              near "by the start" (grad (fun x -> known x p) x) (grad (fun x -> ofLoop x p) x)
              near "forward" (snd (jvp (known x) p (scalar 1.0))) (snd (jvp (ofLoop x) p (scalar 1.0)))
              near "second" (grad (grad (known x)) p) (grad (grad (ofLoop x)) p)
              near "third" (grad (grad (grad (known x))) p) (grad (grad (grad (ofLoop x))) p))

          testCase "rows that write at different iterations" (fun () ->
              let rows = tensor [ 2; 9; 5 ] |> cast Int32
              let some (from: Tensor) = (let y = run x p from in y[2], y[3], y[4])
              let a, b, c = vmap some rows

              for k in 0..2 do
                  let ak, bk, ck = some rows[k]
                  near "first" ak a[k]
                  near "second" bk b[k]
                  near "beside it" ck c[k])

          testList
              "as many rows as fill whole vectors, whose counts end where the next array begins"
              [ for n in [ 16; 32; 64 ] do
                    testCase (string n) (fun () ->
                        let rows = tensor [ for k in 0 .. n - 1 -> k % 11 ] |> cast Int32
                        let some (from: Tensor) = (let y = run x p from in y[2], y[3], y[4])
                        let a, b, c = vmap some rows

                        for k in 0 .. n - 1 do
                            let ak, bk, ck = some rows[k]
                            near "first" ak a[k]
                            near "second" bk b[k]
                            near "beside it" ck c[k]) ]

          testCase "counts of 16 rows before a captured array leave its numbers alone" (fun () ->
              let small, large, flags = [| 16; 2 |], [| 16; 5 |], [| 16 |]
              let float (shape: int[]) : Signature = { Dtype = Float64; Shape = shape }
              let yes = Prim.fill Bool flags 1.0

              let once: Loop =
                  { Batch = flags
                    States = 1
                    Registers = 0
                    Streams = [| { Emits = 1; Capacity = ValueSome 1 } |]
                    Tape = Everything
                    Watch = ValueNone
                    Body =
                      Tracing.closed [| float large; float large |] (fun x ->
                          let next = x[0] + x[1]
                          let isLarge = Prim.compareTo Greater (Prim.sumOver [| 1 |] next) 0.0
                          [| next; x[0] * x[1]; yes; yes; isLarge |]) }

              // the loop's three arrays of flags and its counts fill the 256 bytes of `first`, which is not used after
              // `captured`, the next array
              let g =
                  Tracing.closed [| float small; float [| 2; 5 |]; float large |] (fun x ->
                      let first = Prim.cumSum 0 false x[0]
                      let captured = Prim.dot first x[1]
                      Prim.apply (Loop once) [| x[2]; captured |])

              let ones (s: Signature) =
                  NdArray.OfFloats(Float64, s.Shape, Array.create (Shape.stored "test" s.Shape) 1.0)
              let result = (Agreement.byPlan g (g.Inputs |> Array.map ones))

              match result with
              | Ok found ->
                  let expected =
                      [| for row in 1..16 do
                             for _ in 1..5 -> 1.0 + 2.0 * Operators.float row |]
                  Expect.equal found[0].Floats expected "1 + captured"
              | Error message -> failtest message)

          testCase "gradients of rows that write at different iterations" (fun () ->
              let rows = tensor [ 2; 9; 5 ] |> cast Int32
              let slope from = grad (fun p -> (let y = run x p from in sum y[2] + sum y[3])) p
              let all = vmap slope rows

              for k in 0..2 do
                  near "gradient" (slope rows[k]) all[k]) ]
