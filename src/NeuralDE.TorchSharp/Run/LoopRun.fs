namespace NeuralDE.LibTorch

open System
open System.Collections.Generic
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Engine

/// What a loop without rows returns to if an assumption was wrong.
[<NoEquality; NoComparison>]
type internal LoopMark = { State: Held[]; Registers: Held[]; Count: int[]; Live: bool }

/// One run of a loop without rows. The host reads its flags in every iteration. If it waits for flags only, as with fixed
/// steps, whose one flag is "the state is finite", it assumes the values of the first iteration and reads them every 16
/// iterations; if one is different, the loop returns to the last reading, and reads in every iteration.
[<Sealed>]
type internal LoopRun(runner: Runner, form: LoopForm, args: Held[], checks: PendingChecks, tape: LoopTape) =
    static let block = 16
    let l = form.Loop
    let carried = form.Carried
    let body = form.Body.Rest
    let streamOf = l.StreamOf
    let struct (captured, own) = Hoisted.inputs runner form.Body args[carried..] checks

    let emissions =
        Array.init l.Emits (fun e ->
            let capacity = l.Streams[streamOf[e]].Capacity
            let s = l.Body.Outputs[carried + e].Signature
            LoopEmission(runner.Device, s, capacity, body.OutputSeats[carried + e]))

    // iterations that may be taken back
    let waiting = List<struct (LoopEntry * Held[])>()
    let learned = Dictionary<int, NdArray>()
    let mutable state = Array.init l.States (fun k -> LoopForm.place runner form k args[k])
    let mutable registers =
        Array.init l.Registers (fun k -> LoopForm.place runner form (l.States + k) args[l.States + k])
    let mutable count: int[] = Array.zeroCreate l.Streams.Length
    let mutable isLive = true
    let mutable canAssume = form.OnlyFlags && l.Watch <> ValueSome Reporting

    let goesOn () =
        if l.Watch = ValueSome Reporting then
            Watching.Show(fun () ->
                Array.map2 (fun s v -> Values.number s v) l.Body.Inputs[l.States .. carried - 1] registers)

        l.Watch.IsNone || Watching.GoesOn()

    /// States and registers of the body's results, in the seats in which the body takes them.
    let carry k (v: Held) : Held =
        if form.Seats[k] = OnDevice && not v.HasTensor then
            Values.onDevice runner.Device l.Body.Inputs[k] v
        else
            v

    let keep (out: Held[]) (wrote: bool[]) : unit =
        if not (isNull tape) then
            let entry =
                { Registers = Values.alias registers; Wrote = wrote; Count = Array.copy count; Rows = ValueNone }

            waiting.Add(struct (entry, Values.alias state))

        for e in 0 .. l.Emits - 1 do
            if wrote[streamOf[e]] then emissions[e].Add out[carried + e] else out[carried + e].Drop()

        count <- Array.map2 (fun c w -> if w then c + 1 else c) count wrote
        Values.drop state
        state <- Array.init l.States (fun k -> carry k out[k])

    let step (flagging: Flagging) : unit =
        Counters.AddBody()
        let out = runner.Run(body, Array.concat [ state; registers; captured ], checks, flagging)
        let flag k = out[carried + l.Emits + k].Number.Flags[0]

        if flag 0 then
            keep out (Array.init l.Streams.Length (fun k -> flag (1 + k)))
        else
            Values.drop out[.. l.States - 1]
            Values.drop out[carried .. carried + l.Emits - 1]

        Values.drop registers
        registers <- Array.init l.Registers (fun k -> carry (l.States + k) out[l.States + k])
        if flag (l.Flags - 1) then isLive <- false

    let commit () : unit =
        for struct (entry, state) in waiting do
            tape.Add(entry, state)

        waiting.Clear()

    let restore (m: LoopMark) : unit =
        for struct (entry, state) in waiting do
            LoopTape.DropEntry entry
            Values.drop state

        waiting.Clear()
        Values.drop state
        Values.drop registers
        state <- m.State
        registers <- m.Registers
        count <- m.Count
        isLive <- m.Live
        emissions |> Array.iteri (fun e emission -> emission.Truncate m.Count[streamOf[e]])

    /// Runs iterations without waiting. Whether the loop goes on.
    let assume () : bool =
        let mark = { State = Values.alias state; Registers = Values.alias registers; Count = count; Live = isLive }
        let guesses = Guesses learned
        let mutable watched = true
        let mutable steps = 0

        while steps < block && isLive && watched do
            step (Flagging.Assume guesses)
            steps <- steps + 1
            watched <- goesOn ()

        if guesses.Hold() then
            Values.drop mark.State
            Values.drop mark.Registers
            commit ()
        else
            restore mark
            canAssume <- false

        watched

    member _.Run() : Held[] =
        let mutable watched = goesOn ()

        while watched && isLive do
            if canAssume && learned.Count > 0 then
                watched <- assume ()
            else
                step (if canAssume then Flagging.Learn learned else Flagging.Read)
                commit ()
                watched <- goesOn ()

        Values.drop own
        Array.concat [ state; registers; emissions |> Array.map _.Result() ]
