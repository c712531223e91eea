namespace NeuralDE.Benchmarks

open System
open System.ComponentModel
open System.Diagnostics
open System.IO
open System.Text.Json.Nodes

/// The peer could not do what it was asked.
exception PeerException of string

/// PyTorch and torchdiffeq in one process that lives as long as the benchmarks; peer.py answers line by line.
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

    /// Seconds of a call of a workload that was made under this name.
    member x.Subject(name: string) : Subject =
        fun calls ->
            let request =
                Requests.ofFields
                    [ "verb", Requests.ofText "time"; "name", Requests.ofText name; "repeats", Requests.ofNumber calls ]

            match x.Ask(request)["seconds"] with
            | null -> raise (PeerException "it gave no seconds")
            | seconds -> seconds.GetValue<float>()

    /// Starts it; or why it is not there.
    static member Start() : Result<Peer, string> =
        let python =
            match Environment.GetEnvironmentVariable "NEURALDE_PYTHON" with
            | null
            | "" -> "/usr/bin/python3"
            | path -> path

        let script = Path.Combine(AppContext.BaseDirectory, "peer.py")
        let info = ProcessStartInfo(python, [ script ], RedirectStandardInput = true, RedirectStandardOutput = true)

        // a BLAS reads this when it is loaded
        for variable in [ "OPENBLAS_NUM_THREADS"; "OMP_NUM_THREADS"; "MKL_NUM_THREADS" ] do
            info.Environment[variable] <- "1"

        info.Environment.Remove OpenBlas.coreTypeVariable |> ignore

        try
            match Process.Start info with
            | null -> Error $"{python} did not start"
            | running ->
                let peer = new Peer(running)
                peer.Greet()
                Ok peer
        with
        | :? Win32Exception -> Error $"there is no {python}; NEURALDE_PYTHON names another"
        | PeerException reason -> Error $"{python} has no PyTorch, or it does not load ({reason})"

    member private x.Greet() = about <- x.Ask(Requests.ofFields [ "verb", Requests.ofText "about" ])

    interface IDisposable with
        member _.Dispose() =
            running.StandardInput.Close()

            if not (running.WaitForExit 5000) then running.Kill()

            running.Dispose()
