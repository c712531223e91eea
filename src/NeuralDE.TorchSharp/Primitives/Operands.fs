namespace NeuralDE.LibTorch

open NeuralDE.Internal.Graph
open NeuralDE.LibTorch.Names

/// The arguments of one primitive as libtorch takes them. Arrays in managed memory with more than one element are uploaded
/// before: here an argument is a tensor or one number.
[<Sealed>]
type internal Operands(device: TorchDevice, args: Signature[], seats: Seat[]) =
    let fill shape (v: Held) = struct (Values.fill device shape v.Number, true)

    /// An argument whose shape is not needed: a number that represents a shape is 0-d. The flag: made for this call.
    let loose i (v: Held[]) : struct (Tensor * bool) =
        match seats[i] with
        | OnDevice -> struct (v[i].Tensor, false)
        | OnHost -> fill args[i].Shape v[i]
        | Splat -> fill [||] v[i]

    /// An argument in its own shape.
    let whole i (v: Held[]) : struct (Tensor * bool) =
        match seats[i] with
        | OnDevice -> struct (v[i].Tensor, false)
        | OnHost
        | Splat -> fill args[i].Shape v[i]

    let drop (struct (t: Tensor, isNew)) = if isNew then t.Dispose()

    member _.Device = device
    member _.Signatures = args
    member _.IsNumber i = seats[i] <> OnDevice

    member _.One(f: Tensor -> Tensor) : Held[] -> Tensor =
        if seats[0] = OnDevice then
            fun v -> f v[0].Tensor
        else
            fun v ->
                let struct (x, _) as a = whole 0 v
                let result = f x
                drop a
                result

    member private _.TwoBy(find, f: Tensor -> Tensor -> Tensor) : Held[] -> Tensor =
        if seats[0] = OnDevice && seats[1] = OnDevice then
            fun v -> f v[0].Tensor v[1].Tensor
        else
            fun v ->
                let struct (x, _) as a = find 0 v
                let struct (y, _) as b = find 1 v
                let result = f x y
                drop a
                drop b
                result

    member private _.ThreeBy(find, f: Tensor -> Tensor -> Tensor -> Tensor) : Held[] -> Tensor =
        fun v ->
            let struct (x, _) as a = find 0 v
            let struct (y, _) as b = find 1 v
            let struct (z, _) as c = find 2 v
            let result = f x y z
            drop a
            drop b
            drop c
            result

    /// Two arguments that broadcast.
    member o.Two(f) : Held[] -> Tensor = o.TwoBy(loose, f)

    /// Two arguments in their own shapes.
    member o.TwoWhole(f) : Held[] -> Tensor = o.TwoBy(whole, f)

    /// Three arguments that broadcast.
    member o.Three(f) : Held[] -> Tensor = o.ThreeBy(loose, f)

    /// Three arguments in their own shapes.
    member o.ThreeWhole(f) : Held[] -> Tensor = o.ThreeBy(whole, f)

    /// All arguments in their own shapes.
    member _.All(f: Tensor[] -> Tensor) : Held[] -> Tensor =
        fun v ->
            let found = Array.init args.Length (fun i -> whole i v)
            let result = f (found |> Array.map (fun (struct (t, _)) -> t))
            Array.iter drop found
            result

    /// A tensor and a number.
    member _.WithNumber(tensor: int, number: int, f: Tensor -> Scalar -> Tensor) : Held[] -> Tensor =
        fun v ->
            use c = Values.scalar v[number].Number
            f v[tensor].Tensor c

    /// A tensor of an argument in its own shape that the caller owns.
    member _.Owned(i: int, v: Held[]) : Tensor =
        match whole i v with
        | struct (t, true) -> t
        | struct (t, false) -> t.alias ()
