namespace NeuralDE.Internal.Calculus

open System.Collections.Generic
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Engine
open NeuralDE.Internal.Tensor

/// vmap of closed graphs and of function nodes: the rows are a new leading axis. If the flags of a loop do not depend
/// on the row, the loop stays joint and the rows are an axis of its data. Otherwise every row counts its own
/// iterations, and all carried values are by row.
module internal Batch =
    let private toRows n (x: Tensor, isBatched) = if isBatched then x else Prim.rows n x
    let private first (x: Tensor, _: bool) = x
    let private all n = Array.create n true
    let private none n = Array.create n false

    let private withRows n (signatures: Signature[]) (on: bool[]) =
        Array.map2
            (fun (s: Signature) isOn -> if isOn then { s with Shape = Array.append [| n |] s.Shape } else s)
            signatures
            on

    /// From this number of rows on, a branch may run on the gathered rows that take it: the gather then costs less than
    /// it saves.
    let private leastForSome = 64

    let rec vmapAt (g: Graph) n (x: (Tensor * bool)[]) : (Tensor * bool)[] =
        let values = Dictionary<Node, Tensor * bool>(HashIdentity.Reference)
        let bundles = Dictionary<Node, (Tensor * bool)[]>(HashIdentity.Reference)

        for node in g.Order do
            match node.Op with
            | Input i -> values[node] <- x[i]
            | Output i -> values[node] <- bundles[node.Args[0]][i]
            | Apply fn -> bundles[node] <- vmapFn fn n (node.Args |> Array.map (fun a -> values[a]))
            | op -> // a primitive
                let args = node.Args |> Array.map (fun a -> values[a])

                values[node] <-
                    if args |> Array.exists snd then
                        BatchRules.batch op n args, true
                    else
                        Tensor.Apply(op, args |> Array.map first), false

        g.Outputs |> Array.map (fun node -> values[node])

    /// The batched graph, and which of its outputs are by row; `forced` requires some to be.
    and vmapGraph (g: Graph) n (on: bool[]) (forced: bool[]) : Graph * bool[] =
        g.Memo(
            Transform.Batched(n, on, forced),
            fun () ->
                let mutable byRow = [||]

                let batched =
                    Tracing.closed (withRows n g.Inputs on) (fun x ->
                        let y = vmapAt g n (Array.zip x on)
                        byRow <- Array.map2 (fun (_, isBatched) isForced -> isBatched || isForced) y forced
                        Array.map2 (fun y isForced -> if isForced then toRows n y else first y) y forced)

                let row = ValueSome { Graph = g; Rows = n; Inputs = on; Outputs = byRow }
                batched.OfRow <- lazy row
                (batched, byRow)
        )

    /// The batched loop, which of its arguments and outputs are by row, and whether it is joint.
    and private vmapLoop (l: Loop) n (on: bool[]) : Loop * bool[] * bool[] * bool =
        let carried = l.States + l.Registers
        let outputs = carried + l.Emits
        let captured = on[carried..]
        let probe carries = snd (vmapGraph l.Body n (Array.append carries captured) (none l.Body.Outputs.Length))

        let carries = on[.. carried - 1] |> Masks.fixpoint (fun c -> Array.map2 (||) c (Array.take carried (probe c)))

        let byRow = probe carries

        // with an unlimited number of emissions, each row counts its own
        let canBeJoint = l.Batch.Length = 0 && l.Streams |> Array.forall (fun s -> s.Capacity.IsSome || s.Emits = 0)

        if canBeJoint && not (Masks.any byRow[outputs..]) then
            let body =
                fst (
                    vmapGraph l.Body n (Array.append carries captured) (Array.append carries (none (l.Emits + l.Flags)))
                )
            { l with Body = body },
            Array.append carries captured,
            Array.append carries byRow[carried .. outputs - 1],
            true
        else
            let body = fst (vmapGraph l.Body n (Array.append (all carried) captured) (all l.Body.Outputs.Length))

            { l with Body = body; Batch = Array.append [| n |] l.Batch },
            Array.append (all carried) captured,
            all outputs,
            false

    and vmapFn (fn: Fn) n (x: (Tensor * bool)[]) : (Tensor * bool)[] =
        let on = Array.map snd x
        let byRow (y: Tensor) = y, true

        if not (Masks.any on) then
            Prim.apply fn (Array.map first x) |> Array.map (fun y -> y, false)
        else
            match fn with
            | Call(g, kind) ->
                let h, out = vmapGraph g n on (none g.Outputs.Length)
                standRows g h n on out
                Array.zip (Prim.apply (Call(h, kind)) (Array.map first x)) out
            | Cond(t, e) when on[0] -> condByRow t e n x |> Array.map byRow
            | Cond(t, e) ->
                let branch (g: Graph) = fst (vmapGraph g n on[1..] (all g.Outputs.Length))
                Prim.apply (Cond(branch t, branch e)) (Array.map first x) |> Array.map byRow
            | Root r -> Prim.apply (Root(rootByRow r n on)) (Array.map first x) |> Array.map byRow
            | Custom c -> Prim.apply (Custom(customByRow c n on)) (Array.map first x) |> Array.map byRow
            | Host h -> Prim.apply (Host(rowByRow h n on)) (Array.map first x) |> Array.map byRow
            | Loop l when endsByRow l n on ->
                let at = l.States + l.Registers
                loopRows (Guarded.loop l) n (Array.insertAt at (Prim.literal Bool 1.0, false) x) |> Array.removeAt at
            | Loop l -> loopRows l n x
            | Pullback p when endsByRow p.Of n (Array.map2 (||) on[.. p.Wanted.Length - 1] p.Wanted) ->
                let at = p.Of.States + p.Of.Registers
                let without = Array.insertAt at false

                match Derive.pullbackOf (Guarded.loop p.Of) (without p.Wanted) (without p.Given) with
                | Pullback guarded -> pullbackRows guarded n (Array.insertAt at (Prim.literal Bool 1.0, false) x)
                | fn -> raise (GraphException $"{fn} is not the sweep of a loop")
            | Pullback p -> pullbackRows p n x

    and private rootByRow (r: Root) n (on: bool[]) : Root =
        let graph (g: Graph) on = fst (vmapGraph g n on (all g.Outputs.Length))

        let ofResidual = Array.append [| true |] on
        let rows (g: Derived<Graph>) on = Derived.from (fun () -> graph g.Value on)

        let linear =
            match r.Linear with
            | ByMatrix slope -> ByMatrix(rows slope ofResidual)
            | BySolves solves ->
                let ofSolve = Array.append ofResidual [| true |]

                BySolves
                    { Key = ("rows", n, List.ofArray on, solves.Key) :> obj
                      Forward = rows solves.Forward ofSolve
                      Transposed = rows solves.Transposed ofSolve }

        { Solve = graph r.Solve on
          Residual = graph r.Residual ofResidual
          Batch = Array.append [| n |] r.Batch
          Linear = linear }

    /// The cotangent of an argument without rows is summed over the rows.
    and private customByRow (c: Custom) n (on: bool[]) : Custom =
        let rule =
            lazy
                (let r = c.Rule.Value
                 let allOn = Array.append on (all (r.Inputs.Length - on.Length))

                 Tracing.closed (withRows n r.Inputs allOn) (fun x ->
                     vmapAt r n (Array.zip x allOn)
                     |> Array.mapi (fun i y ->
                         let rows = toRows n y
                         if on[i] then rows else Prim.sumOver [| 0 |] rows)))

        let primal = fst (vmapGraph c.Primal n on (all c.Primal.Outputs.Length))
        { Primal = primal; Rule = rule; Forward = c.Forward }

    /// Registers the batched stand-in for the batched graph, unless other outputs of it are by row.
    and private standRows (g: Graph) (h: Graph) n on out =
        match UnderDerivative.standIn g with
        | ValueSome other when not (obj.ReferenceEquals(g, h)) ->
            let rows =
                lazy
                    (match vmapGraph other.Value n on out with
                     | rows, by when by = out -> rows
                     | _ -> h)

            UnderDerivative.stand h rows
        | _ -> ()

    /// If some row takes the first branch, runs both and selects by row; otherwise runs only the second. The first
    /// branch of a loop contains the rare work (dense output, events, probes). The checks of a branch inspect only the
    /// rows that take it.
    and private condByRow t e n (x: (Tensor * bool)[]) : Tensor[] =
        let on = Array.map snd x[1..]
        let condition = first x[0]

        let branch (g: Graph) (x: Tensor[]) (isChosen: Tensor) =
            let x = Array.zip x on
            let rows =
                if Guarded.hasChecks g then
                    vmapAt (Guarded.graph g) n (Array.append x [| isChosen, true |])
                else
                    vmapAt g n x

            Array.map (toRows n) rows

        let choose condition (a: Tensor) b = Prim.select (Prim.broadcast a.Dims [| 0 |] condition) a b
        let arguments = Array.append [| condition |] (Array.map first x[1..])
        let inputs = Tracing.signatures arguments

        let all =
            Tracing.closed inputs (fun x ->
                Array.map2 (choose x[0]) (branch t x[1..] x[0]) (branch e x[1..] (Prim.isNot x[0])))

        // only if no derivative goes through the first branch, because sums over rows would be sums over other rows
        let isConstant = not (Masks.any (Activity.activeOutputs t (t.Inputs |> Array.map (fun s -> s.Dtype.IsFloat))))

        let both =
            if isConstant && n >= leastForSome && not (Guarded.hasChecks t) then
                someRows t n on (fun x -> branch e x[1..] (Prim.isNot x[0])) all inputs
            else
                all

        let second = Tracing.closed inputs (fun x -> branch e x[1..] (Prim.isNot x[0]))
        let isAny = Prim.compareTo Greater (Prim.sum (Prim.cast Int32 condition)) 0.0
        Prim.apply (Cond(both, second)) (Array.append [| isAny |] arguments)

    /// The first branch on the gathered rows that take it, if these are at most a quarter of all rows; otherwise `all`.
    /// Rows are independent, so the results are the same.
    and private someRows t n (on: bool[]) (second: Tensor[] -> Tensor[]) (all: Graph) inputs : Graph =
        let room = n / 4

        let some =
            Tracing.closed inputs (fun x ->
                let isTaken = Prim.cast Int32 x[0]
                let outside = Prim.fill Int32 [| n |] (float room)
                let place = Prim.plus -1.0 (Prim.cast Int32 (Prim.cumSum 0 false isTaken))
                let free = Prim.fill Int32 [| room |] (float n)
                let rows = Prim.iota Int32 [| n |] 0
                // the indices of the rows that take the branch, padded with n; index n gathers the last row and is
                // ignored by the scatter
                let taken = Prim.scatter ScatterSet 0 free (Prim.select x[0] place outside) rows
                let known = Prim.binary Min taken (Prim.fill Int32 [| room |] (float (n - 1)))
                let gathered = Array.map2 (fun a isByRow -> if isByRow then Prim.gather 0 a known else a) x[1..] on
                let results = vmapAt t room (Array.zip gathered on) |> Array.map (toRows room)
                Array.map2 (fun others found -> Prim.scatter ScatterSet 0 others taken found) (second x) results)

        Tracing.closed inputs (fun x ->
            let count = Prim.sum (Prim.cast Int32 x[0])
            Prim.apply (Cond(some, all)) (Array.append [| Prim.compareTo LessEqual count (float room) |] x))

    /// Whether a loop with checks continues for rows that have ended.
    and private endsByRow (l: Loop) n (on: bool[]) : bool =
        l.Batch.Length = 0 && Guarded.hasChecks l.Body && (let _, _, _, isJoint = vmapLoop l n on in not isJoint)

    and private loopRows (l: Loop) n (x: (Tensor * bool)[]) : (Tensor * bool)[] =
        let loop, byRowArguments, byRowOutputs, isJoint = vmapLoop l n (Array.map snd x)
        let arguments = Array.map2 (fun a isByRow -> if isByRow then toRows n a else first a) x byRowArguments
        let y = Prim.apply (Loop loop) arguments
        let carried = l.States + l.Registers
        // in the emissions of a joint loop, the iterations' axis precedes the rows' axis
        Array.mapi2
            (fun i (y: Tensor) isByRow ->
                if isJoint && isByRow && i >= carried then
                    Prim.permute (Shape.moving y.Rank 1 0) y, true
                else
                    y, isByRow)
            y
            byRowOutputs

    and private pullbackRows (p: Pullback) n (x: (Tensor * bool)[]) : (Tensor * bool)[] =
        // a wanted cotangent is by row, so its argument must be, too
        let inputs, carried = p.Wanted.Length, p.Of.States + p.Of.Registers
        let primal = Array.map2 (||) (Array.map snd x[.. inputs - 1]) p.Wanted
        let loop, byRowArguments, byRowOutputs, isJoint = vmapLoop p.Of n primal
        let given = [| 0 .. p.Given.Length - 1 |] |> Array.filter (fun j -> p.Given[j])

        let cotangents =
            Array.map2
                (fun j w ->
                    if not byRowOutputs[j] then
                        Prim.sumOver [| 0 |] (toRows n w) // the output is shared by all rows, so it does not depend on inputs by row
                    elif isJoint && j >= carried then
                        let w = toRows n w
                        Prim.permute (Shape.moving w.Rank 0 1) w
                    else
                        toRows n w)
                given
                x[inputs..]

        let arguments =
            Array.map2 (fun a isByRow -> if isByRow then toRows n a else first a) x[.. inputs - 1] byRowArguments

        Prim.apply (Derive.pullbackOf loop p.Wanted p.Given) (Array.append arguments cotangents)
        |> Array.map (fun y -> y, true)

    /// A host function, called once for each row.
    and private rowByRow (h: Host) n (on: bool[]) : Host =
        let row (a: NdArray) i =
            let shape = a.Shape[1..]
            let width = Shape.stored h.Name shape
            let part = NdArray.Zeros(a.Dtype, shape)
            System.Array.Copy(a.Data, i * width, part.Data, 0, width)
            part

        let runHere (args: NdArray[]) =
            let outputs = h.Outputs |> Array.map (fun s -> NdArray.Zeros(s.Dtype, Array.append [| n |] s.Shape))

            for i in 0 .. n - 1 do
                let y = h.Run(Array.map2 (fun a isOn -> if isOn then row a i else a) args on)
                Array.iter2
                    (fun (o: NdArray) (y: NdArray) -> System.Array.Copy(y.Data, 0, o.Data, i * y.Length, y.Length))
                    outputs
                    y

            outputs

        /// The same for arrays of an executor: rows are taken and joined on its device.
        let runElsewhere (args: NdArray[]) =
            let rowOf i (a: NdArray) = (Prim.pick 0 i (Tensor.OfArray a)).Numbers
            let ys = Array.init n (fun i -> h.Run(Array.map2 (fun a isOn -> if isOn then rowOf i a else a) args on))

            let joined k (s: Signature) =
                if n = 0 then
                    NdArray.Zeros(s.Dtype, Array.append [| n |] s.Shape)
                else
                    (ys |> Array.map (fun y -> Tensor.OfArray y[k]) |> Prim.stack 0).Numbers

            Array.mapi joined h.Outputs

        let run (args: NdArray[]) = if isNull (Placement.ofArgs args) then runHere args else runElsewhere args

        { Name = h.Name
          Outputs = withRows n h.Outputs (all h.Outputs.Length)
          Run = run
          Jvp = fun m -> rowByRow (h.Jvp m) n (Array.append on (Masks.pickBy m on))
          Vjp =
            fun wanted given ->
                let rows = rowByRow (h.Vjp wanted given) n (Array.append on (all (given |> Array.filter id).Length))
                // cotangents of arguments that all rows share are summed
                let shared = Masks.pickBy wanted on |> Array.map not
                sumRows rows shared }

    and private sumRows (h: Host) (shared: bool[]) : Host =
        let collapse (a: NdArray) =
            let sum = if isNull a.Buffer then Evaluate.primitive else Execute.primitive
            sum (Reduce(Sum, [| 0 |])) { Dtype = a.Dtype; Shape = a.Shape[1..] } [| a |]

        let some f xs = Array.map2 (fun isShared x -> if isShared then f x else x) shared xs

        { h with
            Outputs = some (fun s -> { s with Shape = s.Shape[1..] }) h.Outputs
            Run = fun args -> h.Run args |> some collapse
            Jvp = fun m -> sumRows (h.Jvp m) shared
            Vjp =
                fun _ _ ->
                    raise (
                        DerivativeException
                            $"{h.Name}: second derivatives of a host function under vmap are not available. Put vmap inside it."
                    ) }
