namespace NeuralDE.LibTorch

open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.LibTorch.Names

/// What every primitive is in libtorch: a function from the values of its arguments to a new tensor. One total match.
module internal TorchPrimitives =
    let private binary (o: Operands) (b: Binary) : Held[] -> Tensor =
        let dtype = o.Signatures[0].Dtype

        let byNumber tensor number isLeft =
            if o.IsNumber number && not (o.IsNumber tensor) && dtype.IsFloat then
                Elementwise.withNumber b isLeft |> ValueOption.map (fun f -> o.WithNumber(tensor, number, f))
            else
                ValueNone

        byNumber 0 1 false
        |> ValueOption.orElseWith (fun () -> byNumber 1 0 true)
        |> ValueOption.defaultWith (fun () ->
            if o.IsNumber 0 && o.IsNumber 1 then
                o.TwoWhole(Elementwise.binary b dtype)
            else
                o.Two(Elementwise.binary b dtype))

    let private compare (o: Operands) (c: Compare) : Held[] -> Tensor =
        match o.IsNumber 0, o.IsNumber 1 with
        | false, true -> o.WithNumber(0, 1, Elementwise.compareNumber c)
        | true, false -> o.WithNumber(1, 0, Elementwise.compareNumber (Elementwise.mirrored c))
        | true, true -> o.TwoWhole(Elementwise.compare c)
        | false, false -> o.Two(Elementwise.compare c)

    let private select (o: Operands) : Held[] -> Tensor =
        if o.IsNumber 0 then // one flag for all elements
            fun v -> o.Owned((if v[0].Number.Flags[0] then 1 else 2), v)
        elif o.IsNumber 2 && not (o.IsNumber 1) then
            fun v ->
                use k = Values.scalar v[2].Number
                use other = v[0].Tensor.logical_not()
                v[1].Tensor.masked_fill(other, k)
        elif o.IsNumber 1 && not (o.IsNumber 2) then
            fun v ->
                use k = Values.scalar v[1].Number
                v[2].Tensor.masked_fill(v[0].Tensor, k)
        else
            o.Three(fun c x y -> T.where (c, x, y))

    /// libtorch rounds α x + y once on CUDA and in its vector loops, and twice in the rest of these loops.
    let private fma (o: Operands) : Held[] -> Tensor =
        let scaled number factor : Held[] -> Tensor =
            fun v ->
                use a = Values.scalar v[number].Number
                v[2].Tensor.add(v[factor].Tensor, a)

        match o.IsNumber 0, o.IsNumber 1, o.IsNumber 2 with
        | true, false, false -> scaled 0 1
        | false, true, false -> scaled 1 0
        | _ -> o.ThreeWhole(fun x y z -> T.addcmul (z, x, y, Making.float 1.0))

    let private elementwise (o: Operands) (op: Op) : (Held[] -> Tensor) voption =
        let dtype () = o.Signatures[0].Dtype

        match op with
        | Unary u -> ValueSome(o.One(Elementwise.unary u (dtype ())))
        | Binary b -> ValueSome(binary o b)
        | Compare c -> ValueSome(compare o c)
        | Select -> ValueSome(select o)
        | Fma -> ValueSome(fma o)
        | Cast target -> ValueSome(o.One(Elementwise.cast (dtype ()) target))
        | _ -> ValueNone

    let private movement (o: Operands) (op: Op) (shape: int[]) : (Held[] -> Tensor) voption =
        let target = Transfer.longs shape

        match op with
        | Reshape _ -> ValueSome(o.One(fun x -> x.reshape target))
        | Permute p -> ValueSome(o.One(fun x -> x.permute (Transfer.longs p)))
        | Broadcast(s, axes) -> ValueSome(o.One(Movement.broadcast s axes))
        | Op.Slice c -> ValueSome(o.One(Movement.slice c o.Signatures[0].Shape))
        | Op.Pad p -> ValueSome(o.One(Movement.pad p shape o.Signatures[0].Shape))
        | Reverse axes -> ValueSome(o.One(fun x -> x.flip (Transfer.longs axes)))
        | Concat axis -> ValueSome(o.All(Movement.concat axis))
        | StopGradient -> ValueSome(o.One(fun x -> x.alias ()))
        | _ -> ValueNone

    let private indexing (o: Operands) (op: Op) (shape: int[]) : (Held[] -> Tensor) voption =
        let first () = o.Signatures[0]

        match op with
        | Gather batch -> ValueSome(o.TwoWhole(Indexing.gather batch (first ()).Shape shape))
        | Op.Scatter(kind, batch) -> ValueSome(o.ThreeWhole(Indexing.scatter kind batch shape (first ()).Dtype))
        | SearchSorted right -> ValueSome(o.TwoWhole(Indexing.searchSorted right (first ()).Dtype))
        | _ -> ValueNone

    let private alongAxes (o: Operands) (op: Op) (s: Signature) : (Held[] -> Tensor) voption =
        let isEmpty () = Shape.size o.Signatures[0].Shape = 0L

        match op with
        | Iota(s, axis) -> ValueSome(fun _ -> Axes.iota o.Device s axis)
        | Reduce(Maximum, _) when isEmpty () -> ValueNone
        | Reduce(r, axes) -> ValueSome(o.One(Axes.reduce r axes s.Dtype))
        | ArgMax _ when isEmpty () -> ValueNone
        | ArgMax axis -> ValueSome(o.One(Axes.argMax axis))
        | ArgSort axis -> ValueSome(o.One(Axes.argSort axis))
        | CumSum(axis, reverse) -> ValueSome(o.One(Axes.cumSum axis reverse))
        | Fft _ when isEmpty () -> ValueSome(o.One(fun x -> x.alias ())) // MKL refuses it
        | Fft inverse -> ValueSome(o.One(Axes.fourier inverse))
        | _ -> ValueNone

    let private linear (o: Operands) (op: Op) (shape: int[]) : (Held[] -> Tensor) voption =
        let shapeOf i = o.Signatures[i].Shape

        match op with
        | Dot when o.Signatures[0].Dtype.IsFloat -> ValueSome(o.TwoWhole(Linear.dot shape (shapeOf 0) (shapeOf 1)))
        | Op.Conv c when o.Signatures[0].Dtype.IsFloat ->
            Convolution.conv c shape (shapeOf 0) (shapeOf 1) |> ValueOption.map o.TwoWhole
        | Cholesky -> ValueSome(o.One Linear.cholesky)
        | TriangularSolve(lower, transpose, unit) -> ValueSome(o.TwoWhole(Linear.triangularSolve lower transpose unit))
        | Pivots when Shape.size shape > 0L -> ValueSome(o.One Linear.pivots)
        | Lu -> ValueSome(o.One(Linear.lu shape[shape.Length - 1]))
        | _ -> ValueNone

    /// ValueNone: libtorch lacks it for these dtypes or shapes, and the library's own engine computes it on copies.
    let make (device: TorchDevice) (op: Op) (s: Signature) (args: Signature[]) (seats: Seat[]) =
        let o = Operands(device, args, seats)

        match op with
        | Unary _
        | Binary _
        | Compare _
        | Select
        | Fma
        | Cast _ -> elementwise o op
        | Reduce _
        | ArgMax _
        | ArgSort _
        | CumSum _
        | Fft _
        | Iota _ -> alongAxes o op s
        | Reshape _
        | Permute _
        | Broadcast _
        | Op.Slice _
        | Op.Pad _
        | Reverse _
        | StopGradient
        | Concat _ -> movement o op s.Shape
        | SearchSorted _
        | Gather _
        | Op.Scatter _ -> indexing o op s.Shape
        | Dot
        | Op.Conv _
        | Cholesky
        | TriangularSolve _
        | Pivots
        | Lu -> linear o op s.Shape
        | Op.Random(kind, rest) -> ValueSome(o.One(RandomNumbers.draw kind s.Dtype s.Shape rest.Shape))
        | Input _
        | Constant _
        | Data _
        | Check _
        | Apply _
        | Output _ -> raise (GraphException $"{Print.name op} is not computed by a kernel")
