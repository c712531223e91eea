// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

public static partial class Verbs
{
    /// <summary>The matrix product by NumPy's rules: [batch…; m; k] × [batch…; k; n] → [batch…; m; n].</summary>
    /// <remarks>
    /// Batch axes broadcast. Integers keep their dtype and wrap. A vector on the left is a row, a vector on the right
    /// is a column; the result lacks that axis.
    /// </remarks>
    public static Tensor Matmul(Tensor a, Tensor b) => LinearVerbsModule.matmul(Given(a), Given(b));

    /// <summary>The inner product of two vectors, Σ aᵢ bᵢ, of shape [].</summary>
    public static Tensor Dot(Tensor a, Tensor b) => LinearVerbsModule.dot(Given(a), Given(b));

    /// <summary>The outer product of two vectors: [m] and [n] → [m; n].</summary>
    public static Tensor Outer(Tensor a, Tensor b) => LinearVerbsModule.outer(Given(a), Given(b));

    /// <summary>The sum of the diagonal: [batch…; m; n] → [batch…].</summary>
    public static Tensor Trace(Tensor x) => LinearVerbsModule.trace(Given(x));

    /// <summary>
    /// The lower triangular L with L Lᵀ = a, for symmetric positive definite a [batch…; n; n]. Only the lower triangle
    /// of a is read. NaN if a matrix is not positive definite.
    /// </summary>
    public static Tensor Cholesky(Tensor a) => LinearVerbsModule.cholesky(Given(a));

    /// <summary>
    /// The x with a x = b, by LU factorisation with partial pivoting: a [batch…; n; n], b [batch…; n] or [batch…; n;
    /// m].
    /// </summary>
    /// <remarks>
    /// b is one vector for each matrix if its shape is that of a without the last axis. The result is not finite if a
    /// is singular.
    /// </remarks>
    public static Tensor Solve(Tensor a, Tensor b) => LinearVerbsModule.solve(Given(a), Given(b));

    /// <summary>The x with t x = b for a triangular t, of which only that triangle is read. b is as in Solve.</summary>
    public static Tensor SolveTriangular(Tensor t, Tensor b, bool isLower) =>
        LinearVerbsModule.solveTriangular(isLower, Given(t), Given(b));

    /// <summary>
    /// The inverse of matrices; not finite if a is singular. To solve an equation, Solve is faster and more accurate.
    /// </summary>
    public static Tensor Inverse(Tensor a) => LinearVerbsModule.inverse(Given(a));

    /// <summary>The determinant of [batch…; n; n]; 1 for n = 0.</summary>
    /// <remarks>
    /// The derivative is the matrix of cofactors, also for singular matrices. Second derivatives at a singular matrix
    /// are implemented up to n = 3; for larger n they are not finite.
    /// </remarks>
    public static Tensor Det(Tensor a) => LinearVerbsModule.det(Given(a));

    /// <summary>
    /// The sign (−1, 0 or 1) of the determinant and the logarithm of its absolute value, without overflow and
    /// underflow. For a singular matrix the logarithm is −∞ and its derivative is not finite.
    /// </summary>
    public static (Tensor Sign, Tensor Logarithm) Slogdet(Tensor a) =>
        LinearVerbsModule.slogdet(Given(a)).ToValueTuple();

    /// <summary>
    /// The logarithm of the determinant. It is −∞, with a derivative that is not finite, if the determinant is 0, and
    /// NaN if it is negative.
    /// </summary>
    public static Tensor Logdet(Tensor a) => LinearVerbsModule.logdet(Given(a));

    /// <summary>
    /// The x that minimises |a x − b|², for a [batch…; m; n] of full rank, b [batch…; m; k] or one vector [m].
    /// </summary>
    /// <remarks>
    /// For m &lt; n it is the shortest x with a x = b. Uses the Cholesky factor of aᵀa with one step of iterative
    /// refinement: suitable for condition numbers up to about 10⁷ in float64. InputException if a is rank-deficient to
    /// rounding; inside a transform at run time.
    /// </remarks>
    public static Tensor Lstsq(Tensor a, Tensor b) => LinearVerbsModule.lstsq(Given(a), Given(b));

    /// <summary>The matrix exponential Σ aᵏ/k!: [batch…; n; n] → [batch…; n; n].</summary>
    /// <remarks>
    /// Scaling and squaring with the Padé approximant of order 13 (Higham 2005). Inside a transform always 16 squarings
    /// are recorded, and each matrix uses as many as it needs. NaN if the 1-norm of a exceeds 350 000.
    /// </remarks>
    public static Tensor Expm(Tensor a) => LinearVerbsModule.expm(Given(a));
}
