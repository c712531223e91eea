module NeuralDE.Tests.Kernels.GemmTests

#nowarn "9" "51" // addresses

open System
open System.Runtime.InteropServices
open System.Runtime.Intrinsics
open Expecto
open NeuralDE.Tests
open NeuralDE.Kernels

// ── elements of both types, in memory that ends where the operand ends ───────────────────────────────────────────

/// The properties of an element type that the tests need.
type private Element<'T> =
    { Type: ElementType
      OfFloat: float -> 'T
      Fma: 'T -> 'T -> 'T -> 'T
      Bits: 'T -> int64
      Read: nativeint -> int -> 'T[]
      Write: 'T[] -> nativeint -> unit
      Widths: (string * (GemmOperands -> unit)) list }

let private widths a b c =
    [ if Vector512.IsHardwareAccelerated then "512 bit", a
      if Vector256.IsHardwareAccelerated then "256 bit", b
      "one lane", c ]

let private float32s =
    { Type = ElementType.Float32
      OfFloat = float32
      Fma = fun a b c -> MathF.FusedMultiplyAdd(a, b, c)
      Bits = fun a -> if Single.IsNaN a then -1L else int64 (BitConverter.SingleToUInt32Bits a)
      Read =
        fun address n ->
            let values: float32[] = Array.zeroCreate n
            Marshal.Copy(address, values, 0, n)
            values
      Write = fun (values: float32[]) address -> Marshal.Copy(values, 0, address, values.Length)
      Widths =
        widths
            (fun o -> let mutable o = o in Gemm.Run<Lanes512<float32>>(&&o))
            (fun o -> let mutable o = o in Gemm.Run<Lanes256<float32>>(&&o))
            (fun o -> let mutable o = o in Gemm.Run<Lane<float32>>(&&o)) }

let private float64s =
    { Type = ElementType.Float64
      OfFloat = id
      Fma = fun a b c -> Math.FusedMultiplyAdd(a, b, c)
      Bits = fun a -> if Double.IsNaN a then -1L else BitConverter.DoubleToInt64Bits a
      Read =
        fun address n ->
            let values: float[] = Array.zeroCreate n
            Marshal.Copy(address, values, 0, n)
            values
      Write = fun (values: float[]) address -> Marshal.Copy(values, 0, address, values.Length)
      Widths =
        widths
            (fun o -> let mutable o = o in Gemm.Run<Lanes512<float>>(&&o))
            (fun o -> let mutable o = o in Gemm.Run<Lanes256<float>>(&&o))
            (fun o -> let mutable o = o in Gemm.Run<Lane<float>>(&&o)) }

/// An operand of a product: its elements, the index of element (0, 0), and the strides.
type private Matrix<'T> = { Values: 'T[]; Origin: int; Row: int; Column: int }

let private element m i j = m.Values[m.Origin + i * m.Row + j * m.Column]

/// Mostly ordinary numbers; sometimes a special one.
let private random (seed: int) (special: bool) (e: Element<'T>) n =
    let random = Random seed

    Array.init n (fun _ ->
        match if special then random.Next 40 else 40 with
        | 0 -> nan
        | 1 -> infinity
        | 2 -> -infinity
        | 3 -> -0.0
        | 4 -> 0.0
        | 5 -> 1e-40
        | 6 -> 3e-310
        | 7 -> 3e38
        | _ -> random.NextDouble() * 4.0 - 2.0
        |> e.OfFloat)

let private matrix seed special e rows columns row column =
    let reach n step = (max n 1 - 1) * step
    let low = min 0 (reach rows row) + min 0 (reach columns column)
    let high = max 0 (reach rows row) + max 0 (reach columns column)
    let empty = rows = 0 || columns = 0

    { Values = random seed special e (if empty then 0 else high - low + 1)
      Origin = -low
      Row = row
      Column = column }

type private Case =
    { M: int
      N: int
      K: int
      A: int * int
      B: int * int
      Gap: int // between rows of C
      Start: GemmStart
      Special: bool }

let private plain m n k =
    { M = m
      N = n
      K = k
      A = (max k 1, 1)
      B = (max n 1, 1)
      Gap = 0
      Start = GemmStart.Zero
      Special = false }

/// The twin: for each element and each group of its sum one chain of multiply-adds, or four; then the groups in order, and
/// the bias at the end.
let private twin (e: Element<'T>) case a b (start: 'T[]) (c: 'T[]) =
    let c = Array.copy c
    let row = case.N + case.Gap
    let plus x y = e.Fma x (e.OfFloat 1.0) y

    for i in 0 .. case.M - 1 do
        for j in 0 .. case.N - 1 do
            let group start0 first last =
                // few columns and a long sum: four chains
                let isThin = case.N <= GemmThin.MostColumns && last - first >= GemmThin.LeastDepth
                let count = if isThin then 4 else 1
                let chains = Array.init count (fun r -> if r = 0 then start0 else e.OfFloat 0.0)

                for k in first .. last - 1 do
                    let chain = (k - first) % count
                    chains[chain] <- e.Fma (element a i k) (element b k j) chains[chain]

                if isThin then plus (plus chains[0] chains[1]) (plus chains[2] chains[3]) else chains[0]

            let start0 =
                match case.Start with
                | GemmStart.Own -> c[i * row + j]
                | _ -> e.OfFloat 0.0

            let groups = GemmDeep.Groups case.K
            let mutable sum = group start0 0 (GemmDeep.First(case.K, 1))

            for g in 1 .. groups - 1 do
                sum <- plus sum (group (e.OfFloat 0.0) (GemmDeep.First(case.K, g)) (GemmDeep.First(case.K, g + 1)))

            c[i * row + j] <-
                match case.Start with
                | GemmStart.Bias -> plus start[j] sum
                | _ -> sum

    c

let private check (e: Element<'T>) case (runs: (string * (GemmOperands -> unit)) list) =
    let a = matrix 1 case.Special e case.M case.K (fst case.A) (snd case.A)
    let b = matrix 2 case.Special e case.K case.N (fst case.B) (snd case.B)
    let start = random 3 false e case.N
    let row = case.N + case.Gap
    let c = random 4 false e (max 0 (case.M * row - case.Gap))
    let expected = twin e case a b start c |> Array.map e.Bits
    let size = ElementTypes.Size e.Type
    let mutable behind = false

    for name, run in runs do
        let place (values: 'T[]) =
            behind <- not behind
            let bytes = values.Length * size
            let memory = if behind then Guarded.After bytes else Guarded.Before bytes
            e.Write values memory.Address
            memory

        use aMemory = place a.Values
        use bMemory = place b.Values
        use startMemory = place start
        use cMemory = place c

        let left = Matrix(aMemory.Address + nativeint (a.Origin * size), a.Row, a.Column)
        let right = Matrix(bMemory.Address + nativeint (b.Origin * size), b.Row, b.Column)
        let result = Matrix(cMemory.Address, row, 1)
        run (GemmOperands(e.Type, case.M, case.N, case.K, left, right, result, startMemory.Address, case.Start))

        let got = e.Read cMemory.Address c.Length |> Array.map e.Bits

        if got <> expected then
            let at = Seq.findIndex id (Seq.map2 (<>) got expected)
            failwith $"{e.Type}, {name}, {case}: element {at} is %x{got[at]}, expected %x{expected[at]}"

/// With both types and every width.
let private checkAll case =
    check float32s case float32s.Widths
    check float64s case float64s.Widths

let private starts = [| GemmStart.Zero; GemmStart.Bias; GemmStart.Own |]

/// Strides of an m × k matrix: row-major, transposed, with gaps, backwards, repeated.
let private layouts rows columns =
    [ columns, 1
      1, rows
      columns + 3, 1
      1, rows + 3
      3 * columns, 3
      -columns, -1
      -1, -rows
      0, 1
      1, 0
      0, 0
      -2, 2 * rows + 1 ]

// ── bits depend only on row, column and start ───────────────────────────────────────────────────────────────────

/// Runs with a number of threads and restores the previous number.
let private withThreads threads run =
    let before = ThreadTeam.Threads
    ThreadTeam.Threads <- threads

    try
        run ()
    finally
        ThreadTeam.Threads <- before

[<Tests>]
let tests =
    testList
        "Kernels.Gemm"
        [ testCase "every number of columns from 0 to 256" (fun () ->
              for n in 0..256 do
                  for m in [ 1; 1 + n % 7 ] do
                      let case = plain m n (1 + n % 5)
                      checkAll { case with Start = starts[n % 3]; Gap = n % 2; Special = n % 4 = 0 })

          testCase "every number of rows from 0 to 256" (fun () ->
              for m in 0..256 do
                  checkAll
                      { plain m (1 + m % 40) (1 + m % 5) with Start = starts[m % 3]; Gap = m % 2; Special = m % 4 = 0 })

          testCase "every number of products from 0 to 256" (fun () ->
              for k in 0..256 do
                  checkAll { plain (1 + k % 6) (1 + k % 21) k with Start = starts[k % 3] })

          testCase "every small shape" (fun () ->
              for m in 1..13 do
                  for n in [ 1..9 ] @ [ 16; 17; 33; 47; 48; 64; 65 ] do
                      checkAll { plain m n 3 with Start = starts[(m + n) % 3]; Special = true })

          testCase "many products are summed in parts without another rounding" (fun () ->
              for k in [ 384; 385; 1000 ] do
                  checkAll { plain 7 19 k with Start = GemmStart.Own }
                  checkAll { plain 2 70 k with B = (1, k); Start = GemmStart.Bias })

          testCase "long sums are added in groups" (fun () ->
              for k in [ 255; 256; 257; 511; 512; 513; 1023; 1024; 2500; 6400 ] do
                  for start in starts do
                      checkAll { plain 7 19 k with Start = start; Gap = 1 }
                      checkAll { plain 3 19 k with A = (1, 3); B = (1, k); Start = start }
                      checkAll { plain 6 3 k with A = (1, 6); Start = start }
                      checkAll { plain 1 1 k with Start = start; Special = true }

              checkAll { plain 0 3 600 with Start = GemmStart.Bias }
              checkAll { plain 40 30 600 with A = (1, 40); Start = GemmStart.Bias; Special = true })

          testCase "threads compute groups" (fun () ->
              let run (o: GemmOperands) =
                  let mutable o = o

                  if not (GemmDeep.PaysForThreads(ElementType.Float32, &&o, 8)) then
                      failtest "the product is not divided by its sum"

                  if not (GemmTeam.Run(ElementType.Float32, &&o)) then failtest "the product is not divided"

              for threads in [ 2; 5 ] do
                  withThreads threads (fun () ->
                      for m, n, k in [ 64, 64, 256; 50, 2, 6400; 7, 33, 1500; 130, 65, 1024 ] do
                          for start in starts do
                              check
                                  float32s
                                  { plain m n k with A = (1, m); Start = start; Gap = m % 2 }
                                  [ "groups", run ]))

          testCase "rows of B and columns of A that are far apart" (fun () ->
              for start in starts do
                  checkAll { plain 67 21 66 with A = (1, 1100); B = (1030, 1); Start = start }
                  checkAll { plain 3 17 66 with A = (1, -1100); B = (-1030, 1); Start = start; Gap = 2 })

          testCase "columns of a large A are copied block by block" (fun () ->
              let m, n, k = 100, 130, 400

              for i, a in List.indexed (layouts m k) do
                  checkAll { plain m n k with A = a; Start = starts[i % 3]; Gap = i % 2 }

              checkAll { plain m n k with A = (1, m); B = (1, k); Start = GemmStart.Bias })

          testCase "a larger A is copied in blocks of rows and of columns" (fun () ->
              checkAll { plain 610 130 450 with Start = GemmStart.Bias }
              checkAll { plain 610 130 450 with A = (1, 610); Start = GemmStart.Own })

          testCase "strides of any sign and zero" (fun () ->
              for m, n, k in [ 1, 5, 4; 5, 1, 6; 2, 3, 70; 20, 2, 50; 9, 37, 6; 40, 66, 3 ] do
                  for a in layouts m k do
                      for b in layouts k n do
                          checkAll
                              { plain m n k with A = a; B = b; Start = starts[(fst a + snd b &&& 0xff) % 3]; Gap = 1 })

          testCase "transposed B in every shape" (fun () ->
              for n in [ 1..20 ] @ [ 50; 64; 67 ] do
                  for k in [ 1..9 ] @ [ 16; 33; 64; 65 ] do
                      checkAll { plain (1 + n % 6) n k with B = (1, k); Start = starts[n % 3] }
                      checkAll { plain 1 n k with B = (1, k); Start = starts[k % 3] })

          testCase "few columns and many adjacent rows" (fun () ->
              for m in [ 31; 511; 512; 1030 ] do
                  for start in starts do
                      checkAll { plain m 2 9 with A = (1, m); Start = start; Gap = 1 }
                      checkAll { plain m 1 9 with A = (1, m); Start = start })

          testList
              "an element of the result has the same bits among any others and on any number of threads"
              [ for threads in [ 1; 2; 5 ] do
                    testCase $"{threads}" (fun () ->
                        let m, n, k = 130, 300, 70
                        let a = random 1 false float32s (m * k)
                        let b = random 2 false float32s (k * n)
                        let expected = Array.zeroCreate<float32>(m * n)

                        for i in 0 .. m - 1 do
                            for l in 0 .. k - 1 do
                                for j in 0 .. n - 1 do
                                    expected[i * n + j] <-
                                        MathF.FusedMultiplyAdd(a[i * k + l], b[l * n + j], expected[i * n + j])

                        let product firstRow firstColumn rows columns transposed =
                            let turned = Array.init (k * n) (fun at -> b[at % k * n + at / k])
                            let c = Array.zeroCreate<float32>(rows * columns)
                            use aStart = fixed a
                            use bStart = fixed (if transposed then turned else b)
                            use target = fixed c
                            let address p at = NativeInterop.NativePtr.toNativeInt p + nativeint (4 * at)
                            let bRow, bColumn = if transposed then 1L, int64 k else int64 n, 1L

                            let left = Matrix(address aStart (firstRow * k), int64 k, 1L)
                            let right = Matrix(address bStart (firstColumn * int bColumn), bRow, bColumn)
                            let result = Matrix(address target 0, int64 columns, 1L)
                            let zero = GemmStart.Zero
                            let mutable o =
                                GemmOperands(ElementType.Float32, rows, columns, k, left, right, result, 0n, zero)
                            Gemm.Run(ElementType.Float32, &o)

                            for i in 0 .. rows - 1 do
                                for j in 0 .. columns - 1 do
                                    let got, want = c[i * columns + j], expected[(firstRow + i) * n + firstColumn + j]

                                    if BitConverter.SingleToInt32Bits got <> BitConverter.SingleToInt32Bits want then
                                        failwith
                                            $"{rows}×{columns} from ({firstRow}, {firstColumn}), {threads} threads: element ({i}, {j}) is {got:R}, expected {want:R}"

                        withThreads threads (fun () ->
                            for transposed in [ false; true ] do
                                product 0 0 m n transposed
                                product 3 7 (m - 3) (n - 7) transposed
                                product 1 250 100 50 transposed
                                product 129 0 1 n transposed
                                // enough columns for one chain per element
                                product 0 295 m 5 transposed
                                product 5 5 20 6 transposed)) ]

          testCase "a part of few columns has the bits that it has in the whole product" (fun () ->
              let run (o: GemmOperands) =
                  let mutable o = o

                  if not (GemmTeam.Run(ElementType.Float32, &&o)) then failtest "the product is not divided"

              withThreads 2 (fun () ->
                  for n in [ 129; 193; 257; 258; 260 ] do
                      for start in starts do
                          check float32s { plain 46 n 400 with B = (1, 400); Start = start } [ "parts", run ]))

          testList
              "an element of a product of few columns has the same bits among any rows and on any number of threads"
              [ for threads in [ 1; 2; 4 ] do
                    testCase $"{threads}" (fun () ->
                        let m, n, k = 700, 3, 70
                        let random = Random 8
                        let a = Array.init (m * k) (fun _ -> random.NextSingle() - 0.5f)
                        let b = Array.init (k * n) (fun _ -> random.NextSingle() - 0.5f)

                        let product first rows =
                            let c = Array.zeroCreate<float32>(rows * n)
                            use left = fixed &a[first * k]
                            use right = fixed b
                            use target = fixed c
                            let address p = NativeInterop.NativePtr.toNativeInt p

                            let left, right = Matrix(address left, int64 k, 1L), Matrix(address right, int64 n, 1L)
                            let result = Matrix(address target, int64 n, 1L)
                            let mutable o =
                                GemmOperands(ElementType.Float32, rows, n, k, left, right, result, 0n, GemmStart.Zero)
                            Gemm.Run(ElementType.Float32, &o)
                            c

                        withThreads threads (fun () ->
                            let all = product 0 m

                            for first, rows in [ 0, 1; 1, 3; 5, 4; 9, 30; 699, 1 ] do
                                Expect.equal
                                    (product first rows)
                                    (Array.sub all (first * n) (rows * n))
                                    "product first rows")) ] ]
