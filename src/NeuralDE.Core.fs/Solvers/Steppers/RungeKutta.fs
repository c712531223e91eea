namespace NeuralDE.Internal.Steppers

open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor

/// One explicit Runge–Kutta step over the leaves of a state. Time and step are float64 [] for any dtype of the state.
module internal RungeKutta =
    /// A closed field: time (in the dtype of the state) and state → derivative.
    type Field = Tensor -> Tensor[] -> Tensor[]

    let fieldOf (g: Graph) (captured: Tensor[]) : Field =
        let dtype = g.Inputs[0].Dtype
        fun t y -> Prim.call g (Array.concat [ [| Prim.cast dtype t |]; y; captured ])

    /// A number [] broadcast to the shape of a leaf, in its dtype.
    let spread (x: Tensor) (like: Tensor) = Prim.broadcast like.Dims [||] (Prim.cast like.Dtype x)

    /// Σ wᵢ kᵢ of one leaf; None if all weights are 0.
    let combine (weights: float[]) (ks: Tensor[][]) leaf : Tensor option =
        let mutable sum: Tensor option = None

        for i in 0 .. weights.Length - 1 do
            if weights[i] <> 0.0 then
                let term = (let k = ks[i][leaf] in if weights[i] = 1.0 then k else Prim.times weights[i] k)

                sum <-
                    match sum with
                    | None -> Some term
                    | Some s -> Some(s + term)

        sum

    /// y + h Σ wᵢ kᵢ
    let advance (y: Tensor[]) (h: Tensor) (weights: float[]) (ks: Tensor[][]) : Tensor[] =
        y
        |> Array.mapi (fun leaf y ->
            match combine weights ks leaf with
            | Some sum -> y + spread h y * sum
            | None -> y)

    /// The time of the node c; for c = 1 exactly tNew.
    let node (c: float) (t: Tensor) (tNew: Tensor) (h: Tensor) =
        if c = 0.0 then t
        elif c = 1.0 then tNew
        else t + Prim.literal Float64 c * h

    /// The derivatives at the nodes c, appended to the known ones.
    let stages
        (c: float[])
        (a: float[][])
        (f: Field)
        (t: Tensor)
        (tNew: Tensor)
        (y: Tensor[])
        (h: Tensor)
        (known: Tensor[][])
        =
        let ks = ResizeArray<Tensor[]> known

        for i in known.Length .. c.Length - 1 do
            ks.Add(f (node c[i] t tNew h) (advance y h a[i] (ks.ToArray())))

        ks.ToArray()

    /// y(t + h) without an error estimate.
    let step (tableau: Tableau) (f: Field) (t: Tensor) (tNew: Tensor) (y: Tensor[]) : Tensor[] =
        let h = tNew - t
        let needed = if tableau.Fsal then tableau.Stages - 1 else tableau.Stages
        let ks = stages tableau.C[.. needed - 1] tableau.A f t tNew y h [||]
        advance y h tableau.B[.. needed - 1] ks

    /// The interpolant's polynomial in θ for each leaf, coefficients along a new first axis: y₀, then h Σᵢ Wᵢₖ kᵢ for θᵏ.
    let polynomial (tableau: Tableau) (f: Field) t tNew (y: Tensor[]) (h: Tensor) (ks: Tensor[][]) : Tensor[] =
        let all = stages tableau.DenseC tableau.DenseA f t tNew y h ks
        let weights = tableau.Interpolant.Weights
        let degree = weights[0].Length

        y
        |> Array.mapi (fun leaf y ->
            let coefficient k =
                match combine (weights |> Array.map (fun w -> w[k])) all leaf with
                | Some sum -> spread h y * sum
                | None -> Prim.zerosLike y

            Prim.stack 0 (Array.append [| y |] (Array.init degree coefficient)))

    /// The coefficients of θ⁰ to θ³ of the cubic with values y and y1, slopes f0 and f1 at the ends of a step h.
    let hermite (h: Tensor) (y: Tensor) (f0: Tensor) (y1: Tensor) (f1: Tensor) : Tensor[] =
        let h = spread h y
        let rise, d0, d1 = y1 - y, h * f0, h * f1
        [| y; d0; Prim.times 3.0 rise - Prim.times 2.0 d0 - d1; d0 + d1 - Prim.times 2.0 rise |]

    /// Σ cₖ θᵏ for coefficients on `axis` and θ of the result's shape.
    let evaluate axis (coefficients: Tensor) (theta: Tensor) : Tensor =
        let degree = coefficients.Dims[axis] - 1
        let mutable y = Prim.pick axis degree coefficients

        for k in degree - 1 .. -1 .. 0 do
            y <- y * theta + Prim.pick axis k coefficients

        y
