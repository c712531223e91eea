/// Processes of a group as threads of this process.
module NeuralDE.Tests.Learning.ThreadGroup

open System
open System.Collections.Concurrent
open System.Threading
open NeuralDE

/// Another rank has ended the work.
type Abandoned(reason: exn) =
    inherit Exception($"abandoned: {reason.Message}", reason)

type private Hub(size: int) =
    let mail = Array2D.init size size (fun _ _ -> new BlockingCollection<byte[]>())
    let source = new CancellationTokenSource()
    let mutable reason: exn voption = ValueNone
    member val Exchanged = 0L with get, set

    member _.Send(from: int, target: int, bytes: byte[]) = mail[from, target].Add(Array.copy bytes)

    member _.Receive(from: int, target: int) : byte[] =
        try
            mail[from, target].Take source.Token
        with :? OperationCanceledException ->
            raise (Abandoned reason.Value)

    member _.Abandon(e: exn) =
        if reason.IsNone then reason <- ValueSome e
        source.Cancel()

[<Sealed>]
type private Member(hub: Hub, rank: int, size: int) =
    inherit ProcessGroup()
    override _.Rank = rank
    override _.Size = size

    override _.Exchange(partner, mine, theirs) =
        hub.Send(rank, partner, mine)
        let received = hub.Receive(partner, rank)

        if received.Length <> theirs.Length then
            failwith $"rank {rank} got {received.Length} bytes from {partner}, expected {theirs.Length}"

        received.CopyTo(theirs, 0)

    override _.Abandon e = hub.Abandon e

/// The result of every rank, or its exception.
let tryRun (size: int) (work: ProcessGroup -> 'T) : Result<'T, exn>[] =
    let hub = Hub size
    let results = Array.create size (Error(Exception "did not run"))

    let threads =
        Array.init size (fun rank ->
            let run () =
                results[rank] <-
                    try
                        Ok(work (Member(hub, rank, size)))
                    with e ->
                        Error e

            Thread(run, 16 * 1024 * 1024))

    for thread in threads do
        thread.Start()

    for thread in threads do
        if not (thread.Join(TimeSpan.FromSeconds 60.0)) then failwith "a rank waits for ever"

    results

let run (size: int) (work: ProcessGroup -> 'T) : 'T[] =
    tryRun size work
    |> Array.map (function
        | Ok result -> result
        | Error e -> raise (Exception("a rank failed", e)))
