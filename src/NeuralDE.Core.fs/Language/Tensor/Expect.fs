namespace NeuralDE.Internal.Tensor

open NeuralDE
open NeuralDE.Internal.Graph

/// Argument checks. Messages state the value received, the value expected and the fix.
module internal Expect =
    let text (x: Tensor) = Shape.text x.Dims

    let misfit (message: string) : 'a = raise (ShapeException message)

    let floats verb (x: Tensor) =
        if not x.Dtype.IsFloat then
            raise (DtypeException $"{verb}: got {x.Dtype} {text x}, expected floats. Cast first, as in cast Float64 x.")

    let numbers verb (x: Tensor) =
        if x.Dtype = Bool then
            raise (DtypeException $"{verb}: got bool {text x}, expected numbers. Cast first, as in cast Float64 x.")

    let bools verb (x: Tensor) =
        if x.Dtype <> Bool then
            raise (DtypeException $"{verb}: got {x.Dtype} {text x}, expected bool. Compare first, as in x .> 0.0.")

    let integers verb (x: Tensor) =
        if x.Dtype <> Int32 && x.Dtype <> Int64 then
            raise (
                DtypeException
                    $"{verb}: got {x.Dtype} {text x} as indices, expected integers. Cast first, as in cast Int64 x."
            )

    let oneDtype verb (xs: Tensor[]) =
        for x in xs do
            if x.Dtype <> xs[0].Dtype then
                raise (
                    DtypeException
                        $"{verb}: got {xs[0].Dtype} {text xs[0]} and {x.Dtype} {text x}. Cast one of them, as in cast {xs[0].Dtype.Case} x."
                )

    /// A shape given by the user.
    let extents verb (shape: int list) =
        let shape = List.toArray shape

        if Array.exists (fun n -> n < 0) shape then
            misfit $"{verb}: got shape {Shape.text shape}, expected extents of 0 or more."

        shape

    /// Raises ShapeException if a result of this shape must be stored (no argument is a placeholder) and does not fit
    /// into memory.
    let made verb (arguments: Tensor[]) (shape: int[]) = Tensor.Made(verb, arguments, shape)

    let count verb what n = if n < 0 then raise (InputException $"{verb}: got {what} {string n}, expected 0 or more.")

    let positive verb what n =
        if n < 1 then raise (InputException $"{verb}: got {what} {string n}, expected 1 or more.")

    let rankAtLeast verb rank (x: Tensor) =
        if x.Rank < rank then
            misfit
                $"{verb}: got shape {text x}, expected at least {string rank} axes. Add one with expandDims, or use reshape."

    let rank verb rank what (x: Tensor) =
        if x.Rank <> rank then
            misfit $"{verb}: got shape {text x} for {what}, expected {string rank} axes. Use reshape or expandDims."

    let square verb (x: Tensor) =
        rankAtLeast verb 2 x

        if x.Dims[x.Rank - 1] <> x.Dims[x.Rank - 2] then
            misfit $"{verb}: got shape {text x}, expected square matrices [batch…; n; n]."

    /// All elements in row-major order, as a vector.
    let flat verb (x: Tensor) = Prim.reshape [| Shape.extent verb x.LongCount |] x

    /// Raises ShapeException if there is no element whose maximum or mean could be taken.
    let something verb (x: Tensor) =
        if x.LongCount = 0L then
            misfit $"{verb}: got shape {text x}, which has no elements, expected at least one for {verb}."

    let somethingAlong verb axis (x: Tensor) =
        if x.Dims[axis] = 0 then
            misfit $"{verb}: axis {string axis} of shape {text x} has no elements, expected at least one for {verb}."
