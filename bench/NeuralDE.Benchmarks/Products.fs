/// The matrix product of the kernels, against the machine's peak and OpenBLAS.
module NeuralDE.Benchmarks.Products

#nowarn "9" // native pointers

open Microsoft.FSharp.NativeInterop
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

let private benchmark isFloat32 m k n owed : Benchmark =
    let dtype = if isFloat32 then "float32" else "float64"
    let name = $"gemm-{dtype}"

    let run _ =
        let bytes count = int64 (count * size isFloat32)
        let a, b = NativeBlock(bytes (m * k)), NativeBlock(bytes (k * n))
        let ours, theirs = NativeBlock(bytes (m * n)), NativeBlock(bytes (m * n))
        write isFloat32 a (m * k)
        write isFloat32 b (k * n)
        let elementType = if isFloat32 then ElementType.Float32 else ElementType.Float64

        let product () =
            Gemm.Run(
                elementType,
                m,
                n,
                k,
                a.Address,
                int64 k,
                1L,
                b.Address,
                int64 n,
                1L,
                ours.Address,
                int64 n,
                0n,
                GemmStart.Zero
            )

        let peak = FmaPeak.call isFloat32 (int64 m * int64 n * int64 k)
        let blas = OpenBlas.about ()

        let subjects =
            [ Sampling.ofCall product
              Sampling.ofCall (fun () -> peak () |> ignore)
              match blas with
              | Some _ -> Sampling.ofCall (fun () -> OpenBlas.gemm isFloat32 m n k a.Address b.Address theirs.Address)
              | None -> () ]

        let measured = Sampling.interleaved subjects
        let truth = truth isFloat32 m n k a b
        let deviation block = Comparison.difference [| truth |] [| read isFloat32 block (m * n) |]

        let rowOf name workload rival rivalDeviation owed =
            { Name = name
              Workload = workload
              Unit = Seconds
              Ours = measured[0]
              Rival = rival
              Deviation = Some { Measure = Comparison.differenceText; Ours = deviation ours; Rival = rivalDeviation }
              Owed = owed
              Note =
                let speed = 2e-9 * float m * float n * float k / measured[0].Median
                $"""{speed.ToString "F1"} GFLOP/s""" }

        let shape = $"{m}×{k}×{n} {dtype}"

        [ rowOf
              $"{name}-peak"
              $"product {shape}, against as many FMAs in registers"
              (Measured("FMA peak", measured[1]))
              None
              owed
          match blas with
          | Some _ ->
              rowOf
                  $"{name}-openblas"
                  $"product {shape}"
                  (Measured("OpenBLAS", measured[2]))
                  (Some(deviation theirs))
                  Nothing
          | None ->
              rowOf
                  $"{name}-openblas"
                  $"product {shape}"
                  (Absent("OpenBLAS", "no libopenblas; NEURALDE_OPENBLAS names one"))
                  None
                  Nothing ]

    { Name = name; Run = run }

let all: Benchmark list = [ benchmark true 128 256 256 (Ratio 0.9); benchmark false 128 256 256 Nothing ]
