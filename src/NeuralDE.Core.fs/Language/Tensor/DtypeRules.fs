namespace NeuralDE.Internal.Tensor

open System
open NeuralDE
open NeuralDE.Internal.Graph

/// Checks of the operators' dtypes, with messages in the user's terms.
module internal DtypeRules =
    /// The bits of a literal, as stored in a graph.
    let bitsOf (dtype: Dtype) (x: float) : int64 =
        match dtype with
        | Float64 -> BitConverter.DoubleToInt64Bits x
        | Float32 -> BitConverter.DoubleToInt64Bits(float (float32 x))
        | Int32
        | Int64 -> int64 x
        | Bool -> if x = 0.0 then 0L else 1L

    /// A number combined with a tensor is converted to the tensor's dtype. Raises DtypeException if that loses
    /// information.
    let requireFits (dtype: Dtype) (x: float) : unit =
        if not dtype.IsFloat && x <> Math.Floor x then
            raise (
                DtypeException
                    $"{string x} with a tensor of {dtype}: the number is not an integer. Cast the tensor to a float dtype."
            )

        let least, limit = // limit: the first value that does not fit
            match dtype with
            | Float32
            | Float64 -> Double.NegativeInfinity, Double.PositiveInfinity
            | Int32 -> -2147483648.0, 2147483648.0
            | Int64 -> -9223372036854775808.0, 9223372036854775808.0
            | Bool -> 0.0, 2.0

        if not dtype.IsFloat && not (x >= least && x < limit) then
            raise (
                DtypeException
                    $"{string x} with a tensor of {dtype}: the number does not fit that dtype. Cast the tensor."
            )

    let requireAlike (name: string) (a: Dtype, aShape: int[]) (b: Dtype, bShape: int[]) : unit =
        if a <> b then
            raise (
                DtypeException
                    $"{name}: got {a} {Shape.text aShape} and {b} {Shape.text bShape}. Cast one of them, as in cast {a.Case} x."
            )

    /// The name of the operator or verb in the user's code.
    let nameOf (op: Binary) : string =
        match op with
        | Add -> "+"
        | Sub -> "-"
        | Mul -> "*"
        | Div -> "/"
        | Pow -> "**"
        | Max -> "maximum"
        | Min -> "minimum"
        | Atan2 -> "atan2"
        | Mod -> "%"
        | And -> "logicalAnd"
        | Or -> "logicalOr"
        | Xor -> "logicalXor"
        | FoldKey -> "Key.fold"

    let requireBinary (name: string) (op: Binary) (a: Dtype) (b: Dtype) : unit =
        match op with
        | Div
        | Pow
        | Atan2 ->
            if not a.IsFloat && not b.IsFloat then
                raise (DtypeException $"{name}: got {a}, expected floats. Cast first, as in cast Float64 x.")
        | Add
        | Sub
        | Mul
        | Max
        | Min
        | Mod ->
            if a = Bool then
                raise (DtypeException $"{name}: got bool, expected numbers. Cast first, as in cast Float64 x.")
        | And
        | Or
        | Xor ->
            if a.IsFloat then
                raise (DtypeException $"{name}: got {a}, expected bools or integers. Compare first, as in x .> 0.0.")
        | FoldKey -> ()

    let requireUnary (op: Unary) (dtype: Dtype) : unit =
        let wantsFloats () =
            let name = (string op).ToLowerInvariant()
            raise (DtypeException $"{name}: got {dtype}, expected floats. Cast first, as in cast Float64 x.")

        match (Unaries.about op).Value with
        | UnaryValue.Bools _ ->
            if dtype <> Bool then
                raise (DtypeException $"logicalNot: got {dtype}, expected bool. Compare first, as in x .> 0.0.")
        | UnaryValue.Numbers _ -> if dtype = Bool then wantsFloats ()
        | UnaryValue.Floats _ -> if not dtype.IsFloat then wantsFloats ()
