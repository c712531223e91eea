using System;
using System.Runtime.CompilerServices;

namespace NeuralDE.Kernels;

/// <summary>
/// Transforms several rows at once, with element j of all rows side by side: real parts in one array, imaginary parts
/// in another. An inverse transform is a forward one with the two exchanged. The result of a row does not depend on the
/// number of rows.
/// </summary>
internal static unsafe class FourierRows<T, S>
    where T : unmanaged
    where S : struct, IVector<S>
{
    private const MethodImplOptions Hot = MethodImplOptions.AggressiveOptimization;

    /// <summary>The most rows and elements transformed together: they should fit into a near cache.</summary>
    private const long Together = 16;
    private const long Enough = 8192;

    [MethodImpl(Hot)]
    public static void Run(bool inverse, long batches, long n, nint source, nint target)
    {
        if (n == 0 || batches == 0)
            return;

        var plan = FourierPlan<T>.Of(n);
        long working = plan.Working;
        long most = Math.Min(batches, Math.Clamp(Enough / working, 1, Together));
        var memory = (T*)ThreadScratch.Get(ThreadScratch.Use.Fourier, 4 * most * working * sizeof(T));
        var numbers = new Numbers(memory, memory + most * working);
        var others = new Numbers(memory + 2 * most * working, memory + 3 * most * working);

        for (long first = 0; first < batches; first += most)
        {
            long rows = Math.Min(most, batches - first);
            Load((T*)source + 2 * first * n, n, rows, inverse ? numbers.Exchanged : numbers);
            var result = plan.Convolution is null
                ? Turned(plan, rows, numbers, others)
                : Convolved(plan, plan.Convolution, rows, numbers, others);
            Store(inverse ? result.Exchanged : result, n, rows, (T*)target + 2 * first * n);
        }
    }

    /// <summary>The addresses of real and imaginary parts.</summary>
    private readonly struct Numbers(T* re, T* im)
    {
        public readonly T* Re = re;
        public readonly T* Im = im;

        public Numbers Exchanged => new(Im, Re);
    }

    /// <summary>to[j rows + b] ← source[b, j]</summary>
    [MethodImpl(Hot)]
    private static void Load(T* source, long n, long rows, Numbers to)
    {
        for (long b = 0; b < rows; b++)
        for (long j = 0; j < n; j++, source += 2)
        {
            to.Re[j * rows + b] = source[0];
            to.Im[j * rows + b] = source[1];
        }
    }

    /// <summary>target[b, j] ← from[j rows + b]</summary>
    [MethodImpl(Hot)]
    private static void Store(Numbers from, long n, long rows, T* target)
    {
        for (long b = 0; b < rows; b++)
        for (long j = 0; j < n; j++, target += 2)
        {
            target[0] = from.Re[j * rows + b];
            target[1] = from.Im[j * rows + b];
        }
    }

    /// <summary>
    /// The forward transform: the stages alternate between two buffers. Returns the buffer with the result.
    /// </summary>
    [MethodImpl(Hot)]
    private static Numbers Turned(FourierPlan<T> plan, long rows, Numbers numbers, Numbers others)
    {
        long near = rows;

        foreach (var stage in plan.Stages)
        {
            FourierStages<T, S>.Run(stage, near, numbers.Re, numbers.Im, others.Re, others.Im);
            near *= stage.Radix;
            (numbers, others) = (others, numbers);
        }

        return numbers;
    }

    /// <summary>The forward transform as a convolution, whose length is the plan's working length.</summary>
    [MethodImpl(Hot)]
    private static Numbers Convolved(
        FourierPlan<T> plan,
        FourierPlan<T> convolution,
        long rows,
        Numbers numbers,
        Numbers others
    )
    {
        long used = plan.Length * rows;
        long padding = (plan.Working - plan.Length) * rows;
        Multiply(numbers, plan.Length, rows, (T*)plan.Chirp);
        Runs.Fill(numbers.Re + used, padding, default);
        Runs.Fill(numbers.Im + used, padding, default);
        var spectrum = Turned(convolution, rows, numbers, others);
        Multiply(spectrum, plan.Working, rows, (T*)plan.Filter);
        var free = spectrum.Re == numbers.Re ? others : numbers;
        var result = Turned(convolution, rows, spectrum.Exchanged, free).Exchanged;
        Multiply(result, plan.Length, rows, (T*)plan.Chirp);
        return result;
    }

    /// <summary>Multiplies element j of every row by factors[j].</summary>
    [MethodImpl(Hot)]
    private static void Multiply(Numbers numbers, long count, long rows, T* factors)
    {
        T* re = numbers.Re;
        T* im = numbers.Im;

        for (long j = 0; j < count; j++, factors += 2, re += rows, im += rows)
        {
            long b = 0;

            for (; b <= rows - S.Count; b += S.Count)
                Multiply<S>(re + b, im + b, factors);

            for (; b < rows; b++)
                Multiply<Lane<T>>(re + b, im + b, factors);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Multiply<V>(T* re, T* im, T* factor)
        where V : struct, IVector<V> => Factor.Store(V.Load(re), V.Load(im), factor, re, im, default(WholeVector));
}
