/// The matrix product of the kernels, against the machine's peak and OpenBLAS.
module NeuralDE.Benchmarks.Products

#nowarn "9" // native pointers

open Microsoft.FSharp.NativeInterop
open NeuralDE
open NeuralDE.Kernels

let private size isFloat32 = if isFloat32 then 4 else 8

let private write isFloat32 (block: NativeBlock) (count: int) =
    for i in 0 .. count - 1 do
        if isFloat32 then
            NativePtr.set (NativePtr.ofNativeInt<float32> block.Address) i (float32 (sin (float (i + 1))))
        else
            NativePtr.set (NativePtr.ofNativeInt<float> block.Address) i (sin (float (i + 1)))

let private read isFloat32 (block: NativeBlock) (count: int) : float[] =
    [| for i in 0 .. count - 1 ->
           if isFloat32 then
               float (NativePtr.get (NativePtr.ofNativeInt<float32> block.Address) i)
           else
               NativePtr.get (NativePtr.ofNativeInt<float> block.Address) i |]

/// The same sums in plain float64, of the numbers as they lie in memory.
let private truth isFloat32 m n k (a: NativeBlock) (b: NativeBlock) : float[] =
    let a, b = read isFloat32 a (m * k), read isFloat32 b (k * n)

    [| for i in 0 .. m - 1 do
           for j in 0 .. n - 1 do
               let mutable sum = 0.0

               for l in 0 .. k - 1 do
                   sum <- sum + a[i * k + l] * b[l * n + j]

               sum |]

/// C = A B of the kernels, in memory that is there before; and the product that they were given.
[<NoEquality; NoComparison>]
type private Product = { A: NativeBlock; B: NativeBlock; C: NativeBlock; Call: unit -> unit }

let private product isFloat32 m k n : Product =
    let bytes count = int64 (count * size isFloat32)
    let a, b, c = NativeBlock(bytes (m * k)), NativeBlock(bytes (k * n)), NativeBlock(bytes (m * n))
    write isFloat32 a (m * k)
    write isFloat32 b (k * n)
    let elementType = if isFloat32 then ElementType.Float32 else ElementType.Float64

    let call () =
        let left, right = Matrix(a.Address, int64 k, 1L), Matrix(b.Address, int64 n, 1L)
        let result = Matrix(c.Address, int64 n, 1L)
        let mutable product = GemmOperands(elementType, m, n, k, left, right, result, 0n, GemmStart.Zero)
        Gemm.Run(elementType, &product)

    { A = a; B = b; C = c; Call = call }

/// Our side of the comparison with PyTorch and libtorch.
let private side isFloat32 m n (ours: Product) : OurSide =
    let every = 97

    { Call = ours.Call
      Every = every
      Values =
        fun () ->
            ours.Call()
            let all = read isFloat32 ours.C (m * n)
            [| [| for i in 0..every .. all.Length - 1 -> all[i] |] |] }

/// A further row of the same product, against another rival.
let private beside (row: Row) suffix workload rival rivalDeviation owed : Row =
    { row with
        Name = $"{row.Name}-{suffix}"
        Workload = workload
        Rival = rival
        Libtorch = Nobody
        Deviation = row.Deviation |> Option.map (fun d -> { d with Rival = rivalDeviation })
        Owed = owed
        OwedOverLibtorch = None }

let private benchmark name isFloat32 m k n owed : Benchmark =
    let dtype = if isFloat32 then "float32" else "float64"

    let run context =
        let ours, theirs = product isFloat32 m k n, NativeBlock(int64 (m * n * size isFloat32))
        let peak = FmaPeak.call isFloat32 (int64 m * int64 n * int64 k)
        let blas = OpenBlas.about ()

        let others =
            [ Sampling.ofCall (fun () -> peak () |> ignore)
              match blas with
              | Some _ ->
                  Sampling.ofCall (fun () -> OpenBlas.gemm isFloat32 m n k ours.A.Address ours.B.Address theirs.Address)
              | None -> () ]

        let request () =
            let lengths = Requests.ofNumbers (List.map float [ m; k; n ])
            Requests.make "product" (if isFloat32 then Float32 else Float64) [ "shape", lengths ]

        let shape = $"{m}×{k}×{n} {dtype}"
        let row, others =
            Comparison.againstBoth context name $"product {shape}" request (side isFloat32 m n ours) others
        let truth = truth isFloat32 m n k ours.A ours.B
        let deviation block = Comparison.difference [| truth |] [| read isFloat32 block (m * n) |]
        let speed = 2e-9 * float m * float n * float k / row.Ours.Median

        let row =
            { row with
                Deviation = Some { Measure = Comparison.differenceText; Ours = deviation ours.C; Rival = None }
                OwedOverLibtorch = Some 1.5
                Note = $"""{speed.ToString "F1"} GFLOP/s""" }

        [ row
          beside
              row
              "peak"
              $"product {shape}, against as many FMAs in registers"
              (Measured("FMA peak", others[0]))
              None
              owed
          match blas with
          | Some _ ->
              beside
                  row
                  "openblas"
                  $"product {shape}"
                  (Measured("OpenBLAS", others[1]))
                  (Some(deviation theirs))
                  Nothing
          | None ->
              let absent = Absent("OpenBLAS", "no libopenblas; NEURALDE_OPENBLAS names one")
              beside row "openblas" $"product {shape}" absent None Nothing ]

    { Name = name; Run = run }

let all: Benchmark list =
    [ benchmark "gemm-float32" true 128 256 256 (Ratio 0.9)
      benchmark "gemm-float64" false 128 256 256 Nothing
      benchmark "gemm-1024-float32" true 1024 1024 1024 (Ratio 0.9) ]
