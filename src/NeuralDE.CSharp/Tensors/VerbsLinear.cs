namespace NeuralDE;

// Verbs: matrices
public static partial class Verbs
{
    /// <summary>
    /// L, lower triangular, with L Lᵀ = a, for symmetric positive definite [batch…; n; n], of which only the lower
    /// half is read. NaN where a matrix is not positive definite.
    /// </summary>
    public static Tensor Cholesky(Tensor a) => LinearVerbsModule.cholesky(Given(a));

    /// <summary>The determinant of [batch…; n; n]; 1 for n = 0.</summary>
    /// <remarks>
    /// Its derivative is the matrix of cofactors, singular matrices included. Second derivatives of a singular matrix
    /// exist here up to n = 3; for larger ones they are not finite.
    /// </remarks>
    public static Tensor Det(Tensor a) => LinearVerbsModule.det(Given(a));

    /// <summary>The inner product of two vectors, Σ aᵢ bᵢ, of shape [].</summary>
    public static Tensor Dot(Tensor a, Tensor b) => LinearVerbsModule.dot(Given(a), Given(b));

    /// <summary>The exponential of matrices, Σ aᵏ/k!: [batch…; n; n] → the same.</summary>
    /// <remarks>
    /// Scaling and squaring with Padé's approximant of order 13 (Higham 2005). Inside a transform always 16
    /// squarings are recorded, of which each matrix uses as many as it needs. NaN where the 1-norm of a exceeds 350
    /// 000.
    /// </remarks>
    public static Tensor Expm(Tensor a) => LinearVerbsModule.expm(Given(a));

    /// <summary>The matrix with a a⁻¹ = 1. To solve an equation, <c>Solve</c> is faster and more accurate.</summary>
    public static Tensor Inverse(Tensor a) => LinearVerbsModule.inverse(Given(a));

    /// <summary>The logarithm of the determinant; −∞ where it is 0 and NaN where it is negative.</summary>
    public static Tensor Logdet(Tensor a) => LinearVerbsModule.logdet(Given(a));

    /// <summary>
    /// x that minimises |a x − b|², for a [batch…; m; n] of full rank, b [batch…; m; k] or one vector [m].
    /// </summary>
    /// <remarks>
    /// Where m &lt; n, the shortest x with a x = b. By Cholesky's factor of aᵀa with one step of refinement: fit
    /// for condition numbers up to about 10⁷ in float64. InputException where a lacks full rank to rounding.
    /// </remarks>
    public static Tensor Lstsq(Tensor a, Tensor b) => LinearVerbsModule.lstsq(Given(a), Given(b));

    /// <summary>The matrix product by NumPy's rules: [batch…; m; k] × [batch…; k; n] → [batch…; m; n].</summary>
    /// <remarks>
    /// Batch axes broadcast. A vector on the left is a row, on the right a column; the result lacks that axis.
    /// </remarks>
    public static Tensor Matmul(Tensor a, Tensor b) => LinearVerbsModule.matmul(Given(a), Given(b));

    /// <summary>All products of two vectors: [m] and [n] → [m; n].</summary>
    public static Tensor Outer(Tensor a, Tensor b) => LinearVerbsModule.outer(Given(a), Given(b));

    /// <summary>
    /// The sign (−1, 0 or 1) and the logarithm of the absolute value of the determinant, which neither over- nor
    /// underflows.
    /// </summary>
    public static (Tensor Sign, Tensor Logarithm) Slogdet(Tensor a) =>
        LinearVerbsModule.slogdet(Given(a)).ToValueTuple();

    /// <summary>
    /// x with a x = b, by LU with partial pivoting: a [batch…; n; n], b [batch…; n] or [batch…; n; m].
    /// </summary>
    /// <remarks>
    /// b is a vector for each matrix where its shape is a's without the last axis. Not finite where a is singular.
    /// </remarks>
    public static Tensor Solve(Tensor a, Tensor b) => LinearVerbsModule.solve(Given(a), Given(b));

    /// <summary>x with t x = b for a triangular t, of which only that triangle is read; b as in Solve.</summary>
    public static Tensor SolveTriangular(Tensor t, Tensor b, bool isLower) =>
        LinearVerbsModule.solveTriangular(isLower, Given(t), Given(b));

    /// <summary>The sum of the diagonal: [batch…; m; n] → [batch…].</summary>
    public static Tensor Trace(Tensor x) => LinearVerbsModule.trace(Given(x));
}
