namespace NeuralDE

open System.Collections.Generic
open System.Diagnostics
open System.Globalization
open System.Text
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Engine
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Calculus

/// <summary>The time of one instruction of a plan.</summary>
[<Sealed>]
type ProfileLine internal (name: string, depth: int, calls: float, seconds: float, ownSeconds: float) =
    /// <summary>What it computes, as in <c>Engine.explain</c>.</summary>
    member _.Name = name

    /// <summary>0 for an instruction of the function itself, 1 for one inside a loop, call or branch, and so on.</summary>
    member _.Depth = depth

    /// <summary>Calls in one run of the function: for an instruction of a loop, the number of its iterations.</summary>
    member _.Calls = calls

    /// <summary>Seconds of all calls in one run, with the instructions inside.</summary>
    member _.Seconds = seconds

    /// <summary>Seconds of all calls in one run, without the instructions inside.</summary>
    member _.OwnSeconds = ownSeconds

/// <summary>Where the time of a compiled function goes: the result of <c>Engine.profile</c>. Its text is a table.</summary>
[<Sealed>]
type Profile internal (runs: int, seconds: float, bytes: int64, lines: ProfileLine[]) =
    /// <summary>The number of measured runs.</summary>
    member _.Runs = runs

    /// <summary>Seconds of one run, on average.</summary>
    member _.Seconds = seconds

    /// <summary>Bytes of the plan's memory.</summary>
    member _.Bytes = bytes

    /// <summary>The instructions in the order in which they run; those inside a loop, call or branch follow it.</summary>
    member _.Lines: IReadOnlyList<ProfileLine> = lines

    /// The table: shares of the time of a run, with and without the instructions inside.
    override _.ToString() =
        let inv (format: string) (x: float) = x.ToString(format, CultureInfo.InvariantCulture)

        let duration s =
            if s >= 1.0 then inv "0.00 s" s
            elif s >= 1e-3 then inv "0.00" (1e3 * s) + " ms"
            elif s >= 1e-6 then inv "0.00" (1e6 * s) + " µs"
            else inv "0" (1e9 * s) + " ns"

        let share s = inv "0.0" (if seconds > 0.0 then 100.0 * s / seconds else 0.0) + " %"
        let text = StringBuilder()
        text.AppendLine $"one run: {duration seconds} (mean of {string runs}), {string bytes} bytes" |> ignore
        let row (a: string) (b: string) (c: string) (d: string) (e: string) =
            text.AppendLine $"{a.PadLeft 8}  {b.PadLeft 8}  {c.PadLeft 9}  {d.PadLeft 10}  {e}" |> ignore
        row "time" "own" "calls" "per call" "instruction"

        for l in lines do
            let each = if l.Calls > 0.0 then duration (l.Seconds / l.Calls) else "-"
            row
                (share l.Seconds)
                (share l.OwnSeconds)
                (inv "0.##" l.Calls)
                each
                (String.replicate (2 * l.Depth) " " + l.Name)

        text.ToString()

/// Measures the instructions of a traced function.
module internal Profiling =
    /// Seconds of runs before the measured ones, in which code is compiled, and of the measured ones.
    let private warmUp, private measured = 0.3, 0.5

    let private numbersOf verb (x: Tensor) : NdArray =
        if x.IsPlaceholder then
            raise (InputException $"{verb}: got a tensor inside a traced function, expected numbers. Call it outside.")

        x.Numbers

    /// Ticks without those of the instructions inside.
    let private ownTicks (all: IReadOnlyList<InstructionTimes>) (k: int) : int64 =
        let mutable inside, next = 0L, k + 1

        while next < all.Count && all[next].Depth > all[k].Depth do
            if all[next].Depth = all[k].Depth + 1 then inside <- inside + all[next].Ticks
            next <- next + 1

        all[k].Ticks - inside

    let private repeat (seconds: float) (run: unit -> unit) : struct (int * float) =
        let clock = Stopwatch.StartNew()
        let mutable runs = 0

        while runs = 0 || clock.Elapsed.TotalSeconds < seconds do
            run ()
            runs <- runs + 1

        struct (runs, clock.Elapsed.TotalSeconds / float runs)

    let ofTraced (verb: string) (t: Traced<'B>) (x: Tensor[]) : Profile =
        let args = Array.append x t.Captured |> Array.map (numbersOf verb)

        if not (isNull (Placement.ofArgs args)) then
            raise (
                DeviceException
                    $"{verb}: the tensors are on another device, expected the processor's memory. Use Tensor.toDevice."
            )

        let probe = TimingProbe()

        let plan =
            try
                Plan.makeFor (ValueSome probe) t.Graph
            with :? UnplannedException ->
                raise (
                    InputException
                        $"{verb}: the function has no plan, because it uses rows whose number is unknown before the run."
                )

        let run () = plan.Run args |> ignore
        repeat warmUp run |> ignore
        probe.Reset()
        let struct (runs, seconds) = repeat measured run
        let perRun ticks = float (ticks: int64) / float Stopwatch.Frequency / float runs

        let lines =
            Array.init probe.Times.Count (fun k ->
                let times = probe.Times[k]
                let own = perRun (ownTicks probe.Times k)
                ProfileLine(times.Name, times.Depth, float times.Calls / float runs, perRun times.Ticks, own))

        Profile(runs, seconds, plan.Size, lines)
