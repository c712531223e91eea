namespace NeuralDE.Internal.Training

open System
open System.IO
open System.Runtime.InteropServices
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor

module internal Sharing =
    let private isPowerOfTwo n = n > 0 && (n &&& (n - 1)) = 0

    let check verb (s: Distribution) =
        if not (isPowerOfTwo s.Parts) then
            raise (
                InputException
                    $"{verb}: got {string s.Parts} parts, expected a power of two, such as 8: parts are added in pairs."
            )

        let size = s.Group.Size

        if not (isPowerOfTwo size && size <= s.Parts) then
            raise (
                InputException
                    $"{verb}: got {string size} processes for {string s.Parts} parts of a batch, expected a power of two, at most {string s.Parts}. Start another number of processes, or use Train.distributedIn with more parts."
            )

    /// The parts of each process.
    let mine (s: Distribution) : int = s.Parts / s.Group.Size

    /// Raises if a batch cannot be divided into parts of equal size.
    let checkBatch (s: Distribution) (what: string) (size: int) =
        if size % s.Parts <> 0 then
            raise (
                InputException
                    $"Train.distributed: {what} has {string size} samples, expected a multiple of the {string s.Parts} parts. Use another batch size, Batches.dropLast, or Train.distributedIn with fewer parts."
            )

    /// The sum over the first axis, of a power of two rows: neighbours are added, then neighbours of these sums.
    let rec treeSum (x: Tensor) : Tensor =
        let rest = x.Dims[1..]

        if x.Dims[0] = 1 then
            Prim.reshape rest x
        else
            let pairs = Prim.reshape (Array.append [| x.Dims[0] / 2; 2 |] rest) x
            treeSum (Prim.pick 1 0 pairs + Prim.pick 1 1 pairs)

    /// mine ← mine + theirs
    let private add (dtype: Dtype) (mine: byte[]) (theirs: byte[]) =
        if dtype = Float32 then
            let a = MemoryMarshal.Cast<byte, float32>(mine.AsSpan())
            let b = MemoryMarshal.Cast<byte, float32>(theirs.AsSpan())

            for i in 0 .. a.Length - 1 do
                a[i] <- a[i] + b[i]
        else
            let a = MemoryMarshal.Cast<byte, float>(mine.AsSpan())
            let b = MemoryMarshal.Cast<byte, float>(theirs.AsSpan())

            for i in 0 .. a.Length - 1 do
                a[i] <- a[i] + b[i]

    /// Calls for the partner of each round: after log₂ rounds of a power of two processes, what one has has reached all.
    let private inRounds (group: ProcessGroup) (exchange: int -> unit) =
        let mutable distance = 1

        while distance < group.Size do
            exchange (group.Rank ^^^ distance)
            distance <- 2 * distance

    /// The sums over all processes, of a power of two: in each round a process adds what its partner has, and the partner
    /// the same. Addition of two numbers has the same bits in either order.
    let private sumOfAll (group: ProcessGroup) (dtype: Dtype) (arrays: NdArray[]) : NdArray[] =
        let lengths = arrays |> Array.map (fun a -> a.Length * dtype.Size)
        let mine: byte[] = Array.zeroCreate (Array.sum lengths)
        let theirs: byte[] = Array.zeroCreate mine.Length
        let starts = Array.scan (+) 0 lengths

        for i in 0 .. arrays.Length - 1 do
            Buffer.BlockCopy(arrays[i].Data, 0, mine, starts[i], lengths[i])

        inRounds group (fun partner ->
            group.Exchange(partner, mine, theirs)
            add dtype mine theirs)

        arrays
        |> Array.mapi (fun i a ->
            let sum = NdArray.Zeros(dtype, a.Shape)
            Buffer.BlockCopy(mine, starts[i], sum.Data, 0, lengths[i])
            sum)

    let private noDerivative _ = raise (GraphException "the sum over processes has no derivative")

    /// The sums of tensors over all processes.
    let allSum (group: ProcessGroup) (xs: Tensor[]) : Tensor[] =
        if group.Size = 1 || xs.Length = 0 then
            xs
        else
            let dtypes = xs |> Array.map (fun x -> x.Dtype)

            let run (arrays: NdArray[]) : NdArray[] =
                let sums = Array.copy arrays

                for dtype in Array.distinct dtypes do
                    let these =
                        [| for i in 0 .. arrays.Length - 1 do
                               if dtypes[i] = dtype then i |]
                    let found = sumOfAll group dtype (these |> Array.map (fun i -> arrays[i]))
                    Array.iter2 (fun i sum -> sums[i] <- sum) these found

                sums

            let host =
                { Name = "sum over processes"
                  Outputs = xs |> Array.map (fun x -> x.Signature)
                  Run = run
                  Jvp = noDerivative
                  Vjp = fun _ -> noDerivative }

            Prim.apply (Host host) xs

    // ── outcomes of a step ───────────────────────────────────────────────────────────────────────────────────────
    /// The largest number of any process.
    let private largest (group: ProcessGroup) (n: int) : int =
        let most = ref n
        let theirs: byte[] = Array.zeroCreate sizeof<int>
        inRounds group (fun partner ->
            group.Exchange(partner, BitConverter.GetBytes most.Value, theirs)
            most.Value <- max most.Value (BitConverter.ToInt32 theirs))

        most.Value

    let private statuses =
        [| Success
           EventOccurred
           MaxStepsReached
           StepTooSmall
           NonFinite
           NonlinearSolveFailed
           EventsAccumulate
           TooManyEvents
           Status.Cancelled |]

    /// A failure is sent in a block of this size; longer texts are cut.
    let private blockLength, mostText = 4096, 800

    let private write (failure: Failure voption) : byte[] =
        let block: byte[] = Array.zeroCreate blockLength
        use into = new BinaryWriter(new MemoryStream(block))
        let cut (text: string) = if text.Length <= mostText then text else text.Substring(0, mostText)
        into.Write failure.IsSome

        match failure with
        | ValueSome f ->
            into.Write(cut f.Family)
            into.Write(Array.IndexOf(statuses, f.Status))
            into.Write f.Time
            into.Write(Option.defaultValue -1 f.Sample)
            into.Write(cut f.Component)
            into.Write f.Steps
            into.Write(cut (Option.defaultValue "" f.Advice))
        | ValueNone -> ()

        block

    let private read (block: byte[]) : Failure voption =
        use from = new BinaryReader(new MemoryStream(block))

        if from.ReadBoolean() then
            ValueSome
                { Family = from.ReadString()
                  Status = statuses[from.ReadInt32()]
                  Time = from.ReadDouble()
                  Sample =
                    (match from.ReadInt32() with
                     | -1 -> None
                     | i -> Some i)
                  Component = from.ReadString()
                  Steps = from.ReadInt32()
                  Advice =
                    (match from.ReadString() with
                     | "" -> None
                     | text -> Some text) }
        else
            ValueNone

    /// What a step ended with.
    type Outcome =
        | Computed
        /// a solve of this process or of another one failed
        | Failed of Failure
        | Cancelled

    /// What the processes agree on: cancelled if one was, otherwise the failure of the first process that has one.
    let agree (group: ProcessGroup) (mine: Outcome) : Outcome =
        if group.Size = 1 then
            mine
        else
            let code =
                match mine with
                | Computed -> 0
                | Failed _ -> 1
                | Cancelled -> 2

            match largest group code with
            | 0 -> Computed
            | 2 -> Cancelled
            | _ ->
                let failure =
                    match mine with
                    | Failed f -> ValueSome f
                    | Computed
                    | Cancelled -> ValueNone

                let blocks = ProcessGroup.gather group (Array.create group.Size blockLength) (write failure)
                blocks
                |> Array.pick (fun block ->
                    match read block with
                    | ValueSome f -> Some(Failed f)
                    | ValueNone -> None)
