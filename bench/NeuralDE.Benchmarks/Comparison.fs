namespace NeuralDE.Benchmarks

open System.Text.Json.Nodes
open NeuralDE
open NeuralDE.Kernels

/// What the rows of one run share.
[<NoEquality; NoComparison>]
type Context =
    {
        /// Debian's PyTorch
        Peer: Result<Peer, string>
        /// libtorch of today
        Libtorch: Result<Peer, string>
    }

/// A row cannot be measured here, and why.
exception Skipped of string

/// A row, or several that are measured together.
[<NoEquality; NoComparison>]
type Benchmark = { Name: string; Run: Context -> Row list }

/// What a peer's answer to "make" says beside its numbers.
[<NoEquality; NoComparison>]
type PeerSide =
    {
        Subject: Subject
        Peer: Peer
        /// a sample of each result: every n-th number
        Values: float[][]
        About: JsonObject
    }

/// Our side: a call, and a sample of its results: number 0, Every, 2 Every, ….
[<NoEquality; NoComparison>]
type OurSide = { Call: unit -> unit; Every: int; Values: unit -> float[][] }

module Comparison =
    /// The numbers 0, every, 2 every, … of each leaf of a tree, in the order of its leaves.
    let numbers (every: int) (tree: 'T) : float[][] =
        Tree.flatten tree
        |> Array.map (fun x ->
            let all = x.ToArray()
            [| for i in 0..every .. all.Length - 1 -> all[i] |])

    /// The largest difference, as a share of the largest number.
    let difference (a: float[][]) (b: float[][]) : float =
        let a, b = Array.concat a, Array.concat b
        let largest = a |> Array.fold (fun m x -> max m (abs x)) 1e-300
        let apart = Array.fold2 (fun m x y -> max m (abs (x - y))) 0.0 a b
        apart / largest

    let differenceText = "largest difference over largest number"

    /// Makes a workload on the peer's side.
    let make (peer: Peer) (name: string) (every: int) (request: JsonObject) : PeerSide =
        request["verb"] <- Requests.ofText "make"
        request["name"] <- Requests.ofText name
        request["every"] <- Requests.ofNumber every
        let answer = peer.Ask request

        let values, about =
            match answer["values"], answer["about"] with
            | null, _
            | _, null -> raise (PeerException "it gave no values")
            | values, about -> values.AsArray(), about.AsObject()

        { Subject = peer.Subject(name, 1)
          Peer = peer
          Values =
            [| for result in values do
                   match result with
                   | null -> [||]
                   | result ->
                       [| for x in result.AsArray() do
                              match x with
                              | null -> nan
                              | x -> x.GetValue<float>() |] |]
          About = about }

    let forget (peer: Peer) (name: string) =
        peer.Ask(Requests.ofFields [ "verb", Requests.ofText "forget"; "name", Requests.ofText name ]) |> ignore

    /// The workload on a peer's side, or that it is absent and why.
    let private side (rival: string) (peer: Result<Peer, string>) name every (request: unit -> JsonObject) =
        let absent reason = Error(Absent(rival, reason))

        match peer with
        | Error reason -> absent reason
        | Ok peer ->
            try
                Ok(rival, make peer name every (request ()))
            with PeerException reason ->
                absent reason

    /// Samples of ours, of what else is asked for and of the peers, all in turn; then the peers forget the workload. On two
    /// threads the peers come after ours: OpenMP's threads spin for up to 0.2 s after their work, on a core that ours need.
    let private sampled name ours (others: Subject list) (sides: Result<string * PeerSide, Rival> list) threads =
        let there = sides |> List.choose Result.toOption
        let theirs = there |> List.map (fun (_, side) -> side.Peer.Subject(name, threads))

        let measured =
            if threads = 1 then
                Sampling.interleaved (ours :: others @ theirs)
            else
                Sampling.interleaved (ours :: others) @ Sampling.interleaved theirs

        for _, side in there do
            forget side.Peer name

        let others, theirs = List.splitAt others.Length measured.Tail
        let quartiles = List.zip (List.map fst there) theirs |> Map.ofList

        let rivals =
            sides
            |> List.map (fun side ->
                match side with
                | Ok(rival, _) -> Measured(rival, quartiles[rival])
                | Error absent -> absent)

        measured.Head, others, rivals

    /// Our side where a call gives tensors.
    let ofTrees (every: int) (call: unit -> 'T) : OurSide =
        { Call = fun () -> call () |> ignore
          Every = every
          Values = fun () -> numbers every (call ()) }

    /// PyTorch if torchdiffeq is there too.
    let withTorchdiffeq (context: Context) : Result<Peer, string> =
        match context.Peer with
        | Ok peer when not peer.HasTorchdiffeq -> Error "NEURALDE_TORCHDIFFEQ does not name the folder that holds it"
        | peer -> peer

    let torchdiffeq (context: Context) : Result<Peer, Rival> =
        withTorchdiffeq context |> Result.mapError (fun reason -> Absent("torchdiffeq", reason))

    let private against
        (context: Context)
        rival
        name
        workload
        (request: unit -> JsonObject)
        (ours: OurSide)
        (others: Subject list)
        =
        let sides =
            [ side rival context.Peer name ours.Every request
              side "libtorch" context.Libtorch name ours.Every request ]

        let there = sides |> List.choose Result.toOption
        let differences = [ for _, side in there -> difference side.Values (ours.Values()) ]
        let measured, others, rivals = sampled name (Sampling.ofCall ours.Call) others sides 1

        let deviation =
            if differences.IsEmpty then
                None
            else
                Some { Measure = differenceText; Ours = List.max differences; Rival = None }

        { Row.alone name workload Seconds measured with
            Rival = rivals[0]
            Libtorch = rivals[1]
            Deviation = deviation },
        others,
        there

    /// A row of PyTorch's and libtorch's: the same results from all sides. Further subjects are sampled between them.
    let againstBoth (context: Context) name workload request ours others : Row * Quartiles list =
        let row, others, _ = against context "PyTorch" name workload request ours others
        row, others

    /// The same where the one with PyTorch has a name of its own; and what the peers say beside their numbers.
    let againstPeers (context: Context) rival name workload request ours : Row * (string * PeerSide) list =
        let row, _, sides = against context rival name workload request ours []
        row, sides

    /// Two threads beside one, by the time that passes, and libtorch on two.
    let onTwoThreads (context: Context) name workload owed (request: unit -> JsonObject) (ours: OurSide) : Row =
        let on threads (call: unit -> 'R) : 'R =
            if ThreadTeam.Threads <> threads then ThreadTeam.Threads <- threads

            call ()

        try
            let sides = [ side "libtorch" context.Libtorch name ours.Every request ]
            let apart = difference (on 1 ours.Values) (on 2 ours.Values)
            let subject threads = Sampling.ofWallCall (fun () -> on threads ours.Call)
            let measured, one, rivals = sampled name (subject 2) [ subject 1 ] sides 2

            { Row.alone name $"{workload}; two threads beside one, by the time that passes" Seconds measured with
                Rival = Measured("one thread", one.Head)
                Libtorch = rivals.Head
                Deviation = Some { Measure = $"one thread beside two: {differenceText}"; Ours = apart; Rival = None }
                Owed = owed }
        finally
            ThreadTeam.Threads <- 1
