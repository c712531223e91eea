namespace NeuralDE

open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Calculus

/// Implicit functions, defined by an equation. Opened with the namespace.
[<AutoOpen; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module ImplicitRoots =
    // ── the unknown as one tensor ────────────────────────────────────────────────────────────────────────────────
    [<NoEquality; NoComparison>]
    type private Packing = { Pack: Tensor[] -> Tensor; Unpack: Tensor -> Tensor[] }

    /// Packs the leaves of the root as [n], as [batch; n], or unchanged if they are a number or a vector solved with a
    /// matrix.
    let private packing coupling isDense (like: Signature[]) : Packing =
        let isPlain = isDense && coupling = RootCoupling.Joint && like.Length = 1 && like[0].Shape.Length <= 1

        if isPlain then
            { Pack = Array.exactlyOne; Unpack = Array.singleton }
        else
            let batch =
                match coupling with
                | RootCoupling.Joint -> [||]
                | RootCoupling.PerSample -> like[0].Shape[..0]

            let axis = batch.Length
            let widths = like |> Array.map (fun s -> int (Shape.size s.Shape[axis..]))
            let ends = Array.scan (+) 0 widths

            { Pack =
                fun leaves ->
                    Array.map2 (fun width leaf -> Prim.reshape (Array.append batch [| width |]) leaf) widths leaves
                    |> Prim.concat axis
              Unpack =
                fun v -> like |> Array.mapi (fun k s -> Prim.reshape s.Shape (Prim.range axis ends[k] ends[k + 1] v)) }

    // ── linear systems ───────────────────────────────────────────────────────────────────────────────────────────
    /// The residual graph that derivatives use.
    let private differentiated (residual: Graph) =
        UnderDerivative.graph residual (residual.Inputs |> Array.map (fun s -> s.Dtype.IsFloat))

    /// z, p → ∂r/∂z for a residual without batch axes: one jvp, over all unit vectors at once if z is a vector.
    let private slopeOf (residual: Graph) : Graph =
        let z, inputs = residual.Inputs[0], residual.Inputs.Length
        let along = Derive.slopeAlong (differentiated residual) false

        Tracing.closed residual.Inputs (fun x ->
            if z.Shape.Length = 0 then
                Prim.call along (Array.append x [| Prim.onesLike x[0] |])
            else
                let n = z.Shape[0]
                let units = Prim.identity z.Dtype [| n; n |]
                let isUnit = Array.append (Masks.no inputs) [| true |]
                let columns = fst (Batch.vmapGraph along n isUnit [| true |])
                Prim.call columns (Array.append x [| units |]) |> Array.map Prim.swapLast)

    /// z, p → the diagonal blocks [batch; n; n] of ∂r/∂z for z [batch; n]: each unit vector in all samples at once.
    let private blocksOf (along: Graph) (x: Tensor[]) : Tensor =
        let batch, n = x[0].Dims[0], x[0].Dims[1]
        let units = Prim.broadcast [| n; batch; n |] [| 0; 2 |] (Prim.identity x[0].Dtype [| n; n |])
        let columns = fst (Batch.vmapGraph along n (Array.append (Masks.no x.Length) [| true |]) [| true |])
        (Prim.call columns (Array.append x [| units |]))[0] |> Prim.permute [| 1; 2; 0 |]

    /// z, p, b → w for a solver of rows of b: z [n] is one row, z [batch; n] has one row per sample.
    let private solveGraph (residual: Graph) isTransposed (solve: Tensor[] -> (Tensor -> Tensor) -> Tensor -> Tensor) =
        let residual = differentiated residual
        let z, n = residual.Inputs[0], residual.Inputs.Length
        let along = Derive.slopeAlong residual isTransposed
        let rows = if z.Shape.Length = 1 then Array.append [| 1 |] z.Shape else z.Shape

        fun (x: Tensor[]) ->
            let apply w =
                let along = Prim.call along (Array.append x[.. n - 1] [| Prim.reshape z.Shape w |])
                Prim.reshape rows along[0]

            Prim.reshape z.Shape (solve x[.. n - 1] apply (Prim.reshape rows x[n]))

    /// A library solver: identified by its kind, its settings and the residual.
    let private bySolver (residual: Graph) key (solve: bool -> Tensor[] -> (Tensor -> Tensor) -> Tensor -> Tensor) =
        let graph isTransposed =
            Derived.from (fun () ->
                let body = solveGraph residual isTransposed (solve isTransposed)
                Tracing.closed (Array.append residual.Inputs residual.Inputs[..0]) (fun x -> [| body x |]))

        BySolves { Key = key; Forward = graph false; Transposed = graph true }

    let private bySample (residual: Graph) =
        bySolver residual ("by sample" :> obj) (fun isTransposed x apply b ->
            let blocks = blocksOf (Derive.slopeAlong (differentiated residual) false) x
            LinearSolves.byBlocks (if isTransposed then Prim.swapLast blocks else blocks) apply b)

    // ── roots ────────────────────────────────────────────────────────────────────────────────────────────────────
    /// The parts of a root, from a traced search and a traced residual of the same leaves and their captured values.
    let private parts (search: Graph, ofSearch: Tensor[]) (residual: Graph, ofResidual: Tensor[]) (leaves: Tensor[]) =
        let n, ns = leaves.Length, ofSearch.Length
        let arguments = Array.concat [ leaves; ofSearch; ofResidual ]
        let inputs = Tracing.signatures arguments

        let residual =
            Tracing.closed (Array.append residual.Inputs[..0] inputs) (fun x ->
                Tracing.replay residual (Array.append x[..n] x[1 + n + ns ..]))

        let search = Tracing.closed inputs (fun x -> Tracing.replay search x[.. n + ns - 1])
        struct (search, residual, arguments)

    let private rootOf (linear: Graph -> RootLinear) search residual leaves : Tensor[] =
        let struct (search, residual, arguments) = parts search residual leaves
        let root = { Solve = search; Residual = residual; Batch = [||]; Linear = linear residual }
        Prim.apply (Root root) arguments

    let private byMatrix residual = ByMatrix(Derived.from (fun () -> slopeOf residual))

    /// A root whose systems are solved by a function of the user. It is traced now, and its captured values become
    /// arguments.
    let private rootByOwn verb rtol (solver: (Tensor -> Tensor) -> Tensor -> Tensor) search residual leaves : Tensor[] =
        let struct (search: Graph, residual: Graph, arguments) = parts search residual leaves
        let z, n = residual.Inputs[0], residual.Inputs.Length

        let traced isTransposed =
            let body =
                solveGraph residual isTransposed (fun _ apply b ->
                    let flat, rows = Prim.reshape z.Shape, Prim.reshape b.Dims
                    LinearSolves.own rtol (flat >> solver (rows >> apply >> flat) >> rows) apply b)

            Tracing.trace verb Hoisted (Array.append residual.Inputs [| z |]) (fun x -> [| body x |])

        let forward, ofForward = traced false
        let transposed, ofTransposed = traced true
        let further = Array.append ofForward ofTransposed
        let inputs = Tracing.signatures (Array.append arguments further)

        /// z, arguments, values captured by both, b
        let wrapped (g: Graph) first count =
            Tracing.closed (Array.concat [ [| z |]; inputs; [| z |] ]) (fun x ->
                Prim.call g (Array.concat [ x[.. n - 1]; x[x.Length - 1 ..]; Array.sub x (n + first) count ]))

        let forward = wrapped forward 0 ofForward.Length
        let transposed = wrapped transposed ofForward.Length ofTransposed.Length

        let root =
            { Solve = Tracing.closed inputs (fun x -> Prim.call search x[.. n - 2])
              Residual = Tracing.closed (Array.append [| z |] inputs) (fun x -> Prim.call residual x[.. n - 1])
              Batch = [||]
              Linear =
                BySolves
                    { Key = (forward, transposed) :> obj
                      Forward = Derived.from (fun () -> forward)
                      Transposed = Derived.from (fun () -> transposed) } }

        Prim.apply (Root root) (Array.append arguments further)

    let private rootBy verb (options: RootOptions<'Z>) (like: 'Z) (packing: Packing) search residual leaves : Tensor[] =
        match options.Solve, options.Coupling with
        | RootSolve.Dense, RootCoupling.Joint -> rootOf byMatrix search residual leaves
        | RootSolve.Dense, RootCoupling.PerSample -> rootOf bySample search residual leaves
        | RootSolve.Gmres o, _ ->
            rootOf (fun r -> bySolver r (("gmres", o) :> obj) (fun _ _ -> LinearSolves.gmres o)) search residual leaves
        | RootSolve.SameIteration o, _ ->
            let linear r = bySolver r (("same iteration", o) :> obj) (fun _ _ -> LinearSolves.sameIteration o)
            rootOf linear search residual leaves
        | RootSolve.Own(rtol, solver), _ ->
            let ofTree (v: Tensor) = Tree.unflatten like (packing.Unpack v)
            let z = Tree.flatten like

            let toTree what (tree: 'Z) =
                let leaves = Tree.flatten tree
                TracedFunction.checkLike verb what z leaves
                packing.Pack leaves

            let solve (apply: Tensor -> Tensor) b =
                solver (toTree "argument of the map" >> apply >> ofTree) (ofTree b) |> toTree "solver's result"

            rootByOwn verb rtol solve search residual leaves

    // ── argument checks ─────────────────────────────────────────────────────────────────────────────────────────
    /// Raises an exception if a tree cannot be an unknown.
    let private requireUnknown verb (options: RootOptions<'Z>) (z: 'Z) : unit =
        let leaves = Tree.flatten z

        if leaves.Length = 0 then
            raise (TreeException $"{verb}: the root has no tensors. Return one or more from the search.")

        for path, leaf in Tree.leaves z do
            let at = if path = "" then "" else $" at {path}"

            if not leaf.Dtype.IsFloat then
                raise (
                    DtypeException
                        $"{verb}: the root has {leaf.Dtype} {Shape.text leaf.Dims}{at}, expected floats: a root depends differentiably on p. Do not return other values from the search."
                )

            if leaf.Dtype <> leaves[0].Dtype then
                raise (
                    DtypeException
                        $"{verb}: the root has {leaves[0].Dtype} and {leaf.Dtype}{at}, expected one type. Cast one of them, as in cast {leaves[0].Dtype.Case} x."
                )

            match options.Coupling with
            | RootCoupling.Joint -> ()
            | RootCoupling.PerSample ->
                if leaf.Rank = 0 || leaf.Dims[0] <> leaves[0].Dims[0] then
                    let others = if leaves.Length = 1 then "" else $" beside {Shape.text leaves[0].Dims}"

                    raise (
                        ShapeException
                            $"{verb}: RootCoupling.PerSample got a leaf of shape {Shape.text leaf.Dims}{at}{others}, expected a first axis of one extent, the batch, in every leaf. Use RootCoupling.Joint where the unknowns are one system."
                    )

        if leaves |> Array.sumBy (fun x -> x.LongCount) = 0L && (leaves.Length > 1 || leaves[0].Rank > 1) then
            raise (ShapeException $"{verb}: the root has no elements. Return one or more from the search.")

    /// Raises an exception if the residual and the root differ in structure, shape or dtype.
    let private requireLike verb (z: 'Z) (r: 'Z) : unit =
        match Tree.difference (Tree.structure z) (Tree.structure r) with
        | Some sentence ->
            raise (
                TreeException
                    $"{verb}: the root and its residual are different trees: {sentence} Return one residual for each unknown."
            )
        | None -> ()

        for (path, a), b in Seq.zip (Tree.leaves z) (Tree.flatten r) do
            let at = if path = "" then "" else $" at {path}"

            if not (Shape.same a.Dims b.Dims) then
                raise (
                    ShapeException
                        $"{verb}: the residual has shape {Shape.text b.Dims}{at} for a root of shape {Shape.text a.Dims}. Return one residual for each unknown."
                )

            if a.Dtype <> b.Dtype then
                raise (
                    DtypeException
                        $"{verb}: the residual is {b.Dtype}{at} for a root of {a.Dtype}. Cast it, as in cast {a.Dtype.Case} r."
                )

    let private find verb (options: RootOptions<'Z>) (search: 'P -> 'Z) (residual: 'Z -> 'P -> 'Z) (p: 'P) : 'Z =
        RootOptions.check verb options
        let leaves = Tree.flatten p
        let mutable found = ValueNone

        let isDense =
            match options.Solve with
            | RootSolve.Dense -> true
            | _ -> false // all others solve rows

        let packed (z: 'Z) = packing options.Coupling isDense (Tracing.signatures (Tree.flatten z))

        let s =
            Tracing.trace verb Hoisted (Tracing.signatures leaves) (fun x ->
                let z = search (Tree.unflatten p x)
                requireUnknown verb options z
                found <- ValueSome z
                [| (packed z).Pack(Tree.flatten z) |])

        let like: 'Z = found.Value
        let packing = packed like
        let z = (fst s).Outputs[0].Signature

        let r =
            Tracing.trace verb Hoisted (Array.append [| z |] (Tracing.signatures leaves)) (fun x ->
                let r = residual (Tree.unflatten like (packing.Unpack x[0])) (Tree.unflatten p x[1..])
                requireLike verb like r
                [| packing.Pack(Tree.flatten r) |])

        let root = rootBy verb options like packing s r leaves
        Tree.unflatten like (packing.Unpack root[0])

    /// <summary>The root z of residual z p = 0, found by any search. Its derivatives are those of the implicit
    /// function, −(∂r/∂z)⁻¹ ∂r/∂p.</summary>
    /// <param name="search">p → z, a tree of floats of any shapes. The search itself is not differentiated.</param>
    /// <param name="residual">z, p → r, a tree like z with the same shapes; ∂r/∂z must be regular at the root.</param>
    /// <param name="p">The parameters of the root. Values that the residual captures are parameters too.</param>
    /// <returns>The tree z that the search found. A derivative costs O(n³) time and O(n²) memory for n
    /// unknowns.</returns>
    /// <remarks>
    /// All unknowns form one system, which a derivative solves by LU factors of ∂r/∂z; implicitRootWith has other
    /// methods.
    /// </remarks>
    /// <exception cref="T:NeuralDE.TreeException">The root has no tensors, or the residual has another
    /// structure.</exception>
    /// <exception cref="T:NeuralDE.ShapeException">A leaf of the residual has another shape than that of the root, or
    /// the root has no elements.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">The root is not of one float dtype, or a leaf of the residual has
    /// another dtype.</exception>
    let implicitRoot (search: 'P -> 'Z) (residual: 'Z -> 'P -> 'Z) (p: 'P) : 'Z =
        find "implicitRoot" RootOptions<'Z>.defaults search residual p

    /// <summary>Like implicitRoot, with options for the linear systems of its derivatives.</summary>
    /// <param name="options">One system, or one for each sample; solved by LU, GMRES, the root's own iteration or a
    /// custom solver.</param>
    /// <param name="search">p → z, a tree of floats of any shapes. The search itself is not differentiated.</param>
    /// <param name="residual">z, p → r, a tree like z with the same shapes; ∂r/∂z must be regular at the root.</param>
    /// <param name="p">The parameters of the root. Values that the residual captures are parameters too.</param>
    /// <returns>The tree z that the search found. With RootCoupling.PerSample its leaves are [batch; …].</returns>
    /// <remarks>
    /// Forward mode solves (∂r/∂z) ż = −ṙ, reverse mode (∂r/∂z)ᵀ λ = −z̄. These systems are roots themselves, so
    /// derivatives of every order use the same options. Inside a transform, a DerivativeException is raised at run
    /// time. Bai, Kolter, Koltun, Deep Equilibrium Models, 2019; Blondel et al., Efficient and Modular Implicit
    /// Differentiation, 2022.
    /// </remarks>
    /// <exception cref="T:NeuralDE.InputException">An option is out of range.</exception>
    /// <exception cref="T:NeuralDE.TreeException">The root has no tensors, or the residual has another
    /// structure.</exception>
    /// <exception cref="T:NeuralDE.ShapeException">A leaf of the residual has another shape than that of the root; or
    /// the root has no elements, or with PerSample no common first axis.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">The root is not of one float dtype, or a leaf of the residual has
    /// another dtype.</exception>
    /// <exception cref="T:NeuralDE.DerivativeException">A system is not solved to its tolerance (the message states the
    /// norm of the residual and the number of iterations); or with PerSample, samples depend on each other by more than
    /// 1e-6 of the system (1e-3 in float32).</exception>
    let implicitRootWith (options: RootOptions<'Z>) (search: 'P -> 'Z) (residual: 'Z -> 'P -> 'Z) (p: 'P) : 'Z =
        find "implicitRootWith" options search residual p

    /// The same on leaves: the search returns z and its statistics.
    let internal rootWith
        verb
        (search: Tensor[] -> Tensor[])
        (residual: Tensor -> Tensor[] -> Tensor)
        (leaves: Tensor[])
        : Tensor[] =
        let s, captured = Tracing.trace verb Hoisted (Tracing.signatures leaves) search
        let z = s.Outputs[0].Signature
        let inputs = Array.append [| z |] (Tracing.signatures leaves)
        let r = Tracing.trace verb Hoisted inputs (fun x -> [| residual x[0] x[1..] |])
        rootOf byMatrix (s, captured) r leaves
