/// The library is thread-safe: concurrent calls do not affect each other.
module NeuralDE.Tests.Calculus.ThreadTests

open System.Threading.Tasks
open Expecto
open NeuralDE.Tests
open NeuralDE

let private field (p: Tensor) _t (u: Tensor) = stack [ u[1]; p * sin u[0] ]

let private loss (p: Tensor) = Ode.problem (field p) (tensor [ 1.0; 0.0 ]) (0.0, 1.0) |> Ode.solveFinal |> square |> sum

let private points = [| for i in 0..63 -> scalar (-1.0 - 0.01 * float i) |]

/// Compares sequential with concurrent results.
let private sameAtOnce (f: Tensor -> Tensor) (atOnce: Tensor -> Tensor) =
    let results: Tensor[] = Array.zeroCreate points.Length
    Parallel.For(0, points.Length, (fun i -> results[i] <- atOnce points[i])) |> ignore

    Expect.equal
        (results |> Array.map (fun y -> y.ToArray()))
        (points |> Array.map (fun p -> (f p).ToArray()))
        "results of the threads"

[<Tests>]
let tests =
    testList
        "Calculus.Thread"
        [ testCase "a compiled gradient through a solve is one function for all threads" (fun () ->
              sameAtOnce (grad loss) (compile (grad loss)) // its first calls, which trace, are concurrent
          )

          testCase "gradients of gradients are traced on several threads at once" (fun () ->
              sameAtOnce (grad (grad loss)) (grad (grad loss)))

          testCase "a placeholder stays with its thread's trace" (fun () ->
              let nested (p: Tensor) = grad (fun p -> Task.Run(fun () -> loss (scalar 2.0)).Result * loss p) p

              sameAtOnce nested nested) ]
