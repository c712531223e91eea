/// The least that a network with tanh can take here: its multiply-adds in registers, then its tanh on numbers in the first-level cache.
module NeuralDE.Benchmarks.NetworkLimit

open NeuralDE
open NeuralDE.Kernels

let private chunk = 1024

/// Multiply-adds of a pass forward, for one row: those of the products.
let private products (widths: int list) : int64 =
    widths |> List.pairwise |> List.sumBy (fun (m, n) -> int64 m * int64 n)

/// tanh of one row: every layer but the last has it.
let private tanhs (widths: int list) : int64 = widths[1 .. widths.Length - 2] |> List.sumBy int64

/// The fastest possible run of a network: `passes` times its matrix products (1 forward, 3 with the gradients by weights and
/// input) at the FMA peak, and one evaluation of its tanh.
let subject (dtype: Dtype) (widths: int list) (batch: int) (passes: int) : Subject =
    let isFloat32 = dtype = Float32
    let elementType = if isFloat32 then ElementType.Float32 else ElementType.Float64
    let multiply = FmaPeak.call isFloat32 (int64 passes * int64 batch * products widths)
    let source, target = Numbers(elementType, chunk), Numbers(elementType, chunk)
    let chunks = int64 batch * tanhs widths / int64 chunk

    let tanh () =
        ElementKernels.Run(
            ElementOp.Tanh,
            elementType,
            0.0,
            source.Address,
            false,
            0n,
            false,
            0n,
            false,
            target.Address,
            chunk
        )

    Sampling.ofCall (fun () ->
        multiply () |> ignore

        for _ in 1L .. chunks do
            tanh ())
