using System;

namespace NeuralDE.Kernels;

/// <summary>
/// Convolution with the outputs in the lanes: for every run of output positions along the last axis with the same taps,
/// a matrix product of the input at those positions and the transposed kernel [C K…; O].
/// </summary>
internal static unsafe class ConvolutionByOutput
{
    /// <summary>
    /// Channels are processed together as long as at most this many products are summed at a time. The positions of the
    /// taps are computed again only if the taps change.
    /// </summary>
    private const int MostProducts = 144;

    public static int Outputs<S>()
        where S : struct, IVector<S> => GemmTiles.MostVectors<S>(int.MaxValue) * S.Count;

    /// <summary>
    /// Computes the results of one group and the outputs from <paramref name="first"/> on, for a range of examples.
    /// </summary>
    public static void Run<S>(ConvolutionShape* shape, int group, int first, int firstExample, int examples)
        where S : struct, IVector<S>
    {
        int outputs = int.Min(shape->Outputs - first, Outputs<S>());
        int vectors = (outputs + S.Count - 1) / S.Count;
        int rowBytes = vectors * S.Count * S.ElementSize;
        int rows = shape->Channels * shape->Taps;
        byte* panel = ThreadScratch.Get(ThreadScratch.Use.ConvolutionPanel, (long)rows * rowBytes);
        nint kernelBytes = (nint)rows * S.ElementSize;
        byte* kernel = shape->Kernel + ((nint)group * shape->Outputs + first) * kernelBytes;
        GemmTurn.Run<S>(kernel, kernelBytes, rows, outputs, panel, rowBytes);
        int lastLanes = outputs - (vectors - 1) * S.Count;

        for (int example = firstExample; example < firstExample + examples; example++)
        {
            nint image = (nint)example * shape->Groups + group;
            byte* input = shape->Input + image * shape->Channels * shape->Places * S.ElementSize;
            byte* sums = Sums<S>(shape, input, panel, vectors, lastLanes);
            nint resultBytes = (nint)shape->Results * S.ElementSize;
            byte* output = shape->Output + (image * shape->Outputs + first) * resultBytes;
            GemmTurn.Run<S>(sums, rowBytes, outputs, shape->Results, output, resultBytes);
        }
    }

    /// <summary>Computes the results [T…; O] of one example.</summary>
    private static byte* Sums<S>(ConvolutionShape* shape, byte* input, byte* panel, int vectors, int lastLanes)
        where S : struct, IVector<S>
    {
        int rowBytes = vectors * S.Count * S.ElementSize;
        int most = int.Clamp(MostProducts / int.Max(1, shape->Taps), 1, int.Max(1, shape->Channels));
        long placeBytes = (long)most * shape->Taps * sizeof(GemmPlace);
        byte* sums = ThreadScratch.Get(ThreadScratch.Use.ConvolutionSums, (long)shape->Results * rowBytes);
        var places = (GemmPlace*)ThreadScratch.Get(ThreadScratch.Use.ConvolutionPlaces, placeBytes + sizeof(GemmPlace));
        Span<int> index = stackalloc int[shape->Rank];
        var last = shape->Axes + shape->Rank - 1;

        GemmOperands product = default;
        product.ARow = (nint)last->PeriodStep * S.ElementSize;
        product.CRow = (nint)last->Period * rowBytes;
        product.StartRow = product.CRow;
        product.Places = places;
        product.LastLanes = lastLanes;

        long signature = -1;

        for (int phase = 0; phase < int.Min(last->Period, last->Output); phase++)
        for (long next = phase; next < last->Output; )
        {
            int t = (int)next;
            int run = Run(last, t);
            next += (long)run * last->Period;
            var point = new ConvolutionPoint(shape, index, t);
            product.M = run;

            for (long line = 0; line < shape->Results; line += last->Output)
            {
                if (point.Signature != signature)
                {
                    point.Fill(places, most, rowBytes, S.ElementSize, false);
                    signature = point.Signature;
                }

                product.A = input + (nint)point.Place * S.ElementSize;
                product.B = panel + (nint)point.Tap * rowBytes;
                product.C = sums + (nint)(line + t) * rowBytes;
                product.Start = null;

                for (long channel = 0; channel == 0 || channel < shape->Channels; channel += most)
                {
                    product.K = (int)long.Min(most, shape->Channels - channel) * point.Taps;
                    GemmTiles.Run<S, Constant.Two>(&product, vectors);
                    product.A += (nint)most * shape->Places * S.ElementSize;
                    product.B += (nint)most * shape->Taps * rowBytes;
                    product.Start = product.C;
                }

                point.Next(shape->Rank - 1);
            }
        }

        return sums;
    }

    /// <summary>The number of output positions from t on, a period apart, with the same taps.</summary>
    private static int Run(ConvolutionAxis* axis, long t)
    {
        var first = axis->Meetings[t];
        int run = 1;

        for (t += axis->Period; t < axis->Output; t += axis->Period, run++)
        {
            var next = axis->Meetings[t];

            if (next.Count != first.Count || next.FirstTap != first.FirstTap)
                break;
        }

        return run;
    }
}
