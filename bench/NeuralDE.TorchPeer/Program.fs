/// Times libtorch for the benchmarks, as peer.py times Debian's PyTorch: reads one JSON request a line, writes one JSON answer a
/// line. A workload is made once from what the request holds, then timed call by call.
module NeuralDE.Benchmarks.TorchPeer.Program

open System
open System.Collections.Generic
open System.Diagnostics
open System.Reflection
open System.Text.Json.Nodes
open TorchSharp
open NeuralDE.Benchmarks
open NeuralDE.Benchmarks.TorchPeer.Numbers

let private workloads: Map<string, JsonObject -> Workload> =
    Map
        [ "mlp-forward", Networks.forward
          "mlp-vjp", Networks.vjp
          "chain", Kernels.chain
          "convolution", Kernels.convolution
          "product", Kernels.product
          "ode-net-step", OdeNet.step ]

let private made = Dictionary<string, Workload>()

let private answerOf (fields: (string * JsonNode) list) : JsonObject =
    let answer = JsonObject()

    for name, value in fields do
        answer[name] <- value

    answer

let private text (value: string) : JsonNode = nonNull (JsonValue.Create value)
let private number (value: float) : JsonNode = JsonValue.Create value
let private nodes (values: JsonNode seq) : JsonNode = JsonArray [| for value in values -> value: JsonNode | null |]

/// The version of libtorch's package, which the project states.
let private libtorch =
    Assembly.GetExecutingAssembly().GetCustomAttributes<AssemblyMetadataAttribute>()
    |> Seq.pick (fun data -> if data.Key = "libtorch" then Option.ofObj data.Value else None)

let private about () =
    let torchSharp = typeof<torch.Tensor>.Assembly.GetName().Version
    // a call that fails here says that the native library is not to be had
    use _one = torch.zeros [| 1L |]
    answerOf [ "libtorch", text libtorch; "TorchSharp", text (string torchSharp) ]

/// The numbers 0, every, 2 every, … of each result.
let private valuesOf (every: int) (results: Tensor list) : JsonNode =
    nodes
        [ for result in results do
              let all = toArray result
              nodes [ for i in 0..every .. all.Length - 1 -> number all[i] ] ]

let private make request =
    let name, kind = Asked.text "name" request, Asked.text "kind" request

    match Map.tryFind kind workloads with
    | None -> raise (Asked.AskedException $"got the workload {kind}, expected one of those that libtorch has")
    | Some workload ->
        torch.set_num_threads 1
        let workload = workload request
        made[name] <- workload
        use _scope = torch.NewDisposeScope()
        let values = valuesOf (Asked.whole "every" request) (workload.Run())
        let more = answerOf [ for name, value in workload.About -> name, number value ]
        answerOf [ "values", values; "about", more ]

/// Seconds of a call: processor time of the one thread, or with several threads the time that passes.
let private time request =
    let workload, repeats = made[Asked.text "name" request], Asked.whole "repeats" request
    let threads = Asked.whole "threads" request
    torch.set_num_threads threads

    let seconds () =
        if threads = 1 then
            Clock.seconds ()
        else
            float (Stopwatch.GetTimestamp()) / float Stopwatch.Frequency

    let start = seconds ()

    for _ in 1..repeats do
        use _scope = torch.NewDisposeScope()
        workload.Run() |> ignore

    answerOf [ "seconds", number ((seconds () - start) / float repeats) ]

let private answer (request: JsonObject) : JsonObject =
    match Asked.text "verb" request with
    | "about" -> about ()
    | "make" -> make request
    | "time" -> time request
    | "forget" ->
        made.Remove(Asked.text "name" request) |> ignore
        answerOf []
    | verb -> raise (Asked.AskedException $"got the verb {verb}, expected about, make, time or forget")

let private reply (line: string) : JsonObject =
    try
        match JsonNode.Parse line with
        | :? JsonObject as request -> answer request
        | _ -> raise (Asked.AskedException "got no JSON object")
    with e ->
        let message = (e.Message.Split '\n')[0]
        answerOf [ "error", text $"{e.GetType().Name}: {message}" ]

[<EntryPoint>]
let main _ =
    let rec go () =
        match Console.In.ReadLine() with
        | null -> 0
        | line ->
            Console.Out.WriteLine((reply line).ToJsonString())
            Console.Out.Flush()
            go ()

    go ()
