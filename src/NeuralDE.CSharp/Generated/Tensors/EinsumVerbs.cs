// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

public static partial class Verbs
{
    /// <summary>
    /// Products of tensors summed over axes, in Einstein notation: <c>Einsum("bij,bjk-&gt;bik", a, b)</c>.
    /// </summary>
    /// <param name="rule">
    /// The letters of the operands, separated by commas, and after an arrow those of the result. Spaces are ignored.
    /// </param>
    /// <param name="operands">At least one tensor of numbers; all of one dtype.</param>
    /// <returns>The axes that the rule gives the result, of the dtype of the operands.</returns>
    /// <remarks>
    /// Each letter names an axis and has one extent everywhere. The result has its letters' axes in its order; all
    /// other letters are summed over. A repeated letter in an operand takes the diagonal. Without an arrow the result
    /// has the letters that occur once, in alphabetical order. Operands are contracted from left to right.
    /// </remarks>
    /// <exception cref="ShapeException">The rule is invalid, or the operands do not fit it.</exception>
    /// <exception cref="DtypeException">The dtypes differ or are bool.</exception>
    public static Tensor Einsum(string rule, params ReadOnlySpan<Tensor> operands) =>
        EinsumVerbsModule.einsum(Given(rule), FSharp.List(operands));
}
