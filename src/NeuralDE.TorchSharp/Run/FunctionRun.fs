namespace NeuralDE.LibTorch

open System
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Engine

/// A function node for arguments with certain seats: takes borrowed arguments and, for a loop or a pullback, the tape that
/// the two share; the caller owns the results.
type internal FunctionStep = PendingChecks -> Held[] -> LoopTape -> Held[]

module internal FunctionRun =
    /// A number that represents a shape becomes a tensor before it enters a graph.
    let private settled (seats: Seat[]) : Seat[] = seats |> Array.map (fun s -> if s = Splat then OnDevice else s)

    let private allHost (seats: Seat[]) = seats |> Array.forall (fun s -> s = OnHost)

    /// Nothing of it is on the device: the library's own engine runs it.
    let isOnHost (fn: Fn) (seats: Seat[]) : bool =
        allHost seats
        && Print.graphsOf fn |> List.forall (fun g -> isNull (Placement.ofGraph g))
        && (match fn with
            | Host _ -> false
            | _ -> true)

    let private inner (runner: Runner) (seats: Seat[]) (g: Graph) : Compiled =
        runner.Compile(g, settled seats, Array.create g.Outputs.Length false)

    let private resultSeats (c: Compiled) : Seat[] = settled c.OutputSeats

    let private isEmptyBatch (l: Loop) = l.Batch.Length > 0 && Shape.size l.Batch = 0L

    let outputsOf (runner: Runner) (fn: Fn) (seats: Seat[]) : Seat[] =
        let onDevice n = Array.create n OnDevice

        if isOnHost fn seats then
            match fn with
            | Call(g, _)
            | Cond(g, _) -> Array.create g.Outputs.Length OnHost
            | Custom c -> Array.create c.Primal.Outputs.Length OnHost
            | Root r -> Array.create r.Solve.Outputs.Length OnHost
            | Host h -> Array.create h.Outputs.Length OnHost
            | Pullback p -> p.Wanted |> Array.filter id |> Array.map (fun _ -> OnHost)
            | Loop l -> Array.create (l.States + l.Registers + l.Emits) OnHost
        else
            match fn with
            | Call(g, _) -> resultSeats (inner runner seats g)
            | Custom c -> resultSeats (inner runner seats c.Primal)
            | Root r -> resultSeats (inner runner seats r.Solve)
            | Cond(a, b) ->
                Array.map2
                    (fun x y -> if x = OnHost && y = OnHost then OnHost else OnDevice)
                    (resultSeats (inner runner seats[1..] a))
                    (resultSeats (inner runner seats[1..] b))
            | Host h -> onDevice h.Outputs.Length
            | Pullback p -> p.Wanted |> Array.filter id |> Array.map (fun _ -> OnDevice)
            | Loop l when isEmptyBatch l -> onDevice (l.States + l.Registers + l.Emits)
            | Loop l -> LoopForm.outputs (LoopForm.make runner l (settled seats))

    /// Runs f on the arguments with tensors in the place of numbers that represent shapes.
    let private withTensors (runner: Runner) (seats: Seat[]) (s: Signature[]) (args: Held[]) (f: Held[] -> Held[]) =
        if Array.contains Splat seats then
            let given =
                args |> Array.mapi (fun k v -> if seats[k] = Splat then Values.onDevice runner.Device s[k] v else v)
            let result = f given
            given |> Array.iteri (fun k v -> if seats[k] = Splat then v.Drop())
            result
        else
            f args

    /// An argument as an array in managed memory, in its own shape.
    let numberOf (s: Signature) (seat: Seat) (v: Held) : NdArray =
        if seat = Splat then NdArray.Filled(v.Number, s.Shape) else Values.number s v

    /// By the library's own engine; an earlier failure of a check comes before one in here.
    let private byEngine (fn: Fn) (checks: PendingChecks) (args: NdArray[]) : NdArray[] =
        try
            Execute.call fn args
        with _ ->
            match checks.Failure with
            | ValueSome earlier -> raise earlier
            | ValueNone -> reraise ()

    let private onCopies (runner: Runner) (fn: Fn) (seats: Seat[]) (s: Signature[]) : FunctionStep =
        fun checks args _ ->
            Counted.FellBack "loop over no rows"
            byEngine fn checks (Array.map3 numberOf s seats args)
            |> Array.map (fun a -> Held.Of(Transfer.upload runner.Device a))

    let private graph (runner: Runner) (seats: Seat[]) (s: Signature[]) (g: Graph) : FunctionStep =
        let c = inner runner seats g
        fun checks args _ -> withTensors runner seats s args (fun args -> runner.Run(c, args, checks))

    /// Both branches give their results in the same seats.
    let private condition (runner: Runner) (seats: Seat[]) (s: Signature[]) (whenTrue: Graph) (whenFalse: Graph) =
        let results = outputsOf runner (Cond(whenTrue, whenFalse)) seats
        let branch g = graph runner seats[1..] s[1..] g
        let a, b = branch whenTrue, branch whenFalse

        let step: FunctionStep =
            fun checks args tape ->
                let out = (if (Values.number s[0] args[0]).Flags[0] then a else b) checks args[1..] tape

                out
                |> Array.mapi (fun k v ->
                    if results[k] = OnDevice && not v.HasTensor then
                        Values.onDevice runner.Device whenTrue.Outputs[k].Signature v
                    else
                        v)

        step

    /// A host function that knows libtorch reads the tensors; any other one copies them.
    let private host (runner: Runner) (h: Host) (seats: Seat[]) (s: Signature[]) : FunctionStep =
        fun _ args _ ->
            let given =
                args
                |> Array.mapi (fun k v ->
                    if v.HasTensor then
                        NdArray.In(
                            TorchBuffer.Of(runner.Owner, runner.Device, v.Tensor.alias (), 0L),
                            s[k].Dtype,
                            s[k].Shape
                        )
                    else
                        numberOf s[k] seats[k] v)

            let results =
                h.Run given
                |> Array.map (fun a ->
                    match a.Buffer with
                    | :? TorchBuffer as b -> Held.Of(b.Tensor.alias ())
                    | _ -> Held.Of(Transfer.upload runner.Device a))

            for a in given do
                match a.Buffer with
                | null -> ()
                | b -> b.Release()

            results

    let private loop (runner: Runner) (l: Loop) (seats: Seat[]) (s: Signature[]) : FunctionStep =
        let form = LoopForm.make runner l (settled seats)

        fun checks args tape ->
            withTensors runner seats s args (fun args ->
                if form.HasRows then
                    RowLoopRun(runner, form, args, checks, tape).Run()
                else
                    LoopRun(runner, form, args, checks, tape).Run())

    let private pullback (runner: Runner) (p: Pullback) (seats: Seat[]) (s: Signature[]) : FunctionStep =
        let n = p.Wanted.Length
        let form = PullbackForm.make runner p (settled seats)
        let forward = lazy (loop runner p.Of seats[.. n - 1] s[.. n - 1])
        // cotangents are on the device
        let seats = seats |> Array.mapi (fun k seat -> if k >= n && seat = OnHost then Splat else seat)

        fun checks args tape ->
            withTensors runner seats s args (fun args ->
                if isNull tape then
                    let own = LoopTape(Recording.LimitOf p.Of)
                    Values.drop (forward.Value checks args[.. n - 1] own)
                    let found = PullbackRun(runner, form, args, checks, own).Run()
                    own.Release()
                    found
                else
                    PullbackRun(runner, form, args, checks, tape).Run())

    let make (runner: Runner) (fn: Fn) (seats: Seat[]) (s: Signature[]) : FunctionStep =
        if isOnHost fn seats then
            fun checks args _ -> byEngine fn checks (args |> Array.map _.Number) |> Array.map Held.Of
        else
            match fn with
            | Call(g, _) -> graph runner seats s g
            | Custom c -> graph runner seats s c.Primal
            | Root r -> graph runner seats s r.Solve
            | Cond(a, b) -> condition runner seats s a b
            | Host h -> host runner h seats s
            | Loop l when isEmptyBatch l -> onCopies runner fn seats s
            | Pullback p when isEmptyBatch p.Of -> onCopies runner fn seats s
            | Loop l -> loop runner l seats s
            | Pullback p -> pullback runner p seats s

    /// The tape of a loop whose pullback comes later.
    let tapeFor (fn: Fn) : LoopTape =
        match fn with
        | Loop l -> LoopTape(Recording.LimitOf l)
        | _ -> raise (GraphException "only a loop has a tape")
