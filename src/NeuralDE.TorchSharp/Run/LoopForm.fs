namespace NeuralDE.LibTorch

open System
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Engine

/// A compiled graph whose last inputs are captured: what only these determine is computed once, before.
[<NoEquality; NoComparison>]
type internal Hoisted =
    {
        /// from captured values to hoisted ones
        Prologue: Compiled voption
        Rest: Compiled
    }

module internal Hoisted =
    /// `seats` are those of all inputs, of which the first `varying` are not captured.
    let make (runner: Runner) (g: Graph) (varying: int) (seats: Seat[]) (onHost: bool[]) : Hoisted =
        match Hoist.split g varying with
        | ValueNone -> { Prologue = ValueNone; Rest = runner.Compile(g, seats, onHost) }
        | ValueSome(struct (prologue, rest)) ->
            let before = runner.Compile(prologue, seats[varying..], Array.create prologue.Outputs.Length false)
            let found = before.OutputSeats |> Array.map (fun s -> if s = Splat then OnDevice else s)

            { Prologue = ValueSome before; Rest = runner.Compile(rest, Array.append seats found, onHost) }

    /// Captured values and hoisted ones, as a run of the rest takes them, and those of them that the caller must drop after
    /// its last run.
    let inputs (runner: Runner) (h: Hoisted) (captured: Held[]) (checks: PendingChecks) : struct (Held[] * Held[]) =
        let hoisted =
            match h.Prologue with
            | ValueNone -> [||]
            | ValueSome c -> runner.Run(c, captured, checks)

        let all = Array.append captured hoisted
        let first = h.Rest.IsSent.Length - all.Length
        let isOwn =
            all
            |> Array.mapi (fun k v ->
                k >= captured.Length || (h.Rest.IsSent[first + k] && not v.HasTensor && not v.IsStable))

        let sent =
            all
            |> Array.mapi (fun k v ->
                if isOwn[k] && h.Rest.IsSent[first + k] && not v.HasTensor then
                    v.With(Transfer.upload runner.Device v.Number)
                else
                    v)

        struct (sent,
                [| for k in 0 .. sent.Length - 1 do
                       if isOwn[k] then sent[k] |])

/// A loop for arguments with certain seats.
[<NoEquality; NoComparison>]
type internal LoopForm =
    {
        Loop: Loop
        Body: Hoisted
        /// by argument: the seat in which the body takes it
        Seats: Seat[]
        /// Whether all that the host waits for in an iteration are flags.
        OnlyFlags: bool
        /// Whether an iteration in which no row is live has no effect.
        IsQuiet: bool
    }

    member f.Carried = f.Loop.States + f.Loop.Registers
    member f.HasRows = f.Loop.Batch.Length > 0

module internal LoopForm =
    /// Nodes with effects beside their results, or that may take long.
    let private isPure (c: Compiled) =
        c.Placed.Program.Nodes
        |> Array.forall (fun n ->
            match n.Op with
            | Apply _
            | Check _ -> false
            | _ -> true)

    let private onlyFlags (c: Compiled) =
        let p = c.Placed
        let fetched =
            [| for i in 0 .. p.Fetched.Length - 1 do
                   if p.Fetched[i] then p.Program.Nodes[i] |]

        fetched.Length > 0 && fetched |> Array.forall (fun n -> n.Dtype = Bool && Shape.size n.Shape = 1L)

    /// Which outputs of the body the host must know: the flags, and the registers, which steer. Rows steer themselves, on
    /// the device.
    let private known (l: Loop) (seats: Seat[]) : bool[] =
        let carried = l.States + l.Registers

        Array.init l.Body.Outputs.Length (fun k ->
            l.Batch.Length = 0 && (k >= carried + l.Emits || (k >= l.States && k < carried && seats[k] = OnHost)))

    let private firstSeats (l: Loop) (args: Seat[]) : Seat[] =
        let sizeOf k = Shape.size l.Body.Inputs[k].Shape

        args
        |> Array.mapi (fun k seat ->
            if k < l.States then
                if l.Batch.Length = 0 && sizeOf k = 1L && seat = OnHost then OnHost else OnDevice
            elif k < l.States + l.Registers then
                if l.Batch.Length = 0 && sizeOf k <= Placed.few then OnHost else OnDevice
            elif seat = Splat then
                OnDevice
            else
                seat)

    /// A state stays on the host if the body computes it there from itself.
    let rec private settle (runner: Runner) (l: Loop) (body: Graph) (seats: Seat[]) : LoopForm =
        let compiled = Hoisted.make runner body (l.States + l.Registers) seats (known l seats)
        let outputs = compiled.Rest.OutputSeats
        let leaves k = k < l.States && seats[k] = OnHost && outputs[k] <> OnHost

        if Array.exists leaves [| 0 .. l.States - 1 |] then
            settle runner l body (seats |> Array.mapi (fun k seat -> if leaves k then OnDevice else seat))
        else
            { Loop = l
              Body = compiled
              Seats = seats
              OnlyFlags = onlyFlags compiled.Rest && isPure compiled.Rest
              IsQuiet = isPure compiled.Rest }

    /// What distinguishes loops with one body.
    let textOf (l: Loop) : string =
        let streams = l.Streams |> Array.map (fun s -> $"{string s.Emits} {string s.Capacity}") |> String.concat ","
        $"{string l.States} {string l.Registers} {string l.Batch.Length} {streams} {string l.Tape} {string l.Watch}"

    let seatsText (seats: Seat[]) : string = seats |> Array.map string |> String.concat ","

    let make (runner: Runner) (l: Loop) (args: Seat[]) : LoopForm =
        let key = struct ("torch loop", textOf l, runner.Owner, seatsText args)
        l.Body.Memo(key, fun () -> settle runner l (Flatten.graph l.Body) (firstSeats l args))

    /// The seats of the loop's results.
    let outputs (f: LoopForm) : Seat[] =
        let found = f.Body.Rest.OutputSeats

        Array.init (f.Carried + f.Loop.Emits) (fun k ->
            if k < f.Carried then f.Seats[k]
            elif f.HasRows then OnDevice
            elif found[k] = OnHost then OnHost
            else OnDevice)

    /// An argument in the seat in which the body takes it; the caller owns it.
    let place (runner: Runner) (f: LoopForm) (k: int) (v: Held) : Held =
        let s = f.Loop.Body.Inputs[k]

        match f.Seats[k] with
        | OnHost -> Held.Of(Values.number s v)
        | Splat
        | OnDevice -> Values.onDevice runner.Device s v
