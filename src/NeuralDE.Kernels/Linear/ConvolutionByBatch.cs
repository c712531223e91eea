using System;

namespace NeuralDE.Kernels;

/// <summary>
/// Convolution with the examples of a batch in the lanes: for every output position t, a matrix product of the kernel
/// [O; C K…] and the rows of the transposed input [C S…; N] that its taps read.
/// </summary>
internal static unsafe class ConvolutionByBatch
{
    /// <summary>The number of vectors of examples computed together.</summary>
    private const int Vectors = 2;

    /// <summary>Channels are processed together as long as at most this many products are summed at a time.</summary>
    private const int MostProducts = 600;

    public static int Examples<S>()
        where S : struct, IVector<S> => Vectors * S.Count;

    /// <summary>Computes all results of one group for the examples from <paramref name="first"/> on.</summary>
    public static void Run<S>(ConvolutionShape* shape, int group, int first)
        where S : struct, IVector<S>
    {
        int examples = int.Min(shape->Batch - first, Examples<S>());
        int vectors = (examples + S.Count - 1) / S.Count;
        int rowBytes = vectors * S.Count * S.ElementSize;
        int most = int.Clamp(MostProducts / int.Max(1, shape->Taps), 1, int.Max(1, shape->Channels));
        long placeBytes = (long)most * shape->Taps * sizeof(GemmPlace);
        byte* panel = ThreadScratch.Get(ThreadScratch.Use.ConvolutionPanel, (long)most * shape->Places * rowBytes);
        byte* sums = ThreadScratch.Get(
            ThreadScratch.Use.ConvolutionSums,
            (long)shape->Outputs * shape->Results * rowBytes
        );
        var places = (GemmPlace*)ThreadScratch.Get(ThreadScratch.Use.ConvolutionPlaces, placeBytes + sizeof(GemmPlace));
        nint exampleBytes = (nint)shape->Groups * shape->Channels * shape->Places * S.ElementSize;
        byte* input = shape->Input + first * exampleBytes + exampleBytes / shape->Groups * group;
        byte* kernel = shape->Kernel + (nint)group * shape->Outputs * shape->Channels * shape->Taps * S.ElementSize;
        Span<int> index = stackalloc int[shape->Rank];

        GemmOperands product = default;
        product.M = shape->Outputs;
        product.ARow = (nint)shape->Channels * shape->Taps * S.ElementSize;
        product.CRow = (nint)shape->Results * rowBytes;
        product.StartRow = product.CRow;
        product.Places = places;
        product.LastLanes = examples - (vectors - 1) * S.Count;

        for (long channel = 0; channel == 0 || channel < shape->Channels; channel += most)
        {
            int channels = (int)long.Min(most, shape->Channels - channel);
            GemmTurn.Run<S>(input, exampleBytes, channels * shape->Places, examples, panel, rowBytes);
            var point = new ConvolutionPoint(shape, index, 0);
            long signature = -1;

            for (int t = 0; t < shape->Results; t++)
            {
                if (point.Signature != signature)
                {
                    point.Fill(places, channels, S.ElementSize, rowBytes, true);
                    signature = point.Signature;
                }

                product.K = channels * point.Taps;
                product.A = kernel + (nint)point.Tap * S.ElementSize;
                product.B = panel + (nint)point.Place * rowBytes;
                product.C = sums + (nint)t * rowBytes;
                product.Start = channel == 0 ? null : product.C;
                GemmTiles.Run<S, Constant.Two>(&product, vectors);
                point.Next(shape->Rank);
            }

            input += (nint)channels * shape->Places * S.ElementSize;
            kernel += (nint)channels * shape->Taps * S.ElementSize;
        }

        int results = shape->Outputs * shape->Results;
        nint resultBytes = (nint)shape->Groups * results * S.ElementSize;
        byte* output = shape->Output + first * resultBytes + (nint)group * results * S.ElementSize;
        GemmTurn.Run<S>(sums, rowBytes, examples, results, output, resultBytes);
    }
}
