using System;
using System.Numerics;

namespace NeuralDE.Kernels;

/// <summary>
/// Convolution of float32 and float64. Every result is one chain of fused multiply-adds starting from 0, over channels
/// and then kernel positions in order; taps outside the input contribute no term. Its bits depend only on its own
/// example and output.
/// </summary>
internal static unsafe class Convolution
{
    public static void Run(ElementType type, ConvolutionShape shape) => Widest.Run(type, new Work(&shape));

    private readonly struct Work(ConvolutionShape* shape) : IVectorWork
    {
        public void Run<T, S>()
            where T : unmanaged, INumber<T>
            where S : struct, IVector<S> => ConvolutionTeam.Run<S>(shape);
    }

    /// <summary>
    /// y[n, g, o, t] = Σ over channels c and kernel positions k of x[n, g, c, s] kernel[g, o, c, k], where s
    /// dilateInput = t stride + k dilateKernel − low on every spatial axis. Input [N; G; C; S…], kernel [G; O; C; K…],
    /// output [N; G; O; T…]; the settings have one number for each spatial axis. The padding at the high end follows
    /// from the shape of the output. The axes are stored in this thread's memory until its next convolution.
    /// </summary>
    public static ConvolutionShape Shape(
        ReadOnlySpan<int> inputShape,
        ReadOnlySpan<int> kernelShape,
        ReadOnlySpan<int> outputShape,
        ReadOnlySpan<int> stride,
        ReadOnlySpan<int> low,
        ReadOnlySpan<int> dilateInput,
        ReadOnlySpan<int> dilateKernel,
        nint input,
        nint kernel,
        nint output
    )
    {
        long meetings = 0;

        foreach (int extent in outputShape[3..])
            meetings += extent;
        int axesBytes = stride.Length * sizeof(ConvolutionAxis);
        byte* memory = ThreadScratch.Get(
            ThreadScratch.Use.ConvolutionAxes,
            axesBytes + meetings * sizeof(ConvolutionMeeting)
        );
        var meeting = (ConvolutionMeeting*)(memory + axesBytes);
        ConvolutionShape shape;
        shape.Batch = inputShape[0];
        shape.Groups = inputShape[1];
        shape.Channels = inputShape[2];
        shape.Outputs = kernelShape[1];
        shape.Places = Product(inputShape[3..]);
        shape.Taps = Product(kernelShape[3..]);
        shape.Results = Product(outputShape[3..]);
        shape.Rank = stride.Length;
        shape.Axes = (ConvolutionAxis*)memory;
        shape.Input = (byte*)input;
        shape.Kernel = (byte*)kernel;
        shape.Output = (byte*)output;

        for (int axis = 0; axis < shape.Rank; axis++)
        {
            var along = shape.Axes + axis;
            along->Input = inputShape[axis + 3];
            along->Kernel = kernelShape[axis + 3];
            along->Output = outputShape[axis + 3];
            along->Meetings = meeting;
            along->Fill(stride[axis], low[axis], dilateInput[axis], dilateKernel[axis]);
            meeting += along->Output;
        }

        return shape;
    }

    /// <summary>
    /// The elements of a group of one example are counted in int32; the shape checks guarantee that they fit.
    /// </summary>
    private static int Product(ReadOnlySpan<int> extents)
    {
        int product = 1;

        foreach (int extent in extents)
            product = checked(product * extent);
        return product;
    }
}
