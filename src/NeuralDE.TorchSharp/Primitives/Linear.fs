namespace NeuralDE.LibTorch

open NeuralDE.Internal.Graph
open NeuralDE.LibTorch.Names
open NeuralDE.LibTorch.Making

/// Products of matrices and factorisations.
module internal Linear =
    let private transposed (x: Tensor) : Tensor = x.transpose (-2L, -1L)

    /// Not by `matmul`: there a wrong shape ends the process.
    let dot (shape: int[]) (a: int[]) (b: int[]) : Tensor -> Tensor -> Tensor =
        match shape.Length with
        | 2 -> fun x y -> T.mm (x, y)
        | 3 -> fun x y -> T.bmm (x, y)
        | rank ->
            let batch = Shape.size shape[.. rank - 3]
            let flat (s: int[]) = [| batch; int64 s[rank - 2]; int64 s[rank - 1] |]

            fun x y -> scoped (fun () -> T.bmm(x.reshape (flat a), y.reshape (flat b)).reshape(Transfer.longs shape))

    /// NaN in the whole factor of a matrix that is not positive definite; the CPU engine has NaN from the failing column
    /// on.
    let cholesky (a: Tensor) : Tensor =
        scoped (fun () ->
            let symmetric = a.tril().add(transposed (a.tril -1L))
            let struct (factor, info) = T.linalg.cholesky_ex (symmetric, false)
            factor.masked_fill (info.ne(long 0L).unsqueeze(-1L).unsqueeze -1L, float nan))

    let triangularSolve lower transpose unit (t: Tensor) (b: Tensor) : Tensor =
        scoped (fun () ->
            let t = if transpose then transposed t else t
            T.linalg.solve_triangular (t, b, (lower = transpose), true, unit))

    let pivots (a: Tensor) : Tensor =
        scoped (fun () ->
            let struct (_, swaps: Tensor | null) = T.linalg.lu_factor (a, true)
            let struct (p: Tensor | null, _, _) = T.lu_unpack (a, nonNull swaps, false, true)
            (transposed (nonNull p)).argmax -1L)

    /// Without pivots, which libtorch has on CUDA only: n steps of elimination.
    let lu (n: int) (a: Tensor) : Tensor =
        scoped (fun () ->
            let m = a.clone ()

            for k in 0L .. int64 n - 2L do
                let left = int64 n - k - 1L
                let pivot = m.narrow(-2L, k, 1L).narrow(-1L, k, 1L)
                let below = m.narrow(-2L, k + 1L, left).narrow(-1L, k, 1L)
                let isZero = below.eq(float 0.0).logical_and(pivot.eq (float 0.0))
                let factor = below.div(pivot).masked_fill(isZero, float 0.0)
                below.copy_ factor |> ignore
                let rest = m.narrow(-2L, k + 1L, left).narrow(-1L, k + 1L, left)
                rest.sub_ (factor.mul (m.narrow(-2L, k, 1L).narrow(-1L, k + 1L, left))) |> ignore

            m)
