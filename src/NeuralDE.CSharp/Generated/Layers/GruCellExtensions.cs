// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>One step of a gated recurrent unit, by PyTorch's equations (GRUCell).</summary>
/// <remarks>
/// r = σ(x W_r + b_r + h U_r + c_r), z = σ(x W_z + b_z + h U_z + c_z), n = tanh(x W_n + b_n + r (h U_n + c_n)), h' = (1
/// − z) n + z h. K. Cho et al., Learning phrase representations using RNN encoder–decoder, 2014.
/// </remarks>
public static partial class GruCellExtensions
{
    extension(GruCell)
    {
        /// <summary>Weights and biases uniform in ±1/√hidden.</summary>
        /// <param name="key">The source of the numbers.</param>
        /// <param name="inputs">The number of input features.</param>
        /// <param name="hidden">The number of features of the state.</param>
        /// <returns>The cell.</returns>
        /// <exception cref="InputException">unless both are positive.</exception>
        public static GruCell Init(Key key, int inputs, int hidden) => GruCell.init(Given(key), inputs, hidden);
    }

    extension(GruCell cell)
    {
        /// <summary>The next state.</summary>
        /// <param name="h">The state, [batch…; hidden].</param>
        /// <param name="x">The input, [batch…; inputs].</param>
        /// <returns>[batch…; hidden].</returns>
        /// <exception cref="ShapeException">if the shapes do not fit.</exception>
        public Tensor Step(Tensor h, Tensor x) => GruCell.step(Given(cell), Given(h), Given(x));

        /// <summary>Steps along a sequence.</summary>
        /// <param name="h">The initial state, [batch…; hidden].</param>
        /// <param name="xs">[batch…; time; inputs].</param>
        /// <returns>All states [batch…; time; hidden] and the last state.</returns>
        /// <exception cref="ShapeException">if the shapes do not fit.</exception>
        public (Tensor Outputs, Tensor Last) Scan(Tensor h, Tensor xs) =>
            GruCell.scan(Given(cell), Given(h), Given(xs)).ToValueTuple();
    }
}
