using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Numerics;
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
/// system suspends delays a job by at most the part that it has begun. Each thread begins at its own share of the parts, so
/// that the rows which it wrote in one job are the rows which it reads in the next: a core that writes where another has
/// just read waits (7 instead of 130 GB/s, measured).
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

    /// <summary>Jobs run alone for at most this many nanoseconds: a wait costs some milliseconds, a few percent of it.</summary>
    private const long MostAlone = 100_000_000;

    /// <summary>The most parts that are taken one by one; of more, neighbours are taken together.</summary>
    private const int MostTaken = 32;

    private static readonly Lock Gate = new();

    /// <summary>A thread of the team; it lives as long as the process, and sleeps while it is not needed.</summary>
    private sealed class Worker(int index)
    {
        /// <summary>From 1: the caller is number 0.</summary>
        public readonly int Index = index;
        public readonly SemaphoreSlim Wake = new(0);

        /// <summary>1 if it sleeps or is about to.</summary>
        public int IsAsleep;
    }

    /// <summary>Replaced under the lock when workers are added.</summary>
    private static Worker[] workers = [];

    private static int threads = DefaultThreads();

    /// <summary>1 while a job runs: other callers then work alone.</summary>
    private static int taken;

    // The job: written before the ticket, and unchanged until all its parts are done.
    private static delegate* <nint, int, void> work;
    private static nint argument;
    private static int count;

    /// <summary>Neighbouring parts that are taken together, and their number in the job.</summary>
    private static int together;
    private static int bundles;

    /// <summary>The number of the job (upper half) and its untaken bundles, one bit each.</summary>
    private static long ticket;

    /// <summary>Unfinished bundles.</summary>
    private static int open;
    private static Exception? failure;

    /// <summary>Recent long waits, and the number of jobs still to run alone because of them.</summary>
    private static int waits;
    private static int alone;

    /// <summary>Nanoseconds of work since a worker was woken.</summary>
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

            if (workers.Length < Threads - 1)
                Start();
            long began = Stopwatch.GetTimestamp();
            // the job is on this thread's stack, which is valid until all parts are done
            Publish(parts, &Call<Job>, (nint)Unsafe.AsPointer(ref job));
            Wake(nanoseconds);

            while (Take(0)) { }

            Await(began, nanoseconds);

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
    /// Waits for the parts taken by workers. If that takes longer than the whole work should, and longer than the caller's
    /// own parts, the system has no free core: the next jobs run alone, twice as many each time it happens again. The
    /// estimate of the work alone would not do: the first accesses to new memory take many times as long.
    /// </summary>
    private static void Await(long jobBegan, long nanoseconds)
    {
        if (Volatile.Read(ref open) == 0)
            return;
        long began = Stopwatch.GetTimestamp();
        double own = Stopwatch.GetElapsedTime(jobBegan, began).TotalNanoseconds;

        for (int spins = 0; Volatile.Read(ref open) > 0; spins++)
            Pause(spins);

        if (Stopwatch.GetElapsedTime(began).TotalNanoseconds > Math.Max(nanoseconds, own) + LongWait)
        {
            waits = Math.Min(waits + 1, MostWaits);
            alone = (int)Math.Clamp(MostAlone / Math.Max(nanoseconds, 1), 1, 1 << waits);
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
        count = parts;
        together = (parts - 1) / MostTaken + 1;
        bundles = (parts - 1) / together + 1;
        open = bundles;
        uint all = uint.MaxValue >> (MostTaken - bundles);
        Interlocked.Exchange(ref ticket, (((ticket >> 32) + 1) << 32) | all);
    }

    /// <summary>Takes and runs one bundle of parts; false if there is none left.</summary>
    private static bool Take(int thread)
    {
        long seen = Volatile.Read(ref ticket);
        uint left = (uint)seen;

        if (left == 0)
            return false;
        // read before the bundle is taken, so that a thread that takes it knows that they belong to its ticket
        var call = work;
        nint job = argument;
        int first = FirstOf(thread, left);
        int begin = first * together;
        int end = Math.Min(begin + together, count);

        if (Interlocked.CompareExchange(ref ticket, seen & ~(1L << first), seen) != seen)
            return true;

        try
        {
            for (int part = begin; part < end && Volatile.Read(ref failure) is null; part++)
                call(job, part);
        }
        catch (Exception exception)
        {
            Interlocked.CompareExchange(ref failure, exception, null);
        }

        Interlocked.Decrement(ref open);
        return true;
    }

    /// <summary>The first untaken bundle of the thread's own share or behind it; if there is none, the first of all.</summary>
    private static int FirstOf(int thread, uint left)
    {
        int share = (int)((long)thread * bundles / Volatile.Read(ref threads));
        // a worker may see the numbers of the next job; then the ticket has changed too
        uint behind = left & (uint.MaxValue << (share & (MostTaken - 1)));
        return BitOperations.TrailingZeroCount(behind != 0 ? behind : left);
    }

    private static void Work(Worker worker)
    {
        while (true)
        {
            long began = Stopwatch.GetTimestamp();

            for (int spins = 0; ; spins++)
            {
                if (IsWanted(worker) && Take(worker.Index))
                {
                    began = Stopwatch.GetTimestamp();
                    spins = 0;
                }
                else if ((spins & 63) == 63 && Stopwatch.GetElapsedTime(began).TotalNanoseconds > AwakeFor)
                    break;
                Pause(0);
            }

            Interlocked.Exchange(ref worker.IsAsleep, 1);
            // a job published just before did not wake it
            bool hasWork = IsWanted(worker) && (uint)Volatile.Read(ref ticket) != 0;

            if (!hasWork || Interlocked.Exchange(ref worker.IsAsleep, 0) == 0)
                worker.Wake.Wait();
        }
    }

    /// <summary>Whether the number of threads includes this one.</summary>
    private static bool IsWanted(Worker worker) => worker.Index < Volatile.Read(ref threads);

    private static void Wake(long nanoseconds)
    {
        var all = workers;
        bool someAreAsleep = false;

        foreach (var worker in all)
            someAreAsleep |= IsWanted(worker) && Volatile.Read(ref worker.IsAsleep) == 1;

        if (!someAreAsleep)
            return;
        missed += nanoseconds;

        if (missed < WorthWaking)
            return;
        missed = 0;

        foreach (var worker in all)
            if (IsWanted(worker) && Interlocked.Exchange(ref worker.IsAsleep, 0) == 1)
                worker.Wake.Release();
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
            var all = new List<Worker>(workers);

            for (int index = all.Count + 1; index < Threads; index++)
            {
                var worker = new Worker(index);
                all.Add(worker);
                new Thread(() => Work(worker))
                {
                    IsBackground = true,
                    Name = "NeuralDE " + index.ToString(CultureInfo.InvariantCulture),
                }.Start();
            }

            workers = [.. all];
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
