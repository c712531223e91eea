// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

public static partial class Verbs
{
    /// <summary>The matrix product by NumPy's rules: [batch…; m; k] × [batch…; k; n] → [batch…; m; n].</summary>
    /// <param name="a">[batch…; m; k], or a vector [k]; numbers.</param>
    /// <param name="b">[batch…; k; n], or a vector [k], of the dtype of a.</param>
    /// <returns>[batch…; m; n], without m for a vector a and without n for a vector b.</returns>
    /// <remarks>
    /// Batch axes broadcast. Integers keep their dtype and wrap. A vector on the left is a row, a vector on the right
    /// is a column; the result lacks that axis.
    /// </remarks>
    /// <exception cref="ShapeException">
    /// The k differ, the batches do not broadcast, a or b is a single number, or the result does not fit in memory.
    /// </exception>
    /// <exception cref="DtypeException">The dtypes differ or are bool.</exception>
    public static Tensor Matmul(Tensor a, Tensor b) => LinearVerbsModule.matmul(Given(a), Given(b));

    /// <summary>The inner product of two vectors, Σ aᵢ bᵢ, of shape [].</summary>
    /// <param name="a">A vector [n] of numbers.</param>
    /// <param name="b">A vector [n] of the dtype of a.</param>
    /// <returns>[], of the dtype of a.</returns>
    /// <exception cref="ShapeException">They are not two vectors of one length.</exception>
    /// <exception cref="DtypeException">The dtypes differ or are bool.</exception>
    public static Tensor Dot(Tensor a, Tensor b) => LinearVerbsModule.dot(Given(a), Given(b));

    /// <summary>The outer product of two vectors: [m] and [n] → [m; n].</summary>
    /// <param name="a">A vector [m] of numbers.</param>
    /// <param name="b">A vector [n] of the dtype of a.</param>
    /// <returns>[m; n], of the dtype of a.</returns>
    /// <exception cref="ShapeException">One is not a vector, or the result does not fit in memory.</exception>
    /// <exception cref="DtypeException">The dtypes differ or are bool.</exception>
    public static Tensor Outer(Tensor a, Tensor b) => LinearVerbsModule.outer(Given(a), Given(b));

    /// <summary>The sum of the diagonal: [batch…; m; n] → [batch…].</summary>
    /// <param name="x">[batch…; m; n], of any dtype.</param>
    /// <returns>[batch…]; int64 for integers and bool, otherwise the dtype of x.</returns>
    /// <exception cref="ShapeException">x has fewer than two axes.</exception>
    public static Tensor Trace(Tensor x) => LinearVerbsModule.trace(Given(x));

    /// <summary>
    /// The lower triangular L with L Lᵀ = a, for symmetric positive definite a [batch…; n; n]. Only the lower triangle
    /// of a is read. NaN if a matrix is not positive definite.
    /// </summary>
    /// <param name="a">[batch…; n; n], floats.</param>
    /// <returns>L [batch…; n; n], with zeros above the diagonal.</returns>
    /// <exception cref="ShapeException">a does not consist of square matrices.</exception>
    /// <exception cref="DtypeException">a is not a float.</exception>
    public static Tensor Cholesky(Tensor a) => LinearVerbsModule.cholesky(Given(a));

    /// <summary>
    /// The x with a x = b, by LU factorisation with partial pivoting: a [batch…; n; n], b [batch…; n] or [batch…; n;
    /// m].
    /// </summary>
    /// <param name="a">[batch…; n; n], floats.</param>
    /// <param name="b">[batch…; n] or [batch…; n; m], of the dtype of a. Batch axes broadcast.</param>
    /// <returns>x, [batch…; n] or [batch…; n; m] as b, with the broadcast batch.</returns>
    /// <remarks>
    /// b is one vector for each matrix if its shape is that of a without the last axis. The result is not finite if a
    /// is singular.
    /// </remarks>
    /// <exception cref="ShapeException">
    /// a does not consist of square matrices, b does not have n rows, or the batches do not broadcast.
    /// </exception>
    /// <exception cref="DtypeException">a is not a float, or the dtypes differ.</exception>
    public static Tensor Solve(Tensor a, Tensor b) => LinearVerbsModule.solve(Given(a), Given(b));

    /// <summary>The x with t x = b for a triangular t, of which only that triangle is read. b is as in Solve.</summary>
    /// <param name="t">[batch…; n; n], floats.</param>
    /// <param name="b">[batch…; n] or [batch…; n; m], of the dtype of t. Batch axes broadcast.</param>
    /// <param name="isLower">Whether the lower triangle of t is read, otherwise the upper one.</param>
    /// <returns>x, [batch…; n] or [batch…; n; m] as b, with the broadcast batch.</returns>
    /// <exception cref="ShapeException">
    /// t does not consist of square matrices, b does not have n rows, or the batches do not broadcast.
    /// </exception>
    /// <exception cref="DtypeException">t is not a float, or the dtypes differ.</exception>
    public static Tensor SolveTriangular(Tensor t, Tensor b, bool isLower) =>
        LinearVerbsModule.solveTriangular(isLower, Given(t), Given(b));

    /// <summary>
    /// The inverse of matrices; not finite if a is singular. To solve an equation, Solve is faster and more accurate.
    /// </summary>
    /// <param name="a">[batch…; n; n], floats.</param>
    /// <returns>[batch…; n; n].</returns>
    /// <exception cref="ShapeException">a does not consist of square matrices.</exception>
    /// <exception cref="DtypeException">a is not a float.</exception>
    public static Tensor Inverse(Tensor a) => LinearVerbsModule.inverse(Given(a));

    /// <summary>The determinant of [batch…; n; n]; 1 for n = 0.</summary>
    /// <param name="a">[batch…; n; n], floats.</param>
    /// <returns>[batch…].</returns>
    /// <remarks>
    /// The derivative is the matrix of cofactors, also for singular matrices. Second derivatives at a singular matrix
    /// are implemented up to n = 3; for larger n they are not finite.
    /// </remarks>
    /// <exception cref="ShapeException">a does not consist of square matrices.</exception>
    /// <exception cref="DtypeException">a is not a float.</exception>
    public static Tensor Det(Tensor a) => LinearVerbsModule.det(Given(a));

    /// <summary>
    /// The sign (−1, 0 or 1) of the determinant and the logarithm of its absolute value, without overflow and
    /// underflow. For a singular matrix the logarithm is −∞ and its derivative is not finite.
    /// </summary>
    /// <param name="a">[batch…; n; n], floats.</param>
    /// <returns>The sign and the logarithm, both [batch…] of the dtype of a.</returns>
    /// <exception cref="ShapeException">a does not consist of square matrices.</exception>
    /// <exception cref="DtypeException">a is not a float.</exception>
    public static (Tensor Sign, Tensor Logarithm) Slogdet(Tensor a) =>
        LinearVerbsModule.slogdet(Given(a)).ToValueTuple();

    /// <summary>
    /// The logarithm of the determinant. It is −∞, with a derivative that is not finite, if the determinant is 0, and
    /// NaN if it is negative.
    /// </summary>
    /// <param name="a">[batch…; n; n], floats.</param>
    /// <returns>[batch…].</returns>
    /// <exception cref="ShapeException">a does not consist of square matrices.</exception>
    /// <exception cref="DtypeException">a is not a float.</exception>
    public static Tensor Logdet(Tensor a) => LinearVerbsModule.logdet(Given(a));

    /// <summary>
    /// The x that minimises |a x − b|², for a [batch…; m; n] of full rank, b [batch…; m; k] or one vector [m].
    /// </summary>
    /// <param name="a">[batch…; m; n], floats, of full rank.</param>
    /// <param name="b">
    /// [batch…; m], [m] or [batch…; m; k], of the dtype of a. Batch axes broadcast. It is one vector for each matrix if
    /// its shape is that of a without the last axis.
    /// </param>
    /// <returns>x, [batch…; n] for vectors, otherwise [batch…; n; k].</returns>
    /// <remarks>
    /// For m &lt; n it is the shortest x with a x = b. Uses the Cholesky factor of aᵀa with one step of iterative
    /// refinement: suitable for condition numbers up to about 10⁷ in float64.
    /// </remarks>
    /// <exception cref="ShapeException">
    /// a has fewer than two axes, b does not have m rows, or the batches do not broadcast.
    /// </exception>
    /// <exception cref="DtypeException">a is not a float, or the dtypes differ.</exception>
    /// <exception cref="InputException">a is rank-deficient to rounding; inside a transform at run time.</exception>
    public static Tensor Lstsq(Tensor a, Tensor b) => LinearVerbsModule.lstsq(Given(a), Given(b));

    /// <summary>The matrix exponential Σ aᵏ/k!: [batch…; n; n] → [batch…; n; n].</summary>
    /// <param name="a">[batch…; n; n], floats.</param>
    /// <returns>[batch…; n; n].</returns>
    /// <remarks>
    /// Scaling and squaring with the Padé approximant of order 13 (Higham 2005). Inside a transform always 16 squarings
    /// are recorded, and each matrix uses as many as it needs. NaN if the 1-norm of a exceeds 350 000.
    /// </remarks>
    /// <exception cref="ShapeException">a does not consist of square matrices.</exception>
    /// <exception cref="DtypeException">a is not a float.</exception>
    public static Tensor Expm(Tensor a) => LinearVerbsModule.expm(Given(a));
}
