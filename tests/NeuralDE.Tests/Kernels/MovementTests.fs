module NeuralDE.Tests.Kernels.MovementTests

open System
open Expecto
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Engine
open NeuralDE.Kernels
open NeuralDE.Tests.Kernels.NativeArrays

/// The offset of every element of a view in row-major order.
let private places (extents: int64[]) (strides: int64[]) =
    let count = Array.fold (*) 1L extents

    Array.init (int count) (fun i ->
        let mutable rest = int64 i
        let mutable place = 0L

        for axis in extents.Length - 1 .. -1 .. 0 do
            place <- place + rest % extents[axis] * strides[axis]
            rest <- rest / extents[axis]

        int place)

let private numbers size count = Array.init (size * count) (fun i -> byte (i * 7 + i / 256 * 31 + 1))

/// Copies out of a view and back into one, each in separate memory.
let private moves size (extents: int64[]) (strides: int64[]) (first: int) (count: int) after =
    let case () = $"size {size}, extents %A{extents}, strides %A{strides}, first {first}, count {count}, after {after}"

    let same what (expected: byte[]) (got: byte[]) =
        if not (expected.AsSpan().SequenceEqual got) then
            failtest $"{case ()}: {what} %A{got}, expected %A{expected}"

    let all = places extents strides
    let lowest = if all.Length = 0 then 0 else Array.min all
    let length = if all.Length = 0 then 0 else Array.max all - lowest + 1
    let shifted = all |> Array.map (fun place -> place - lowest)
    let view = numbers size length
    use extentMemory = hold false extents
    use strideMemory = hold false strides
    use viewMemory = hold after view
    use target = hold after (Array.zeroCreate<byte>(size * count))
    let origin = viewMemory.Address - nativeint (lowest * size)
    let rank = extents.Length

    Movement.Copy(
        size,
        rank,
        extentMemory.Address,
        strideMemory.Address,
        origin,
        target.Address,
        int64 first,
        int64 count
    )

    let expected = Array.init (size * count) (fun b -> view[shifted[first + b / size] * size + b % size])

    same "copied" expected (read target (size * count))

    if Array.distinct all |> Array.length = all.Length then
        let source = numbers size (count + 3) |> Array.skip (3 * size)
        use sourceMemory = hold after source

        Movement.Place(
            size,
            rank,
            extentMemory.Address,
            strideMemory.Address,
            sourceMemory.Address,
            origin,
            int64 first,
            int64 count
        )

        for i in 0 .. count - 1 do
            Array.blit source (i * size) view (shifted[first + i] * size) size

        same "placed" view (read viewMemory view.Length)

/// Numbers of every type, including NaN, infinities and both zeros for floats.
let private random (dtype: Dtype) (shape: int[]) (random: System.Random) =
    let special = [| nan; infinity; -infinity; -0.0; 0.0; 5e-324; 1e-40 |]

    if dtype.IsFloat then
        let value _ =
            if random.Next 6 = 0 then
                special[random.Next special.Length]
            else
                random.NextDouble() - 0.5

        NdArray.OfFloats(dtype, shape, Array.init (Shape.stored "test" shape) value)
    else
        NdArray.OfIntegers(dtype, shape, Array.init (Shape.stored "test" shape) (fun _ -> random.NextInt64()))

[<Tests>]
let tests =
    testList
        "Kernels.Movement"
        [ testCase "runs of every length and stride" (fun () ->
              for size in [ 1; 4; 8 ] do
                  for stride in [ -2L; -1L; 0L; 1L; 3L ] do
                      for n in 0..256 do
                          moves size [| int64 n |] [| stride |] 0 n (n % 2 = 0)

                      moves size [| 256L |] [| stride |] 37 190 true)

          testCase "transposed matrices" (fun () ->
              for size in [ 1; 4; 8 ] do
                  for rows in [ 1L; 2L; 5L; 7L; 8L; 9L; 15L; 16L; 17L; 24L; 31L; 40L ] do
                      for columns in [ 1L; 2L; 3L; 8L; 11L; 16L; 33L ] do
                          let whole = int (rows * columns)
                          moves size [| rows; columns |] [| 1L; rows |] 0 whole (rows % 2L = 0L)
                          moves
                              size
                              [| rows; columns |]
                              [| 1L; rows + 3L |]
                              (whole / 3)
                              (whole - whole / 3 - whole / 5)
                              true)

          testCase "views of any rank, from any element to any other" (fun () ->
              let random = System.Random 1

              for case in 1..3000 do
                  let rank = random.Next 6
                  let extents = Array.init rank (fun _ -> int64 (random.Next(1, (if rank > 3 then 5 else 14))))

                  let strides =
                      match random.Next 3 with
                      | 0 -> Array.init rank (fun _ -> int64 (random.Next(-20, 21)))
                      | _ ->
                          // a permuted, partly reversed array with gaps
                          let order = Array.init rank id
                          random.Shuffle order
                          let strides = Array.zeroCreate rank
                          let mutable step = 1L

                          for axis in order do
                              strides[axis] <- if random.Next 4 = 0 then -step else step
                              step <- step * (extents[axis] + int64 (random.Next 2))

                          strides

                  let whole = int (Array.fold (*) 1L extents)
                  let first = if random.Next 2 = 0 then 0 else random.Next(whole + 1)
                  let count = if random.Next 2 = 0 then whole - first else random.Next(whole - first + 1)
                  moves [| 1; 4; 8 |].[case % 3] extents strides first count (random.Next 2 = 0))

          testCase "long rows are repeated" (fun () ->
              for columns in [ 1L; 3L; 100L; 3000L ] do
                  moves 4 [| 9000L / columns; columns |] [| 0L; 1L |] 2 (int (9000L / columns * columns) - 4) true)

          testCase "memory is filled with one element" (fun () ->
              for n in 0..256 do
                  for size, bits in [ 1, 0xABL; 4, 0x0102_0304L; 8, 0x0102_0304_0506_0708L ] do
                      use target = hold (n % 2 = 0) (Array.zeroCreate<byte>(n * size))
                      Movement.Fill(size, target.Address, int64 n, bits)
                      let got: byte[] = read target (n * size)
                      let expected = Array.init (n * size) (fun i -> byte (bits >>> 8 * (i % size)))

                      if got <> expected then failtest $"{n} elements of {size} bytes: %A{got}, expected %A{expected}")

          testCase "indices along an axis" (fun () ->
              for dtype in [ Float32; Float64; Int32; Int64; Bool ] do
                  for shape, axis in [ [| 256 |], 0; [| 3; 5; 2 |], 1; [| 4; 7 |], 0; [| 1; 9 |], 1; [| 0; 3 |], 1 ] do
                      let op = Op.Iota({ Dtype = dtype; Shape = shape }, axis)
                      let expected = Evaluate.primitive op { Dtype = dtype; Shape = shape } [||]
                      let struct (_, extent, inner) = EvaluateMovement.around axis shape

                      for first in 0 .. max 1 (expected.Length / 3) .. expected.Length do
                          let part = expected.Length - first
                          use target = holdArray true (NdArray.Zeros(dtype, [| part |]))

                          Movement.Iota(
                              elementType dtype,
                              int64 extent,
                              int64 inner,
                              target.Address,
                              int64 first,
                              int64 part
                          )

                          let tail = NdArray.OfIntegers(dtype, [| part |], expected.Integers[first..])
                          sameBits
                              $"{dtype} %A{shape} axis {axis} from {first}"
                              tail
                              (readArray dtype [| part |] target))

          testCase "gathered rows agree with the evaluator" (fun () ->
              let source = System.Random 2

              for dtype in [ Float32; Float64; Int32; Int64; Bool ] do
                  for indexDtype in [ Int32; Int64 ] do
                      for batches, rows, indices, width in
                          [ 1, 5, 9, 1; 3, 4, 6, 3; 2, 7, 3, 33; 2, 1, 0, 4; 1, 3, 2, 0 ] do
                          let x = random dtype [| batches; rows; width |] source
                          let at = Array.init (batches * indices) (fun _ -> source.NextInt64(-3L, int64 rows + 3L))
                          let at = NdArray.OfIntegers(indexDtype, [| batches; indices |], at)
                          let shape = [| batches; indices; width |]
                          let expected = EvaluateMovement.gather 1 shape x at
                          use operand = holdArray true x
                          use index = holdArray false at
                          use target = holdArray false (NdArray.Zeros(dtype, shape))

                          Indexing.Gather(
                              elementType dtype,
                              elementType indexDtype,
                              int64 batches,
                              int64 rows,
                              int64 indices,
                              int64 width,
                              operand.Address,
                              index.Address,
                              target.Address
                          )

                          sameBits
                              $"gather {dtype} by {indexDtype} of %A{shape}"
                              expected
                              (readArray dtype shape target))

          testCase "scattered rows agree with the evaluator" (fun () ->
              let source = System.Random 3

              let kinds = [ ScatterAdd, ScatterKind.Add; ScatterMax, ScatterKind.Max; ScatterSet, ScatterKind.Set ]

              for dtype in [ Float32; Float64; Int32; Int64; Bool ] do
                  for op, kind in kinds do
                      for indexDtype in [ Int32; Int64 ] do
                          for batches, rows, indices, width in
                              [ 1, 50, 9, 1; 3, 9, 6, 3; 2, 7, 5, 67; 2, 1, 0, 4; 1, 3, 2, 0 ] do
                              let shape = [| batches; rows; width |]
                              let x = random dtype shape source

                              let at = Array.init (batches * indices) (fun _ -> source.NextInt64(-3L, int64 rows + 3L))

                              // at most one float is added to a sum, because a second one would be rounded once more
                              // than in the evaluator
                              let at =
                                  if op = ScatterAdd && dtype.IsFloat then
                                      Array.init at.Length (fun i ->
                                          if Array.contains at[i] at[.. i - 1] then -1L else at[i])
                                  else
                                      at

                              let at = NdArray.OfIntegers(indexDtype, [| batches; indices |], at)
                              let y = random dtype [| batches; indices; width |] source
                              let expected = EvaluateMovement.scatter op 1 x at y
                              use operand = holdArray true x
                              use index = holdArray false at
                              use updates = holdArray true y
                              use target = holdArray false (NdArray.Zeros(dtype, shape))

                              Indexing.Scatter(
                                  kind,
                                  elementType dtype,
                                  elementType indexDtype,
                                  int64 batches,
                                  int64 rows,
                                  int64 indices,
                                  int64 width,
                                  operand.Address,
                                  index.Address,
                                  updates.Address,
                                  target.Address
                              )

                              sameBits
                                  $"{op} {dtype} by {indexDtype} of %A{shape}"
                                  expected
                                  (readArray dtype shape target)) ]
