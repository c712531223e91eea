namespace NeuralDE.Internal.Equations

open System
open NeuralDE
open NeuralDE.Internal.Tensor

/// Times as users give them: a plain number, or a tensor when its gradient is wanted. Inside, times are float64.
module internal Time =
    let private asFloat64 (t: Tensor) = Prim.cast Float64 t

    /// <summary>A number or a tensor. The type system admits whatever can be subtracted; what is neither is refused here.</summary>
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

    /// Whether its derivative may be asked for: only a placeholder's can.
    let moves (t: Tensor) = t.IsPlaceholder
