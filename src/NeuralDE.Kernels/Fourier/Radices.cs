using System;
using System.Runtime.CompilerServices;

namespace NeuralDE.Kernels;

/// <summary>
/// Short transforms, one per lane: b[k] = Σⱼ a[j] e^(−2πi jk / radix), then multiplied by factor k (k = 0 has none).
/// a[j] is at re[j far], im[j far], b[k] at outRe[k near], outIm[k near]; factors alternate real and imaginary parts.
/// </summary>
internal unsafe interface IRadix<T>
    where T : unmanaged
{
    void Turn<S, P>(T* re, T* im, long far, T* outRe, T* outIm, long near, T* factors, P part)
        where S : struct, IVector<S>
        where P : struct, IPart;
}

internal static unsafe class Factor
{
    /// <summary>(re, im) times the factor.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<T, S, P>(S re, S im, T* factor, T* outRe, T* outIm, P part)
        where T : unmanaged
        where S : struct, IVector<S>
        where P : struct, IPart
    {
        var cosine = S.Broadcast(factor);
        var sine = S.Broadcast(factor + 1);
        part.Store(S.Fma(-im, sine, re * cosine), outRe);
        part.Store(S.Fma(re, sine, im * cosine), outIm);
    }
}

internal readonly unsafe struct RadixTwo<T> : IRadix<T>
    where T : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Turn<S, P>(T* re, T* im, long far, T* outRe, T* outIm, long near, T* factors, P part)
        where S : struct, IVector<S>
        where P : struct, IPart
    {
        var r0 = part.Load<S>(re);
        var i0 = part.Load<S>(im);
        var r1 = part.Load<S>(re + far);
        var i1 = part.Load<S>(im + far);
        part.Store(r0 + r1, outRe);
        part.Store(i0 + i1, outIm);
        Factor.Store(r0 - r1, i0 - i1, factors, outRe + near, outIm + near, part);
    }
}

internal readonly unsafe struct RadixThree<T> : IRadix<T>
    where T : unmanaged
{
    private const double Sine = 0.86602540378443864676; // of 2π/3

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Turn<S, P>(T* re, T* im, long far, T* outRe, T* outIm, long near, T* factors, P part)
        where S : struct, IVector<S>
        where P : struct, IPart
    {
        var r0 = part.Load<S>(re);
        var i0 = part.Load<S>(im);
        var r1 = part.Load<S>(re + far);
        var i1 = part.Load<S>(im + far);
        var r2 = part.Load<S>(re + 2 * far);
        var i2 = part.Load<S>(im + 2 * far);
        var sumR = r1 + r2;
        var sumI = i1 + i2;
        var sine = S.Of(Sine);
        var differenceR = (r1 - r2) * sine;
        var differenceI = (i1 - i2) * sine;
        var middleR = S.Fma(S.Of(-0.5), sumR, r0);
        var middleI = S.Fma(S.Of(-0.5), sumI, i0);
        part.Store(r0 + sumR, outRe);
        part.Store(i0 + sumI, outIm);
        Factor.Store(middleR + differenceI, middleI - differenceR, factors, outRe + near, outIm + near, part);
        outRe += 2 * near;
        outIm += 2 * near;
        Factor.Store(middleR - differenceI, middleI + differenceR, factors + 2, outRe, outIm, part);
    }
}

internal readonly unsafe struct RadixFour<T> : IRadix<T>
    where T : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Turn<S, P>(T* re, T* im, long far, T* outRe, T* outIm, long near, T* factors, P part)
        where S : struct, IVector<S>
        where P : struct, IPart
    {
        var r0 = part.Load<S>(re);
        var i0 = part.Load<S>(im);
        var r2 = part.Load<S>(re + 2 * far);
        var i2 = part.Load<S>(im + 2 * far);
        var evenR = r0 + r2;
        var evenI = i0 + i2;
        var oddR = r0 - r2;
        var oddI = i0 - i2;
        r0 = part.Load<S>(re + far);
        i0 = part.Load<S>(im + far);
        r2 = part.Load<S>(re + 3 * far);
        i2 = part.Load<S>(im + 3 * far);
        var sumR = r0 + r2;
        var sumI = i0 + i2;
        var differenceR = r0 - r2;
        var differenceI = i0 - i2;
        part.Store(evenR + sumR, outRe);
        part.Store(evenI + sumI, outIm);
        Factor.Store(oddR + differenceI, oddI - differenceR, factors, outRe + near, outIm + near, part);
        outRe += 2 * near;
        outIm += 2 * near;
        Factor.Store(evenR - sumR, evenI - sumI, factors + 2, outRe, outIm, part);
        Factor.Store(oddR - differenceI, oddI + differenceR, factors + 4, outRe + near, outIm + near, part);
    }
}

internal readonly unsafe struct RadixFive<T> : IRadix<T>
    where T : unmanaged
{
    private const double Cosine1 = 0.30901699437494742410; // of 2π/5
    private const double Cosine2 = -0.80901699437494742410; // of 4π/5
    private const double Sine1 = 0.95105651629515357212;
    private const double Sine2 = 0.58778525229247312917;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Turn<S, P>(T* re, T* im, long far, T* outRe, T* outIm, long near, T* factors, P part)
        where S : struct, IVector<S>
        where P : struct, IPart
    {
        var r0 = part.Load<S>(re);
        var i0 = part.Load<S>(im);
        var a = part.Load<S>(re + far);
        var b = part.Load<S>(re + 4 * far);
        var sumR1 = a + b;
        var differenceR1 = a - b;
        a = part.Load<S>(im + far);
        b = part.Load<S>(im + 4 * far);
        var sumI1 = a + b;
        var differenceI1 = a - b;
        a = part.Load<S>(re + 2 * far);
        b = part.Load<S>(re + 3 * far);
        var sumR2 = a + b;
        var differenceR2 = a - b;
        a = part.Load<S>(im + 2 * far);
        b = part.Load<S>(im + 3 * far);
        var sumI2 = a + b;
        var differenceI2 = a - b;
        part.Store(r0 + sumR1 + sumR2, outRe);
        part.Store(i0 + sumI1 + sumI2, outIm);
        var cosine1 = S.Of(Cosine1);
        var cosine2 = S.Of(Cosine2);
        var sine1 = S.Of(Sine1);
        var sine2 = S.Of(Sine2);

        var middleR = S.Fma(cosine2, sumR2, S.Fma(cosine1, sumR1, r0));
        var middleI = S.Fma(cosine2, sumI2, S.Fma(cosine1, sumI1, i0));
        var acrossR = S.Fma(sine2, differenceR2, sine1 * differenceR1);
        var acrossI = S.Fma(sine2, differenceI2, sine1 * differenceI1);
        T* fourthRe = outRe + 4 * near;
        T* fourthIm = outIm + 4 * near;
        Factor.Store(middleR + acrossI, middleI - acrossR, factors, outRe + near, outIm + near, part);
        Factor.Store(middleR - acrossI, middleI + acrossR, factors + 6, fourthRe, fourthIm, part);

        middleR = S.Fma(cosine1, sumR2, S.Fma(cosine2, sumR1, r0));
        middleI = S.Fma(cosine1, sumI2, S.Fma(cosine2, sumI1, i0));
        acrossR = S.Fma(-sine1, differenceR2, sine2 * differenceR1);
        acrossI = S.Fma(-sine1, differenceI2, sine2 * differenceI1);
        outRe += 2 * near;
        outIm += 2 * near;
        Factor.Store(middleR + acrossI, middleI - acrossR, factors + 2, outRe, outIm, part);
        Factor.Store(middleR - acrossI, middleI + acrossR, factors + 4, outRe + near, outIm + near, part);
    }
}

/// <summary>An odd radix, by the definition; the terms j and radix − j share their cosines and sines.</summary>
/// <param name="roots">e^(−2πi j / radix), alternating real and imaginary parts.</param>
internal readonly unsafe struct RadixOdd<T>(int radix, nint roots) : IRadix<T>
    where T : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Turn<S, P>(T* re, T* im, long far, T* outRe, T* outIm, long near, T* factors, P part)
        where S : struct, IVector<S>
        where P : struct, IPart
    {
        for (int k = 0; k < radix; k++)
        {
            var sumR = part.Load<S>(re);
            var sumI = part.Load<S>(im);
            int angle = 0; // j k mod radix

            for (int j = 1; j <= radix / 2; j++)
            {
                angle += k;
                angle -= angle >= radix ? radix : 0;
                var cosine = S.Broadcast((T*)roots + 2 * angle);
                var sine = S.Broadcast((T*)roots + 2 * angle + 1);
                var upperR = part.Load<S>(re + j * far);
                var upperI = part.Load<S>(im + j * far);
                var lowerR = part.Load<S>(re + (radix - j) * far);
                var lowerI = part.Load<S>(im + (radix - j) * far);
                sumR = S.Fma(lowerI - upperI, sine, S.Fma(upperR + lowerR, cosine, sumR));
                sumI = S.Fma(upperR - lowerR, sine, S.Fma(upperI + lowerI, cosine, sumI));
            }

            if (k == 0)
            {
                part.Store(sumR, outRe);
                part.Store(sumI, outIm);
            }
            else
                Factor.Store(sumR, sumI, factors + 2 * (k - 1), outRe + k * near, outIm + k * near, part);
        }
    }
}
