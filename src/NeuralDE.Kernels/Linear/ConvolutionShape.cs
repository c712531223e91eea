using System;

namespace NeuralDE.Kernels;

/// <summary>
/// The kernel positions that meet the input at one output position along one axis: every TapStep-th position of the
/// kernel from FirstTap, and every PlaceStep-th position of the input from FirstPlace.
/// </summary>
internal struct ConvolutionMeeting
{
    public int FirstTap;
    public int Count;
    public int FirstPlace;
}

/// <summary>
/// One spatial axis. Kernel position k meets input position s at output position t where s dilateInput = t stride + k
/// dilateKernel − low.
/// </summary>
internal unsafe struct ConvolutionAxis
{
    public int Input;
    public int Kernel;
    public int Output;

    /// <summary>
    /// The distance between consecutive kernel positions that meet the input, and the same in the input.
    /// </summary>
    public int TapStep;
    public int PlaceStep;

    /// <summary>The distance between output positions whose taps have the same remainder.</summary>
    public int Period;

    /// <summary>The distance of their input positions.</summary>
    public int PeriodStep;

    /// <summary>One for each output position.</summary>
    public ConvolutionMeeting* Meetings;

    public void Fill(int stride, int low, int dilateInput, int dilateKernel)
    {
        TapStep = dilateInput / GreatestDivisor(dilateInput, dilateKernel);
        PlaceStep = (int)((long)dilateKernel * TapStep / dilateInput);
        Period = dilateInput / GreatestDivisor(dilateInput, stride);
        PeriodStep = (int)((long)stride * Period / dilateInput);

        for (int t = 0; t < Output; t++)
        {
            ConvolutionMeeting meeting = default;

            for (int k = 0; k < Kernel; k++)
            {
                long place = (long)t * stride + (long)k * dilateKernel - low;

                if (place < 0 || place % dilateInput != 0 || place / dilateInput >= Input)
                    continue;

                if (meeting.Count == 0)
                {
                    meeting.FirstTap = k;
                    meeting.FirstPlace = (int)(place / dilateInput);
                }
                meeting.Count++;
            }

            Meetings[t] = meeting;
        }
    }

    private static int GreatestDivisor(int a, int b) => b == 0 ? a : GreatestDivisor(b, a % b);
}

/// <summary>Input [N; G; C; S…], kernel [G; O; C; K…], result [N; G; O; T…], row-major.</summary>
internal unsafe struct ConvolutionShape
{
    public int Batch;
    public int Groups;
    public int Channels;
    public int Outputs;

    /// <summary>The number of elements of one channel of the input, the kernel and the result.</summary>
    public int Places;
    public int Taps;
    public int Results;

    public int Rank;
    public ConvolutionAxis* Axes;
    public byte* Input;
    public byte* Kernel;
    public byte* Output;
}

/// <summary>An output position: its first kernel and input positions, and its number of taps.</summary>
internal unsafe ref struct ConvolutionPoint
{
    private readonly ConvolutionShape* shape;
    private readonly Span<int> index;

    /// <summary>The offsets of the first tap in the kernel and of the first position in the input.</summary>
    public int Tap;
    public int Place;
    public int Taps;

    /// <summary>Equal for positions with equal numbers of taps along every axis.</summary>
    public long Signature;

    /// <summary>
    /// The first position of all axes except the last. <paramref name="index"/>: memory for one number for each axis.
    /// </summary>
    public ConvolutionPoint(ConvolutionShape* shape, Span<int> index, int last)
    {
        this.shape = shape;
        this.index = index;
        index.Clear();
        index[^1] = last;
        Find();
    }

    private void Find()
    {
        Tap = 0;
        Place = 0;
        Taps = 1;
        Signature = 0;

        for (int axis = 0; axis < shape->Rank; axis++)
        {
            var along = shape->Axes + axis;
            var meeting = along->Meetings + index[axis];
            Tap = Tap * along->Kernel + meeting->FirstTap;
            Place = Place * along->Input + meeting->FirstPlace;
            Taps *= meeting->Count;
            Signature = Signature * (along->Kernel + 1) + meeting->Count;
        }
    }

    /// <summary>Advances to the next position, in row-major order, of the axes before <paramref name="end"/>.</summary>
    public void Next(int end)
    {
        for (int axis = end - 1; axis >= 0; axis--)
        {
            if (++index[axis] < shape->Axes[axis].Output)
                break;
            index[axis] = 0;
        }

        Find();
    }

    /// <summary>
    /// Writes the taps of this position for a number of channels, channel by channel and in the order of the kernel, as
    /// byte offsets, given the bytes of an element of the kernel and of the input.
    /// </summary>
    public readonly void Fill(GemmPlace* places, int channels, int kernelSize, int inputSize, bool kernelIsA)
    {
        nint tapSize = (nint)shape->Taps * kernelSize;
        nint placeSize = (nint)shape->Places * inputSize;
        *places = default;

        // nothing is read, and if the kernel is empty, there is room for one entry only
        if (Taps == 0)
            return;
        int filled = Spread(places, 1, channels, tapSize, placeSize, kernelIsA);

        for (int axis = 0; axis < shape->Rank; axis++)
        {
            var along = shape->Axes + axis;
            int count = along->Meetings[index[axis]].Count;
            tapSize /= int.Max(1, along->Kernel);
            placeSize /= int.Max(1, along->Input);
            filled = Spread(places, filled, count, along->TapStep * tapSize, along->PlaceStep * placeSize, kernelIsA);
        }
    }

    /// <summary>Repeats every entry <paramref name="count"/> times, with steps between the copies.</summary>
    private static int Spread(GemmPlace* places, int filled, int count, nint tapStep, nint placeStep, bool kernelIsA)
    {
        nint aStep = kernelIsA ? tapStep : placeStep;
        nint bStep = kernelIsA ? placeStep : tapStep;

        // from the end, so that no entry is overwritten before it is read
        for (int i = filled - 1; i >= 0; i--)
        {
            var first = places[i];
            var target = places + i * count;

            for (int j = count - 1; j >= 0; j--)
            {
                target[j].A = first.A + j * aStep;
                target[j].B = first.B + j * bStep;
            }
        }

        return filled * count;
    }
}
