using System;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Runtime.Intrinsics.X86;
using System.Threading;

namespace NeuralDE.Kernels;

/// <summary>Work in parts that may run concurrently.</summary>
internal interface ITeamJob
{
    void Run(int part);
}

/// <summary>
/// Threads that share the parts of one job. After a job, workers spin for a while, so that even a job of a few
/// microseconds gains, then sleep. The caller works too and takes the parts that no worker has taken: a worker that the
/// system suspends delays a job by at most the part that it has begun.
/// </summary>
internal static unsafe class ThreadTeam
{
    /// <summary>The least work of a part that pays, in nanoseconds.</summary>
    private const long LeastPart = 2_000;

    /// <summary>More parts than threads balance the load if a thread is suspended.</summary>
    private const int PartsForEachThread = 4;

    /// <summary>How long a worker spins, in nanoseconds.</summary>
    private const long AwakeFor = 100_000;

    /// <summary>
    /// Sleeping workers are woken after they have missed this much work, in nanoseconds: waking costs some
    /// microseconds.
    /// </summary>
    private const long WorthWaking = 50_000;

    /// <summary>A wait for workers that is long compared with any job, in nanoseconds.</summary>
    private const long LongWait = 10_000;

    /// <summary>After long waits, up to 2 to this power jobs run on the calling thread only.</summary>
    private const int MostWaits = 12;

    private static readonly Lock Gate = new();
    private static readonly SemaphoreSlim Sleep = new(0);

    /// <summary>Which workers exist. Guarded by the lock `gate`.</summary>
    private static bool[] alive = [];

    private static int threads = DefaultThreads();

    /// <summary>The number of threads for which workers were started.</summary>
    private static int ready = 1;

    /// <summary>1 while a job runs: other callers then work alone.</summary>
    private static int taken;

    // The job: written before the ticket, and unchanged until all its parts are done.
    private static delegate* <nint, int, void> work;
    private static nint argument;

    /// <summary>The number of the job (upper half) and its number of untaken parts.</summary>
    private static long ticket;

    /// <summary>Unfinished parts.</summary>
    private static int open;
    private static Exception? failure;

    /// <summary>Recent long waits, and the number of jobs still to run alone because of them.</summary>
    private static int waits;
    private static int alone;

    /// <summary>Workers that sleep or are about to.</summary>
    private static int sleepers;
    private static long missed;

    /// <summary>The number of threads, including the caller; 1: no workers.</summary>
    public static int Threads
    {
        get => threads;
        set
        {
            if (value < 1)
                throw new ArgumentException(
                    $"Threads: got {value.ToString(CultureInfo.InvariantCulture)}, expected at least 1 (the caller itself)."
                );
            Volatile.Write(ref threads, value);
        }
    }

    /// <summary>
    /// The best number of parts for work of this many nanoseconds; 1 if it does not pay to divide it.
    /// </summary>
    public static int Parts(long nanoseconds)
    {
        int most = Threads == 1 ? 1 : Threads * PartsForEachThread;
        return (int)Math.Clamp(nanoseconds / LeastPart, 1, most);
    }

    /// <summary>
    /// Runs every part of the job from 0 to parts − 1 once, on any threads and in any order, and returns when all are
    /// done. Rethrows the first exception of a part; parts not begun by then are skipped. Within a part, and while
    /// another caller's job runs, the caller does all the work. Allocates nothing.
    /// </summary>
    /// <param name="nanoseconds">An estimate of the work of all parts together.</param>
    public static void Run<Job>(int parts, Job job, long nanoseconds)
        where Job : struct, ITeamJob
    {
        if (parts < 2 || Threads == 1 || Interlocked.CompareExchange(ref taken, 1, 0) != 0)
        {
            RunAlone(parts, ref job);
            return;
        }

        try
        {
            if (alone > 0)
            {
                alone--;
                RunAlone(parts, ref job);
                return;
            }

            if (ready != Threads)
                Start();
            // the job is on this thread's stack, which is valid until all parts are done
            Publish(parts, &Call<Job>, (nint)Unsafe.AsPointer(ref job));
            Wake(nanoseconds);

            while (TakePart()) { }

            Await(nanoseconds);

            if (failure is not null)
                ExceptionDispatchInfo.Throw(failure);
        }
        finally
        {
            Volatile.Write(ref taken, 0);
        }
    }

    private static void RunAlone<Job>(int parts, ref Job job)
        where Job : struct, ITeamJob
    {
        for (int part = 0; part < parts; part++)
            job.Run(part);
    }

    /// <summary>
    /// Waits for the parts taken by workers. If that takes longer than the whole work should, the system has no free
    /// core: the next jobs run alone, twice as many each time it happens again.
    /// </summary>
    private static void Await(long nanoseconds)
    {
        if (Volatile.Read(ref open) == 0)
            return;
        long began = Stopwatch.GetTimestamp();

        for (int spins = 0; Volatile.Read(ref open) > 0; spins++)
            Pause(spins);

        if (Stopwatch.GetElapsedTime(began).TotalNanoseconds > nanoseconds + LongWait)
        {
            waits = Math.Min(waits + 1, MostWaits);
            alone = 1 << waits;
        }
        else
            waits = Math.Max(waits - 1, 0);
    }

    private static void Call<Job>(nint job, int part)
        where Job : struct, ITeamJob => Unsafe.AsRef<Job>((void*)job).Run(part);

    private static void Publish(int parts, delegate* <nint, int, void> call, nint job)
    {
        work = call;
        argument = job;
        failure = null;
        open = parts;
        Interlocked.Exchange(ref ticket, (((ticket >> 32) + 1) << 32) | (uint)parts);
    }

    /// <summary>Takes and runs one part; false if there is none left.</summary>
    private static bool TakePart()
    {
        long seen = Volatile.Read(ref ticket);
        int left = (int)seen;

        if (left == 0)
            return false;
        // read before the part is taken, so that a thread that takes a part knows that they belong to its ticket
        var call = work;
        nint job = argument;

        if (Interlocked.CompareExchange(ref ticket, seen - 1, seen) != seen)
            return true;

        try
        {
            if (Volatile.Read(ref failure) is null)
                call(job, left - 1);
        }
        catch (Exception exception)
        {
            Interlocked.CompareExchange(ref failure, exception, null);
        }

        Interlocked.Decrement(ref open);
        return true;
    }

    private static void Work(int index)
    {
        while (true)
        {
            long began = Stopwatch.GetTimestamp();

            for (int spins = 0; ; spins++)
            {
                if (TakePart())
                {
                    began = Stopwatch.GetTimestamp();
                    spins = 0;
                }
                else if ((spins & 63) == 63 && Stopwatch.GetElapsedTime(began).TotalNanoseconds > AwakeFor)
                    break;
                Pause(0);
            }

            if (index >= Volatile.Read(ref threads) && Leave(index))
                return;
            Interlocked.Increment(ref sleepers);

            // a job published before this sleeper was counted did not wake it
            if ((int)Volatile.Read(ref ticket) == 0 || !StayAwake())
                Sleep.Wait();
        }
    }

    /// <summary>Removes this sleeper from the count; false if it is being woken.</summary>
    private static bool StayAwake()
    {
        while (true)
        {
            int seen = Volatile.Read(ref sleepers);

            if (seen == 0)
                return false;

            if (Interlocked.CompareExchange(ref sleepers, seen - 1, seen) == seen)
                return true;
        }
    }

    private static void Wake(long nanoseconds)
    {
        if (Volatile.Read(ref sleepers) == 0)
            return;
        missed += nanoseconds;

        if (missed < WorthWaking)
            return;
        missed = 0;
        int woken = Interlocked.Exchange(ref sleepers, 0);

        if (woken > 0)
            Sleep.Release(woken);
    }

    private static void Pause(int spins)
    {
        if ((spins & 1023) == 1023)
            Thread.Yield();
        else if (X86Base.IsSupported)
            X86Base.Pause();
        else
            Thread.SpinWait(1);
    }

    /// <summary>Starts the missing workers.</summary>
    private static void Start()
    {
        lock (Gate)
        {
            ready = threads;

            if (alive.Length < ready)
                Array.Resize(ref alive, ready);

            for (int index = 1; index < ready; index++)
                if (!alive[index])
                {
                    int own = index;
                    alive[own] = true;
                    new Thread(() => Work(own))
                    {
                        IsBackground = true,
                        Name = "NeuralDE " + own.ToString(CultureInfo.InvariantCulture),
                    }.Start();
                }
        }
    }

    /// <summary>Whether a worker beyond the number of threads may end.</summary>
    private static bool Leave(int index)
    {
        lock (Gate)
        {
            if (index < threads)
                return false;
            alive[index] = false;
            // so that it is started again if the number of threads grows
            ready = Math.Min(ready, index);
            return true;
        }
    }

    /// <summary>One thread per core: two threads on one core would share its arithmetic units.</summary>
    private static int DefaultThreads()
    {
        if (
            int.TryParse(
                Environment.GetEnvironmentVariable("NEURALDE_THREADS"),
                CultureInfo.InvariantCulture,
                out int asked
            )
            && asked > 0
        )
            return asked;

        try
        {
            if (File.ReadAllText("/sys/devices/system/cpu/smt/active").Trim() == "1")
                return Math.Max(1, Environment.ProcessorCount / 2);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // the system does not provide it
        }

        return Environment.ProcessorCount;
    }
}
