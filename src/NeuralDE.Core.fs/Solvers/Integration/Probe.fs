namespace NeuralDE.Internal.Integration

open System.Collections.Generic
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Engine
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Calculus
open NeuralDE.Internal.Steppers

/// The parts of a probe of derivatives: random directions of the size of the values, and tangents along them. All of them
/// are constants of differentiation.
module internal Probe =
    let private meanOf (x: Tensor) = Prim.times (1.0 / float (max 1 x.Count)) (Prim.cast Float64 (Prim.sum x))
    let rms (x: Tensor) = sqrt (meanOf (x * x))
    let isPositive x = Prim.compareTo Greater x 0.0

    /// a / b; 0 if b is 0
    let over a b = Prim.select (isPositive b) (a / Prim.select (isPositive b) b (Prim.number 1.0)) (Prim.number 0.0)

    let largestOf (x: Tensor) =
        if x.Count = 0 then
            Prim.number 0.0
        else
            Prim.cast Float64 (Prim.reduce Maximum (Shape.axes x.Rank) (abs x))

    /// The unit of a direction of a tensor: the absolute value of each element; the mean absolute value for elements that
    /// are 0; 1 if all are 0. So a tangent is in units of the state, and the tolerances keep their meaning.
    let sizeOf (x: Tensor) : Tensor =
        let size = abs x
        let mean = meanOf size
        let mean = Prim.select (isPositive mean) mean (Prim.number 1.0)
        Prim.select (Prim.compareTo Greater size 0.0) size (RungeKutta.spread mean x)

    /// Replaces an rtol of 0 as a divisor; above the smallest normal number of float64.
    let private leastDivisor = 1e-300

    /// The same for a state with tolerances. The error of a tangent is relative to itself, so the direction of a leaf that
    /// is below atol / rtol is enlarged as if rtol determined its tolerance; a leaf below atol counts as 0, because the
    /// solve does not resolve it.
    let sizeUnder (rtol: Tensor) (atol: Tensor) (x: Tensor) : Tensor =
        let mean = meanOf (abs x)
        let seen = Prim.binary Min (atol / Prim.binary Max rtol (Prim.number leastDivisor)) (Prim.number 1.0)
        let counts = Prim.compare Greater mean atol
        let factor = Prim.binary Max (over seen mean) (Prim.number 1.0)
        let whole = sizeOf x * RungeKutta.spread factor x
        Prim.select (Prim.broadcast x.Dims [||] counts) whole (Prim.fill x.Dtype x.Dims 1.0)

    /// The maximum number of random numbers for a tensor; a larger tensor repeats them. A prime, so that it is the period of
    /// no axis.
    let private mostDrawn = 65521

    /// Numbers in ± [½, 3/2) from a fixed key: every component takes part, and equal components do not cancel, as they could
    /// with ±1 at y0 = p = 1. Drawn when the graph is made, so that a run draws no numbers.
    let noise (key: int64) (s: Signature) : Tensor =
        let count = Shape.extent "a solve" (Shape.size s.Shape)

        let draw i =
            let w = 2.0 * Philox.uniform64 (Philox.bits key (int64 i)) - 1.0
            if w < 0.0 then w - 0.5 else w + 0.5

        let drawn = min count mostDrawn
        let pool = Tensor.OfArray(NdArray(Float64, [| drawn |], Array.init drawn draw)) |> Prim.cast s.Dtype

        if count = drawn then
            Prim.reshape s.Shape pool
        else
            let turn = Prim.binary Mod (Prim.iota Int32 [| count |] 0) (Prim.fill Int32 [| count |] (float drawn))
            Prim.reshape s.Shape (Prim.gather 0 pool turn)

    /// The tangents of the outputs of a graph along those of the marked inputs; zeros for an output without a tangent.
    let tangentOf (g: Graph) (on: bool[]) (x: Tensor[]) (dx: Tensor[]) : Tensor[] =
        let g = UnderDerivative.graph g on
        let active = Activity.activeOutputs g on
        let r = Prim.call (Derive.jvpGraph g on) (Array.append x dx)

        Masks.spreadBy active r[g.Outputs.Length ..]
        |> Array.map2 (fun s d -> Prim.stop (Masks.orZeros s d)) (Masks.outputSignatures g)

    /// The inner values of a function that are stored in any case: arguments and results of operations that are not
    /// element-wise. A branch can use them at almost no cost instead of computing all products again; it computes the other
    /// values again.
    let private materialised (g: Graph) : HashSet<Node> =
        let isVirtual (n: Node) =
            match n.Op with
            | Input _
            | Op.Constant _
            | Op.Data _
            | Iota _
            | Reshape _
            | Permute _
            | Broadcast _ -> true
            | _ -> StreamKinds.isElementwise n

        let kept = HashSet<Node>(HashIdentity.Reference)

        for n in g.Order do
            if not (isVirtual n) then
                kept.Add n |> ignore
                n.Args |> Array.iter (kept.Add >> ignore)

        kept

    /// The same in two parts, for a function whose value is also computed: the values of the function that the tangent uses,
    /// which are shared with that computation because equal nodes are interned; and the rest, as a function of the
    /// directions, which can be in a branch.
    let linearised (g: Graph) (on: bool[]) (x: Tensor[]) : Tensor[] -> Tensor[] =
        let g = UnderDerivative.graph g on
        let active, inputs = Activity.activeOutputs g on, g.Inputs.Length
        let own, derived = Flatten.graph g, Flatten.graph (Derive.jvpGraph g on)
        let tangent = Intern.graph derived.Inputs derived.Outputs[g.Outputs.Length ..]
        let values = Dictionary<Node, Tensor>(HashIdentity.Reference)
        let bundles = Dictionary<Node, Tensor[]>(HashIdentity.Reference)

        let replay
            (values: Dictionary<Node, Tensor>)
            (bundles: Dictionary<Node, Tensor[]>)
            (input: int -> Tensor)
            (n: Node)
            =
            let args () = n.Args |> Array.map (fun a -> values[a])

            match n.Op with
            | Input i -> values[n] <- input i
            | Output i -> values[n] <- bundles[n.Args[0]][i]
            | Apply fn -> bundles[n] <- Tensor.ApplyFn(fn, args ())
            | op -> values[n] <- Tensor.Apply(op, args ())

        own.Order |> Array.iter (replay values bundles (fun i -> x[i]))
        let kept = materialised own
        own.Order |> Array.filter (kept.Contains >> not) |> Array.iter (values.Remove >> ignore)

        fun dx ->
            let values, bundles = Dictionary values, Dictionary bundles
            let isNew (n: Node) = not (values.ContainsKey n || bundles.ContainsKey n)
            tangent.Order
            |> Array.filter isNew
            |> Array.iter (replay values bundles (fun i -> if i < inputs then x[i] else dx[i - inputs]))

            Masks.spreadBy active (tangent.Outputs |> Array.map (fun n -> values[n]))
            |> Array.map2 (fun s d -> Prim.stop (Masks.orZeros s d)) (Masks.outputSignatures g)

    /// |cⱼ| of the embedded error E(z) = Σ cⱼ zʲ for u' = λ u and z = h λ: cⱼ = Σ eᵢ (Aʲ⁻¹ 1)ᵢ.
    let errorPolynomial (t: Tableau) : float[] =
        let stages = t.Error.Length
        let row i = if i < t.A.Length then t.A[i] else t.B
        let times (v: float[]) i = row i |> Seq.mapi (fun k a -> if k < stages then a * v[k] else 0.0) |> Seq.sum
        let mutable v = Array.create stages 1.0

        [| for _ in 1..stages do
               yield abs (Array.fold2 (fun sum e v -> sum + e * v) 0.0 t.Error v)
               v <- Array.init stages (times v) |]
