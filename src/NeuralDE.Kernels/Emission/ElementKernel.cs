namespace NeuralDE.Kernels;

/// <summary>
/// A compiled group of element-wise operations on the elements from <c>first</c> up to <c>last</c>, exclusive. <c>offsets</c>
/// points at the offsets, relative to <c>memory</c>, of its arguments and then of its results. Works on whole vectors: every
/// array must be readable, and results writable, up to the next multiple of 64 bytes.
/// </summary>
internal delegate void ElementKernel(long memory, long offsets, long first, long last);
