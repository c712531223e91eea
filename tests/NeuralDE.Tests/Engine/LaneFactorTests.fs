/// Small matrices in lanes: factors, row orders and solutions with the bits of the kernels.
module NeuralDE.Tests.Engine.LaneFactorTests

open Expecto
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Calculus
open NeuralDE.Internal.Engine
open NeuralDE.Tests.Engine.Agreement
open NeuralDE.Tests.Engine.SameBits

/// One iteration of a loop whose states are right-hand sides [n; m] and a matrix [n; n], from which `f` computes the next
/// right-hand sides. A captured matrix would be factored before the loop.
let private loopOf dtype n m (f: Tensor -> Tensor -> Tensor) : Graph =
    let s shape : Signature = { Dtype = dtype; Shape = shape }
    let yes = Prim.literal Bool 1.0

    let l =
        { Batch = [||]
          States = 2
          Registers = 0
          Streams = [| { Emits = 0; Capacity = ValueNone } |]
          Tape = Everything
          Watch = ValueNone
          Body = Tracing.closed [| s [| n; m |]; s [| n; n |] |] (fun x -> [| f x[1] x[0]; x[1]; yes; yes; yes |]) }

    // raises if lanes do not have the operations
    LanePlan.make l [||] |> ignore
    Tracing.closed l.Body.Inputs (Prim.apply (Loop l))

let private functions: (string * (Tensor -> Tensor -> Tensor)) list =
    let padded (b: Tensor) (x: Tensor) =
        b + Prim.reshape [| b.Dims[0]; 1 |] (Prim.cast b.Dtype (Prim.sumOver [| 1 |] x))

    [ "the row order",
      (fun a b -> b + Prim.reshape [| b.Dims[0]; 1 |] (Prim.cast b.Dtype (Prim.cast Int32 (Prim.pivots a))))
      "factors without pivoting", (fun a b -> padded b (Prim.lu a))
      "factors in pivoted order", (fun a b -> padded b (Prim.lu (Prim.gather 0 a (Prim.pivots a))))
      for lower in [ true; false ] do
          for transpose in [ true; false ] do
              for unit in [ true; false ] do
                  $"lower {lower}, transpose {transpose}, unit {unit}",
                  (fun a b -> Prim.triangular lower transpose unit a b) ]

/// Ordinary, singular and structured matrices, with numbers of equal size, zeros, NaN and infinity.
let private matrices (n: int) : (string * float[]) list =
    let random = System.Random n
    let numbers f = Array.init (n * n) (fun _ -> f ())

    [ "random", numbers (fun () -> random.NextDouble() - 0.5)
      "equal sizes", numbers (fun () -> [| -1.0; 1.0 |][random.Next 2])
      "many zeros", numbers (fun () -> [| 0.0; -0.0; 1.0; 2.0 |][random.Next 4])
      "zero", numbers (fun () -> 0.0)
      "of rank 1", Array.init (n * n) (fun i -> float (1 + i / n) * float (1 + i % n))
      "with NaN", numbers (fun () -> if random.Next 4 = 0 then nan else random.NextDouble())
      "with infinity", numbers (fun () -> if random.Next 5 = 0 then infinity else random.NextDouble())
      "stiff",
      Array.init (n * n) (fun i -> (if i / n = i % n then 1.0 else 0.0) + exp (20.0 * random.NextDouble() - 10.0)) ]

let private check dtype n =
    for name, f in functions do
        for m in [ 1; 3 ] do
            let g = loopOf dtype n m f

            for kind, a in matrices n do
                let b = Array.init (n * m) (fun i -> float (i + 1) / 7.0)
                let args = [| NdArray.OfFloats(dtype, [| n; m |], b); NdArray.OfFloats(dtype, [| n; n |], a) |]
                let expected = byNewPlan g args

                for tier in [ Tiled; Compiled ] do
                    try
                        LaneSingle.ForcedAfter <- ValueSome 0

                        match bitDifference expected (withTier tier (fun () -> byNewPlan g args)) with
                        | Some difference ->
                            failtest $"{name} of a matrix {kind}, n = {n}, m = {m}, {tier}: {difference}"
                        | None -> ()
                    finally
                        LaneSingle.ForcedAfter <- ValueNone

[<Tests>]
let tests =
    testSequenced (
        testList
            "Engine.LaneFactors"
            [ for dtype in [ Float32; Float64 ] do
                  for n in [ 1; 2; 3; 5; 8 ] do
                      testCase $"{dtype}, {n} rows: the bits of the kernels" (fun () -> check dtype n) ]
    )
