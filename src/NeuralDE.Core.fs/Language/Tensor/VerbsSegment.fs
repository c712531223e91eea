namespace NeuralDE

open System
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor

/// Reductions of groups of rows: row i of x [n; features…] belongs to group ids[i]; the result is [count; features…].
/// InputException for an id outside 0 to count − 1, inside a transform at run time.
[<AutoOpen; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module SegmentVerbs =
    let private segments verb (ids: Tensor) count (x: Tensor) =
        Expect.rankAtLeast verb 1 x
        Expect.numbers verb x
        Expect.integers verb ids
        Expect.count verb "count" count

        if ids.Rank <> 1 || ids.Length <> x.Length then
            Expect.misfit
                $"{verb}: got ids of shape {Expect.text ids} for shape {Expect.text x}, expected one for each row: [{string x.Length}]."

        let shape = Array.updateAt 0 count x.Dims
        Expect.made verb [| x; ids |] shape
        Indices.within verb "id" count ids, shape

    /// <summary>The sum of the rows of each group; 0 for an empty group. For integers it is int64.</summary>
    /// <param name="ids">The group of each row: int32 or int64 [n], from 0 to count − 1.</param>
    /// <param name="count">The number of groups, 0 or more.</param>
    /// <param name="x">[n; features…], numbers.</param>
    /// <returns>[count; features…]; int64 for integers, otherwise the dtype of x.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">There is not one id for each row, x is a single number, or count is
    /// 0 and there are rows.</exception>
    /// <exception cref="T:NeuralDE.InputException">count is negative, or an id is outside 0 to count − 1; inside a
    /// transform at run time.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">x is bool, or the ids are not integers.</exception>
    let segmentSum (ids: Tensor) (count: int) (x: Tensor) : Tensor =
        let ids, shape = segments "segmentSum" ids count x
        let x = Prim.wide x
        Prim.scatter ScatterAdd 0 (Prim.fill x.Dtype shape 0.0) ids x

    /// <summary>The maximum of the rows of each group; −∞ for an empty group, or the smallest integer of the
    /// dtype.</summary>
    /// <param name="ids">The group of each row: int32 or int64 [n], from 0 to count − 1.</param>
    /// <param name="count">The number of groups, 0 or more.</param>
    /// <param name="x">[n; features…], numbers.</param>
    /// <returns>[count; features…], of the dtype of x.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">There is not one id for each row, x is a single number, or count is
    /// 0 and there are rows.</exception>
    /// <exception cref="T:NeuralDE.InputException">count is negative, or an id is outside 0 to count − 1; inside a
    /// transform at run time.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">x is bool, or the ids are not integers.</exception>
    let segmentMax (ids: Tensor) (count: int) (x: Tensor) : Tensor =
        let ids, shape = segments "segmentMax" ids count x

        let least =
            match x.Dtype with
            | Int32 -> float Int32.MinValue
            | Int64 -> float Int64.MinValue
            | Float32
            | Float64
            | Bool -> Double.NegativeInfinity

        Prim.scatter ScatterMax 0 (Prim.fill x.Dtype shape least) ids x

    /// <summary>The mean of the rows of each group; 0 for an empty group.</summary>
    /// <param name="ids">The group of each row: int32 or int64 [n], from 0 to count − 1.</param>
    /// <param name="count">The number of groups, 0 or more.</param>
    /// <param name="x">[n; features…], floats.</param>
    /// <returns>[count; features…], of the dtype of x.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">There is not one id for each row, x is a single number, or count is
    /// 0 and there are rows.</exception>
    /// <exception cref="T:NeuralDE.InputException">count is negative, or an id is outside 0 to count − 1; inside a
    /// transform at run time.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">x is not a float, or the ids are not integers.</exception>
    let segmentMean (ids: Tensor) (count: int) (x: Tensor) : Tensor =
        Expect.floats "segmentMean" x
        let ids, shape = segments "segmentMean" ids count x
        let total = Prim.scatter ScatterAdd 0 (Prim.fill x.Dtype shape 0.0) ids x
        let sizes = Prim.scatter ScatterAdd 0 (Prim.fill x.Dtype [| count |] 0.0) ids (Prim.fill x.Dtype ids.Dims 1.0)
        let sizes = Prim.binary Max sizes (Prim.onesLike sizes)
        total / Prim.broadcast shape [| 0 |] sizes
