namespace NeuralDE.Internal.Tensor

open NeuralDE
open NeuralDE.Internal.Graph

/// The determinant and its derivative by the adjugate, d det = tr(adj(a) da), which exists for singular matrices too.
module internal Determinant =
    let private diagonal (x: Tensor) = MovementVerbs.diagonal x

    /// 1 or −1 by the parity of row orders [batch…; n].
    let private parity dtype (order: Tensor) =
        let n, r = order.Dims[order.Rank - 1], order.Rank
        let square = Array.append order.Dims [| n |]
        let later = Prim.broadcast square (Shape.axes r) order // [i; j] ↦ order i
        let earlier = Prim.broadcast square (Array.append (Shape.axes (r - 1)) [| r |]) order
        let isBelow = Prim.compare Greater (Prim.iota Int32 square (r - 1)) (Prim.iota Int32 square r)
        let inversions = Prim.cast Int64 (Prim.both isBelow (Prim.compare Less later earlier))
        let isOdd = Prim.compareTo Equal (Prim.sumOver [| r - 1; r |] inversions % 2) 1.0
        let one = Prim.fill dtype isOdd.Dims 1.0
        Prim.select isOdd (-one) one

    /// P a = L U: the row order, both factors in one matrix, and det P.
    let eliminated (a: Tensor) : Tensor * Tensor * Tensor =
        let order = Prim.pivots a
        order, Prim.lu (Prim.gather (a.Rank - 2) a order), parity a.Dtype order

    let private value (a: Tensor) =
        let _, factors, sign = eliminated a
        sign * ReduceVerbs.prodAlong -1 (diagonal factors) + 0.0 // −0 + 0 is 0

    /// Entry (i, j) of matrices, as [batch…; 1; 1].
    let private entry (a: Tensor) i j =
        let r = a.Rank
        Prim.range (r - 2) i (i + 1) (Prim.range (r - 1) j (j + 1) a)

    /// Matrices from rows of entries [batch…; 1; 1].
    let private ofEntries (rows: Tensor[][]) =
        let r = (Array.head rows[0]).Rank
        rows |> Array.map (Prim.concat (r - 1)) |> Prim.concat (r - 2)

    /// adj U of upper triangular matrices, without division, from the last row up: adj [u r; 0 V] = [det V, −r adj V;
    /// 0, u adj V].
    let private adjugateOfUpper (u: Tensor) =
        let n, r = u.Dims[u.Rank - 1], u.Rank
        let batch = u.Dims[.. r - 3]
        let mutable adjugate = Prim.fill u.Dtype (Array.append batch [| 1; 1 |]) 1.0
        let mutable det = entry u (n - 1) (n - 1)

        for i in n - 2 .. -1 .. 0 do
            let pivot = entry u i i
            let row = Prim.range (r - 2) i (i + 1) (Prim.range (r - 1) (i + 1) n u)
            let scaled = Tensor.Stretch(pivot, adjugate.Dims) * adjugate
            let column = Prim.fill u.Dtype (Array.append batch [| n - 1 - i; 1 |]) 0.0
            let top = Prim.concat (r - 1) [| det; -(Prim.dot row adjugate) |]
            adjugate <- Prim.concat (r - 2) [| top; Prim.concat (r - 1) [| column; scaled |] |]
            det <- pivot * det

        adjugate

    /// adj(a)ᵀ = det P · Pᵀ L⁻ᵀ adj(U)ᵀ
    let private byFactors (a: Tensor) =
        let order, factors, sign = eliminated a
        let upper = Prim.swapLast (adjugateOfUpper (Prim.upper 0 factors))
        let turned = Prim.triangular true true true factors upper
        let back = Tensor.Apply(ArgSort(order.Rank - 1), [| order |])
        Prim.unreduce a.Dims [| a.Rank - 2; a.Rank - 1 |] sign * Prim.gather (a.Rank - 2) turned back

    /// adj(a)ᵀ = det(a) a⁻ᵀ, for regular matrices.
    let private byInverse (a: Tensor) =
        let inverse = Prim.solve a (Prim.identity a.Dtype a.Dims)
        Prim.unreduce a.Dims [| a.Rank - 2; a.Rank - 1 |] (value a) * Prim.swapLast inverse

    /// Cofactors of 3 × 3 matrices: the cross products of their rows.
    let private ofThree (a: Tensor) =
        let e = entry a

        let cofactor i j =
            let p, q = (i + 1) % 3, (i + 2) % 3
            let s, t = (j + 1) % 3, (j + 2) % 3
            e p s * e q t - e p t * e q s

        ofEntries (Array.init 3 (fun i -> Array.init 3 (cofactor i)))

    /// The matrix of cofactors, adj(a)ᵀ. Up to three rows it is a polynomial, with derivatives of every order; with
    /// more rows, singular matrices have first derivatives only.
    let private cofactors (a: Tensor) : Tensor =
        match a.Dims[a.Rank - 1] with
        | 1 -> Prim.onesLike a
        | 2 ->
            let e = entry a
            ofEntries [| [| e 1 1; -(e 1 0) |]; [| -(e 0 1); e 0 0 |] |]
        | 3 -> ofThree a
        | _ ->
            let _, factors, _ = eliminated a
            let isZero = Prim.compareTo Equal (diagonal factors) 0.0
            let isSingular = Prim.reduce Maximum (Shape.axes isZero.Rank) isZero
            let branch f = Tracing.closed [| a.Signature |] (fun x -> [| f x[0] |])
            (Prim.apply (Cond(branch byFactors, branch byInverse)) [| isSingular; a |])[0]

    let private rule (a: Signature) (y: Signature) : Graph =
        Tracing.closed [| a; y |] (fun x ->
            [| Prim.unreduce a.Shape [| a.Shape.Length - 2; a.Shape.Length - 1 |] x[1] * cofactors x[0] |])

    /// The determinant of each matrix of [batch…; n; n].
    let det (a: Tensor) : Tensor =
        if a.LongCount = 0L || not a.IsPlaceholder then
            value a
        else
            let primal = Tracing.closed [| a.Signature |] (fun x -> [| value x[0] |])

            let custom: Custom =
                primal.Memo(
                    "determinant",
                    fun () ->
                        { Primal = primal; Rule = lazy rule a.Signature primal.Outputs[0].Signature; Forward = OfRule }
                )

            (Prim.apply (Custom custom) [| a |])[0]
