namespace NeuralDE.Internal.Calculus

open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor

/// Derivatives of the element-wise families, as tables.
module internal Slopes =
    /// A formula of Unaries, of tensors x and y.
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

    /// dy/dx of y = u(x); None where it is 0 everywhere.
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
            // b a^(b−1), which is 0 for b = 0 whatever a; a^b ln a, whose limit at a = 0 < b is 0
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

    /// What max or min of a and b makes of something of a's and something of b's: the winner's, half of both at a tie, zero
    /// beside NaN. The other side's is not touched, be it infinite.
    let chosen (op: Binary) (a: Tensor) (b: Tensor) (ofA: Tensor) (ofB: Tensor) : Tensor =
        let wins = if op = Max then Greater else Less
        let tie = Prim.select (Prim.compare Equal a b) (Prim.times 0.5 (ofA + ofB)) (Prim.zerosLike ofA)
        Prim.select (Prim.compare wins a b) ofA (Prim.select (Prim.compare wins b a) ofB tie)

    /// Whether an element-wise operation takes one of its arguments instead of computing with all.
    let chooses op =
        match op with
        | Binary(Max | Min) -> true
        | _ -> false // Select is no element-wise family of slopes

    let isElementwise op =
        match op with
        | Unary _
        | Binary _
        | Fma
        | Cast _ -> true
        | _ -> false // the others move, mix or reduce elements
