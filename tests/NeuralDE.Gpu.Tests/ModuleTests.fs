/// Modules of TorchSharp as fields: the numbers and derivatives of the same network in this library's layers.
module NeuralDE.Gpu.Tests.ModuleTests

open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.LibTorch
open NeuralDE.Gpu.Tests.OnDevice

type private Nn = TorchSharp.torch.nn

let private wide = TorchSharp.torch.ScalarType.Float64

let private network () =
    TorchSharp.torch.manual_seed 3L |> ignore
    let first = Nn.Linear(2L, 8L, true, null, wide) :> TorchSharp.torch.nn.Module<_, _>
    Nn.Sequential(first, Nn.Tanh(), Nn.Dropout(0.5), Nn.Linear(8L, 2L, true, null, wide))

/// The same function of the same parameters.
let private own (p: Map<string, Tensor>) (x: Tensor) =
    let layer name x = matmul x (transpose p[$"{name}.weight"]) + p[$"{name}.bias"]
    layer "3" (tanh (layer "0" x))

let private solve apply (p: Map<string, Tensor>, y0: Tensor) =
    Ode.problem (fun _ y -> apply p (y ** 3.0)) y0 (0.0, 1.0) |> Ode.using RK4 |> Ode.dt 0.1 |> Ode.solveFinal

let private x = randn (Key 4) [ 5; 2 ]
let private y0 = tensor [ [ 1.5; 0.0 ] ]

let private agree tolerance (f: (Map<string, Tensor> -> Tensor -> Tensor) -> Map<string, Tensor> -> 'T) =
    let net = TorchModule(network ())
    let p = net.Parameters
    near tolerance (f own p) (f net.Apply p) "on the CPU engine"
    // a module on the CPU takes arguments of libtorch on the CPU
    let onLibtorch = f net.Apply (Tree.toDevice Torch.cpu p)
    near tolerance (f own p) onLibtorch "on libtorch"

[<Tests>]
let tests =
    testList
        "Modules"
        [ testCase "the value" (fun () -> agree 1e-14 (fun apply p -> apply p x))

          testCase "the gradient by parameters and input" (fun () ->
              agree 1e-13 (fun apply p -> grad (fun (p, x) -> sum (apply p x ** 2.0)) (p, x)))

          testCase "forward mode and second derivatives" (fun () ->
              agree 1e-13 (fun apply p -> snd (jvp (apply p) x (x + 1.0)))

              agree 1e-12 (fun apply p -> grad (fun x -> sum (grad (fun x -> sum (apply p x ** 3.0)) x ** 2.0)) x))

          testCase "a solve and its gradient, compiled" (fun () ->
              agree 1e-12 (fun apply p -> compile (solve apply) (p, y0))
              agree 1e-11 (fun apply p -> compile (grad (fun q -> sum (solve apply q ** 2.0))) (p, y0)))

          testCase "parameters of the state_dict in and out" (fun () ->
              let m = network ()
              let net = TorchModule m
              let names = [ for pair in m.state_dict () -> pair.Key ]
              Expect.equal [ for pair in net.Parameters -> pair.Key ] (List.sort names) "names"
              let changed = net.Parameters |> Tree.map (fun t -> 0.5 * t)
              net.Load(Tree.toDevice device changed)
              near 0.0 changed net.Parameters "parameters after Load"
              use given = TorchSharp.torch.tensor (x.ToArray(), System.ReadOnlySpan [| 5L; 2L |])
              use result = m.forward given
              let expected = own changed x
              near 1e-14 expected (reshape [ 5; 2 ] (tensor (result.data<float>().ToArray()))) "TorchSharp's forward")

          testCase "a training of a module, which keeps its numbers until Load" (fun () ->
              let net = TorchModule(network ())
              let before = net.Parameters
              let loss (p: Map<string, Tensor>) = mean (square (net.Apply p x - sin x))
              let fit = Train.start before (Adam 0.02) |> Train.steps 30 |> Train.run loss
              Expect.isTrue (Array.last fit.Losses < 0.8 * fit.Losses[0]) "the loss falls"
              near 0.0 before net.Parameters "the module's own parameters"
              net.Load fit.Model
              near 0.0 fit.Model net.Parameters "after Load")

          testCase "a frozen parameter has a gradient here, and stays frozen there" (fun () ->
              let m = network ()

              for p in m.parameters () do
                  p.requires_grad_ false |> ignore

              let net = TorchModule m
              let p = net.Parameters
              let g f = grad (fun p -> sum (f p x)) p
              near 1e-13 (g own) (g net.Apply) "gradient"

              for p in m.parameters () do
                  Expect.isFalse p.requires_grad "requires_grad afterwards")

          testCase "other names are refused" (fun () ->
              let net = TorchModule(network ())
              let message =
                  (Expect.thrown<TreeException>(fun () -> net.Apply (Map [ "0.weight", x ]) x |> ignore)).Message
              Expect.stringContains message "3.bias" "message") ]
