namespace NeuralDE

open System
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Calculus

/// <summary>Processes that work on one problem together: each computes a part, and all get the whole. NeuralDE.Mpi has the group
/// of the processes that mpirun starts.</summary>
/// <remarks>
/// All processes run the same program with the same data and call the same functions in the same order. Another kind of
/// connection is a class of these four members.
/// </remarks>
[<AbstractClass>]
type ProcessGroup() =
    /// The index of this process, from 0.
    abstract Rank: int

    /// The number of processes.
    abstract Size: int

    /// <summary>Sends bytes to another process and receives its bytes; the other one makes the same call at the same
    /// time.</summary>
    /// <param name="partner">The rank of the other process.</param>
    /// <param name="mine">The bytes to send.</param>
    /// <param name="theirs">Takes the bytes received; their number is known to both.</param>
    abstract Exchange: partner: int * mine: byte[] * theirs: byte[] -> unit

    /// <summary>This process leaves the common work with an exception. Ends the others too: they would wait for it for
    /// ever.</summary>
    abstract Abandon: reason: exn -> unit

    /// One process on its own.
    static member val alone: ProcessGroup =
        { new ProcessGroup() with
            member _.Rank = 0
            member _.Size = 1
            member _.Exchange(_, _, _) = invalidOp "ProcessGroup.alone: there is no other process."
            member _.Abandon _ = () }

/// How the losses of the parts of a batch give the loss of the batch.
[<RequireQualifiedAccess>]
type PartLosses =
    /// for a mean over samples
    | Mean
    /// for a sum over samples
    | Sum

/// <summary>The processes of a training, and the parts into which each batch is divided; made by Train.distributed.</summary>
/// <remarks>
/// Every process computes the losses and gradients of its parts one after another; they are added as a binary tree over all parts.
/// So the bits depend on the parts, and not on the number of processes.
/// </remarks>
[<NoEquality; NoComparison>]
type Distribution =
    {
        /// the processes
        Group: ProcessGroup
        /// the number of parts of a batch
        Parts: int
        /// how their losses are joined
        Losses: PartLosses
    }

/// Work shared by the processes of a group.
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module ProcessGroup =
    /// The bytes of every process, by rank; `lengths` are their numbers. In each round every process has one partner: in round
    /// k, those whose ranks have the sum k.
    let internal gather (group: ProcessGroup) (lengths: int[]) (mine: byte[]) : byte[][] =
        let size, rank = group.Size, group.Rank
        let all = Array.init size (fun r -> if r = rank then mine else Array.zeroCreate lengths[r])

        for k in 0 .. size - 1 do
            let partner = (k - rank + size) % size
            if partner <> rank then group.Exchange(partner, mine, all[partner])

        all

    /// The first row of a process, of rows that are divided as evenly as possible.
    let private firstRow (group: ProcessGroup) (rows: int) (rank: int) =
        int (int64 rows * int64 rank / int64 group.Size)

    /// The rows of all processes, one after another; `from` are the first rows.
    let private joined (group: ProcessGroup) (from: int[]) (part: Tensor) : Tensor =
        let rows = from[group.Size]
        let shape = Array.append [| rows |] part.Dims[1..]
        let rowBytes = Buffer.ByteLength part.Numbers.Data / max 1 part.Dims[0]
        let lengths = Array.init group.Size (fun r -> (from[r + 1] - from[r]) * rowBytes)
        let mine: byte[] = Array.zeroCreate lengths[group.Rank]
        Buffer.BlockCopy(part.Numbers.Data, 0, mine, 0, mine.Length)
        let whole = NeuralDE.Internal.Graph.NdArray.Zeros(part.Dtype, shape)

        for r, bytes in Array.indexed (gather group lengths mine) do
            Buffer.BlockCopy(bytes, 0, whole.Data, from[r] * rowBytes, bytes.Length)

        Tensor.OfArray whole

    /// <summary>Applies a function to rows, each process to its own part of them; all processes get the results of all
    /// rows. For ensembles of solves.</summary>
    /// <param name="group">The processes.</param>
    /// <param name="f">From a tree of tensors [rows; …] to a tree of tensors [rows; …] of as many rows, such as a solve
    /// with perSample. The result of a row must depend on this row alone.</param>
    /// <param name="xs">A tree of tensors [n; …], the same in all processes; n is at least the number of
    /// processes.</param>
    /// <returns>f xs: a tree of tensors [n; …].</returns>
    /// <remarks>An exception in one process ends all of them.</remarks>
    /// <exception cref="T:NeuralDE.ShapeException">The leaves of xs or of the result have other numbers of
    /// rows.</exception>
    let mapRows (group: ProcessGroup) (f: 'A -> 'B) (xs: 'A) : 'B =
        let leaves = Tree.flatten xs

        if leaves.Length = 0 || leaves |> Array.exists (fun x -> x.Rank = 0 || x.Dims[0] <> leaves[0].Dims[0]) then
            Expect.misfit "ProcessGroup.mapRows: every leaf needs the same first extent, the number of rows."

        let rows = leaves[0].Dims[0]

        if rows < group.Size then
            Expect.misfit
                $"ProcessGroup.mapRows: got {string rows} rows, expected at least one for each of {string group.Size} processes."

        let from = Array.init (group.Size + 1) (firstRow group rows)
        let first, last = from[group.Rank], from[group.Rank + 1] - 1

        let joinedResult (y: Tensor) =
            if y.Rank = 0 || y.Dims[0] <> last - first + 1 then
                Expect.misfit
                    $"ProcessGroup.mapRows: of {string (last - first + 1)} rows the function made shape {Expect.text y}, expected [{string (last - first + 1)}; …]."

            joined group from y

        try
            let mine = leaves |> Array.map (fun x -> x[first..last]) |> Tree.unflatten xs
            let result = f mine
            Tree.flatten result |> Array.map joinedResult |> Tree.unflatten result
        with e ->
            group.Abandon e
            reraise ()
