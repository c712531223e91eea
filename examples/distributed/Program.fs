/// Trains a neural ODE on the damped oscillator with any number of processes:
///
///     dotnet build examples/distributed -c Release
///     mpirun -n 4 dotnet examples/distributed/bin/Release/net10.0/NeuralDE.Distributed.dll
///
/// Arguments: steps N, the number of steps; file F, the checkpoint, from which the training goes on if it is there; fail N, the step
/// after which the second process ends with an exception; kill N, after which it is killed; reduce N, measures sums of N numbers
/// instead. The first process prints the loss and a digest of the model's bits, which is the same for 1, 2, 4 and 8 processes.
module NeuralDE.Distributed

open System
open System.Diagnostics
open System.IO
open System.Security.Cryptography
open NeuralDE

let private digest (model: Mlp) =
    let bytes = Tree.leaves model |> Seq.collect (fun (_, x) -> x.ToArray() |> Seq.collect BitConverter.GetBytes)
    Convert.ToHexString(SHA256.HashData(Array.ofSeq bytes)).Substring(0, 16)

/// Starts and, a time later, states of y'' = −y − 0.1 y'.
let private data: Tensor * Tensor =
    let y0 = randn (Key 1) [ 256; 2 ]
    let field _ (y: Tensor) = matmul y (tensor [ [ 0.0; -1.0 ]; [ 1.0; -0.1 ] ])
    y0, Ode.problem field y0 (0.0, 1.0) |> Ode.tolerance 1e-8 1e-8 |> Ode.solveFinal

let private loss (y0: Tensor, y1: Tensor) (net: Mlp) =
    Ode.problem (fun _ y -> Mlp.apply net y) y0 (0.0, 1.0)
    |> Ode.perSample
    |> Ode.solveFinal
    |> (-) y1
    |> square
    |> mean

let private train (group: ProcessGroup) (steps: int) (file: string option) (after: int -> unit) =
    let fit =
        Train.start (Mlp.init (Key 2) [ 2; 16; 2 ]) (Adam 1e-2)
        |> Train.steps steps
        |> Train.progress
        |> Train.onStep (fun p -> after p.Step)
        |> (match file with
            | Some path -> Train.checkpointEvery 10 path >> Train.resumeIfThere path
            | None -> id)
        |> Train.distributed group
        |> Train.runOn (Batches.ofTree 64 data |> Batches.shuffle (Key 3)) loss

    if group.Rank = 0 then
        printfn
            "%d processes, %d steps: loss %g, model %s"
            group.Size
            fit.Steps
            (Array.last fit.Losses)
            (digest fit.Model)

/// An ensemble: the time for which each process solves a part of the starts.
let private solveAll (group: ProcessGroup) =
    let y0 = randn (Key 5) [ 1000; 2 ]
    let solve (y0: Tensor) = Ode.problem (fun _ y -> -y * y * y) y0 (0.0, 1.0) |> Ode.perSample |> Ode.solveFinal
    let ends = ProcessGroup.mapRows group solve y0
    if group.Rank = 0 then
        printfn "%d trajectories, the mean of their ends %.6f" ends.Length (float (mean ends))

/// Seconds of one exchange of n float64 numbers with a neighbour: the best of several.
let private reduce (group: ProcessGroup) (n: int) =
    let mine, theirs: byte[] * byte[] = Array.zeroCreate (8 * n), Array.zeroCreate (8 * n)

    let once _ =
        let clock = Stopwatch.GetTimestamp()
        group.Exchange(group.Rank ^^^ 1, mine, theirs)
        Stopwatch.GetElapsedTime(clock).TotalSeconds

    let best = Seq.init 20 once |> Seq.min
    if group.Rank = 0 then
        printfn "%d numbers: %.1f µs, %.2f GB/s" n (1e6 * best) (float (8 * n) / best / 1e9)

[<EntryPoint>]
let main arguments =
    let option name = arguments |> Array.tryFindIndex ((=) name) |> Option.map (fun i -> arguments[i + 1])
    let number name = option name |> Option.map int
    let group = Mpi.world ()

    let after step =
        if group.Rank = group.Size - 1 then
            if Some step = number "fail" then raise (InvalidDataException $"a failure after step {step}")
            if Some step = number "kill" then Process.GetCurrentProcess().Kill()

    match number "reduce" with
    | Some n -> reduce group n
    | None ->
        train group (Option.defaultValue 100 (number "steps")) (option "file") after
        solveAll group

    0
