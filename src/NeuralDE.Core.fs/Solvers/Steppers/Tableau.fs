namespace NeuralDE

open System

/// A rooted tree: Children are the positions of the root's subtrees in the list of all trees (largest first). Density is
/// γ(τ) = |τ| Π γ(subtree): a method has order p if Σ b_i Φ_i(τ) = 1/γ(τ) for all trees of at most p nodes.
type RootedTree = { Nodes: int; Density: float; Children: int[] }

/// All rooted trees, the index set of the order conditions of Runge–Kutta methods.
/// E. Hairer, S. P. Nørsett, G. Wanner, Solving Ordinary Differential Equations I, 2nd ed., 1993, section II.2.
[<RequireQualifiedAccess>]
module RootedTrees =

    let private grow order =
        let trees = ResizeArray<RootedTree>()

        let rec attach nodes remaining largest children density =
            if remaining = 0 then
                trees.Add { Nodes = nodes; Density = density; Children = children |> List.rev |> List.toArray }
            else
                for i in largest .. -1 .. 0 do
                    if trees[i].Nodes <= remaining then
                        attach nodes (remaining - trees[i].Nodes) i (i :: children) (density * trees[i].Density)

        for nodes in 1..order do
            attach nodes (nodes - 1) (trees.Count - 1) [] (float nodes)

        trees.ToArray()

    let private toOrder8 = lazy (grow 8)

    /// <summary>The trees of at most `order` nodes, smaller ones first: 1, 1, 2, 4, 9, 20, 48, 115 trees of 1, 2, … 8
    /// nodes.</summary>
    /// <param name="order">The maximum number of nodes.</param>
    /// <returns>The trees.</returns>
    let upTo order =
        if order > 8 then
            grow order
        else
            toOrder8.Value |> Array.filter (fun tree -> tree.Nodes <= order)

    /// <summary>A tree in brackets: "[]" is one node; in "[[[]][]]" the root has a branch of two nodes and a leaf.</summary>
    /// <param name="tree">The tree.</param>
    /// <returns>The text.</returns>
    let rec show (tree: RootedTree) : string =
        let trees = upTo tree.Nodes

        "[" + String.Join("", tree.Children |> Array.map (fun child -> show trees[child])) + "]"

/// The order conditions of the stages with coefficients `a`, up to `order`. A row may be shorter than the number of stages
/// (explicit methods) or equal to it (implicit methods); missing coefficients are zero.
[<Sealed>]
type OrderConditions(a: float[][], order: int) =
    do if isNull (box a) then nullArg (nameof a)
    let trees = RootedTrees.upTo order

    // Φ_i(τ) = Π_children Σ_j a_ij Φ_j(child).
    let phi =
        let phi = Array.zeroCreate<float[]> trees.Length
        let inner = Array.zeroCreate<float[]> trees.Length

        for t in 0 .. trees.Length - 1 do
            let values = Array.create a.Length 1.0

            for child in trees[t].Children do
                for i in 0 .. a.Length - 1 do
                    values[i] <- values[i] * inner[child][i]

            phi[t] <- values
            inner[t] <- Array.create a.Length 0.0

            for i in 0 .. a.Length - 1 do
                let row = a[i]

                for j in 0 .. row.Length - 1 do
                    inner[t][i] <- inner[t][i] + row[j] * values[j]

        phi

    /// Sums whose difference, relative to the sum of their absolute terms, is below this tolerance are equal up to rounding.
    /// All methods of this library stay within a twentieth of it. (Bounding Φ by the same recursion over |a| would allow
    /// errors of 1 in the deep trees of methods of order 7 and 8, whose rows of A cancel; their true rounding error is
    /// 1e-15.)
    static member Tolerance = 1e-13

    /// <summary>Whether x = y up to rounding in a sum whose absolute terms add up to `scale`; false for infinite or NaN
    /// terms.</summary>
    /// <param name="x">A sum.</param>
    /// <param name="y">The expected sum.</param>
    /// <param name="scale">The sum of the absolute terms.</param>
    /// <returns>True if they are equal up to rounding.</returns>
    static member Close(x: float, y: float, scale: float) =
        Double.IsFinite scale && abs (x - y) <= OrderConditions.Tolerance * scale

    /// <summary>The first tree of at most `nodes` nodes with Σ w_i Φ_i(τ) ≠ expected(τ), and that sum.</summary>
    /// <param name="weights">w, at most one for each stage.</param>
    /// <param name="nodes">The maximum number of nodes.</param>
    /// <param name="expected">The right-hand side of the condition of a tree.</param>
    /// <returns>The tree and its sum; None if all conditions hold.</returns>
    member _.FirstViolation(weights: float[], nodes: int, expected: RootedTree -> float) =
        let rec search t =
            if t = trees.Length || trees[t].Nodes > nodes then
                None
            else
                let target = expected trees[t]
                let mutable sum = 0.0
                let mutable scale = abs target

                for i in 0 .. weights.Length - 1 do
                    sum <- sum + weights[i] * phi[t][i]
                    scale <- scale + abs weights[i] * (1.0 + abs (phi[t][i]))

                if OrderConditions.Close(sum, target, scale) then search (t + 1) else Some(trees[t], sum)

        search 0

/// A continuous extension: y(t0 + θh) = y0 + h Σ_i b_i(θ) k_i with b_i(θ) = Σ_k Weights[i][k-1] θ^k. The sum is over the
/// stages of the method, then f(t1, y1) unless the last stage is f(t1, y1), then the extra stages. Its local error is
/// O(h^(Order + 1)).
type Interpolant =
    {
        Order: int
        /// The extra stages' nodes.
        ExtraC: float[]
        /// The extra stages' coefficients, each row over all stages before it (f(t1, y1) included).
        ExtraA: float[][]
        Weights: float[][]
    }

/// The coefficients of an explicit Runge–Kutta method as published. The constructor of `Tableau` checks them.
type TableauData =
    {
        Name: string
        Citation: string
        /// The order of the solution that is advanced.
        Order: int
        /// The order of the embedded solution b̂ that the error estimate compares with; 0 if the step is not adaptive.
        EmbeddedOrder: int
        C: float[]
        /// Row i holds the i coefficients of stage i.
        A: float[][]
        B: float[]
        /// b − b̂: the error estimate is h Σ Error_i k_i. One entry per stage, one more if it uses f(t1, y1), none if
        /// the step is not adaptive.
        Error: float[]
        /// The order of the second, coarser embedded solution; 0 if there is none.
        CoarseOrder: int
        /// b − b̃ of the coarser solution. With e and c the norms of Σ Error_i k_i and Σ CoarseError_i k_i, the
        /// estimate is then |h| e² / sqrt(e² + 0.01 c²), and 0 if both are 0. For DOP853 e = O(h^5) and c = O(h^3), so
        /// the estimate is O(h^8).
        CoarseError: float[]
        Interpolant: Interpolant
    }

/// The coefficients of a tableau do not satisfy the conditions of the method.
[<Sealed>]
type TableauException(tableau: string, got: string, expected: string, fix: string) =
    inherit ArgumentException($"Tableau {tableau}: got {got}, expected {expected}. {fix}")
    member _.Tableau = tableau
    member _.Got = got
    member _.Expected = expected

/// An explicit Runge–Kutta method with checked coefficients. The constructor raises TableauException unless the lengths
/// agree, the nodes lie in [0, 1] and are the row sums, and the order conditions of all rooted trees hold for the solution,
/// the embedded solutions and the interpolant (as polynomials in θ) up to their declared orders.
[<Sealed>]
type Tableau(data: TableauData) =
    do if isNull (box data) then nullArg (nameof data)
    let dense = data.Interpolant
    let stages = data.B.Length

    let reject got expected fix : unit = raise (TableauException(data.Name, got, expected, fix))

    let close x y scale = OrderConditions.Close(x, y, scale)

    let fsal =
        stages > 1
        && data.C.Length = stages
        && data.A.Length = stages
        && data.C[stages - 1] = 1.0
        && data.B[stages - 1] = 0.0
        && data.A[stages - 1] = data.B[.. stages - 2]

    let denseC = Array.concat [ data.C; (if fsal then [||] else [| 1.0 |]); dense.ExtraC ]

    let denseA = Array.concat [ data.A; (if fsal then [||] else [| data.B |]); dense.ExtraA ]

    let length what (values: 'T[]) allowed =
        if not (List.contains values.Length allowed) then
            let expected = String.Join(" or ", allowed |> List.map string)

            let last = if fsal then "the last is f(t1, y1)" else "the last is not f(t1, y1)"

            reject
                $"{string values.Length} entries in {what}"
                expected
                $"B has {string stages} entries, one per stage; {last}."

    let checkLengths () =
        let perStage order = if order = 0 then [ 0 ] else [ stages; stages + 1 ]

        if stages = 0 || data.Order < 1 then
            reject $"order {string data.Order} from {string stages} stages" "at least 1 of both" "Set B and Order."

        length "C" data.C [ stages ]
        length "A" data.A [ stages ]
        length "Error" data.Error (perStage data.EmbeddedOrder)
        length "CoarseError" data.CoarseError (perStage data.CoarseOrder)
        length "ExtraA" dense.ExtraA [ dense.ExtraC.Length ]

        for i in 0 .. denseA.Length - 1 do
            length ("row " + string i + " of A") denseA[i] [ i ]

    let checkNodes () =
        for i in 0 .. denseC.Length - 1 do
            let c = denseC[i]

            if not (c >= 0.0 && c <= 1.0) then
                reject
                    $"node {string c} for stage {string i}"
                    "a node in [0, 1]"
                    "The field may be undefined outside of the step."

            let sum = Array.sum denseA[i]

            if not (close sum c (c + Array.sumBy abs denseA[i])) then
                reject
                    $"row {string i} of A with sum {string sum}"
                    $"its node {string c}"
                    "Compare the row and the node with the paper."

    let conditions =
        lazy OrderConditions(denseA, List.max [ data.Order; data.EmbeddedOrder; data.CoarseOrder; dense.Order ])

    let checkOrder what weights order (expected: RootedTree -> float) =
        match conditions.Value.FirstViolation(weights, order, expected) with
        | None -> ()
        | Some(tree, sum) ->
            let got = $"Σ {what} Φ = {string sum} for the tree {RootedTrees.show tree} of {string tree.Nodes} nodes"

            reject
                got
                $"{string (expected tree)}"
                $"Correct a coefficient, or declare an order below {string tree.Nodes}."

    let checkEmbedded what (error: float[]) order =
        if order > 0 then
            if Array.forall ((=) 0.0) error then
                reject $"only zeros in {what}" "b − b̂" "A step without an estimate is not adaptive: leave it empty."

            let embedded = error |> Array.mapi (fun i e -> (if i < stages then data.B[i] else 0.0) - e)

            checkOrder ("(b − " + what + ")") embedded order (fun tree -> 1.0 / tree.Density)

    let checkInterpolant () =
        length "Weights" dense.Weights [ denseC.Length ]

        for i in 0 .. dense.Weights.Length - 1 do
            length ("row " + string i + " of Weights") dense.Weights[i] [ max dense.Order dense.Weights[0].Length ]

        if dense.Order < max 1 (data.Order - 1) then
            reject $"an interpolant of order {string dense.Order}" $"at least {string (max 1 (data.Order - 1))}"
            <| "Otherwise outputs between steps converge more slowly than the steps."

        for i in 0 .. dense.Weights.Length - 1 do
            let row = dense.Weights[i]
            let b = if i < stages then data.B[i] else 0.0

            if not (close (Array.sum row) b (abs b + Array.sumBy abs row)) then
                reject
                    $"b_{string i}(θ = 1) = {string (Array.sum row)}"
                    $"b_{string i} = {string b}"
                    "The interpolant must end at y1."

        for power in 1 .. dense.Weights[0].Length do
            let weights = dense.Weights |> Array.map (fun row -> row[power - 1])

            let expected tree = if tree.Nodes = power then 1.0 / tree.Density else 0.0

            checkOrder ("(θ^" + string power + " of b(θ))") weights dense.Order expected

    do
        checkLengths ()
        checkNodes ()
        checkOrder "b" data.B data.Order (fun tree -> 1.0 / tree.Density)
        checkEmbedded "Error" data.Error data.EmbeddedOrder
        checkEmbedded "CoarseError" data.CoarseError data.CoarseOrder
        checkInterpolant ()

    /// The coefficients, to make a variant: Tableau { tableau.Data with … }.
    member _.Data = data

    member _.Name = data.Name
    member _.Citation = data.Citation
    member _.Order = data.Order
    member _.EmbeddedOrder = data.EmbeddedOrder
    member _.C = data.C
    member _.A = data.A
    member _.B = data.B
    member _.Error = data.Error
    member _.CoarseOrder = data.CoarseOrder
    member _.CoarseError = data.CoarseError
    member _.Interpolant = data.Interpolant

    /// The number of stages of a step, including f(t0, y0); an accepted step of an FSAL method needs one evaluation less.
    member _.Stages = stages

    /// First same as last: the last stage is f(t1, y1) and is used as the first stage of the next step.
    member _.Fsal = fsal

    /// Whether there is an error estimate.
    member _.Adaptive = data.EmbeddedOrder > 0

    /// The error estimate of one step is O(h^ErrorPower), the exponent that step controllers need; 0 if not adaptive.
    member _.ErrorPower =
        if data.EmbeddedOrder = 0 then 0
        elif data.CoarseOrder = 0 then data.EmbeddedOrder + 1
        else 2 * data.EmbeddedOrder - data.CoarseOrder + 1

    /// The nodes of all stages that the interpolant uses: those of the method, f(t1, y1) unless FSAL, and the extra ones.
    member _.DenseC = denseC

    /// The rows of A of all stages that the interpolant uses.
    member _.DenseA = denseA

    override _.ToString() = data.Name
