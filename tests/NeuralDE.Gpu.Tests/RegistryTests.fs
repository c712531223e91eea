/// Every example of the registry, and its derivatives and batches, gives the interpreter's numbers on the device.
module NeuralDE.Gpu.Tests.RegistryTests

open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Calculus
open NeuralDE.Internal.Tensor
open NeuralDE.Tests.Engine
open NeuralDE.Tests.Laws

let private smooth (signatures: Signature[]) = signatures |> Array.map (fun s -> s.Dtype.IsFloat)
let private push (g: Graph) = Derive.jvpGraph g (smooth g.Inputs)

let private pull (g: Graph) =
    let wanted = smooth g.Inputs
    Derive.vjpGraph g wanted (Activity.activeOutputs g wanted)

let private batch (g: Graph) =
    let all (xs: 'a[]) = xs |> Array.map (fun _ -> true)
    fst (Batch.vmapGraph g 3 (all g.Inputs) (all g.Outputs))

let internal transforms =
    [ "trace", id
      "push", push
      "pull", pull
      "batch", batch
      "pull of batch", batch >> pull
      "push of pull", pull >> push ]

/// The arguments of the example; numbers in (0.3, 0.7) for what a transform adds.
let internal argumentsOf (g: Graph) (x: Tensor[]) : NdArray[] =
    let random = System.Random 5

    g.Inputs
    |> Array.mapi (fun i s ->
        let n = int (Shape.size s.Shape)

        if i < x.Length && Shape.same s.Shape x[i].Dims then
            x[i].Numbers
        elif s.Dtype.IsFloat then
            NdArray.OfFloats(s.Dtype, s.Shape, Array.init n (fun _ -> 0.3 + 0.4 * random.NextDouble()))
        else
            NdArray.OfIntegers(s.Dtype, s.Shape, Array.init n (fun _ -> int64 (random.Next 3))))

let internal derived (transform: Graph -> Graph) (g: Graph) : Graph option =
    try
        Some(transform g)
    with
    | :? DerivativeException
    | :? InputException -> None // it has no derivative

/// A failing Cholesky factorisation has NaN in other places than the interpreter's; the law is that it has one.
let private isSame tolerances expected got =
    let hasNaN (a: NdArray) = a.Dtype.IsFloat && Array.exists System.Double.IsNaN a.Floats

    match expected, got with
    | Ok e, Ok g when Array.exists hasNaN e && Array.forall2 (fun a b -> hasNaN a = hasNaN b) e g -> None
    | _ -> Agreement.differenceOf tolerances expected got

let private hold (e: Example.Example) transform =
    let x = e.Args 0

    match derived transform (Example.traced e.Apply x) with
    | None -> ()
    | Some g ->
        let args = argumentsOf g x
        let isSingle (s: Signature) = s.Dtype = Float32
        let anySingle = Array.exists isSingle g.Inputs

        let tolerances = g.Outputs |> Array.map (fun n -> if anySingle || isSingle n.Signature then 1e-5 else 1e-11)

        match
            isSame tolerances (Agreement.byInterpreter g args) (OnDevice.run g args (fun _ -> OnDevice.InTensors))
        with
        | Some difference -> failtest difference
        | None -> ()

[<Tests>]
let tests =
    testList
        "Registry"
        [ for name, transform in transforms do
              testList name [ for e in Examples.all -> testCase e.Name (fun () -> hold e transform) ] ]
