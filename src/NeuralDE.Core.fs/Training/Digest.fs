namespace NeuralDE.Internal.Training

open System
open System.Collections.Generic
open System.Runtime.InteropServices
open System.Security.Cryptography
open System.Text
open NeuralDE.Internal.Graph

/// Short texts that are equal for equal computations or numbers: the first 64 bits of SHA-256, as sixteen hexadecimal
/// digits.
module internal Digest =
    let private addText (hash: IncrementalHash) (text: string) = hash.AppendData(Encoding.UTF8.GetBytes text)

    let private addArray (hash: IncrementalHash) (a: NdArray) =
        addText hash $"{a.Dtype} {Shape.text a.Shape}\n"

        match a.Data with
        | :? (float[]) as values -> hash.AppendData(MemoryMarshal.AsBytes(ReadOnlySpan values))
        | :? (float32[]) as values -> hash.AppendData(MemoryMarshal.AsBytes(ReadOnlySpan values))
        | _ -> hash.AppendData(MemoryMarshal.AsBytes(ReadOnlySpan a.Integers))

    let private finished (hash: IncrementalHash) = Convert.ToHexStringLower(hash.GetHashAndReset()).Substring(0, 16)

    /// The digest of numbers with their dtypes and shapes, in order.
    let ofArrays (arrays: NdArray seq) : string =
        use hash = IncrementalHash.CreateHash HashAlgorithmName.SHA256
        Seq.iter (addArray hash) arrays
        finished hash

    /// The digest of a graph and all graphs in it: its printed form, and the constants in it.
    let ofGraph (top: Graph) : string =
        use hash = IncrementalHash.CreateHash HashAlgorithmName.SHA256
        addText hash (Print.graph top)
        let seen = HashSet<Graph>(HashIdentity.Reference)
        let todo = Queue<Graph>([ top ])

        while todo.Count > 0 do
            let graph = todo.Dequeue()

            if seen.Add graph then
                for n in graph.Walk do
                    match n.Op with
                    | Data data -> addArray hash data.Array
                    | Apply fn -> Print.graphsOf fn |> List.iter todo.Enqueue
                    | _ -> () // the printed form contains it

        finished hash
