namespace NeuralDE;

// Verbs: Einstein's notation
public static partial class Verbs
{
    /// <summary>
    /// Products of tensors summed over axes, by Einstein's notation: <c>Einsum("bij,bjk-&gt;bik", a, b)</c>.
    /// </summary>
    /// <remarks>
    /// Each letter is an axis, of one extent wherever it stands. Letters of the result keep their axes, in its
    /// order; all others are summed over. A letter twice in an operand takes its diagonal. Without an arrow the
    /// result has the letters that stand once, in alphabetical order. Operands are contracted from left to right.
    /// </remarks>
    public static Tensor Einsum(string rule, params ReadOnlySpan<Tensor> operands) =>
        EinsumVerbsModule.einsum(Given(rule), FSharp.List(operands));
}
