namespace NeuralDE;

/// <summary>Tensors from C# numbers, and operators for comparisons and logic.</summary>
/// <remarks>
/// The type of the numbers is the dtype of the tensor: double is float64, float is float32, int is int32.
/// </remarks>
public static class TensorExtensions
{
    extension(Tensor)
    {
        /// <summary>A vector of float64.</summary>
        public static Tensor Of(params ReadOnlySpan<double> values) => TensorMakers.tensor(values.ToArray());

        /// <summary>A vector of float32.</summary>
        public static Tensor Of(params ReadOnlySpan<float> values) => TensorMakers.tensor(values.ToArray());

        /// <summary>A vector of int32.</summary>
        public static Tensor Of(params ReadOnlySpan<int> values) => TensorMakers.tensor(values.ToArray());

        /// <summary>A vector of int64.</summary>
        public static Tensor Of(params ReadOnlySpan<long> values) => TensorMakers.tensor(values.ToArray());

        /// <summary>A vector of bool.</summary>
        public static Tensor Of(params ReadOnlySpan<bool> values) => TensorMakers.tensor(values.ToArray());

        /// <summary>A vector of float64.</summary>
        public static Tensor Of(IEnumerable<double> values) => TensorMakers.tensor(Given(values));

        /// <summary>A vector of float32.</summary>
        public static Tensor Of(IEnumerable<float> values) => TensorMakers.tensor(Given(values));

        /// <summary>A vector of int32.</summary>
        public static Tensor Of(IEnumerable<int> values) => TensorMakers.tensor(Given(values));

        /// <summary>A vector of int64.</summary>
        public static Tensor Of(IEnumerable<long> values) => TensorMakers.tensor(Given(values));

        /// <summary>A vector of bool.</summary>
        public static Tensor Of(IEnumerable<bool> values) => TensorMakers.tensor(Given(values));

        /// <summary>A matrix [rows; columns] of float64. ShapeException if the rows differ in length.</summary>
        public static Tensor Of(double[][] rows) => TensorMakers.tensor(GivenAll(rows));

        /// <summary>A matrix [rows; columns] of float32. ShapeException if the rows differ in length.</summary>
        public static Tensor Of(float[][] rows) => TensorMakers.tensor(GivenAll(rows));

        /// <summary>A matrix [rows; columns] of int32. ShapeException if the rows differ in length.</summary>
        public static Tensor Of(int[][] rows) => TensorMakers.tensor(GivenAll(rows));

        /// <summary>A matrix [rows; columns] of int64. ShapeException if the rows differ in length.</summary>
        public static Tensor Of(long[][] rows) => TensorMakers.tensor(GivenAll(rows));

        /// <summary>A matrix [rows; columns] of bool. ShapeException if the rows differ in length.</summary>
        public static Tensor Of(bool[][] rows) => TensorMakers.tensor(GivenAll(rows));

        /// <summary>A matrix [rows; columns] of float64.</summary>
        public static Tensor Of(double[,] values) => TensorMakers.tensor(Given(values));

        /// <summary>A matrix [rows; columns] of float32.</summary>
        public static Tensor Of(float[,] values) => TensorMakers.tensor(Given(values));

        /// <summary>A stack of matrices [slices; rows; columns] of float64.</summary>
        public static Tensor Of(double[,,] values) => TensorMakers.tensor(Given(values));

        /// <summary>A tensor with one float64, of shape [].</summary>
        public static Tensor Scalar(double value) => TensorMakers.scalar(value);

        /// <summary>A tensor with one float32, of shape [].</summary>
        public static Tensor Scalar(float value) => TensorMakers.scalar(value);

        /// <summary>A tensor with one int32, of shape [].</summary>
        public static Tensor Scalar(int value) => TensorMakers.scalar(value);

        /// <summary>A tensor with one int64, of shape [].</summary>
        public static Tensor Scalar(long value) => TensorMakers.scalar(value);

        /// <summary>A tensor with one bool, of shape [].</summary>
        public static Tensor Scalar(bool value) => TensorMakers.scalar(value);

        /// <summary>
        /// The element of a tensor with one element, as a tensor of shape []. ShapeException for another number of elements.
        /// </summary>
        public static Tensor Scalar(Tensor value) => TensorMakers.scalar(Given(value));

        /// <summary>a &lt; b, element-wise; false if either is NaN.</summary>
        public static Tensor operator <(Tensor a, Tensor b) => TensorOperands.Less((Given(a), Given(b)));

        /// <summary>a &gt; b, element-wise; false if either is NaN.</summary>
        public static Tensor operator >(Tensor a, Tensor b) => TensorOperands.Greater((Given(a), Given(b)));

        /// <summary>a ≤ b, element-wise; false if either is NaN.</summary>
        public static Tensor operator <=(Tensor a, Tensor b) => TensorOperands.LessEqual((Given(a), Given(b)));

        /// <summary>a ≥ b, element-wise; false if either is NaN.</summary>
        public static Tensor operator >=(Tensor a, Tensor b) => TensorOperands.GreaterEqual((Given(a), Given(b)));

        /// <summary>a &lt; b, element-wise; false if either is NaN.</summary>
        public static Tensor operator <(Tensor a, double b) =>
            TensorOperands.Less(TensorOperands.Both(null!, Given(a), b));

        /// <summary>a &gt; b, element-wise; false if either is NaN.</summary>
        public static Tensor operator >(Tensor a, double b) =>
            TensorOperands.Greater(TensorOperands.Both(null!, Given(a), b));

        /// <summary>a ≤ b, element-wise; false if either is NaN.</summary>
        public static Tensor operator <=(Tensor a, double b) =>
            TensorOperands.LessEqual(TensorOperands.Both(null!, Given(a), b));

        /// <summary>a ≥ b, element-wise; false if either is NaN.</summary>
        public static Tensor operator >=(Tensor a, double b) =>
            TensorOperands.GreaterEqual(TensorOperands.Both(null!, Given(a), b));

        /// <summary>a &lt; b, element-wise; false if either is NaN.</summary>
        public static Tensor operator <(double a, Tensor b) =>
            TensorOperands.Less(TensorOperands.Both(null!, a, Given(b)));

        /// <summary>a &gt; b, element-wise; false if either is NaN.</summary>
        public static Tensor operator >(double a, Tensor b) =>
            TensorOperands.Greater(TensorOperands.Both(null!, a, Given(b)));

        /// <summary>a ≤ b, element-wise; false if either is NaN.</summary>
        public static Tensor operator <=(double a, Tensor b) =>
            TensorOperands.LessEqual(TensorOperands.Both(null!, a, Given(b)));

        /// <summary>a ≥ b, element-wise; false if either is NaN.</summary>
        public static Tensor operator >=(double a, Tensor b) =>
            TensorOperands.GreaterEqual(TensorOperands.Both(null!, a, Given(b)));

        /// <summary>true where both a and b are true; bools only.</summary>
        public static Tensor operator &(Tensor a, Tensor b) => ElementwiseVerbsModule.logicalAnd(Given(a), Given(b));

        /// <summary>true where a or b is true; bools only.</summary>
        public static Tensor operator |(Tensor a, Tensor b) => ElementwiseVerbsModule.logicalOr(Given(a), Given(b));

        /// <summary>true where exactly one of a and b is true; bools only.</summary>
        public static Tensor operator ^(Tensor a, Tensor b) => ElementwiseVerbsModule.logicalXor(Given(a), Given(b));

        /// <summary>true where x is false; bools only.</summary>
        public static Tensor operator !(Tensor x) => ElementwiseVerbsModule.logicalNot(Given(x));
    }
}
