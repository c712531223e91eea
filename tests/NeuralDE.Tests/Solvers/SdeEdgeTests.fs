/// Stochastic equations at their edges: jumps of the field, keys that meet other keys, times that are near, what is no number.
module NeuralDE.Tests.Solvers.SdeEdgeTests

open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Tests.Solvers.OdeCases

let private key = Key 7
let private still (_t: Tensor) (y: Tensor) : Tensor = zerosLike y
let private decay (_t: Tensor) (y: Tensor) : Tensor = -y

/// dy = dW: the path itself.
let private path dtype n (t0: float, t1: float) =
    let one = ones [ n ] |> cast dtype
    Sde.problem still (Additive(fun _ -> one)) (zerosLike one) (t0, t1)
    |> Sde.noise key
    |> Sde.dt (abs (t1 - t0) / 20.0)

let private correlation (x: Tensor) (y: Tensor) =
    let x, y = x - mean x, y - mean y
    float (mean (x * y)) / sqrt (float (mean (x * x)) * float (mean (y * y)))

let private refuses (parts: string list) f = raises<InputException> parts (fun () -> f () |> ignore) |> ignore

let private jumps =
    let ends = numbers << Sde.solveFinal

    testList
        "A jump of the field"
        [ for dtype in [ Float64; Float32 ] do
              for t0 in [ 0.0; 1000.0; 1e6 ] do
                  testCase $"takes nothing from the path: {dtype} at {t0}" (fun () ->
                      // the field skips two spacings of its floats, 0.125 of a float32 at 1e6: the path does not
                      let p = path dtype 50 (t0, t0 + 10.0)
                      let jumps = [ t0; t0 + 5.0; t0 + 7.3; t0 + 10.0 ]
                      within 2e-6 "W(t1)" (ends p) (ends (p |> Sde.jumpAt jumps))
                      within 2e-6 "W(t1) by Heun" (ends p) (ends (p |> Sde.using Heun |> Sde.jumpAt jumps))
                      let heun = p |> Sde.using Heun |> Sde.tolerance 1e-2 1e-2 |> Sde.jumpAt jumps
                      within 2e-6 "W(t1) by adaptive steps" (ends p) (ends heun))

          testCase "backwards, by samples, and stepped by hand" (fun () ->
              let p = path Float32 3 (10.0, 0.0)
              within 2e-6 "backwards" (ends p) (ends (p |> Sde.jumpAt [ 10.0; 4.0; 0.0 ]))
              let one = ones [ 1 ] |> cast Float32
              let rows = Sde.problem still (Additive(fun _ -> one)) (zeros [ 4; 1 ] |> cast Float32) (0.0, 10.0)
              let rows = rows |> Sde.noise key |> Sde.dt 0.5 |> Sde.perSample
              within 2e-6 "by samples" (ends rows) (ends (rows |> Sde.jumpAt [ 5.0 ]))
              let mutable i = path Float32 3 (0.0, 10.0) |> Sde.jumpAt [ 5.0 ] |> Sde.integrator

              while not i.IsDone do
                  i <- i.Step()
                  i <- i.With i.Y

              within 2e-6 "by hand" (ends (path Float32 3 (0.0, 10.0))) (numbers i.Y))

          testCase "is seen by drift and diffusion on either side" (fun () ->
              let drift (t: Tensor) (y: Tensor) = where (t .< 0.5) 1.0 -2.0 + 0.0 * y
              let size (t: Tensor) : Tensor = where (t .< 0.5) 0.0 1.0 * ones [ 4 ]
              let p = Sde.problem drift (Additive size) (zeros [ 4 ]) (0.0, 1.0) |> Sde.noise key |> Sde.dt 0.3
              let w = path Float64 4 (0.0, 1.0) |> Sde.saveAt (tensor [ 0.5; 1.0 ]) |> Sde.solveYs
              // drifts of +½ and −1, and the noise of the second half; the path moves by 1e-8 in a spacing of floats
              within 1e-7 "y(1)" (numbers (w[1] - w[0] - 0.5)) (ends (p |> Sde.jumpAt [ 0.5 ]))) ]

[<Tests>]
let tests = testList "Solvers.SdeEdge" [ jumps ]
