namespace NeuralDE.Internal.Mpi

#nowarn "9" // native pointers

open System
open Microsoft.FSharp.NativeInterop
open NeuralDE

/// All processes of an mpirun.
[<Sealed>]
type internal MpiGroup(kind: MpiKind) =
    inherit ProcessGroup()

    /// The bytes of one message: MPI counts in int32.
    static let mostBytes = 1 <<< 30

    /// MPI_THREAD_SERIALIZED: any thread calls, one at a time.
    static let serialized = 2

    let mpi = MpiLibrary.Functions kind
    let gate = obj ()
    let mutable isOver = false

    let check (what: string) (code: int) =
        if code <> 0 then
            raise (InputException $"{mpi.Name}: {what} returned the error {string code}, expected 0.")

    do
        let mutable provided = 0
        mpi.Init.Invoke(0n, 0n, serialized, &provided) |> check "MPI_Init_thread"

    let number (what: string) (f: MpiLibrary.OfCommunicator) : int =
        let mutable n = 0
        f.Invoke(mpi.World, &n) |> check what
        n

    let rank, size = number "MPI_Comm_rank" mpi.Rank, number "MPI_Comm_size" mpi.Size

    let exchangePart partner (mine: nativeint) mineCount (theirs: nativeint) theirsCount =
        mpi.SendReceive.Invoke(
            mine,
            mineCount,
            mpi.Bytes,
            partner,
            0,
            theirs,
            theirsCount,
            mpi.Bytes,
            partner,
            0,
            mpi.World,
            mpi.NoStatus
        )
        |> check "MPI_Sendrecv"

    /// The library that connects the processes.
    member _.Library = mpi.Name

    override _.Rank = rank
    override _.Size = size

    override _.Exchange(partner, mine, theirs) =
        lock gate (fun () ->
            use a = fixed mine
            use b = fixed theirs
            let a, b = NativePtr.toNativeInt a, NativePtr.toNativeInt b
            // both sides send as many messages
            for part in 0 .. max 0 (max mine.Length theirs.Length - 1) / mostBytes do
                let at = part * mostBytes
                let left (bytes: byte[]) = max 0 (min mostBytes (bytes.Length - at))
                exchangePart partner (a + nativeint at) (left mine) (b + nativeint at) (left theirs))

    override x.Abandon reason = x.End($"process {string rank} of {string size} ends all processes: {reason}", 1)

    /// Ends all processes at once.
    member _.End(message: string, code: int) =
        eprintfn "%s" message
        mpi.Abort.Invoke(mpi.World, code) |> ignore

    /// At the end of the process.
    member _.Close() =
        lock gate (fun () ->
            if not isOver then
                isOver <- true
                mpi.Finalize.Invoke() |> ignore)
