namespace NeuralDE.Benchmarks

open System
open System.Diagnostics

/// Something to be timed: from a number of calls to the seconds that one took.
type Subject = int -> float

/// Samples of several subjects in turn, so that whatever else the machine does meets all of them alike.
module Sampling =
    /// Less of everything, for runs that `build.fsx compare` repeats: there the median is one over many processes.
    let isShort = Environment.GetEnvironmentVariable "NEURALDE_BENCH" = "short"

    let private samples = if isShort then 20 else 40

    /// Fewer of what takes seconds: there a sample has the length of many.
    let private fewestSamples (round: float) =
        if round > 2.0 then 3
        elif isShort then 5
        else 9

    /// Seconds that a sample lasts at least: what a clock costs is far less, and so is what the first call takes longer
    /// because the other subjects had the caches.
    let private sample = 5e-3

    /// Seconds for all samples of a row, about.
    let private budget = if isShort then 1.0 else 10.0

    /// Seconds of calls before the first sample, at least and at most: code is compiled, and compiled again, behind the
    /// first calls, and some of it only once nothing new has been compiled for a while.
    let private leastWarmUp, private mostWarmUp = if isShort then 0.6, 2.0 else 1.5, 8.0

    let ofCall (call: unit -> unit) : Subject =
        fun calls ->
            let start = Clock.seconds ()

            for _ in 1..calls do
                call ()

            (Clock.seconds () - start) / float calls

    /// By the time that passes, for calls of several threads.
    let ofWallCall (call: unit -> unit) : Subject =
        fun calls ->
            let clock = Stopwatch.StartNew()

            for _ in 1..calls do
                call ()

            clock.Elapsed.TotalSeconds / float calls

    /// Calls until they get no faster; the seconds that one takes then.
    let private warm (subject: Subject) : float =
        let clock = Stopwatch.StartNew()

        /// the quickest call of a while
        let quickest () =
            let ending = clock.Elapsed.TotalSeconds + leastWarmUp / 5.0
            let mutable best = subject 1

            while clock.Elapsed.TotalSeconds < ending do
                best <- min best (subject 1)

            best

        let rec go before =
            let now = quickest ()
            let elapsed = clock.Elapsed.TotalSeconds
            let isSteady = now > 0.97 * before

            if elapsed >= mostWarmUp || (elapsed >= leastWarmUp && isSteady) then now else go now

        go (quickest ())

    /// Quartiles of the seconds of a call, for each subject.
    let interleaved (subjects: Subject list) : Quartiles list =
        let seconds = subjects |> List.map warm
        let calls = seconds |> List.map (fun s -> max 1 (int (ceil (sample / max s 1e-9))))
        let round = List.sum (List.map2 (fun s calls -> s * float calls) seconds calls)
        let rounds = max (fewestSamples round) (min samples (int (budget / round)))

        [| for _ in 1..rounds ->
               List.map2 (fun (subject: Subject) calls -> subject calls) subjects calls |> List.toArray |]
        |> Array.transpose
        |> Array.map Quartiles.ofSamples
        |> List.ofArray
