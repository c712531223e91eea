namespace NeuralDE

open System
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor

/// Products and linear algebra on the last two axes; the axes before them are a batch. ShapeException for shapes that do not
/// fit.
[<AutoOpen; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module LinearVerbs =
    let private batchOf (x: Tensor) = x.Dims[.. x.Rank - 3]
    let private tail (x: Tensor) = x.Dims[x.Rank - 2 ..]
    let private stretched batch (x: Tensor) = Tensor.Stretch(x, Array.append batch (tail x))

    // ── products ─────────────────────────────────────────────────────────────────────────────────────────────────
    /// <summary>The matrix product by NumPy's rules: [batch…; m; k] × [batch…; k; n] → [batch…; m; n].</summary>
    /// <param name="a">[batch…; m; k], or a vector [k]; numbers.</param>
    /// <param name="b">[batch…; k; n], or a vector [k], of the dtype of a.</param>
    /// <returns>[batch…; m; n], without m for a vector a and without n for a vector b.</returns>
    /// <remarks>Batch axes broadcast. Integers keep their dtype and wrap. A vector on the left is a row, a vector on
    /// the right is a column; the result lacks that axis.</remarks>
    /// <exception cref="T:NeuralDE.ShapeException">The k differ, the batches do not broadcast, a or b is a single
    /// number, or the result does not fit in memory.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">The dtypes differ or are bool.</exception>
    let matmul (a: Tensor) (b: Tensor) : Tensor =
        Expect.oneDtype "matmul" [| a; b |]
        Expect.numbers "matmul" a

        if a.Rank = 0 || b.Rank = 0 then
            Expect.misfit
                $"matmul: shapes {Expect.text a} and {Expect.text b}: a number has no axis to sum over. Use *."

        let left = if a.Rank = 1 then Prim.reshape [| 1; a.Length |] a else a
        let right = if b.Rank = 1 then Prim.reshape [| b.Length; 1 |] b else b
        let m, k = left.Dims[left.Rank - 2], left.Dims[left.Rank - 1]
        let k', n = right.Dims[right.Rank - 2], right.Dims[right.Rank - 1]

        if k <> k' then
            let which = if b.Rank = 1 then "length" else "last axis but one"

            Expect.misfit
                $"matmul: shapes {Expect.text a} and {Expect.text b} do not fit. The last axis of the first is {string k}, the {which} of the second {string k'}; they must be equal. Perhaps transpose one."

        let batch =
            if right.Rank = 2 then
                batchOf left
            else
                Shape.broadcast "matmul" (batchOf left) (batchOf right)
        Expect.made "matmul" [| a; b |] (Array.append batch [| m; n |])

        let product =
            let rows = Shape.size left.Dims[.. left.Rank - 2]

            if right.Rank = 2 && left.Rank > 2 && rows <= int64 Int32.MaxValue then
                // the rows of the batch are the rows of one product
                Prim.dot (Prim.reshape [| int rows; k |] left) right |> Prim.reshape (Array.append batch [| m; n |])
            else
                Prim.dot (stretched batch left) (stretched batch right)

        let rows = if a.Rank = 1 then [||] else [| m |]
        let columns = if b.Rank = 1 then [||] else [| n |]
        Prim.reshape (Array.concat [ batch; rows; columns ]) product

    /// <summary>The inner product of two vectors, Σ aᵢ bᵢ, of shape [].</summary>
    /// <param name="a">A vector [n] of numbers.</param>
    /// <param name="b">A vector [n] of the dtype of a.</param>
    /// <returns>[], of the dtype of a.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">They are not two vectors of one length.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">The dtypes differ or are bool.</exception>
    let dot (a: Tensor) (b: Tensor) : Tensor =
        if a.Rank <> 1 || b.Rank <> 1 || a.Length <> b.Length then
            Expect.misfit
                $"dot: shapes {Expect.text a} and {Expect.text b}; expected two vectors of one length. For matrices use matmul."

        matmul a b

    /// <summary>The outer product of two vectors: [m] and [n] → [m; n].</summary>
    /// <param name="a">A vector [m] of numbers.</param>
    /// <param name="b">A vector [n] of the dtype of a.</param>
    /// <returns>[m; n], of the dtype of a.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">One is not a vector, or the result does not fit in
    /// memory.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">The dtypes differ or are bool.</exception>
    let outer (a: Tensor) (b: Tensor) : Tensor =
        if a.Rank <> 1 || b.Rank <> 1 then
            Expect.misfit $"outer: shapes {Expect.text a} and {Expect.text b}; expected two vectors."

        Expect.made "outer" [| a; b |] [| a.Length; b.Length |]
        Prim.reshape [| a.Length; 1 |] a * Prim.reshape [| 1; b.Length |] b

    /// <summary>The sum of the diagonal: [batch…; m; n] → [batch…].</summary>
    /// <param name="x">[batch…; m; n], of any dtype.</param>
    /// <returns>[batch…]; int64 for integers and bool, otherwise the dtype of x.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">x has fewer than two axes.</exception>
    let trace (x: Tensor) : Tensor =
        Expect.rankAtLeast "trace" 2 x
        sumAlong -1 (diagonal x)

    // ── equations ────────────────────────────────────────────────────────────────────────────────────────────────
    let private matrices verb (a: Tensor) =
        Expect.floats verb a
        Expect.square verb a

    /// <summary>The lower triangular L with L Lᵀ = a, for symmetric positive definite a [batch…; n; n]. Only the lower
    /// triangle of a is read. NaN if a matrix is not positive definite.</summary>
    /// <param name="a">[batch…; n; n], floats.</param>
    /// <returns>L [batch…; n; n], with zeros above the diagonal.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">a does not consist of square matrices.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">a is not a float.</exception>
    let cholesky (a: Tensor) : Tensor =
        matrices "cholesky" a
        Prim.cholesky a

    /// Reshapes b to match a: to one vector for each matrix if b is [batch…; n] (or one vector), otherwise to matrices with a
    /// broadcast batch.
    let private against verb (solve: Tensor -> Tensor -> Tensor) (a: Tensor) (b: Tensor) =
        matrices verb a
        Expect.oneDtype verb [| a; b |]
        Expect.rankAtLeast verb 1 b
        let n = a.Dims[a.Rank - 1]
        let isVector = b.Rank = 1 || Shape.same b.Dims a.Dims[.. a.Rank - 2]

        let rows = if isVector then b.Dims[b.Rank - 1] else b.Dims[b.Rank - 2]

        if rows <> n then
            Expect.misfit
                $"{verb}: a has shape {Expect.text a}, b {Expect.text b}; b needs {string n} rows, as [batch…; {string n}] or [batch…; {string n}; m]."

        let right = if isVector then Prim.reshape (Array.append b.Dims [| 1 |]) b else b
        let batch = Shape.broadcast verb (batchOf a) (batchOf right)
        let x = solve (stretched batch a) (stretched batch right)
        if isVector then Prim.reshape x.Dims[.. x.Rank - 2] x else x

    /// <summary>The x with a x = b, by LU factorisation with partial pivoting: a [batch…; n; n], b [batch…; n] or
    /// [batch…; n; m].</summary>
    /// <param name="a">[batch…; n; n], floats.</param>
    /// <param name="b">[batch…; n] or [batch…; n; m], of the dtype of a. Batch axes broadcast.</param>
    /// <returns>x, [batch…; n] or [batch…; n; m] as b, with the broadcast batch.</returns>
    /// <remarks>b is one vector for each matrix if its shape is that of a without the last axis. The result is not
    /// finite if a is singular.</remarks>
    /// <exception cref="T:NeuralDE.ShapeException">a does not consist of square matrices, b does not have n rows, or
    /// the batches do not broadcast.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">a is not a float, or the dtypes differ.</exception>
    let solve (a: Tensor) (b: Tensor) : Tensor = against "solve" Prim.solve a b

    /// <summary>The x with t x = b for a triangular t, of which only that triangle is read. b is as in
    /// `solve`.</summary>
    /// <param name="isLower">Whether the lower triangle of t is read, otherwise the upper one.</param>
    /// <param name="t">[batch…; n; n], floats.</param>
    /// <param name="b">[batch…; n] or [batch…; n; m], of the dtype of t. Batch axes broadcast.</param>
    /// <returns>x, [batch…; n] or [batch…; n; m] as b, with the broadcast batch.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">t does not consist of square matrices, b does not have n rows, or
    /// the batches do not broadcast.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">t is not a float, or the dtypes differ.</exception>
    let solveTriangular (isLower: bool) (t: Tensor) (b: Tensor) : Tensor =
        against "solveTriangular" (Prim.triangular isLower false false) t b

    /// <summary>The inverse of matrices; not finite if a is singular. To solve an equation, `solve` is faster and more
    /// accurate.</summary>
    /// <param name="a">[batch…; n; n], floats.</param>
    /// <returns>[batch…; n; n].</returns>
    /// <exception cref="T:NeuralDE.ShapeException">a does not consist of square matrices.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">a is not a float.</exception>
    let inverse (a: Tensor) : Tensor =
        matrices "inverse" a
        Prim.solve a (Prim.identity a.Dtype a.Dims)

    // ── determinants ─────────────────────────────────────────────────────────────────────────────────────────────
    /// <summary>The determinant of [batch…; n; n]; 1 for n = 0.</summary>
    /// <param name="a">[batch…; n; n], floats.</param>
    /// <returns>[batch…].</returns>
    /// <remarks>The derivative is the matrix of cofactors, also for singular matrices. Second derivatives at a singular
    /// matrix are implemented up to n = 3; for larger n they are not finite.</remarks>
    /// <exception cref="T:NeuralDE.ShapeException">a does not consist of square matrices.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">a is not a float.</exception>
    let det (a: Tensor) : Tensor =
        matrices "det" a
        Determinant.det a

    /// <summary>The sign (−1, 0 or 1) of the determinant and the logarithm of its absolute value, without overflow and
    /// underflow. For a singular matrix the logarithm is −∞ and its derivative is not finite.</summary>
    /// <param name="a">[batch…; n; n], floats.</param>
    /// <returns>The sign and the logarithm, both [batch…] of the dtype of a.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">a does not consist of square matrices.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">a is not a float.</exception>
    let slogdet (a: Tensor) : Tensor * Tensor =
        matrices "slogdet" a
        let _, factors, sign = Determinant.eliminated a
        let diagonal = diagonal factors
        sign * prodAlong -1 (signum diagonal) + 0.0, sumAlong -1 (log (abs diagonal))

    /// <summary>The logarithm of the determinant. It is −∞, with a derivative that is not finite, if the determinant is
    /// 0, and NaN if it is negative.</summary>
    /// <param name="a">[batch…; n; n], floats.</param>
    /// <returns>[batch…].</returns>
    /// <exception cref="T:NeuralDE.ShapeException">a does not consist of square matrices.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">a is not a float.</exception>
    let logdet (a: Tensor) : Tensor =
        let sign, magnitude = slogdet a
        where (sign .< 0.0) (Prim.fill a.Dtype magnitude.Dims Double.NaN) magnitude

    // ── least squares ────────────────────────────────────────────────────────────────────────────────────────────
    let private rankCheck: Check =
        { Look =
            fun _ ->
                ValueSome(
                    InputException
                        "lstsq: a lacks full rank: some of its columns (its rows, where it has fewer) depend on the others to rounding. Leave them out, or solve (aᵀa + λ 1) x = aᵀb for a small λ."
                )
          Flagged = true }

    /// Checks the Cholesky factor of a Gram matrix. Pivot k is the part of row k that is independent of the rows before it,
    /// relative to the square of the row. Below the rounding error the row is dependent.
    let private independent (gram: Tensor) (factor: Tensor) : Tensor =
        if gram.LongCount = 0L then
            factor
        else
            let n = gram.Dims[gram.Rank - 1]
            let epsilon = gram.Dtype.Epsilon
            let whole, own = diagonal gram, diagonal factor
            let isOwn = Prim.compare Greater (own * own) (Prim.times (8.0 * float n * epsilon) whole)
            // non-finite rows need no check, because the result shows them
            let isWell = Prim.either isOwn (Prim.isNot (isFinite whole))

            Tensor.Apply(Check rankCheck, [| factor; isWell |])

    /// <summary>The x that minimises |a x − b|², for a [batch…; m; n] of full rank, b [batch…; m; k] or one vector
    /// [m].</summary>
    /// <param name="a">[batch…; m; n], floats, of full rank.</param>
    /// <param name="b">[batch…; m], [m] or [batch…; m; k], of the dtype of a. Batch axes broadcast. It is one vector
    /// for each matrix if its shape is that of a without the last axis.</param>
    /// <returns>x, [batch…; n] for vectors, otherwise [batch…; n; k].</returns>
    /// <remarks>For m &lt; n it is the shortest x with a x = b. Uses the Cholesky factor of aᵀa with one step of
    /// iterative refinement: suitable for condition numbers up to about 10⁷ in float64.</remarks>
    /// <exception cref="T:NeuralDE.ShapeException">a has fewer than two axes, b does not have m rows, or the batches do
    /// not broadcast.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">a is not a float, or the dtypes differ.</exception>
    /// <exception cref="T:NeuralDE.InputException">a is rank-deficient to rounding; inside a transform at run
    /// time.</exception>
    let lstsq (a: Tensor) (b: Tensor) : Tensor =
        Expect.floats "lstsq" a
        Expect.oneDtype "lstsq" [| a; b |]
        Expect.rankAtLeast "lstsq" 2 a
        Expect.rankAtLeast "lstsq" 1 b
        let m, n = a.Dims[a.Rank - 2], a.Dims[a.Rank - 1]
        let isVector = b.Rank = 1 || Shape.same b.Dims a.Dims[.. a.Rank - 2]
        let right = if isVector then Prim.reshape (Array.append b.Dims [| 1 |]) b else b

        if right.Dims[right.Rank - 2] <> m then
            Expect.misfit
                $"lstsq: a has shape {Expect.text a}, b {Expect.text b}; b needs {string m} rows, as [{string m}] or [batch…; {string m}; k]."

        let batch = Shape.broadcast "lstsq" (batchOf a) (batchOf right)
        let a, right = stretched batch a, stretched batch right
        let turned = Prim.swapLast a
        let gram = if m >= n then Prim.dot turned a else Prim.dot a turned
        let factor = independent gram (Prim.cholesky gram)
        let half = Prim.triangular true false false factor
        let other = Prim.triangular true true false factor

        let attempt r = if m >= n then other (half (Prim.dot turned r)) else Prim.dot turned (other (half r))

        let first = attempt right
        let x = first + attempt (right - Prim.dot a first)
        if isVector then Prim.reshape x.Dims[.. x.Rank - 2] x else x

    // ── the exponential ──────────────────────────────────────────────────────────────────────────────────────────
    /// The Padé approximant of order 13: coefficients of the numerator, constant first (Higham 2005, table 2.3).
    let private pade =
        [| 64764752532480000.0
           32382376266240000.0
           7771770303897600.0
           1187353796428800.0
           129060195264000.0
           10559470521600.0
           670442572800.0
           33522128640.0
           1323241920.0
           40840800.0
           960960.0
           16380.0
           182.0
           1.0 |]

    let private mostSquarings = 16

    /// <summary>The matrix exponential Σ aᵏ/k!: [batch…; n; n] → [batch…; n; n].</summary>
    /// <param name="a">[batch…; n; n], floats.</param>
    /// <returns>[batch…; n; n].</returns>
    /// <remarks>Scaling and squaring with the Padé approximant of order 13 (Higham 2005). Inside a transform always 16
    /// squarings are recorded, and each matrix uses as many as it needs. NaN if the 1-norm of a exceeds
    /// 350 000.</remarks>
    /// <exception cref="T:NeuralDE.ShapeException">a does not consist of square matrices.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">a is not a float.</exception>
    let expm (a: Tensor) : Tensor =
        matrices "expm" a

        if a.LongCount = 0L then
            a
        else
            let b = pade |> Array.map (fun c -> c / pade[0]) // so that float32 can represent them
            let size = Prim.stop (maxAlong -1 (sumAlong -2 (abs a)))
            let needed = ceil (log (Prim.times (1.0 / 5.371920351148152) size) / log 2.0)
            let zero = Prim.zerosLike needed
            let squarings = Prim.binary Max zero needed // NaN for NaN, 0 for −∞
            let two = Prim.fill a.Dtype squarings.Dims 2.0
            let unreduced = Prim.unreduce a.Dims [| a.Rank - 2; a.Rank - 1 |]
            let a1 = a * unreduced (Prim.binary Pow two (-squarings))
            let a2 = Prim.dot a1 a1
            let a4 = Prim.dot a2 a2
            let a6 = Prim.dot a4 a2
            let one = Prim.identity a.Dtype a.Dims
            let c i x = Prim.times b[i] x
            let odd = Prim.dot a6 (c 13 a6 + c 11 a4 + c 9 a2) + c 7 a6 + c 5 a4 + c 3 a2 + c 1 one
            let even = Prim.dot a6 (c 12 a6 + c 10 a4 + c 8 a2) + c 6 a6 + c 4 a4 + c 2 a2 + c 0 one
            let u = Prim.dot a1 odd
            let mutable result = Prim.solve (even - u) (even + u)

            let rounds =
                if squarings.IsPlaceholder then
                    mostSquarings
                else
                    let most = Array.max (squarings.ToArray())
                    if Double.IsNaN most then 0 else int (min most (float mostSquarings))

            for round in 1..rounds do
                let more = unreduced (Prim.compareTo GreaterEqual squarings (float round))
                result <- Prim.select more (Prim.dot result result) result

            let isReached = unreduced (Prim.compareTo LessEqual squarings (float mostSquarings))
            Prim.select isReached result (Prim.fill a.Dtype a.Dims Double.NaN)
