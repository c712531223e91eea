// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>One step of a plain recurrent network: h' = tanh(x W + b + h U + c). PyTorch's RNNCell.</summary>
/// <remarks>J. L. Elman, Finding structure in time, 1990.</remarks>
public static partial class ElmanCellExtensions
{
    extension(ElmanCell)
    {
        /// <summary>Weights and biases uniform in ±1/√hidden.</summary>
        /// <param name="key">The source of the numbers.</param>
        /// <param name="inputs">The number of input features.</param>
        /// <param name="hidden">The number of features of the state.</param>
        /// <returns>The cell.</returns>
        /// <exception cref="InputException">unless both are positive.</exception>
        public static ElmanCell Init(Key key, int inputs, int hidden) => ElmanCell.init(Given(key), inputs, hidden);
    }

    extension(ElmanCell cell)
    {
        /// <summary>The next state.</summary>
        /// <param name="h">The state, [batch…; hidden].</param>
        /// <param name="x">The input, [batch…; inputs].</param>
        /// <returns>[batch…; hidden].</returns>
        /// <exception cref="ShapeException">if the shapes do not fit.</exception>
        public Tensor Step(Tensor h, Tensor x) => ElmanCell.step(Given(cell), Given(h), Given(x));

        /// <summary>Steps along a sequence.</summary>
        /// <param name="h">The initial state, [batch…; hidden].</param>
        /// <param name="xs">[batch…; time; inputs].</param>
        /// <returns>All states [batch…; time; hidden] and the last state.</returns>
        /// <exception cref="ShapeException">if the shapes do not fit.</exception>
        public (Tensor Outputs, Tensor Last) Scan(Tensor h, Tensor xs) =>
            ElmanCell.scan(Given(cell), Given(h), Given(xs)).ToValueTuple();
    }
}
