namespace NeuralDE.Compiler

open NeuralDE

/// Shape and dtype of every operation's result, and what an operation asks of its arguments.
/// Verbs check what users give them and say it in the users' words; these rules guard the graph itself.
module internal Infer =
    let private fail (op: Op) (args: Signature[]) rule : 'a =
        let given = args |> Array.map (fun a -> $"{a.Dtype} {Shape.text a.Shape}") |> String.concat ", "

        raise (GraphException $"{op}: got ({given}), expected {rule}.")

    /// An extent with d − 1 places between neighbours.
    let dilated (n: int) (d: int) : int64 = if n = 0 then 0L else (int64 n - 1L) * int64 d + 1L

    /// The extent of a convolution's result along one axis.
    let convolvedIn (operation: string) (c: Conv) axis (input: int) (kernel: int) : int =
        let low, high = int64 c.Low[axis], int64 c.High[axis]
        // what the kernel moves over, and the kernel, are extents too: the derivatives pad by them
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
            let carried = l.States + l.Controls

            let emission stream (s: Signature) =
                let rows = ValueOption.defaultValue 0 l.Streams[stream].Capacity
                let shape = Array.insertAt l.Batch.Length rows s.Shape
                Shape.sizeIn "loop" shape |> ignore
                { s with Shape = shape }

            let emissions = Array.map2 emission l.StreamOf body[carried .. carried + l.Emits - 1]
            Array.append body[.. carried - 1] emissions

    /// A shape that may have more elements than an argument.
    let private sized (operation: string) (shape: int[]) : int[] =
        Shape.sizeIn operation shape |> ignore
        shape

    let node (op: Op) (args: Signature[]) : Signature =
        let shape i = args[i].Shape
        let first = if args.Length > 0 then args[0].Shape else [||]
        let second = if args.Length > 1 then args[1].Shape else [||]
        let want condition rule = if not condition then fail op args rule

        let count n = if args.Length <> n then fail op args $"{string n} arguments"

        let alike n =
            count n

            for a in args do
                want (Shape.same a.Shape first) "arguments of one shape"

        let sameDtype () =
            for a in args do
                want (a.Dtype = args[0].Dtype) "arguments of one dtype"

        let integer i = want (args[i].Dtype = Int32 || args[i].Dtype = Int64) "integer indices"

        let floating i = want args[i].Dtype.IsFloat "floats"

        let reshaped s = { args[0] with Shape = s }

        match op with
        | Input _ -> fail op args "an input is made with its signature"
        | Constant literal ->
            count 0

            { Dtype = literal.Dtype; Shape = [||] }
        | Data d ->
            count 0

            { Dtype = d.Array.Dtype; Shape = d.Array.Shape }
        | Iota(signature, axis) ->
            count 0
            want (axis < signature.Shape.Length) "an axis of the result"
            Shape.sizeIn "iota" signature.Shape |> ignore
            signature
        | Unary u ->
            count 1

            match (Unaries.about u).Value with
            | UnaryValue.Bools _ -> want (args[0].Dtype = Bool) "bool"
            | UnaryValue.Numbers _ -> want (args[0].Dtype <> Bool) "numbers"
            | UnaryValue.Floats _ -> floating 0

            args[0]
        | Binary b ->
            alike 2
            sameDtype ()

            match b with
            | And
            | Or
            | Xor -> want (not args[0].Dtype.IsFloat) "bools or integers"
            | FoldKey -> want (args[0].Dtype = Int64) "int64 keys"
            | Add
            | Sub
            | Mul
            | Max
            | Min
            | Mod -> want (args[0].Dtype <> Bool) "numbers"
            | Div
            | Pow
            | Atan2 -> floating 0

            args[0]
        | Compare _ ->
            alike 2
            sameDtype ()
            { args[0] with Dtype = Bool }
        | Select ->
            alike 3
            want (args[0].Dtype = Bool && args[1].Dtype = args[2].Dtype) "a bool and two of one dtype"
            args[1]
        | Fma ->
            alike 3
            sameDtype ()
            floating 0
            args[0]
        | Cast dtype ->
            count 1
            { args[0] with Dtype = dtype }
        | Reduce(r, axes) ->
            count 1
            want (axes |> Array.forall (fun a -> a >= 0 && a < first.Length)) "axes of the argument"
            want (axes |> Array.pairwise |> Array.forall (fun (a, b) -> a < b)) "increasing axes"

            match r with
            | Sum -> want (args[0].Dtype <> Bool) "numbers"
            | Maximum -> want (axes |> Array.forall (fun a -> first[a] > 0)) "something to take the maximum of"

            reshaped (Shape.without axes first)
        | ArgMax axis ->
            count 1
            want (first[axis] > 0) "something to take the maximum of"

            { Dtype = Int64; Shape = Array.removeAt axis first }
        | ArgSort axis ->
            count 1
            want (axis < first.Length) "an axis of the argument"
            { args[0] with Dtype = Int64 }
        | CumSum(axis, _) ->
            count 1
            want (axis < first.Length && args[0].Dtype <> Bool) "numbers and an axis of theirs"
            args[0]
        | SearchSorted _ ->
            count 2
            sameDtype ()
            let b = first.Length - 1

            want
                (b >= 0 && second.Length = b + 1 && Shape.same first[.. b - 1] second[.. b - 1])
                "sorted [B…; n] and values [B…; m]"

            { args[1] with Dtype = Int64 }
        | Reshape s ->
            count 1
            want (Shape.size s = Shape.size first) "a shape of the same size"
            reshaped s
        | Permute p ->
            count 1
            want (Array.sort p = Shape.axes first.Length) "a permutation of the axes"
            reshaped (p |> Array.map (fun a -> first[a]))
        | Broadcast(s, axes) ->
            count 1
            want (axes.Length = first.Length) "one axis of the result for each axis"
            want (axes |> Array.pairwise |> Array.forall (fun (a, b) -> a < b)) "increasing axes"
            axes |> Array.iteri (fun i a -> want (s[a] = first[i]) "extents kept along the axes")
            reshaped (sized "broadcast" s)
        | Slice s ->
            count 1
            let rank = first.Length
            want (s.Start.Length = rank && s.Stop.Length = rank && s.Step.Length = rank) "one range for each axis"

            let inside i = s.Start[i] >= 0 && s.Stop[i] <= first[i] && s.Step[i] >= 1

            want (Shape.axes rank |> Array.forall inside) "ranges within the argument"
            reshaped (Array.map3 sliced s.Start s.Stop s.Step)
        | Pad p ->
            count 1
            let rank = first.Length
            want (p.Low.Length = rank && p.High.Length = rank && p.Interior.Length = rank) "one padding for each axis"
            want (Seq.forall (fun n -> n >= 0) (Seq.concat [ p.Low; p.High; p.Interior ])) "padding of 0 or more"
            let along i = Shape.extent "pad" (padded first[i] p.Low[i] p.High[i] p.Interior[i])
            reshaped (sized "pad" (Array.init rank along))
        | Reverse axes ->
            count 1
            want (axes |> Array.forall (fun a -> a >= 0 && a < first.Length)) "axes of the argument"
            args[0]
        | Concat axis ->
            want (args.Length > 0) "at least one argument"
            sameDtype ()

            for a in args do
                want
                    (axis < a.Shape.Length && Shape.same (Array.removeAt axis a.Shape) (Array.removeAt axis first))
                    "shapes equal but along the axis"

            let total = args |> Array.sumBy (fun a -> int64 a.Shape[axis])
            reshaped (sized "concat" (Array.updateAt axis (Shape.extent "concat" total) first))
        | Gather batch ->
            count 2
            integer 1
            want (first.Length > batch && second.Length = batch + 1) "operand [B…; n; F…] and indices [B…; m]"
            want (Shape.same first[.. batch - 1] second[.. batch - 1]) "equal batch axes"
            want (first[batch] > 0 || second[batch] = 0) "something to gather from"
            reshaped (sized "gather" (Array.updateAt batch second[batch] first))
        | Scatter(_, batch) ->
            count 3
            integer 1
            want (first.Length > batch && second.Length = batch + 1) "operand [B…; n; F…] and indices [B…; m]"
            want (Shape.same first[.. batch - 1] second[.. batch - 1]) "equal batch axes"

            want
                (args[2].Dtype = args[0].Dtype && Shape.same (shape 2) (Array.updateAt batch second[batch] first))
                "updates [B…; m; F…]"

            args[0]
        | Dot ->
            count 2
            sameDtype ()
            let a, b, r = first, second, first.Length

            want
                (r >= 2 && b.Length = r && Shape.same a[.. r - 3] b[.. r - 3] && a[r - 1] = b[r - 2])
                "[B…; m; k] and [B…; k; n]"

            reshaped (sized "matmul" (Array.append a[.. r - 2] [| b[r - 1] |]))
        | Op.Conv c ->
            count 2
            sameDtype ()
            let x, k, d = first, second, first.Length - 3

            want
                (d >= 1 && k.Length = x.Length && x[1] = k[0] && x[2] = k[2])
                "input [N; G; C; S…] and kernel [G; O; C; K…]"

            want
                ([ c.Stride; c.Low; c.High; c.DilateInput; c.DilateKernel ] |> List.forall (fun p -> p.Length = d))
                "one parameter for each spatial axis"

            // one group of one example is counted in 32 bits
            let fits what channels (extents: int[]) =
                let n = Shape.sizeIn "conv" (Array.append channels extents)

                if n > int64 System.Int32.MaxValue then
                    raise (
                        ShapeException
                            $"conv: one group of the {what} has {string n} elements, expected at most {string System.Int32.MaxValue}. Use smaller images, or fewer channels at once."
                    )

            let places = Array.init d (fun i -> convolved c i x[i + 3] k[i + 3])
            fits "input" [| x[2] |] x[3..]
            fits "kernel" [| k[2] |] k[3..]
            fits "result" [| k[1] |] places
            reshaped (sized "conv" (Array.append [| x[0]; x[1]; k[1] |] places))
        | Fft _ ->
            count 1
            let r = first.Length
            floating 0
            want (r >= 2 && first[r - 1] = 2) "[B…; n; 2]"

            // tables of roots are arrays of their own, up to eight times as long
            if first[r - 2] > 268435456 then
                raise (
                    ShapeException
                        $"fft: got {string (first[r - 2])} elements along the axis, expected at most 268435456."
                )
            args[0]
        | Cholesky
        | Lu ->
            count 1
            let r = first.Length
            floating 0
            want (r >= 2 && first[r - 1] = first[r - 2]) "square matrices"
            args[0]
        | Pivots ->
            count 1
            let r = first.Length
            want (r >= 2 && first[r - 1] = first[r - 2]) "square matrices"

            { Dtype = Int64; Shape = first[.. r - 2] }
        | TriangularSolve _ ->
            count 2
            sameDtype ()
            let a, b, r = first, second, first.Length

            want
                (r >= 2 && a[r - 1] = a[r - 2] && b.Length = r && Shape.same a[.. r - 2] b[.. r - 2])
                "[B…; n; n] and [B…; n; m]"

            args[1]
        | Random(_, signature) ->
            count 1
            want (args[0].Dtype = Int64) "int64 keys"

            let shape = Array.append first signature.Shape
            Shape.sizeIn "random" shape |> ignore
            { signature with Shape = shape }
        | StopGradient ->
            count 1
            args[0]
        | Check _ ->
            want (args.Length > 0) "at least one argument"
            args[0]
        | Apply _ -> { Dtype = Float64; Shape = [||] } // a bundle: only its outputs have shapes
        | Output _ -> fail op args "an output is made with its signature"
