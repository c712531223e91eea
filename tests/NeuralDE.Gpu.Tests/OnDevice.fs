/// Graphs on a device of libtorch, compared with the reference interpreter: on the first graphics processor if there is
/// one, otherwise on the CPU.
module internal NeuralDE.Gpu.Tests.OnDevice

open System
open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Engine
open NeuralDE.LibTorch
open NeuralDE.Tests.Engine

let device = if Torch.isCudaAvailable () then Torch.cuda 0 else Torch.cpu

let executor =
    match device with
    | :? Executor as e -> e
    | other -> failwith $"{other} is no executor"

/// Runs a graph with the chosen arguments on the device and the others in managed memory.
let run (g: Graph) (args: NdArray[]) (isThere: int -> bool) : Agreement.Outcome =
    Agreement.attempt (fun () ->
        let args = args |> Array.mapi (fun i a -> if isThere i then executor.Upload a else a)
        let results = executor.Call(Call(g, Inline), args)
        results |> Array.map (fun a -> NdArray(a.Dtype, a.Shape, a.Data)))

/// The largest difference of two trees of tensors, relative to the largest number of each leaf.
let distance (expected: 'T) (got: 'T) : float =
    let far (e: Tensor) (g: Tensor) =
        let e, g = e.ToArray(), g.ToArray()
        let scale = e |> Array.fold (fun m v -> max m (abs v)) 1e-300
        Array.map2 (fun a b -> if a = b || (Double.IsNaN a && Double.IsNaN b) then 0.0 else abs (a - b) / scale) e g
        |> Array.fold max 0.0

    Array.map2 far (Tree.flatten expected) (Tree.flatten got) |> Array.fold max 0.0

let near tolerance (expected: 'T) (got: 'T) (message: string) =
    let d = distance expected got
    if not (d <= tolerance) then failtest $"{message}: off by {d:G3}, expected at most {tolerance:G3}"

let there (tree: 'T) : 'T = Tree.toDevice device tree
