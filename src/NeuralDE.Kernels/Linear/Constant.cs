using System.Runtime.InteropServices;

namespace NeuralDE.Kernels;

/// <summary>
/// Numbers as sizes of types: <c>sizeof(T)</c> is a constant at compile time, so code for other numbers is removed.
/// </summary>
internal static class Constant
{
    [StructLayout(LayoutKind.Sequential, Size = 1)]
    public readonly struct One;

    [StructLayout(LayoutKind.Sequential, Size = 2)]
    public readonly struct Two;

    [StructLayout(LayoutKind.Sequential, Size = 3)]
    public readonly struct Three;

    [StructLayout(LayoutKind.Sequential, Size = 4)]
    public readonly struct Four;

    [StructLayout(LayoutKind.Sequential, Size = 5)]
    public readonly struct Five;

    [StructLayout(LayoutKind.Sequential, Size = 6)]
    public readonly struct Six;

    [StructLayout(LayoutKind.Sequential, Size = 7)]
    public readonly struct Seven;

    [StructLayout(LayoutKind.Sequential, Size = 8)]
    public readonly struct Eight;

    [StructLayout(LayoutKind.Sequential, Size = 9)]
    public readonly struct Nine;

    [StructLayout(LayoutKind.Sequential, Size = 10)]
    public readonly struct Ten;

    [StructLayout(LayoutKind.Sequential, Size = 11)]
    public readonly struct Eleven;

    [StructLayout(LayoutKind.Sequential, Size = 12)]
    public readonly struct Twelve;
}
