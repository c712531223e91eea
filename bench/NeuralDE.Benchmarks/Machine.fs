/// What stands at the head of a run: the machine, how busy it is, and the versions of what is compared.
module NeuralDE.Benchmarks.Machine

open System
open System.IO
open System.Runtime.InteropServices
open System.Runtime.Intrinsics
open NeuralDE

let private fromFile (path: string) (pick: string -> string option) : string option =
    if File.Exists path then File.ReadLines path |> Seq.tryPick pick else None

let processor: string =
    fromFile "/proc/cpuinfo" (fun line ->
        if line.StartsWith "model name" then
            Some(line.Substring(line.IndexOf ':' + 1).Trim())
        else
            None)
    |> Option.defaultValue (string RuntimeInformation.ProcessArchitecture)

/// Over 1, 5 and 15 minutes, where the system tells.
let load () : string =
    fromFile "/proc/loadavg" (fun line -> Some(String.Join(" ", Array.truncate 3 (line.Split ' '))))
    |> Option.defaultValue "unknown"

let private vectors =
    if Vector512.IsHardwareAccelerated then "512-bit vectors"
    elif Vector256.IsHardwareAccelerated then "256-bit vectors"
    else "no vectors"

/// Names and values, in the order in which they are shown.
let head (context: Context) : (string * string) list =
    let peer =
        match context.Peer with
        | Error reason -> [ "peer", $"absent: {reason}" ]
        | Ok peer ->
            let value (name: string) =
                match peer.About[name] with
                | null -> "absent"
                | value -> value.ToString()

            [ for name in [ "PyTorch"; "threads of PyTorch"; "torchdiffeq"; "OPENBLAS_NUM_THREADS"; "OpenBLAS" ] ->
                  name, value name ]

    let libtorch =
        match context.Libtorch with
        | Error reason -> [ "libtorch", $"absent: {reason}" ]
        | Ok libtorch -> [ for name in [ "libtorch"; "TorchSharp" ] -> name, string libtorch.About[name] ]

    [ "date", DateTime.UtcNow.ToString "yyyy-MM-dd HH:mm 'UTC'"
      "processor", $"{processor}, {Environment.ProcessorCount} cores, {vectors}"
      "load", load ()
      "clock", (if Clock.isThreadTime then "processor time of one thread" else "time that passes")
      "ours", $"NeuralDE {typeof<Mlp>.Assembly.GetName().Version}, {RuntimeInformation.FrameworkDescription}, 1 thread" ]
    @ peer
    @ libtorch
    @ [ "OpenBLAS called directly", OpenBlas.about () |> Option.defaultValue "absent" ]
