namespace NeuralDE.Internal.Calculus

open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor

/// Where a cotangent or tangent can be non-zero; elsewhere it is zero by construction (a mask over elements). The flags
/// are computed when an operation needs them, so an unused condition costs nothing.
[<RequireQualifiedAccess>]
type internal Condition =
    /// In these parts of a tensor, from slices. Known without numbers.
    | Parts of whole: Tensor * Slice list
    /// Where the bools are true.
    | Flags of Lazy<Tensor>

/// Propagates the masks of non-zero tangents and cotangents. `where`, maxima and slices create a mask, movements pass it on,
/// and the rules of element-wise operations apply it. Rules therefore never compute 0·∞ on the branch that was not taken,
/// for derivatives of any order.
module internal Conditions =
    let private partFlags (whole: Tensor) (s: Slice) : Tensor =
        let taken = Array.map3 Infer.sliced s.Start s.Stop s.Step
        let until i = s.Start[i] + int (Infer.padded taken[i] 0 0 (s.Step[i] - 1))
        let high = Array.init whole.Rank (fun i -> whole.Dims[i] - until i)
        // large arrays are computed during the run instead of now
        let fill shape x = Prim.broadcast shape [||] (Tensor.LiteralBeside(whole, Bool, x))

        if Shape.size taken = 0L then
            fill whole.Dims 0.0
        else
            Prim.pad s.Start high (Array.map (fun step -> step - 1) s.Step) (fill taken 1.0)

    let flags (condition: Condition) : Tensor =
        match condition with
        | Condition.Parts(whole, []) -> Prim.fill Bool whole.Dims 0.0
        | Condition.Parts(whole, parts) -> parts |> List.map (partFlags whole) |> List.reduce Prim.either
        | Condition.Flags flags -> flags.Value

    let lazily (make: unit -> Tensor) = Condition.Flags(lazy (make ()))

    /// The union of two conditions; None: everywhere.
    let either (a: Condition option) (b: Condition option) : Condition option =
        match a, b with
        | None, _
        | _, None -> None
        | Some(Condition.Parts(whole, p)), Some(Condition.Parts(_, q)) -> Some(Condition.Parts(whole, q @ p))
        | Some(Condition.Flags p), Some(Condition.Flags q) when obj.ReferenceEquals(p, q) -> a
        | Some p, Some q ->
            Some(
                lazily (fun () ->
                    let p, q = flags p, flags q
                    if obj.ReferenceEquals(p, q) then p else Prim.either p q)
            )

    let both (a: Condition option) (flag: unit -> Tensor) : Condition option =
        match a with
        | None -> Some(lazily flag)
        | Some a -> Some(lazily (fun () -> Prim.both (flags a) (flag ())))

    let map (f: Tensor -> Tensor) (a: Condition option) : Condition option =
        a |> Option.map (fun a -> lazily (fun () -> f (flags a)))

    /// The largest number of positions that are counted one by one.
    let private few = 4096

    let private places (shape: int[]) (s: Slice) : seq<int> =
        let along axis = seq { s.Start[axis] .. s.Step[axis] .. s.Stop[axis] - 1 }

        Shape.axes shape.Length
        |> Array.fold
            (fun at axis ->
                seq {
                    for i in at do
                        for j in along axis -> i * shape[axis] + j
                })
            (Seq.singleton 0)

    /// Which positions along the axes the parts cover, given that they cover all other axes completely.
    let private covered (axes: int[]) (shape: int[]) (parts: Slice list) : bool[] =
        let narrow (all: int[]) = axes |> Array.map (fun axis -> all[axis])
        let taken = Array.create (int (Shape.size (narrow shape))) false

        for s in parts do
            for i in places (narrow shape) { Start = narrow s.Start; Stop = narrow s.Stop; Step = narrow s.Step } do
                taken[i] <- true

        taken

    /// Joins adjacent parts along one axis: many elements picked one by one become few parts.
    let private joined axis (shape: int[]) (parts: Slice list) : Slice list =
        let ends (s: Slice) =
            if s.Step[axis] = 1 then
                [ s.Start[axis], s.Stop[axis] ]
            else
                [ for i in s.Start[axis] .. s.Step[axis] .. s.Stop[axis] - 1 -> i, i + 1 ]

        let join (found: (int * int) list) (start, stop) =
            match found with
            | (first, last) :: others when start <= last -> (first, max last stop) :: others
            | _ -> (start, stop) :: found

        parts
        |> List.collect ends
        |> List.filter (fun (start, stop) -> start < stop)
        |> List.sort
        |> List.fold join []
        |> List.map (fun (start, stop) ->
            { Start = Array.updateAt axis start (Array.create shape.Length 0)
              Stop = Array.updateAt axis stop shape
              Step = Array.create shape.Length 1 })

    /// Whether strided parts cover an axis completely, such as evens and odds.
    let private takesTurns axis (shape: int[]) (parts: Slice list) : bool =
        let n = shape[axis]

        let isTaken step (among: Slice list) start =
            among
            |> List.exists (fun s ->
                s.Start[axis] = start && Infer.sliced start s.Stop[axis] step = Infer.sliced start n step)

        parts
        |> List.groupBy (fun s -> s.Step[axis])
        |> List.exists (fun (step, among) ->
            step <= among.Length && Seq.forall (isTaken step among) (seq { 0 .. step - 1 }))

    /// None if the parts cover the whole tensor: the condition then holds everywhere.
    let settled (a: Condition option) : Condition option =
        match a with
        | Some(Condition.Parts(whole, parts)) ->
            let shape = whole.Dims
            let isPartial axis (s: Slice) = s.Start[axis] > 0 || s.Stop[axis] < shape[axis] || s.Step[axis] > 1
            let axes = Shape.axes shape.Length |> Array.filter (fun axis -> List.exists (isPartial axis) parts)
            let extent = axes |> Array.fold (fun n axis -> min (int64 few + 1L) n * int64 shape[axis]) 1L

            match axes with
            | [||] -> None
            | [| axis |] when takesTurns axis shape parts -> None
            | [| axis |] when parts |> List.forall (fun s -> s.Step[axis] = 1 || shape[axis] <= few) ->
                match joined axis shape parts with
                | [ one ] when not (isPartial axis one) -> None
                | fewer when fewer.Length < parts.Length -> Some(Condition.Parts(whole, fewer))
                | _ -> a
            | _ when extent <= int64 few && Array.forall id (covered axes shape parts) -> None
            | _ -> a
        | Some(Condition.Flags _)
        | None -> a

    /// Converts parts of the result of a Reshape to parts of its argument, if only axes of extent 1 are added or
    /// removed, as for picking one element; otherwise ValueNone.
    let private reshaped (from: int[]) (target: int[]) (parts: Slice list) : Slice list voption =
        let wide (shape: int[]) = Shape.axes shape.Length |> Array.filter (fun axis -> shape[axis] <> 1)
        let old, now = wide from, wide target

        if Array.map (fun a -> from[a]) old <> Array.map (fun a -> target[a]) now then
            ValueNone
        else
            let move (s: Slice) : Slice =
                let start, stop, step =
                    Array.create from.Length 0, Array.create from.Length 1, Array.create from.Length 1

                Array.iter2
                    (fun o n ->
                        start[o] <- s.Start[n]
                        stop[o] <- s.Stop[n]
                        step[o] <- s.Step[n])
                    old
                    now

                { Start = start; Stop = stop; Step = step }

            ValueSome(List.map move parts)

    /// Converts parts of a slice's result to parts of its argument.
    let private within (s: Slice) (part: Slice) : Slice =
        { Start = Array.init s.Start.Length (fun i -> s.Start[i] + s.Step[i] * part.Start[i])
          Stop = Array.init s.Start.Length (fun i -> s.Start[i] + s.Step[i] * (part.Stop[i] - 1) + 1)
          Step = Array.map2 (*) s.Step part.Step }

    let private some (f: Tensor -> Tensor) (m: Tensor) = Prim.compareTo Greater (f (Prim.cast Int32 m)) 0.0

    /// A slice starts a condition, as parts if possible; flags are padded with false to the argument's shape.
    let private pullSlice (s: Slice) (x: Tensor) (a: Condition option) : Condition option =
        let put (m: Tensor) =
            if Shape.size m.Dims = 0L then
                Prim.fill Bool x.Dims 0.0
            else
                let high i = x.Dims[i] - s.Start[i] - int (Infer.padded m.Dims[i] 0 0 (s.Step[i] - 1))
                Prim.pad s.Start (Array.init m.Rank high) (Array.map (fun step -> step - 1) s.Step) m

        match a with
        | None -> Some(Condition.Parts(x, [ s ]))
        | Some(Condition.Parts(_, parts)) -> Some(Condition.Parts(x, List.map (within s) parts))
        | Some(Condition.Flags _) -> map put a

    let private pullReshape (x: Tensor) (a: Condition option) : Condition option =
        match a with
        | Some(Condition.Parts(whole, parts)) ->
            match reshaped x.Dims whole.Dims parts with
            | ValueSome parts -> Some(Condition.Parts(x, parts))
            | ValueNone -> map (Prim.reshape x.Dims) a
        | Some(Condition.Flags _)
        | None -> map (Prim.reshape x.Dims) a

    /// A gather of rows starts a condition, unless it is a permutation: `order` is the operation that made the indices,
    /// and sorting takes every row.
    let private pullGather batch (x: Tensor[]) (y: Tensor) (order: Op) (a: Condition option) : Condition option =
        let isPermutation =
            match order with
            | ArgSort _ -> Shape.same x[0].Dims[..batch] x[1].Dims
            | _ -> false

        let taken =
            if isPermutation && a.IsNone then
                None
            else
                Some(Option.defaultValue (lazily (fun () -> Prim.fill Bool y.Dims 1.0)) a)

        let scattered (m: Tensor) =
            let zeros = Prim.fill Int32 x[0].Dims 0.0
            Prim.compareTo Greater (Prim.scatter ScatterAdd batch zeros x[1] (Prim.cast Int32 m)) 0.0

        map scattered taken

    let private pullScatter (kind: Scatter) batch (x: Tensor[]) (y: Tensor) (a: Condition option) : Condition option[] =
        let updates = a |> map (fun m -> Prim.gather batch m x[1])

        match kind with
        | ScatterAdd -> [| a; None; updates |]
        | ScatterMax ->
            let isTheirs () = Prim.compare Equal x[2] (Prim.gather batch y x[1])
            [| both a (fun () -> Prim.compare Equal x[0] y); None; both updates isTheirs |]
        | ScatterSet ->
            let kept () =
                Prim.scatter ScatterSet batch (Prim.fill Bool x[0].Dims 1.0) x[1] (Prim.fill Bool x[2].Dims 0.0)

            [| both a kept; None; updates |]

    /// Propagates a condition through an operation that does not start one, to each argument; None: everywhere.
    let private pullMoved (op: Op) (x: Tensor[]) (a: Condition option) : Condition option[] =
        let moved f = map f a

        match op with
        | Unary _
        | Binary _
        | Fma
        | Cast _ -> Array.create x.Length a
        | Reduce(Sum, axes) -> [| moved (Prim.unreduce x[0].Dims axes) |]
        | Permute p -> [| moved (Prim.permute (Shape.invert p)) |]
        | Op.Pad p ->
            let stop i = p.Low[i] + int (Infer.padded x[0].Dims[i] 0 0 p.Interior[i])
            [| moved (fun m -> Prim.slice p.Low (Array.init m.Rank stop) (Array.map ((+) 1) p.Interior) m) |]
        | Reverse axes -> [| moved (Prim.reverse axes) |]
        | Concat axis ->
            let starts = x |> Array.scan (fun at part -> at + part.Dims[axis]) 0
            x |> Array.mapi (fun i _ -> moved (Prim.range axis starts[i] starts[i + 1]))
        | Broadcast(shape, axes) -> [| moved (some (Prim.sumOver (Shape.others shape.Length axes))) |]
        | CumSum(axis, isReverse) -> [| moved (some (Prim.cumSum axis (not isReverse))) |]
        | Check _ -> Array.init x.Length (fun i -> if i = 0 then a else None)
        | _ -> Array.create x.Length None // operations that mix elements drop the condition

    /// Propagates the non-zero mask through the operation's VJP, to each argument; None: everywhere. For a gather,
    /// `order` is the operation that made its indices.
    let pull (op: Op) (x: Tensor[]) (y: Tensor) (order: Op) (a: Condition option) : Condition option[] =
        match op with
        | Op.Slice s -> [| pullSlice s x[0] a |]
        | Reshape _ -> [| pullReshape x[0] a |]
        | Reduce(Maximum, axes) ->
            let spread = Prim.unreduce x[0].Dims axes
            [| both (map spread a) (fun () -> Prim.compare Equal x[0] (spread y)) |]
        | Gather batch ->
            let condition = pullGather batch x y order a
            Array.init x.Length (fun i -> if i = 0 then condition else None)
        | Scatter(kind, batch) when y.Dims[batch] > 0 -> pullScatter kind batch x y a
        | Select -> [| None; both a (fun () -> x[0]); both a (fun () -> Prim.isNot x[0]) |]
        | Binary Max ->
            [| both a (fun () -> Prim.compare GreaterEqual x[0] x[1])
               both a (fun () -> Prim.compare GreaterEqual x[1] x[0]) |]
        | Binary Min ->
            [| both a (fun () -> Prim.compare LessEqual x[0] x[1])
               both a (fun () -> Prim.compare LessEqual x[1] x[0]) |]
        | _ when a.IsNone -> Array.create x.Length None
        | op -> pullMoved op x a // all others propagate it

    /// The condition of a result from those of its arguments' tangents (inner None: everywhere; outer None: no
    /// tangent).
    let push (op: Op) (x: Tensor[]) (a: Condition option option[]) : Condition option =
        let moved f = map f (Option.flatten a[0])

        match op with
        | Select ->
            let side index flag = a[index] |> Option.map (fun c -> both c flag)

            match side 1 (fun () -> x[0]), side 2 (fun () -> Prim.isNot x[0]), a[1], a[2] with
            | Some t, None, _, _ -> t
            | None, Some e, _, _ -> e
            | Some t, Some e, Some(Some _), Some(Some _) -> either t e
            | _ -> None
        | Binary(Max | Min as kind) ->
            let wins = if kind = Max then GreaterEqual else LessEqual

            match a[0], a[1] with
            | Some c, None -> both c (fun () -> Prim.compare wins x[0] x[1])
            | None, Some c -> both c (fun () -> Prim.compare wins x[1] x[0])
            | _ -> None
        | Unary _
        | Binary _
        | Fma
        | Cast _ -> a |> Array.choose id |> Array.reduce either
        | Reshape shape -> moved (Prim.reshape shape)
        | Permute p -> moved (Prim.permute p)
        | Broadcast(shape, axes) -> moved (Prim.broadcast shape axes)
        | Op.Slice s -> moved (Prim.slice s.Start s.Stop s.Step)
        | Op.Pad p -> moved (Prim.pad p.Low p.High p.Interior)
        | Reverse axes -> moved (Prim.reverse axes)
        | Gather batch -> moved (fun m -> Prim.gather batch m x[1])
        | Reduce(Sum, axes) -> moved (some (Prim.sumOver axes))
        | Check _ -> Option.flatten a[0]
        | _ -> None // operations that mix elements or join tensors drop the condition

    /// Whether the rule of an operation returns a cotangent unchanged or negated: zero stays zero.
    let passes (op: Op) =
        match op with
        | Binary(Add | Sub)
        | Unary Neg
        | Cast _ -> true
        | _ -> false // all other rules multiply by a derivative that may be infinite

    /// x where the condition holds, otherwise zero.
    let under (condition: Condition option) (x: Tensor) : Tensor =
        match condition with
        | None -> x
        | Some condition -> Prim.select (flags condition) x (Prim.zerosLike x)
