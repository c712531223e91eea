/// Robertson's stiff kinetics.
module NeuralDE.Benchmarks.Stiff

open System
open System.ComponentModel
open System.Diagnostics
open System.Globalization
open NeuralDE

let private robertson (_t: Tensor) (y: Tensor) =
    let a, b, c = y[0], y[1], y[2]
    let first, second, third = 0.04 * a, 3e7 * b * b, 1e4 * b * c
    stack [ third - first; first - third - second; second ]

let private start = tensor [ 1.0; 0.0; 0.0 ]
let private rtol, atol = 1e-3, 1e-6

/// The largest error in units of the tolerance.
let private scaledError (truth: float[]) (ours: float[]) : float =
    Array.map2 (fun t y -> abs (y - t) / (atol + rtol * abs t)) truth ours |> Array.max

/// A line of rober.c or rober.py.
type private Rober = { Name: string; Time: Quartiles; Steps: int; Error: float }

/// What a program prints; nothing where it is not there, or fails.
let private linesOf (program: string) (arguments: string list) : Rober list =
    let info = ProcessStartInfo(program, arguments, RedirectStandardOutput = true, RedirectStandardError = true)

    try
        match Process.Start info with
        | null -> []
        | running ->
            use running = running
            let output = running.StandardOutput.ReadToEnd()
            running.WaitForExit()
            let number (text: string) = Double.Parse(text, CultureInfo.InvariantCulture)

            [ for line in output.Split('\n', StringSplitOptions.RemoveEmptyEntries) do
                  let parts = line.Split ' '

                  if parts.Length = 6 then
                      { Name = parts[0]
                        Time = { Lower = number parts[1]; Median = number parts[2]; Upper = number parts[3] }
                        Steps = int (number parts[4])
                        Error = number parts[5] } ]
    with :? Win32Exception ->
        []

/// SUNDIALS by the program that `build.fsx bench` compiles where there are a C compiler and the library, and SciPy.
let private rivals () : Rober list =
    let python =
        match Environment.GetEnvironmentVariable "NEURALDE_PYTHON" with
        | null
        | "" -> "/usr/bin/python3"
        | path -> path

    if python = "none" then
        []
    else
        linesOf "artifacts/rober" [] @ linesOf python [ "bench/rober.py" ]

let private run _ =
    let problem y0 = Ode.problem robertson y0 (0.0, 1e5) |> Ode.using Rosenbrock23 |> Ode.tolerance rtol atol
    let solve = compile (fun y0 -> Ode.solveFinal (problem y0))
    let stats = (Ode.trySolve (problem start)).Stats

    let truth =
        Ode.problem robertson start (0.0, 1e5)
        |> Ode.using Kvaerno3
        |> Ode.tolerance 1e-9 1e-14
        |> Ode.maxSteps 10_000_000
        |> Ode.solveFinal

    let measured = Sampling.interleaved [ Sampling.ofCall (fun () -> solve start |> ignore) ]

    let rivals = rivals ()

    let rival =
        match rivals with
        | first :: _ -> Measured(first.Name, first.Time)
        | [] -> Published("Julia Rosenbrock23", 9.2e-6)

    let others =
        [ for r in rivals -> $"{r.Name} {Table.seconds r.Time.Median}, {r.Steps} steps, error %.1f{r.Error}" ]
        |> String.concat "; "

    [ { Row.alone
            "rober"
            "Robertson's kinetics to t=1e5, Rosenbrock23 1e-3/1e-6, one trajectory, the whole compiled call, float64"
            Seconds
            measured.Head with
          Rival = rival
          Deviation =
              Some
                  { Measure = "largest error over atol + rtol |y|"
                    Ours = scaledError (truth.ToArray()) ((solve start).ToArray())
                    Rival = rivals |> List.tryHead |> Option.map _.Error }
          Owed = AtMost 9e-6
          Note = $"evaluations {stats.Evaluations}, steps {stats.Steps}, rejected {stats.Rejected}; {others}" } ]

let all: Benchmark list = [ { Name = "rober"; Run = run } ]
