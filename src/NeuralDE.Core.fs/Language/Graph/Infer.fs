namespace NeuralDE.Internal.Graph

open NeuralDE

/// Shape and dtype of every operation's result, and the checks of its arguments. The verbs check the user's arguments
/// first and use the user's terms in their messages; these rules only guard the graph.
module internal Infer =
    let private fail (op: Op) (args: Signature[]) rule : 'a =
        let given = args |> Array.map (fun a -> $"{a.Dtype} {Shape.text a.Shape}") |> String.concat ", "

        raise (GraphException $"{op}: got ({given}), expected {rule}.")

    /// An extent with d − 1 gaps between neighbouring elements.
    let dilated (n: int) (d: int) : int64 = if n = 0 then 0L else (int64 n - 1L) * int64 d + 1L

    /// The extent of a convolution's result along one axis.
    let convolvedIn (operation: string) (c: Conv) axis (input: int) (kernel: int) : int =
        let low, high = int64 c.Low[axis], int64 c.High[axis]
        // the padded input and the dilated kernel must be valid extents too, because the derivatives pad by them
        let over = dilated input c.DilateInput[axis] + low + high
        let under = dilated kernel c.DilateKernel[axis]
        let room = int64 (Shape.extent operation (max 0L over)) - int64 (Shape.extent operation under)
        if over < under then 0 else int (room / int64 c.Stride[axis] + 1L)

    let convolved (c: Conv) axis (input: int) (kernel: int) : int = convolvedIn "conv" c axis input kernel

    let sliced (start: int) (stop: int) (step: int) : int =
        if stop <= start then
            0
        else
            int ((int64 stop - int64 start + int64 step - 1L) / int64 step)

    /// The extent of a padded axis.
    let padded (n: int) (low: int) (high: int) (interior: int) : int64 =
        int64 low + int64 high + int64 n + (max 0L (int64 n - 1L)) * int64 interior

    /// The results of a function node on arguments of these signatures.
    let outputs (fn: Fn) (args: Signature[]) : Signature[] =
        let ofGraph (g: Graph) = g.Outputs |> Array.map (fun n -> n.Signature)

        match fn with
        | Call(g, _)
        | Cond(g, _) -> ofGraph g
        | Custom c -> ofGraph c.Primal
        | Root r -> ofGraph r.Solve
        | Host h -> h.Outputs
        | Pullback p ->
            [| for i in 0 .. p.Wanted.Length - 1 do
                   if p.Wanted[i] then args[i] |]
        | Loop l ->
            let body = ofGraph l.Body
            let carried = l.States + l.Registers

            let emission stream (s: Signature) =
                let rows = ValueOption.defaultValue 0 l.Streams[stream].Capacity
                let shape = Array.insertAt l.Batch.Length rows s.Shape
                Shape.sizeIn "loop" shape |> ignore
                { s with Shape = shape }

            let emissions = Array.map2 emission l.StreamOf body[carried .. carried + l.Emits - 1]
            Array.append body[.. carried - 1] emissions

    /// A shape that may have more elements than the arguments.
    let private sized (operation: string) (shape: int[]) : int[] =
        Shape.sizeIn operation shape |> ignore
        shape

    // Checks of a node's arguments. The first violated one determines the message.

    let private want (op: Op) (args: Signature[]) condition rule = if not condition then fail op args rule

    let private count (op: Op) (args: Signature[]) n = if args.Length <> n then fail op args $"{string n} arguments"

    let private sameDtype (op: Op) (args: Signature[]) =
        for a in args do
            want op args (a.Dtype = args[0].Dtype) "arguments of one dtype"

    let private alike (op: Op) (args: Signature[]) n =
        count op args n

        for a in args do
            want op args (Shape.same a.Shape args[0].Shape) "arguments of one shape"

    let private integer (op: Op) (args: Signature[]) i =
        want op args (args[i].Dtype = Int32 || args[i].Dtype = Int64) "integer indices"

    let private floating (op: Op) (args: Signature[]) i = want op args args[i].Dtype.IsFloat "floats"

    let private reshaped (args: Signature[]) shape = { args[0] with Shape = shape }

    // ── leaves ───────────────────────────────────────────────────────────────────────────────────────────────────
    let private leaf (op: Op) (args: Signature[]) dtype shape =
        count op args 0

        { Dtype = dtype; Shape = shape }

    let private iota (op: Op) (args: Signature[]) (signature: Signature) axis =
        count op args 0
        want op args (axis < signature.Shape.Length) "an axis of the result"
        Shape.sizeIn "iota" signature.Shape |> ignore
        signature

    let private random (op: Op) (args: Signature[]) (signature: Signature) =
        count op args 1
        want op args (args[0].Dtype = Int64) "int64 keys"

        let shape = Array.append args[0].Shape signature.Shape
        Shape.sizeIn "random" shape |> ignore
        { signature with Shape = shape }

    // ── element by element ───────────────────────────────────────────────────────────────────────────────────────
    /// One argument of any dtype; the result has its signature.
    let private same (op: Op) (args: Signature[]) =
        count op args 1
        args[0]

    let private unary (op: Op) (args: Signature[]) (u: Unary) =
        count op args 1

        match (Unaries.about u).Value with
        | UnaryValue.Bools _ -> want op args (args[0].Dtype = Bool) "bool"
        | UnaryValue.Numbers _ -> want op args (args[0].Dtype <> Bool) "numbers"
        | UnaryValue.Floats _ -> floating op args 0

        args[0]

    let private binary (op: Op) (args: Signature[]) (b: Binary) =
        alike op args 2
        sameDtype op args

        match b with
        | And
        | Or
        | Xor -> want op args (not args[0].Dtype.IsFloat) "bools or integers"
        | FoldKey -> want op args (args[0].Dtype = Int64) "int64 keys"
        | Add
        | Sub
        | Mul
        | Max
        | Min
        | Mod -> want op args (args[0].Dtype <> Bool) "numbers"
        | Div
        | Pow
        | Atan2 -> floating op args 0

        args[0]

    let private compare (op: Op) (args: Signature[]) =
        alike op args 2
        sameDtype op args
        { args[0] with Dtype = Bool }

    let private select (op: Op) (args: Signature[]) =
        alike op args 3
        want op args (args[0].Dtype = Bool && args[1].Dtype = args[2].Dtype) "a bool and two of one dtype"
        args[1]

    let private fma (op: Op) (args: Signature[]) =
        alike op args 3
        sameDtype op args
        floating op args 0
        args[0]

    let private cast (op: Op) (args: Signature[]) dtype =
        count op args 1
        { args[0] with Dtype = dtype }

    // ── along axes ───────────────────────────────────────────────────────────────────────────────────────────────
    let private reduce (op: Op) (args: Signature[]) (r: Reduce) (axes: int[]) =
        count op args 1
        let first = args[0].Shape
        want op args (axes |> Array.forall (fun a -> a >= 0 && a < first.Length)) "axes of the argument"
        want op args (axes |> Array.pairwise |> Array.forall (fun (a, b) -> a < b)) "increasing axes"

        match r with
        | Sum -> want op args (args[0].Dtype <> Bool) "numbers"
        | Maximum -> want op args (axes |> Array.forall (fun a -> first[a] > 0)) "non-empty reduced axes"

        reshaped args (Shape.without axes first)

    let private argMax (op: Op) (args: Signature[]) axis =
        count op args 1
        let first = args[0].Shape
        want op args (first[axis] > 0) "a non-empty axis"

        { Dtype = Int64; Shape = Array.removeAt axis first }

    let private argSort (op: Op) (args: Signature[]) axis =
        count op args 1
        want op args (axis < args[0].Shape.Length) "an axis of the argument"
        { args[0] with Dtype = Int64 }

    let private cumSum (op: Op) (args: Signature[]) axis =
        count op args 1
        want op args (axis < args[0].Shape.Length && args[0].Dtype <> Bool) "numbers and an axis of the argument"
        args[0]

    let private searchSorted (op: Op) (args: Signature[]) =
        count op args 2
        sameDtype op args
        let first, second = args[0].Shape, args[1].Shape
        let b = first.Length - 1

        want
            op
            args
            (b >= 0 && second.Length = b + 1 && Shape.same first[.. b - 1] second[.. b - 1])
            "sorted [B…; n] and values [B…; m]"

        { args[1] with Dtype = Int64 }

    // ── movement ─────────────────────────────────────────────────────────────────────────────────────────────────
    let private reshape (op: Op) (args: Signature[]) (shape: int[]) =
        count op args 1
        want op args (Shape.size shape = Shape.size args[0].Shape) "a shape of the same size"
        reshaped args shape

    let private permute (op: Op) (args: Signature[]) (p: int[]) =
        count op args 1
        let first = args[0].Shape
        want op args (Array.sort p = Shape.axes first.Length) "a permutation of the axes"
        reshaped args (p |> Array.map (fun a -> first[a]))

    let private broadcast (op: Op) (args: Signature[]) (shape: int[]) (axes: int[]) =
        count op args 1
        let first = args[0].Shape
        want op args (axes.Length = first.Length) "one axis of the result for each axis"
        want op args (axes |> Array.pairwise |> Array.forall (fun (a, b) -> a < b)) "increasing axes"
        axes |> Array.iteri (fun i a -> want op args (shape[a] = first[i]) "equal extents along the axes")
        reshaped args (sized "broadcast" shape)

    let private slice (op: Op) (args: Signature[]) (s: Slice) =
        count op args 1
        let first = args[0].Shape
        let rank = first.Length
        want op args (s.Start.Length = rank && s.Stop.Length = rank && s.Step.Length = rank) "one range for each axis"

        let inside i = s.Start[i] >= 0 && s.Stop[i] <= first[i] && s.Step[i] >= 1

        want op args (Shape.axes rank |> Array.forall inside) "ranges within the argument"
        reshaped args (Array.map3 sliced s.Start s.Stop s.Step)

    let private pad (op: Op) (args: Signature[]) (p: Pad) =
        count op args 1
        let first = args[0].Shape
        let rank = first.Length
        let isWhole = p.Low.Length = rank && p.High.Length = rank && p.Interior.Length = rank
        want op args isWhole "one padding for each axis"
        want op args (Seq.forall (fun n -> n >= 0) (Seq.concat [ p.Low; p.High; p.Interior ])) "padding of 0 or more"
        let along i = Shape.extent "pad" (padded first[i] p.Low[i] p.High[i] p.Interior[i])
        reshaped args (sized "pad" (Array.init rank along))

    let private reverse (op: Op) (args: Signature[]) (axes: int[]) =
        count op args 1
        want op args (axes |> Array.forall (fun a -> a >= 0 && a < args[0].Shape.Length)) "axes of the argument"
        args[0]

    let private concat (op: Op) (args: Signature[]) axis =
        want op args (args.Length > 0) "at least one argument"
        sameDtype op args
        let first = args[0].Shape

        for a in args do
            want
                op
                args
                (axis < a.Shape.Length && Shape.same (Array.removeAt axis a.Shape) (Array.removeAt axis first))
                "shapes that differ only along the axis"

        let total = args |> Array.sumBy (fun a -> int64 a.Shape[axis])
        reshaped args (sized "concat" (Array.updateAt axis (Shape.extent "concat" total) first))

    /// Rows of an operand and their indices, after `batch` leading axes that both have.
    let private indexed (op: Op) (args: Signature[]) batch =
        let first, second = args[0].Shape, args[1].Shape
        integer op args 1
        want op args (first.Length > batch && second.Length = batch + 1) "operand [B…; n; F…] and indices [B…; m]"
        want op args (Shape.same first[.. batch - 1] second[.. batch - 1]) "equal batch axes"

    let private gather (op: Op) (args: Signature[]) batch =
        count op args 2
        indexed op args batch
        let first, second = args[0].Shape, args[1].Shape
        want op args (first[batch] > 0 || second[batch] = 0) "a non-empty axis to gather from"
        reshaped args (sized "gather" (Array.updateAt batch second[batch] first))

    let private scatter (op: Op) (args: Signature[]) batch =
        count op args 3
        indexed op args batch
        let first, second, third = args[0].Shape, args[1].Shape, args[2].Shape

        want
            op
            args
            (args[2].Dtype = args[0].Dtype && Shape.same third (Array.updateAt batch second[batch] first))
            "updates [B…; m; F…]"

        args[0]

    // ── contractions ─────────────────────────────────────────────────────────────────────────────────────────────
    let private dot (op: Op) (args: Signature[]) =
        count op args 2
        sameDtype op args
        let a, b, r = args[0].Shape, args[1].Shape, args[0].Shape.Length

        want
            op
            args
            (r >= 2 && b.Length = r && Shape.same a[.. r - 3] b[.. r - 3] && a[r - 1] = b[r - 2])
            "[B…; m; k] and [B…; k; n]"

        reshaped args (sized "matmul" (Array.append a[.. r - 2] [| b[r - 1] |]))

    /// The elements of one group of one example are counted in int32.
    let private fitsGroup what channels (extents: int[]) =
        let n = Shape.sizeIn "conv" (Array.append channels extents)

        if n > int64 System.Int32.MaxValue then
            raise (
                ShapeException
                    $"conv: one group of the {what} has {string n} elements, expected at most {string System.Int32.MaxValue}. Use smaller images, or fewer channels at once."
            )

    let private conv (op: Op) (args: Signature[]) (c: Conv) =
        count op args 2
        sameDtype op args
        let x, k, d = args[0].Shape, args[1].Shape, args[0].Shape.Length - 3

        want
            op
            args
            (d >= 1 && k.Length = x.Length && x[1] = k[0] && x[2] = k[2])
            "input [N; G; C; S…] and kernel [G; O; C; K…]"

        want
            op
            args
            ([ c.Stride; c.Low; c.High; c.DilateInput; c.DilateKernel ] |> List.forall (fun p -> p.Length = d))
            "one parameter for each spatial axis"

        let places = Array.init d (fun i -> convolved c i x[i + 3] k[i + 3])
        fitsGroup "input" [| x[2] |] x[3..]
        fitsGroup "kernel" [| k[2] |] k[3..]
        fitsGroup "result" [| k[1] |] places
        reshaped args (sized "conv" (Array.append [| x[0]; x[1]; k[1] |] places))

    let private fft (op: Op) (args: Signature[]) =
        count op args 1
        let first = args[0].Shape
        let r = first.Length
        floating op args 0
        want op args (r >= 2 && first[r - 1] = 2) "[B…; n; 2]"

        // the table of roots of unity is a separate array, up to eight times as long
        if first[r - 2] > 268435456 then
            raise (
                ShapeException $"fft: got {string (first[r - 2])} elements along the axis, expected at most 268435456."
            )

        args[0]

    // ── linear algebra ───────────────────────────────────────────────────────────────────────────────────────────
    let private square (op: Op) (args: Signature[]) =
        let first = args[0].Shape
        let r = first.Length
        want op args (r >= 2 && first[r - 1] = first[r - 2]) "square matrices"

    let private factor (op: Op) (args: Signature[]) =
        count op args 1
        floating op args 0
        square op args
        args[0]

    let private pivots (op: Op) (args: Signature[]) =
        count op args 1
        square op args
        let first = args[0].Shape

        { Dtype = Int64; Shape = first[.. first.Length - 2] }

    let private triangularSolve (op: Op) (args: Signature[]) =
        count op args 2
        sameDtype op args
        let a, b, r = args[0].Shape, args[1].Shape, args[0].Shape.Length

        want
            op
            args
            (r >= 2 && a[r - 1] = a[r - 2] && b.Length = r && Shape.same a[.. r - 2] b[.. r - 2])
            "[B…; n; n] and [B…; n; m]"

        args[1]

    let private check (op: Op) (args: Signature[]) =
        want op args (args.Length > 0) "at least one argument"
        args[0]

    /// The signature of an operation's result, from the signatures of its arguments. Raises GraphException if they do
    /// not fit.
    let node (op: Op) (args: Signature[]) : Signature =
        match op with
        | Input _ -> fail op args "an input is made with its signature"
        | Constant literal -> leaf op args literal.Dtype [||]
        | Data d -> leaf op args d.Array.Dtype d.Array.Shape
        | Iota(signature, axis) -> iota op args signature axis
        | Unary u -> unary op args u
        | Binary b -> binary op args b
        | Compare _ -> compare op args
        | Select -> select op args
        | Fma -> fma op args
        | Cast dtype -> cast op args dtype
        | Reduce(r, axes) -> reduce op args r axes
        | ArgMax axis -> argMax op args axis
        | ArgSort axis -> argSort op args axis
        | CumSum(axis, _) -> cumSum op args axis
        | SearchSorted _ -> searchSorted op args
        | Reshape shape -> reshape op args shape
        | Permute p -> permute op args p
        | Broadcast(shape, axes) -> broadcast op args shape axes
        | Slice s -> slice op args s
        | Pad p -> pad op args p
        | Reverse axes -> reverse op args axes
        | Concat axis -> concat op args axis
        | Gather batch -> gather op args batch
        | Scatter(_, batch) -> scatter op args batch
        | Dot -> dot op args
        | Op.Conv c -> conv op args c
        | Fft _ -> fft op args
        | Cholesky
        | Lu -> factor op args
        | Pivots -> pivots op args
        | TriangularSolve _ -> triangularSolve op args
        | Random(_, signature) -> random op args signature
        | StopGradient -> same op args
        | Check _ -> check op args
        | Apply _ -> { Dtype = Float64; Shape = [||] } // an intermediate node: only its outputs have shapes
        | Output _ -> fail op args "an output is made with its signature"
