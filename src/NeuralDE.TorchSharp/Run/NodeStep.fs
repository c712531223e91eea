namespace NeuralDE.LibTorch

open System
open System.Collections.Concurrent
open System.Collections.Generic
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Engine
open NeuralDE.LibTorch.Names

/// One node of a placed graph as code that reads and writes the values of a frame.
[<Sealed>]
type internal NodeSteps(runner: Runner, placed: Placed) =
    let p = placed.Program
    let nodes = p.Nodes
    let seats = placed.Seats
    let signatureOf i = nodes[i].Signature

    /// The slots whose single numbers come with one fetch. An int64 may not fit into a float64.
    let fetchable =
        [| for i in 0 .. nodes.Length - 1 do
               if placed.Fetched[i] && nodes[i].Dtype <> Int64 && Shape.size nodes[i].Shape = 1L then i |]

    let sentInputs = HashSet<int>()

    /// The outputs of a function node that a node reads.
    let readOf (i: int) : HashSet<int> =
        HashSet(
            seq {
                for j in 0 .. nodes.Length - 1 do
                    match nodes[j].Op with
                    | Output k when p.Args[j][0] = i -> k
                    | _ -> ()
            }
        )

    let set (f: Frame) i (a: NdArray) =
        f.Values[i] <- f.Values[i].With a

        match f.Flags with
        | ValueSome flags when nodes[i].Dtype = Bool && Array.contains i fetchable -> flags[i] <- a
        | _ -> ()

    /// Brings a value to managed memory, and with it all that the host will need and the device has computed: one wait.
    let fetch (f: Frame) (i: int) : unit =
        let ready = fetchable |> Array.filter (fun k -> f.Values[k].HasTensor && not f.Values[k].HasNumber)

        if ready.Length < 2 || not (Array.contains i ready) then
            set f i (Values.number (signatureOf i) f.Values[i])
        else
            use _ = T.NewDisposeScope()
            let numbers = ready |> Array.map (fun k -> f.Values[k].Tensor.reshape([||]).to_type ScalarType.Float64)
            let found = Transfer.download Float64 [| ready.Length |] (T.stack (numbers, 0L)) :?> float[]
            ready |> Array.iteri (fun n k -> set f k (NdArray.OfFloats(nodes[k].Dtype, nodes[k].Shape, [| found[n] |])))

    /// The elements of a value in managed memory; a flag may be assumed.
    let numberIn (f: Frame) (i: int) : NdArray =
        if not f.Values[i].HasNumber then
            match f.Guesses with
            | ValueSome guesses ->
                match guesses.TryTake(i, f.Values[i].Tensor) with
                | ValueSome assumed -> f.Values[i] <- f.Values[i].With assumed
                | ValueNone -> fetch f i
            | ValueNone -> fetch f i

        f.Values[i].Number

    let whole (f: Frame) (i: int) : NdArray =
        let a = numberIn f i
        if seats[i] = Splat then NdArray.Filled(a, nodes[i].Shape) else a

    let functionNode i (fn: Fn) : Frame -> unit =
        let used = p.Args[i]
        let call = FunctionRun.make runner fn (used |> Array.map (fun a -> seats[a])) (used |> Array.map signatureOf)
        let primal, read = p.Primal[i], readOf i
        // the library's own engine fills no tape of this kind: its pullback repeats the loop
        let isTaped = p.Taped[i] && not (FunctionRun.isOnHost fn (used |> Array.map (fun a -> seats[a])))
        let isBranch =
            (match fn with
             | Cond _ -> true
             | _ -> false)

        fun f ->
            if isBranch then numberIn f used[0] |> ignore

            let tape =
                if isTaped then
                    let made = FunctionRun.tapeFor fn
                    f.Tapes[i] <- made
                    made
                elif primal >= 0 then
                    f.Tapes[primal]
                else
                    null

            let out = call f.Checks (used |> Array.map (fun a -> f.Values[a])) tape
            out |> Array.iteri (fun k v -> if not (read.Contains k) then v.Drop())
            f.Bundles[i] <- out

    /// Whether the flags of a check are all true, as a 0-d tensor.
    let passed (f: Frame) (flags: int) (looked: int) : Tensor =
        if nodes[flags].Dtype = Bool then
            f.Values[flags].Tensor.all()
        else
            Making.scoped (fun () ->
                // limits, one for each leading row; −1 means none
                let limits =
                    (Values.onDevice runner.Device (signatureOf flags) f.Values[flags]).Tensor.reshape [| -1L; 1L |]
                let x = f.Values[looked].Tensor.to_type(ScalarType.Int64).reshape [| limits.shape[0]; -1L |]
                let isInside = x.ge(Making.long 0L).logical_and(x.lt limits)
                isInside.logical_or(limits.eq (Making.long -1L)).all())

    let isNotEmpty a = Shape.size nodes[a].Shape > 0L

    let deferred (c: Check) (used: int[]) (looked: int[]) : Frame -> unit =
        let read (f: Frame) a = if seats[a] = Splat then Held.Of(whole f a) else f.Values[a].Alias()

        fun f ->
            f.Checks.Add
                { Check = c
                  Passed = passed f used[1] used[0]
                  Looked = looked |> Array.map (read f)
                  Signatures = looked |> Array.map signatureOf }

    let check i (c: Check) : Frame -> unit =
        let used = p.Args[i]
        let hasFlags = c.Flagged && nodes[used[1]].Dtype = Bool
        let hasLimits = c.Flagged && not hasFlags
        let looked = if hasFlags then Array.removeAt 1 used else used

        let inspect: Frame -> unit =
            if hasFlags && seats[used[1]] = OnDevice && isNotEmpty used[1] then
                deferred c used looked
            elif hasLimits && seats[used[0]] = OnDevice && isNotEmpty used[0] && isNotEmpty used[1] then
                deferred c used looked
            elif hasFlags then
                // flags of the host: the values are read only if one is false
                fun f ->
                    let flags = whole f used[1]

                    if not (Array.forall id flags.Flags) then f.Checks.Inspect(c, used |> Array.map (whole f))
            else
                fun f -> f.Checks.Inspect(c, used |> Array.map (whole f))

        fun f ->
            inspect f
            f.Values[i] <- f.Values[used[0]].Alias()

    /// An array in managed memory with more than one element, as a tensor. What never changes is sent once, and so are
    /// arguments of the call.
    let sender (a: int) : Frame -> struct (Tensor * bool) =
        // threads share it
        let sent = lazy (ConcurrentDictionary<int, TorchBuffer>())

        match nodes[a].Op with
        | Input k ->
            sentInputs.Add k |> ignore

            fun f ->
                if f.Values[a].HasTensor then
                    struct (f.Values[a].Tensor, false)
                elif not f.Values[a].IsStable then
                    struct (Transfer.upload runner.Device f.Values[a].Number, true)
                else
                    match (runner.Owner.Here f.Values[a].Number).Buffer with
                    | :? TorchBuffer as b -> struct (b.Tensor, false)
                    | _ -> raise (GraphException "an upload gave a foreign buffer")
        | _ when placed.Fixed[a] ->
            fun f ->
                let make _ =
                    let t = Transfer.upload runner.Device f.Values[a].Number
                    TorchBuffer.Of(runner.Owner, runner.Device, t, 0L)

                struct (sent.Value.GetOrAdd(a, make).Tensor, false)
        | _ -> fun f -> struct (Transfer.upload runner.Device f.Values[a].Number, true)

    /// A kernel with arguments that are tensors or numbers.
    let kernel i (make: Held[] -> Tensor) : Frame -> unit =
        match p.Args[i] with
        | [| a |] ->
            fun f ->
                Counted.AddLaunch()
                f.Values[i] <- Held.Of(make [| f.Values[a] |])
        | [| a; b |] ->
            fun f ->
                Counted.AddLaunch()
                f.Values[i] <- Held.Of(make [| f.Values[a]; f.Values[b] |])
        | used ->
            fun f ->
                Counted.AddLaunch()
                f.Values[i] <- Held.Of(make (used |> Array.map (fun a -> f.Values[a])))

    /// A kernel some of whose arguments are sent first.
    let kernelOfSent i (isSent: bool[]) (make: Held[] -> Tensor) : Frame -> unit =
        let used = p.Args[i]
        let senders = used |> Array.mapi (fun k a -> if isSent[k] then ValueSome(sender a) else ValueNone)

        fun f ->
            let sent = senders |> Array.map (ValueOption.map (fun send -> send f))

            let args =
                Array.map2
                    (fun a s ->
                        match s with
                        | ValueSome(struct (t, _)) -> Held.Of(t: Tensor)
                        | ValueNone -> f.Values[a])
                    used
                    sent

            Counted.AddLaunch()
            f.Values[i] <- Held.Of(make args)

            for s in sent do
                match s with
                | ValueSome(struct (t, true)) -> t.Dispose()
                | _ -> ()

    let fallback i (op: Op) : Frame -> unit =
        let used = p.Args[i]

        fun f ->
            Counted.FellBack(Print.name op)
            let args = used |> Array.map (whole f)
            f.Values[i] <- Held.Of(Transfer.upload runner.Device (Execute.primitiveHere op (signatureOf i) args))

    let onDevice i (op: Op) : Frame -> unit =
        let used = p.Args[i]
        let isSent = used |> Array.map (fun a -> seats[a] = OnHost && Shape.size nodes[a].Shape <> 1L)
        let taken = Array.map2 (fun a sent -> if sent then OnDevice else seats[a]) used isSent

        match TorchPrimitives.make runner.Device op (signatureOf i) (used |> Array.map signatureOf) taken with
        | ValueSome make when Array.exists id isSent -> kernelOfSent i isSent make
        | ValueSome make -> kernel i make
        | ValueNone -> fallback i op

    /// A number, or one that represents a shape.
    let onHost i (op: Op) : Frame -> unit =
        let used = p.Args[i]
        let isSplat = seats[i] = Splat

        match op with
        | Broadcast _
        | Reshape _ when isSplat -> fun f -> f.Values[i] <- Held.Of((numberIn f used[0]).WithShape [||])
        | _ ->
            let s = if isSplat then { signatureOf i with Shape = [||] } else signatureOf i
            let read f a = if isSplat then (numberIn f a).WithShape [||] else whole f a
            fun f -> f.Values[i] <- Held.Of(Evaluate.primitive op s (used |> Array.map (read f)))

    /// An array of a rule: its own tensor on this device, otherwise sent once.
    let data i (a: NdArray) : Frame -> unit =
        if seats[i] = OnHost then
            fun f -> f.Values[i] <- Held.Of a
        else
            fun f ->
                match (runner.Owner.Here a).Buffer with
                | :? TorchBuffer as b -> f.Values[i] <- Held.Of(b.Tensor.alias ())
                | _ -> raise (GraphException "an upload gave a foreign buffer")

    /// The elements of a value in managed memory, in its own shape.
    member _.Number(f: Frame, i: int) : NdArray = whole f i

    /// The inputs of which kernels need tensors though their seat is the host; known when all steps are made.
    member _.SentInputs = sentInputs

    member _.Step(i: int) : Frame -> unit =
        match nodes[i].Op with
        | Input k -> fun f -> f.Values[i] <- f.Inputs[k]
        | Output k ->
            let bundle = p.Args[i][0]
            fun f -> f.Values[i] <- f.Bundles[bundle][k]
        | Apply fn -> functionNode i fn
        | Check c -> check i c
        | Constant literal ->
            let held = Held.Of(Evaluate.constant literal)
            fun f -> f.Values[i] <- held
        | Data d -> data i d.Array
        | op -> if seats[i] = OnDevice then onDevice i op else onHost i op // primitives
