namespace NeuralDE.Benchmarks

open BenchmarkDotNet.Attributes
open BenchmarkDotNet.Configs
open BenchmarkDotNet.Jobs
open BenchmarkDotNet.Running
open BenchmarkDotNet.Toolchains.InProcess.Emit
open NeuralDE.Kernels

[<AbstractClass>]
type MicroBenchmarks() =
    [<Params("Float32", "Float64")>]
    member val Dtype = "Float32" with get, set

    member internal x.ElementType = if x.Dtype = "Float32" then ElementType.Float32 else ElementType.Float64

/// Functions over the elements of an array that fits into the first-level cache.
type ElementMicro() =
    inherit MicroBenchmarks()
    let count = 1024
    let mutable source = Numbers(ElementType.Float32, 0)
    let mutable target = Numbers(ElementType.Float32, 0)

    member private x.Run(op: ElementOp) =
        ElementKernels.Run(op, x.ElementType, 0.0, source.Address, false, 0n, false, 0n, false, target.Address, count)

    [<GlobalSetup>]
    member x.Setup() =
        source <- Numbers(x.ElementType, count)
        target <- Numbers(x.ElementType, count)

    [<Benchmark>]
    member x.Exp() = x.Run ElementOp.Exp

    [<Benchmark>]
    member x.Tanh() = x.Run ElementOp.Tanh

    [<Benchmark>]
    member x.Log() = x.Run ElementOp.Log

    [<Benchmark>]
    member x.Sin() = x.Run ElementOp.Sin

/// Matrix products M×K×N.
type ProductMicro() =
    inherit MicroBenchmarks()
    let mutable a = Numbers(ElementType.Float32, 0)
    let mutable b = Numbers(ElementType.Float32, 0)
    let mutable c = Numbers(ElementType.Float32, 0)
    let mutable m = 0
    let mutable k = 0
    let mutable n = 0

    [<Params("1×2×50", "1×50×2", "20×2×50", "20×50×2", "128×64×64", "128×256×256")>]
    member val Shape = "" with get, set

    [<GlobalSetup>]
    member x.Setup() =
        let extents = x.Shape.Split '×' |> Array.map int
        m <- extents[0]
        k <- extents[1]
        n <- extents[2]
        a <- Numbers(x.ElementType, m * k)
        b <- Numbers(x.ElementType, k * n)
        c <- Numbers(x.ElementType, m * n)

    [<Benchmark>]
    member x.Product() =
        let left, right = Matrix(a.Address, int64 k, 1L), Matrix(b.Address, int64 n, 1L)
        let result = Matrix(c.Address, int64 n, 1L)
        let mutable product = GemmOperands(x.ElementType, m, n, k, left, right, result, 0n, GemmStart.Zero)
        Gemm.Run(x.ElementType, &product)

/// Sums over rows and over columns of 256×256.
type ReductionMicro() =
    inherit MicroBenchmarks()
    let mutable source = Numbers(ElementType.Float32, 0)
    let mutable target = Numbers(ElementType.Float32, 0)

    [<GlobalSetup>]
    member x.Setup() =
        source <- Numbers(x.ElementType, 256 * 256)
        target <- Numbers(x.ElementType, 256)

    [<Benchmark>]
    member x.Rows() = Reduction.Run(x.ElementType, ReductionKind.Sum, 256L, 256L, 1L, source.Address, target.Address)

    [<Benchmark>]
    member x.Columns() = Reduction.Run(x.ElementType, ReductionKind.Sum, 1L, 256L, 256L, source.Address, target.Address)

/// BenchmarkDotNet over the kernels. It measures in this process, on the code that was built.
module Micro =
    let run (arguments: string list) =
        ThreadTeam.Threads <- 1

        let config =
            DefaultConfig.Instance
                .WithArtifactsPath("artifacts/micro")
                .AddJob(Job.ShortRun.WithToolchain InProcessEmitToolchain.Instance)

        let arguments = if arguments.IsEmpty then [ "--filter"; "*" ] else arguments

        BenchmarkSwitcher
            .FromTypes([| typeof<ElementMicro>; typeof<ProductMicro>; typeof<ReductionMicro> |])
            .Run(List.toArray arguments, config)
        |> ignore
