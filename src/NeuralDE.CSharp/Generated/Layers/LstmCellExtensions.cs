// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>One step of a long short-term memory, by PyTorch's equations (LSTMCell).</summary>
/// <remarks>
/// i, f, o = σ(x W + b + h U + c) and g = tanh(x W + b + h U + c), each with separate weights, memory' = f memory + i
/// g, h' = o tanh memory'. S. Hochreiter, J. Schmidhuber, Long short-term memory, 1997, with the forget gate of Gers et
/// al. 2000.
/// </remarks>
public static partial class LstmCellExtensions
{
    extension(LstmCell)
    {
        /// <summary>Weights and biases uniform in ±1/√hidden.</summary>
        /// <param name="key">The source of the numbers.</param>
        /// <param name="inputs">The number of input features.</param>
        /// <param name="hidden">The number of features of output and memory.</param>
        /// <returns>The cell.</returns>
        /// <exception cref="InputException">unless both are positive.</exception>
        public static LstmCell Init(Key key, int inputs, int hidden) => LstmCell.init(Given(key), inputs, hidden);
    }

    extension(LstmCell cell)
    {
        /// <summary>The next state.</summary>
        /// <param name="state">The state.</param>
        /// <param name="x">The input, [batch…; inputs].</param>
        /// <returns>The next state.</returns>
        /// <exception cref="ShapeException">if the shapes do not fit.</exception>
        public LstmState Step(LstmState state, Tensor x) => LstmCell.step(Given(cell), Given(state), Given(x));

        /// <summary>Steps along a sequence.</summary>
        /// <param name="state">The initial state.</param>
        /// <param name="xs">[batch…; time; inputs].</param>
        /// <returns>All outputs [batch…; time; hidden] and the last state.</returns>
        /// <exception cref="ShapeException">if the shapes do not fit.</exception>
        public (Tensor Outputs, LstmState Last) Scan(LstmState state, Tensor xs) =>
            LstmCell.scan(Given(cell), Given(state), Given(xs)).ToValueTuple();
    }
}
