/// Every example of the registry gives the same bits on a device and on the CPU, eager, compiled and differentiated,
/// and its results stay on the device.
module NeuralDE.Tests.Engine.ExecutorLaws

open System
open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Internal.Tensor
open NeuralDE.Tests.Laws
open NeuralDE.Tests.Laws.Example
open NeuralDE.Tests.Engine.CountingExecutor

let private device = CountingExecutor "counting:laws"

/// Dtype, shape and bits, or the exception.
let private outcome (f: unit -> Tensor[]) : Result<Tensor[], string> =
    try
        Ok(f ())
    with
    | :? ArgumentException as e -> Error e.Message
    | :? InvalidOperationException as e when not (e :? DeviceException) -> Error e.Message

let private bitsOf (x: Tensor) =
    let values = x.ToArray() |> Array.map (fun v -> if Double.IsNaN v then 0L else BitConverter.DoubleToInt64Bits v)
    x.Dtype, x.Shape, values, x.ToInt64Array()

/// An expression of constants only is computed when its numbers are read, and belongs to no device.
let private isStructure (x: Tensor) =
    match x.Content with
    | Content.Structure _ -> true
    | Content.Value _
    | Content.Open _ -> false

let private transforms: (string * ((Tensor[] -> Tensor[]) -> Tensor[] -> Tensor[] -> Tensor[])) list =
    [ "eager", (fun f x _ -> f x)
      "compiled", (fun f x _ -> compile f x)
      "pull", (fun f x w -> pulled f x w)
      "push", (fun f x _ -> pushed f x (direction 1 x))
      "rows", (fun f x _ -> vmap f (x |> Array.map (fun x -> Prim.stack 0 [| x; x |]))) ]

let private hold (e: Example) (name: string) transform =
    let x = e.Args 0

    if (x.Length > 0 || name = "eager") && (Examples.hasFloats e || (name <> "pull" && name <> "push")) then
        let w = direction 2 (e.Apply x)
        let expected = outcome (fun () -> transform e.Apply x w)
        let there = Tree.toDevice device x
        let got = outcome (fun () -> transform e.Apply there w)

        match expected, got with
        | Error e, Error g -> Expect.equal g e $"what {name} raises"
        | Ok _, Error g -> failtest $"{name}: raised `{g}`, expected numbers"
        | Error e, Ok _ -> failtest $"{name}: gave numbers, expected `{e}` to be raised"
        | Ok expected, Ok got ->
            Expect.equal (Array.map bitsOf got) (Array.map bitsOf expected) $"bits of {name}"
            let isCommitted = x |> Array.exists (fun x -> x.Count > 0)

            if isCommitted && name <> "eager" then
                for y in got do
                    if not (isStructure y) then Expect.same y.Device (device :> Device) $"the device of {name}"

[<Tests>]
let tests =
    testList
        "Engine.Executor.registry"
        [ for transform, apply in transforms do
              testList
                  transform
                  [ for e in Examples.all do
                        testCase e.Name (fun () -> hold e transform apply) ] ]
