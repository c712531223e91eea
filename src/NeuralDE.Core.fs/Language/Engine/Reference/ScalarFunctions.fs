namespace NeuralDE.Internal.Engine

open System

/// Values of the element-wise functions that .NET does not provide for float64.
module internal ScalarFunctions =
    /// The remainder with the sign of the divisor; NaN for division by 0; 0 if y divides x.
    let floatMod (x: float) (y: float) =
        let r = x % y
        if r <> 0.0 && (r < 0.0) <> (y < 0.0) then r + y else r

    /// The remainder with the sign of the divisor; 0 for division by 0.
    let integerMod (x: int64) (y: int64) =
        if y = 0L || y = -1L then
            0L
        else
            let r = x % y
            if r <> 0L && (r < 0L) <> (y < 0L) then r + y else r

    /// Truncates; saturates at the ends of int64; NaN → 0.
    let toInt64 (x: float) =
        if Double.IsNaN x then 0L
        elif x >= 9223372036854775808.0 then Int64.MaxValue
        elif x <= -9223372036854775808.0 then Int64.MinValue
        else int64 x

    /// Truncates; saturates at the ends of int32; NaN → 0.
    let toInt32 (x: float) =
        if Double.IsNaN x then 0
        elif x >= 2147483647.0 then Int32.MaxValue
        elif x <= -2147483648.0 then Int32.MinValue
        else int x
