module NeuralDE.Tests.Kernels.ReductionTests

open System
open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Engine
open NeuralDE.Kernels
open NeuralDE.Tests.Kernels.NativeArrays

let private run kind (dtype: Dtype) outer count inner after (x: NdArray) =
    use source = holdArray after x
    use target = holdArray (not after) (NdArray.Zeros(dtype, [| outer; inner |]))

    Reduction.Run(elementType dtype, kind, int64 outer, int64 count, int64 inner, source.Address, target.Address)

    readArray dtype [| outer; inner |] target

/// By the generic code with one width: 0 is one lane.
let private runWidth<'T, 'J
    when 'T: unmanaged
    and 'T :> Numerics.INumber<'T>
    and 'T: struct
    and 'T :> ValueType
    and 'T: (new: unit -> 'T)
    and 'J: struct
    and 'J :> ValueType
    and 'J :> IJoin
    and 'J: (new: unit -> 'J)>
    (width: int)
    (outer: int)
    (count: int)
    (inner: int)
    after
    (x: 'T[])
    : 'T[] =
    use source = hold after x
    use target = hold (not after) (Array.zeroCreate<'T>(outer * inner))
    let from, into = source.Address, target.Address
    let outers, counts, inners = int64 outer, int64 count, int64 inner

    match width with
    | 512 -> FloatReduction<'T, Lanes512<'T>, 'J>.Run(outers, counts, inners, from, into)
    | 256 -> FloatReduction<'T, Lanes256<'T>, 'J>.Run(outers, counts, inners, from, into)
    | _ -> FloatReduction<'T, Lane<'T>, 'J>.Run(outers, counts, inners, from, into)

    read target (outer * inner)

/// The documented tree in another form: a joined number or none.
let private tree (join: 'T -> 'T -> 'T) (neutral: 'T) (x: 'T[]) =
    let both a b =
        match a, b with
        | ValueSome a, ValueSome b -> ValueSome(join a b)
        | ValueSome a, ValueNone
        | ValueNone, ValueSome a -> ValueSome a
        | ValueNone, ValueNone -> ValueNone

    let element j = if j < x.Length then ValueSome x[j] else ValueNone

    /// the join of g, g + step, g + 2 step, … of the tile's groups
    let rec groups start g step =
        if step = 16 then
            [ 0; 16; 32; 48 ] |> List.map (fun j -> element (start + g + j)) |> List.reduce both
        else
            both (groups start g (2 * step)) (groups start (g + step) (2 * step))

    /// the tiles first .. first + size − 1, size a power of two
    let rec tiles first size =
        if size = 1 then
            groups (64 * first) 0 1
        else
            both (tiles first (size / 2)) (tiles (first + size / 2) (size / 2))

    let count = (x.Length + 63) / 64
    let powers = [ 0..30 ] |> List.filter (fun bit -> count >>> bit &&& 1 = 1) // from the right

    let rest, _ =
        List.fold
            (fun (sum, stop) bit -> both (tiles (stop - (1 <<< bit)) (1 <<< bit)) sum, stop - (1 <<< bit))
            (ValueNone, count)
            powers

    match rest with
    | ValueSome value -> join neutral value
    | ValueNone -> neutral

let private column count inner i o (x: 'T[]) = Array.init count (fun j -> x[(o * count + j) * inner + i])

let inline private sums< ^T
    when ^T: unmanaged
    and ^T: struct
    and ^T :> ValueType
    and ^T: (new: unit -> ^T)
    and ^T: equality
    and ^T :> Numerics.INumber< ^T >
    and ^T: (static member (+): ^T * ^T -> ^T)>
    (make: float -> ^T)
    (outer: int)
    (count: int)
    (inner: int)
    =
    let random = System.Random(count * 1000 + inner)
    let x = Array.init (outer * count * inner) (fun _ -> make (random.NextDouble() * 2.0 - 1.0))
    let zero = make 0.0

    let expected =
        Array.init (outer * inner) (fun at ->
            tree (fun a b -> a + b) zero (column count inner (at % inner) (at / inner) x))

    for width in widths do
        let got = runWidth< ^T, ElementSum> width outer count inner (count % 2 = 0) x

        for at in 0 .. expected.Length - 1 do
            if got[at] <> expected[at] then
                failtest $"sum of [{outer}; {count}; {inner}], width {width}: {got[at]}, expected {expected[at]}"

/// Numbers including NaN, infinities and both zeros.
let private numbers (dtype: Dtype) (shape: int[]) seed =
    let random = System.Random(seed: int)
    let special = [| nan; infinity; -infinity; -0.0; 0.0; 5e-324; 1e-40 |]
    let size = Shape.stored "test" shape

    if dtype.IsFloat then
        let share = random.Next 40 + 2

        let value _ =
            if random.Next share = 0 then
                special[random.Next special.Length]
            else
                random.NextDouble() - 0.5

        NdArray.OfFloats(dtype, shape, Array.init size value)
    else
        NdArray.OfIntegers(dtype, shape, Array.init size (fun _ -> random.NextInt64() <<< random.Next 2))

let private shapes =
    [ for count in 1..40 -> [| 3; count; 1 |]
      for count in [ 63; 64; 65; 100; 129; 256 ] -> [| 2; count; 1 |]
      for count in [ 1; 2; 7; 16; 20; 64; 70; 130 ] do
          for inner in [ 2; 3; 8; 15; 33; 150 ] -> [| 2; count; inner |]
      yield! [ [| 0; 4; 3 |]; [| 4; 3; 0 |] ] ]

[<Tests>]
let tests =
    testList
        "Kernels.Reduction"
        [ testCase "sums follow the documented tree at every width and length" (fun () ->
              for count in 0..256 do
                  sums float32 2 count 1
                  sums float 2 count 1

              for count in [ 0; 1; 2; 3; 8; 9; 15; 16; 17; 24; 25; 33; 50; 63; 64; 65; 127; 128; 200; 256; 449; 1000 ] do
                  for inner in [ 2; 3; 5; 8; 17; 31; 40 ] do
                      sums float32 2 count inner
                      sums float 1 count inner

              for inner in 0..256 do
                  sums float32 1 21 inner

              for count in [ 64 * 37 + 5; 64 * 64; 20000 ] do
                  sums float32 1 count 1
                  sums float 1 count 3)

          testCase "float32 sums stay near the exact ones" (fun () ->
              let random = System.Random 5
              let x = Array.init 1_000_000 (fun _ -> float32 (random.NextDouble()))
              let got = run ReductionKind.Sum Float32 1 x.Length 1 false (NdArray(Float32, [| x.Length |], x))
              let exact = Array.sumBy float x
              let error = abs (got.Floats[0] - exact) / exact
              Expect.isTrue (error < 3e-7) $"relative error {error}, expected below 3e-7")

          testCase "maxima agree with the evaluator" (fun () ->
              for dtype in [ Float32; Float64; Int32; Int64; Bool ] do
                  shapes
                  |> List.iteri (fun seed shape ->
                      let x = numbers dtype shape seed
                      let outer, count, inner = shape[0], shape[1], shape[2]
                      let expected = EvaluateAxes.reduce Reduce.Maximum [| 1 |] [| outer; inner |] x
                      let got = run ReductionKind.Maximum dtype outer count inner (seed % 2 = 0) x
                      sameBits $"maximum {dtype} %A{shape}" expected got

                      if dtype = Float32 then
                          for width in widths do
                              let values =
                                  runWidth<float32, ElementMaximum>
                                      width
                                      outer
                                      count
                                      inner
                                      true
                                      (x.Data :?> float32[])

                              let got = NdArray(dtype, [| outer; inner |], values)
                              sameBits $"maximum {dtype} %A{shape} width {width}" expected got))

          testCase "threads change no bits" (fun () ->
              let before = ThreadTeam.Threads

              let onTeam kind (dtype: Dtype) (shape: int[]) (x: NdArray) =
                  let outer, count, inner = shape[0], shape[1], shape[2]
                  use source = holdArray true x
                  use target = holdArray false (NdArray.Zeros(dtype, [| outer; inner |]))

                  ReductionTeam.Run(
                      elementType dtype,
                      kind,
                      int64 outer,
                      int64 count,
                      int64 inner,
                      source.Address,
                      target.Address
                  )

                  readArray dtype [| outer; inner |] target

              try
                  for shape in
                      [ [| 1; 200_000; 1 |]
                        [| 1; 4096; 40 |]
                        [| 1; 4097; 33 |]
                        [| 1; 5000; 64 |]
                        [| 1; 130; 2000 |]
                        [| 1; 100; 2000 |]
                        [| 3; 30_000; 2 |]
                        [| 70; 30; 50 |]
                        [| 50_001; 7; 1 |] ] do
                      for dtype in [ Float32; Float64; Int32; Int64; Bool ] do
                          for kind in [ ReductionKind.Sum; ReductionKind.Maximum ] do
                              if not (dtype = Bool && kind = ReductionKind.Sum) then
                                  let x = numbers dtype shape 11
                                  ThreadTeam.Threads <- 1
                                  let expected = run kind dtype shape[0] shape[1] shape[2] true x

                                  for threads in [ 1; 2; 3; 8 ] do
                                      ThreadTeam.Threads <- threads
                                      let got = onTeam kind dtype shape x
                                      sameBits $"{kind} {dtype} %A{shape}, {threads} threads" expected got
              finally
                  ThreadTeam.Threads <- before)

          testCase "sums of integers wrap" (fun () ->
              for dtype in [ Int32; Int64 ] do
                  for shape in [| 2; 0; 3 |] :: [| 2; 0; 1 |] :: shapes do
                      let x = numbers dtype shape 7
                      let outer, count, inner = shape[0], shape[1], shape[2]
                      let expected = EvaluateAxes.reduce Reduce.Sum [| 1 |] [| outer; inner |] x
                      sameBits $"sum {dtype} %A{shape}" expected (run ReductionKind.Sum dtype outer count inner true x))

          testCase "sums of special numbers" (fun () ->
              for dtype in [ Float32; Float64 ] do
                  for values, expected in
                      [ [| -0.0; -0.0 |], 0.0
                        [| infinity; 1.0; -infinity |], nan
                        [| infinity; 1.0 |], infinity
                        [| nan; 1.0 |], nan
                        [| 0.5 ** 149; 0.5 ** 149 |], 0.5 ** 148
                        [||], 0.0 ] do
                      for inner in [ 1; 2 ] do
                          let n = values.Length
                          let x =
                              NdArray.OfFloats(
                                  dtype,
                                  [| n; inner |],
                                  Array.init (n * inner) (fun i -> values[i / inner])
                              )
                          let got = run ReductionKind.Sum dtype 1 n inner false x
                          let expected = NdArray.OfFloats(dtype, [| 1; inner |], Array.create inner expected)
                          sameBits $"sum of {dtype} %A{values} beside {inner}" expected got)

          testCase "indices of maxima agree with the evaluator" (fun () ->
              for dtype in [ Float32; Float64; Int32; Int64; Bool ] do
                  shapes
                  |> List.iteri (fun seed shape ->
                      let x = numbers dtype shape seed
                      let outer, count, inner = shape[0], shape[1], shape[2]
                      let expected = EvaluateAxes.argMax 1 [| outer; inner |] x
                      use source = holdArray true x
                      use target = holdArray true expected

                      Scans.ArgMax(
                          elementType dtype,
                          int64 outer,
                          int64 count,
                          int64 inner,
                          source.Address,
                          target.Address
                      )

                      sameBits $"argmax {dtype} %A{shape}" expected (readArray Int64 [| outer; inner |] target)))

          testCase "cumulative sums agree with the evaluator" (fun () ->
              for dtype in [ Float32; Float64; Int32; Int64 ] do
                  for reverse in [ false; true ] do
                      [| 2; 0; 3 |] :: [| 2; 5; 600 |] :: shapes
                      |> List.iteri (fun seed shape ->
                          let x = numbers dtype shape seed
                          let expected = EvaluateAxes.cumSum 1 reverse x
                          use source = holdArray true x
                          use target = holdArray false (NdArray.Zeros(dtype, shape))

                          Scans.CumSum(
                              elementType dtype,
                              reverse,
                              int64 shape[0],
                              int64 shape[1],
                              int64 shape[2],
                              source.Address,
                              target.Address
                          )

                          sameBits
                              $"cumsum {dtype} reverse {reverse} %A{shape}"
                              expected
                              (readArray dtype shape target))) ]
