namespace NeuralDE.Benchmarks

open System.Text.Json.Nodes
open NeuralDE

/// What the rows of one run share.
[<NoEquality; NoComparison>]
type Context = { Peer: Result<Peer, string> }

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
        /// of every result, every so many-th number
        Values: float[][]
        About: JsonObject
    }

module Comparison =
    /// The numbers of a tree in the order of its leaves, every so many-th of each leaf.
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

        { Subject = peer.Subject name
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

    /// The peer, if it can do this: PyTorch alone, or torchdiffeq too.
    let rival (context: Context) (needsTorchdiffeq: bool) : Result<Peer, Rival> =
        match context.Peer with
        | Error reason -> Error(Absent((if needsTorchdiffeq then "torchdiffeq" else "PyTorch"), reason))
        | Ok peer when needsTorchdiffeq && not peer.HasTorchdiffeq ->
            Error(Absent("torchdiffeq", "NEURALDE_TORCHDIFFEQ does not name the folder that holds it"))
        | Ok peer -> Ok peer

    /// A row of PyTorch's: the same results from both sides.
    let againstTorch context name workload owed every (request: unit -> JsonObject) (call: unit -> 'T) : Row =
        let ours = Sampling.ofCall (fun () -> call () |> ignore)

        let quartiles, rival, deviation =
            match rival context false with
            | Error absent -> (Sampling.interleaved [ ours ]).Head, absent, None
            | Ok peer ->
                let theirs = make peer name every (request ())
                let deviation =
                    { Measure = differenceText
                      Ours = difference theirs.Values (numbers every (call ()))
                      Rival = None }
                let measured = Sampling.interleaved [ ours; theirs.Subject ]
                forget peer name
                measured[0], Measured("PyTorch", measured[1]), Some deviation

        { Name = name
          Workload = workload
          Unit = Seconds
          Ours = quartiles
          Rival = rival
          Deviation = deviation
          Owed = owed
          Note = "" }
