/// The example that trains with many processes, started by each mpirun of the machine.
module NeuralDE.Tests.Examples.MpiTests

open System
open System.Diagnostics
open System.IO
open Expecto
open NeuralDE.Tests
open NeuralDE.Tests.Repository

let private starters =
    [ "mpirun.openmpi", [ "--oversubscribe" ]; "mpirun.mpich", [] ]
    |> List.filter (fun (name, _) ->
        (string (Environment.GetEnvironmentVariable "PATH")).Split Path.PathSeparator
        |> Array.exists (fun folder -> File.Exists(Path.Combine(folder, name))))

let private program () = Root.file "examples/distributed/bin/Release/net10.0/NeuralDE.Distributed.dll"

/// Exit code, output and seconds of the example.
let private run (name: string, options: string list) (processes: int) (arguments: string list) : int * string * float =
    let all = options @ [ "-n"; string processes; "dotnet"; program () ] @ arguments
    let info = ProcessStartInfo(name, all, RedirectStandardOutput = true, RedirectStandardError = true)

    for variable in [ "OMPI_ALLOW_RUN_AS_ROOT"; "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM" ] do
        info.Environment[variable] <- "1"

    let clock = Stopwatch.StartNew()
    use running = nonNull (Process.Start info)
    let errors = running.StandardError.ReadToEndAsync()
    let output = running.StandardOutput.ReadToEnd()
    running.WaitForExit()
    running.ExitCode, output + errors.Result, clock.Elapsed.TotalSeconds

/// What the first process prints after the number of processes.
let private results (output: string) =
    output.Split '\n'
    |> Array.filter (fun line -> line.Contains "model" || line.Contains "trajectories")
    |> Array.map (fun line -> line.Substring(line.IndexOf ','))

let private withFile (use': string -> unit) =
    let path = Path.Combine(Path.GetTempPath(), $"neuralde-{Guid.NewGuid()}.safetensors")

    try
        use' path
    finally
        File.Delete path

[<Tests>]
let tests =
    testSequenced (
        testList
            "gates.Examples.Mpi"
            [ if starters.IsEmpty then testCase "many processes" (fun () -> skiptest "there is no mpirun")

              for name, options in starters do
                  let run = run (name, options)

                  testCase $"{name}: the same bits with 1, 2 and 4 processes" (fun () ->
                      let alone = run 1 [ "steps"; "30" ]
                      let _, expected, _ = alone
                      Expect.equal (results expected).Length 2 expected

                      for processes in [ 2; 4 ] do
                          let code, output, _ = run processes [ "steps"; "30" ]
                          Expect.equal code 0 output
                          Expect.stringContains output $"{processes} processes" "the number of processes"
                          Expect.equal (results output) (results expected) $"{processes} processes")

                  for how in [ "fail"; "kill" ] do
                      testCase
                          $"{name}: a process that ends early ({how}) ends the others; the training goes on with 4"
                          (fun () ->
                              withFile (fun path ->
                                  let code, output, seconds = run 2 [ "steps"; "30"; how; "25"; "file"; path ]
                                  Expect.notEqual code 0 output
                                  Expect.isLessThan seconds 60.0 "seconds until all have ended"
                                  if how = "fail" then
                                      Expect.stringContains output "a failure after step 25" "the error"
                                  let _, expected, _ = run 1 [ "steps"; "30" ]
                                  let code, output, _ = run 4 [ "steps"; "30"; "file"; path ]
                                  Expect.equal code 0 output
                                  Expect.equal (results output) (results expected) "resumed")) ]
    )
