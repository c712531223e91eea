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

/// An array in libtorch's memory, also if it has one element, which an upload would leave in managed memory.
let asTensor (a: NdArray) : NdArray =
    match (executor.Upload a).Buffer with
    | :? TorchBuffer as b ->
        NdArray.In(TorchBuffer.Of(executor, b.Tensor.device, b.Tensor.alias (), 0L), a.Dtype, a.Shape)
    | _ -> failwith "got a foreign buffer, expected one of this executor's"

/// Where the arguments of a graph are.
type Place =
    | InTensors
    | Uploaded
    | InManagedMemory

/// Runs a graph on the device.
let run (g: Graph) (args: NdArray[]) (placeOf: int -> Place) : Agreement.Outcome =
    Agreement.attempt (fun () ->
        let put i a =
            match placeOf i with
            | InTensors -> asTensor a
            | Uploaded -> executor.Upload a
            | InManagedMemory -> a

        let args = Array.mapi put args
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
