namespace NeuralDE.Internal.Engine

open System.Collections.Generic
open System.Diagnostics

/// The calls of an instruction and their time, with that of the instructions inside.
[<Sealed>]
type internal InstructionTimes(name: string, depth: int) =
    member _.Name = name
    member _.Depth = depth
    member val Calls = 0L with get, set
    member val Ticks = 0L with get, set

/// An instruction that counts and times its calls.
[<Sealed>]
type internal TimedInstruction(times: InstructionTimes, inner: Instruction) =
    inherit Instruction()

    override _.Run work =
        let start = Stopwatch.GetTimestamp()
        inner.Run work
        times.Ticks <- times.Ticks + (Stopwatch.GetTimestamp() - start)
        times.Calls <- times.Calls + 1L

/// Times all instructions of a plan, which one thread runs.
[<Sealed>]
type internal TimingProbe() =
    inherit InstructionProbe()
    let all = List<InstructionTimes>()
    let mutable depth = 0

    /// In the order of the plan; what runs inside an instruction follows it, one level deeper.
    member _.Times = all

    member _.Reset() =
        for times in all do
            times.Calls <- 0L
            times.Ticks <- 0L

    override _.Make(name, make) =
        let times = InstructionTimes(name (), depth)
        all.Add times
        depth <- depth + 1
        let inner = make ()
        depth <- depth - 1
        TimedInstruction(times, inner)
