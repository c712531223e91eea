namespace NeuralDE.Internal.Calculus

open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor

/// Derivatives of the element-wise functions, as tables.
module internal Slopes =
    /// Evaluates a formula of Unaries on tensors x and y.
    let rec private formula (x: Tensor) (y: Tensor) (s: Slope) : Tensor =
        let part = formula x y

        match s with
        | Slope.X -> x
        | Slope.Y -> y
        | Slope.Number c -> Prim.fill x.Dtype x.Dims c
        | Slope.Of(u, a) -> Prim.unary u (part a)
        | Slope.Sum(a, b) -> Prim.binary Add (part a) (part b)
        | Slope.Difference(a, b) -> Prim.binary Sub (part a) (part b)
        | Slope.Product(a, b) -> Prim.binary Mul (part a) (part b)
        | Slope.Quotient(a, b) -> Prim.binary Div (part a) (part b)

    /// dy/dx of y = u(x); None if it is 0 everywhere.
    let slope (u: Unary) (x: Tensor) (y: Tensor) : Tensor option = (Unaries.about u).Slope |> Option.map (formula x y)

    /// dy/da and dy/db of y = op(a, b).
    let slopes (op: Binary) (a: Tensor) (b: Tensor) (y: Tensor) : Tensor option * Tensor option =
        let one = Prim.onesLike a
        let zero = Prim.zerosLike a

        match op with
        | Add -> Some one, Some one
        | Sub -> Some one, Some(-one)
        | Mul -> Some b, Some a
        | Div -> Some(one / b), Some(-(y / b))
        | Pow ->
            // b a^(b−1), which is 0 for b = 0 and every a; a^b ln a, whose limit is 0 at a = 0 < b
            let isZero = Prim.compareTo Equal b 0.0
            let exponent = Prim.select isZero one (b - one)
            let byBase = b * Prim.binary Pow a exponent
            let isOrigin = Prim.compareTo Equal a 0.0
            let byExponent = Prim.select isOrigin zero (y * log (Prim.select isOrigin one a))
            Some byBase, Some byExponent
        | Max
        | Min -> raise (GraphException $"{op} chooses a side: it has no slopes.")
        | Atan2 ->
            let r2 = a * a + b * b
            Some(b / r2), Some(-(a / r2))
        | Mod -> Some one, Some(-(floor (a / b)))
        | And
        | Or
        | Xor
        | FoldKey -> None, None

    /// For max or min of a and b: ofA where a is chosen, ofB where b is; half of both at a tie; 0 where the other is
    /// NaN. The side that is not chosen does not enter, even if it is infinite.
    let chosen (op: Binary) (a: Tensor) (b: Tensor) (ofA: Tensor) (ofB: Tensor) : Tensor =
        let wins = if op = Max then Greater else Less
        let tie = Prim.select (Prim.compare Equal a b) (Prim.times 0.5 (ofA + ofB)) (Prim.zerosLike ofA)
        Prim.select (Prim.compare wins a b) ofA (Prim.select (Prim.compare wins b a) ofB tie)

    /// Whether an element-wise operation selects one of its arguments instead of computing with all.
    let chooses op =
        match op with
        | Binary(Max | Min) -> true
        | _ -> false // Select has no table of derivatives

    let isElementwise op =
        match op with
        | Unary _
        | Binary _
        | Fma
        | Cast _ -> true
        | _ -> false // all others move, mix or reduce elements
