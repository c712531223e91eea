/// The clock of the measurements: the processor time of this thread where the system tells it, else the time that
/// passes.
module NeuralDE.Benchmarks.Clock

open System
open System.Diagnostics
open System.Runtime.InteropServices

[<Struct; StructLayout(LayoutKind.Sequential)>]
type private TimeSpec =
    val Seconds: nativeint
    val Nanoseconds: nativeint

[<DllImport("libc", EntryPoint = "clock_gettime")>]
extern int private clockGetTime(int clock, TimeSpec& time)

/// Linux's number for it.
let private threadClock = 3

let isThreadTime = OperatingSystem.IsLinux()

/// Seconds since some moment.
let seconds () : float =
    if isThreadTime then
        let mutable time = TimeSpec()

        if clockGetTime (threadClock, &time) <> 0 then
            raise (InvalidOperationException "clock_gettime failed, expected the processor time of this thread.")

        float time.Seconds + 1e-9 * float time.Nanoseconds
    else
        float (Stopwatch.GetTimestamp()) / float Stopwatch.Frequency
