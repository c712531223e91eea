namespace NeuralDE

/// The type of a tensor's elements.
type Dtype =
    | Float32
    | Float64
    | Int32
    | Int64
    | Bool

    member d.IsFloat =
        match d with
        | Float32
        | Float64 -> true
        | Int32
        | Int64
        | Bool -> false

    /// Bytes of one element in memory.
    member d.Size =
        match d with
        | Bool -> 1
        | Float32
        | Int32 -> 4
        | Float64
        | Int64 -> 8

    /// Machine epsilon: the distance from 1 to the next number of a float type; 0 for other types.
    member internal d.Epsilon =
        match d with
        | Float32 -> 1.1920928955078125e-7 // 2⁻²³
        | Float64 -> 2.220446049250313e-16 // 2⁻⁵²
        | Int32
        | Int64
        | Bool -> 0.0

    /// The name of the case in F#, such as Float32.
    member internal d.Case =
        match d with
        | Float32 -> "Float32"
        | Float64 -> "Float64"
        | Int32 -> "Int32"
        | Int64 -> "Int64"
        | Bool -> "Bool"

    override d.ToString() =
        match d with
        | Float32 -> "float32"
        | Float64 -> "float64"
        | Int32 -> "int32"
        | Int64 -> "int64"
        | Bool -> "bool"
