/// What a training step costs on each device, by its size.
module NeuralDE.Gpu.Example.Sizes

open System.Diagnostics
open NeuralDE
open NeuralDE.LibTorch

/// The fastest of several calls, in µs. The last result is read, so that a GPU has finished.
let private time (f: unit -> Tensor) : float =
    let call () =
        let clock = Stopwatch.StartNew()
        f().ToArray() |> ignore
        clock.Elapsed.TotalMicroseconds

    let first = call ()
    let calls = max 5 (min 200 (int (1e6 / max 1.0 (min first (call ())))))
    Seq.init calls (fun _ -> call ()) |> Seq.min

let private mlp (sizes: int list) (rows: int) =
    let net = Mlp.init (Key 1) sizes |> Tree.cast Float32
    let x = randn (Key 2) [ rows; sizes.Head ] |> cast Float32
    let step (net, x) = grad (fun net -> mean (square (Mlp.apply net x))) net
    let shape = String.concat "-" (List.map string sizes)
    $"gradient of an MLP {shape}, {rows} rows", (net, x), step

let private ode (rows: int) =
    let net = Mlp.init (Key 1) [ 2; 50; 2 ] |> Tree.cast Float32
    let y0 = tensor [ [ 2.0; 0.0 ] ] + 0.1 * randn (Key 5) [ rows; 2 ] |> cast Float32

    let step (net: Mlp, y0) =
        let solve net =
            Ode.problem (fun _ y -> Mlp.apply net (y ** 3.0)) y0 (0.0, 1.5)
            |> Ode.using RK4
            |> Ode.dt 0.075
            |> Ode.solveFinal

        grad (fun net -> mean (square (solve net))) net

    $"gradient of 20 RK4 steps of 2-50-2, {rows} rows", (net, y0), step

/// One line for each size: launches and waits, and the time on the CPU engine and on each device.
let print (devices: Device list) : unit =
    for name, (net, x), step in [ mlp [ 64; 64; 64 ] 64; mlp [ 128; 256; 256; 128 ] 1024; ode 1; ode 1024; ode 16384 ] do
        let f = compile (fun p -> (Tree.flatten (step p))[0])
        let here = time (fun () -> f (net, x))
        printfn "%s\n  %-12s %10.0f µs" name "CPU engine" here

        for device in devices do
            let there = Tree.toDevice device (net, x)
            f there |> ignore
            let _, counts = Torch.count f there
            let there = time (fun () -> f there)
            let worth = here / float counts.Launches
            printfn "  %-12s %10.0f µs, %O; %.1f µs of the CPU engine for each launch" device.Name there counts worth
