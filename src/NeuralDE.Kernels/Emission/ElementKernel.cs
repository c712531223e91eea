namespace NeuralDE.Kernels;

/// <summary>
/// A compiled group of element-wise operations, applied to the elements from <c>first</c> to before <c>last</c>.
/// <c>offsets</c> is the address of the offsets, relative to <c>memory</c>, of its arguments and then of its results.
/// It works on whole vectors: every array must be readable, and results writable, up to the next multiple of 64 bytes.
/// </summary>
internal delegate void ElementKernel(long memory, long offsets, long first, long last);
