namespace NeuralDE.Benchmarks

open System
open System.ComponentModel
open System.Diagnostics
open System.IO
open System.Text.Json.Nodes

/// The peer could not do what it was asked.
exception PeerException of string

/// A process that lives as long as the benchmarks and answers line by line: peer.py with PyTorch and torchdiffeq, or
/// NeuralDE.TorchPeer with libtorch.
[<Sealed>]
type Peer private (running: Process) =
    let mutable about = JsonObject()

    member _.About = about
    member _.HasTorchdiffeq = not (isNull about["torchdiffeq"])

    member _.Ask(request: JsonObject) : JsonObject =
        running.StandardInput.WriteLine(request.ToJsonString())
        running.StandardInput.Flush()

        match running.StandardOutput.ReadLine() with
        | null -> raise (PeerException "it ended")
        | line ->
            match JsonNode.Parse line with
            | :? JsonObject as answer ->
                match answer["error"] with
                | null -> answer
                | error -> raise (PeerException(error.GetValue<string>()))
            | _ -> raise (PeerException $"it answered {line}")

    /// Seconds of a call of a workload that was made under this name; on several threads, which libtorch alone is asked for,
    /// by the time that passes.
    member x.Subject(name: string, threads: int) : Subject =
        fun calls ->
            let request =
                Requests.ofFields
                    [ "verb", Requests.ofText "time"
                      "name", Requests.ofText name
                      "repeats", Requests.ofNumber calls
                      "threads", Requests.ofNumber threads ]

            match x.Ask(request)["seconds"] with
            | null -> raise (PeerException "it gave no seconds")
            | seconds -> seconds.GetValue<float>()

    /// Starts it; or why it is not there.
    static member private Start (info: ProcessStartInfo) (lacks: string -> string) : Result<Peer, string> =
        info.RedirectStandardInput <- true
        info.RedirectStandardOutput <- true

        try
            match Process.Start info with
            | null -> Error $"{info.FileName} did not start"
            | running ->
                let peer = new Peer(running)
                peer.Greet()
                Ok peer
        with
        | :? Win32Exception -> Error(lacks $"there is no {info.FileName}")
        | PeerException reason -> Error(lacks reason)

    /// Debian's PyTorch, or that of another Python.
    static member StartPython() : Result<Peer, string> =
        let python =
            match Environment.GetEnvironmentVariable "NEURALDE_PYTHON" with
            | null
            | "" -> "/usr/bin/python3"
            | path -> path

        let script = Path.Combine(AppContext.BaseDirectory, "peer.py")
        let info = ProcessStartInfo(python, [ script ])

        // a BLAS reads this when it is loaded
        for variable in [ "OPENBLAS_NUM_THREADS"; "OMP_NUM_THREADS"; "MKL_NUM_THREADS" ] do
            info.Environment[variable] <- "1"

        match OpenBlas.coreType with
        | Some coreType -> info.Environment[OpenBlas.coreTypeVariable] <- coreType
        | None -> ()

        Peer.Start info (fun reason ->
            $"{python} has no PyTorch, or it does not load; NEURALDE_PYTHON names another ({reason})")

    /// libtorch through TorchSharp, where build.fsx could restore its packages.
    static member StartLibtorch() : Result<Peer, string> =
        let program =
            match Environment.GetEnvironmentVariable "NEURALDE_LIBTORCH" with
            | null
            | "" -> "bench/NeuralDE.TorchPeer/bin/Release/net10.0/NeuralDE.TorchPeer.dll"
            | path -> path

        if File.Exists program then
            // it is told the number of threads by the request
            let info = ProcessStartInfo("dotnet", [ program ])
            Peer.Start info (fun reason -> $"{program} does not load it ({reason})")
        else
            Error $"there is no {program}; `dotnet fsi build.fsx bench` builds it where the feed has libtorch"

    member private x.Greet() = about <- x.Ask(Requests.ofFields [ "verb", Requests.ofText "about" ])

    interface IDisposable with
        member _.Dispose() =
            running.StandardInput.Close()

            if not (running.WaitForExit 5000) then running.Kill()

            running.Dispose()
