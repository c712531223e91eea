namespace NeuralDE.Internal.Equations

open System
open NeuralDE
open NeuralDE.Internal.Tensor

/// Times given by users: a number, or a tensor if its gradient is needed. The library uses float64 [].
module internal Time =
    let private asFloat64 (t: Tensor) = Prim.cast Float64 t

    /// A number or a tensor as float64. The type constraint of the verbs admits every type with a subtraction; other types
    /// raise InputException here.
    let ofAny (verb: string) (time: obj | null) : Tensor =
        let finite (x: float) =
            if not (Double.IsFinite x) then
                raise (InputException $"{verb}: got the time {string x}, expected a finite number.")

            scalar x

        match time with
        | :? Tensor as t ->
            if not t.Dtype.IsFloat && t.Dtype = Bool then
                raise (DtypeException $"{verb}: got a time of {t.Dtype}, expected a number.")

            if not t.IsPlaceholder then t.ToArray() |> Array.iter (finite >> ignore)
            asFloat64 t
        | :? float as x -> finite x
        | :? float32 as x -> finite (float x)
        | :? int as x -> finite (float x)
        | :? int64 as x -> finite (float x)
        | other ->
            let got =
                match other with
                | null -> "null"
                | other -> other.GetType().Name

            raise (InputException $"{verb}: got a time of type {got}, expected float, float32, int or Tensor.")

    /// Whether a derivative by this time may be needed: only for placeholders.
    let moves (t: Tensor) = t.IsPlaceholder
