namespace NeuralDE.Internal.Optimisers

open System
open MathNet.Numerics.LinearAlgebra
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Calculus

/// The inverse of JᵀJ, for identifiable parameters.
module internal Identifiability =
    /// A singular value of J with columns scaled to length 1 counts as 0 if it is smaller than this fraction of the largest:
    /// along its direction a standard error would be 10¹⁰ times that of a single parameter.
    let private least = 1e-10

    /// A message names the parameters whose component of a null direction of length 1 is larger than this, or than half of
    /// the largest, if many parameters share the direction.
    let private part = 0.1

    /// The names of parameters in messages: the path of a leaf, and the index in it.
    let private names (model: 'M) : string[] =
        [| for path, x in Tree.leaves model do
               if x.Dtype.IsFloat then
                   let strides = Shape.strides x.Dims

                   for i in 0 .. x.Count - 1 do
                       let index = Array.map2 (fun stride extent -> int64 i / stride % int64 extent) strides x.Dims
                       let place = "[" + String.Join(", ", Array.map string index) + "]"
                       if x.Rank > 0 then (if path = "" then "model" else path) + place
                       elif path = "" then "the model"
                       else path |]

    let private refuse (model: 'M) (isMissing: bool[]) : 'a =
        let listed = Masks.pickBy isMissing (names model)
        let named = String.Join(", ", Array.truncate 8 listed) + (if listed.Length > 8 then ", …" else "")
        let are = if listed.Length = 1 then "is" else "are"

        raise (
            InputException(
                $"LevenbergMarquardt.covariance: {named} {are} not identifiable: the residuals are constant along a "
                + "direction of these parameters. Fix one of them, fit their combination, or use data that distinguish them."
            )
        )

    /// (JᵀJ)⁻¹ of J [m; n], row by row, for m > n; InputException names parameters that are not identifiable.
    let inverseSquare (model: 'M) (m: int) (n: int) (jacobian: float[]) : float[] =
        if not (Array.forall Double.IsFinite jacobian) then
            raise (
                InputException
                    "LevenbergMarquardt.covariance: the derivatives of the residuals are not finite at this model, expected numbers. Use the model of a converged fit."
            )

        let j = Matrix<float>.Build.DenseOfRowMajor(m, n, jacobian)
        let lengths = Array.init n (fun k -> j.Column(k).L2Norm())
        if Array.contains 0.0 lengths then refuse model (lengths |> Array.map (fun l -> l = 0.0))
        let scaled = Matrix<float>.Build.Dense(m, n, fun row k -> j[row, k] / lengths[k])
        let svd = scaled.Svd()
        let sizes = svd.S.ToArray()
        let isNull = sizes |> Array.map (fun s -> s <= least * sizes[0])

        if Array.contains true isNull then
            let share k =
                let squares = isNull |> Array.mapi (fun i isNull -> if isNull then svd.VT[i, k] * svd.VT[i, k] else 0.0)
                sqrt (Array.sum squares)

            let shares = Array.init n share
            let smallest = min part (0.5 * Array.max shares)
            refuse model (shares |> Array.map (fun s -> s > smallest))

        let entry a b =
            let terms = sizes |> Array.mapi (fun i s -> svd.VT[i, a] * svd.VT[i, b] / (s * s))
            Array.sum terms / (lengths[a] * lengths[b])

        Array.init (n * n) (fun at -> entry (at / n) (at % n))
