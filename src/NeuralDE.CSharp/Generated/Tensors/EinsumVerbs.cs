// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

public static partial class Verbs
{
    /// <summary>
    /// Products of tensors summed over axes, in Einstein notation: <c>Einsum("bij,bjk-&gt;bik", a, b)</c>.
    /// </summary>
    /// <remarks>
    /// Each letter names an axis and has one extent everywhere. The result has its letters' axes in its order; all
    /// other letters are summed over. A repeated letter in an operand takes the diagonal. Without an arrow the result
    /// has the letters that occur once, in alphabetical order. Operands are contracted from left to right.
    /// ShapeException for an invalid rule, and for operands that do not fit it.
    /// </remarks>
    public static Tensor Einsum(string rule, params ReadOnlySpan<Tensor> operands) =>
        EinsumVerbsModule.einsum(Given(rule), FSharp.List(operands));
}
