namespace NeuralDE.LibTorch

open System
open System.Collections.Generic
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor
open NeuralDE.LibTorch.Names

/// A function of libtorch's tensors as a node of this library's graphs. Its derivatives are such functions again, of every
/// order: the pullback is autograd's, and the tangent is the derivative of the pullback by its cotangent.
module internal TapedFunction =
    /// An argument as a leaf of libtorch's tape; on the device of `place`.
    let private leaf (place: TorchDevice) (a: NdArray) : Tensor =
        let t =
            match a.Buffer with
            | :? TorchBuffer as b -> b.Tensor.detach ()
            | _ -> Transfer.upload place a

        t.requires_grad_ a.Dtype.IsFloat

    let private deviceOf (args: NdArray[]) : struct (Device * TorchDevice) voption =
        args
        |> Array.tryPick (fun a ->
            match a.Buffer with
            | :? TorchBuffer as b -> Some(struct (b.Device, b.Tensor.device))
            | _ -> None)
        |> function
            | Some found -> ValueSome found
            | None -> ValueNone

    /// A result where the arguments are.
    let private back (place: struct (Device * TorchDevice) voption) (s: Signature) (t: Tensor) : NdArray =
        use plain = t.detach ()

        match place with
        | ValueSome(struct (owner, device)) ->
            let bytes = Shape.size s.Shape * int64 s.Dtype.Size
            NdArray.In(TorchBuffer.Of(owner, device, plain.alias (), bytes), s.Dtype, s.Shape)
        | ValueNone -> NdArray(s.Dtype, s.Shape, Transfer.download s.Dtype s.Shape plain)

    /// The cotangents of xs. TorchSharp's autograd.grad ends the process for an output without a tape: those are left out.
    let private sweep (ys: Tensor[]) (xs: Tensor[]) (cotangents: Tensor[]) : Tensor[] =
        let taped = Array.zip ys cotangents |> Array.filter (fun (y, _) -> y.requires_grad)

        if taped.Length = 0 then
            xs |> Array.map (fun x -> x.zeros_like ())
        else
            let found = T.autograd.grad (Array.map fst taped, xs, Array.map snd taped, true, true, true)

            Array.ofSeq found
            |> Array.map2
                (fun (x: Tensor) (g: Tensor) ->
                    if obj.ReferenceEquals(g, null) || g.IsInvalid then x.zeros_like () else g)
                xs

    let private where (chosen: bool[]) (xs: 'T[]) : 'T[] =
        [| for i in 0 .. chosen.Length - 1 do
               if chosen[i] then xs[i] |]

    /// `run` calls f with leaves of the tape, which it may replace by others with the same numbers. `home`: the device for
    /// arguments in managed memory.
    let rec host
        (name: string)
        (home: unit -> TorchDevice)
        (run: Tensor[] -> (Tensor[] -> Tensor[]) -> Tensor[])
        (f: Tensor[] -> Tensor[])
        (inputs: Signature[])
        (outputs: Signature[])
        : Host =
        { Name = name
          Outputs = outputs
          Run =
            fun args ->
                use _ = T.NewDisposeScope()
                use _ = T.enable_grad ()
                let place = deviceOf args

                let device =
                    match place with
                    | ValueSome(struct (_, found)) -> found
                    | ValueNone -> home ()

                let leaves = args |> Array.map (leaf device)
                run leaves f |> Array.map2 (back place) outputs
          Jvp =
            fun on ->
                let pushed (args: Tensor[]) =
                    let x, tangents = args[.. inputs.Length - 1], args[inputs.Length ..]
                    let ys = f x
                    let cotangents = ys |> Array.map (fun y -> y.zeros_like().requires_grad_ true)
                    sweep (sweep ys (where on x) cotangents) cotangents tangents

                host $"{name}, pushed" home run pushed (Array.append inputs (where on inputs)) outputs
          Vjp =
            fun wanted given ->
                let pulled (args: Tensor[]) =
                    let x, cotangents = args[.. inputs.Length - 1], args[inputs.Length ..]
                    sweep (where given (f x)) (where wanted x) cotangents

                host $"{name}, pulled" home run pulled (Array.append inputs (where given outputs)) (where wanted inputs) }

/// <summary>A module of TorchSharp as a function of its parameters and an input, with derivatives of every order.</summary>
/// <remarks>
/// The parameters are a tree under the names of the module's state_dict, so gradients, optimisers and checkpoints are this
/// library's: <c>Train.start f.Parameters (Adam 1e-3) |> Train.run (fun p -> loss (f.Apply p))</c>. The module itself keeps
/// its numbers until <c>Load</c>. It is set to evaluation mode: dropout, or statistics that each call changes, would make a
/// solve depend on how often it calls its field. Only one thread at a time calls it.
/// </remarks>
[<Sealed>]
type TorchModule(m: TorchSharp.torch.nn.Module<TorchSharp.torch.Tensor, TorchSharp.torch.Tensor>) =
    do m.eval ()
    let gate = obj ()
    let parameters () : Tensor[] = [| for struct (_, p) in m.named_parameters () -> p :> Tensor |]
    let names = [| for struct (name, _) in m.named_parameters () -> name |]

    let dtypeOf (name: string) (p: Tensor) : Dtype =
        match p.dtype with
        | ScalarType.Float64 -> Float64
        | ScalarType.Float32 -> Float32
        | other ->
            raise (
                DtypeException
                    $"TorchModule: parameter {name} has type {other}, expected Float32 or Float64. Convert the module with `.to(ScalarType.Float32)`."
            )

    let arrayOf (name: string) (p: Tensor) : NdArray =
        let dtype, shape = dtypeOf name p, p.shape |> Array.map int
        use plain = p.detach ()
        NdArray(dtype, shape, Transfer.download dtype shape plain)

    let expectNames (given: Map<string, NeuralDE.Tensor>) =
        let got = given |> Map.toSeq |> Seq.map fst |> set

        if got <> set names then
            let text (s: string seq) = String.Join(", ", Seq.sort s)

            raise (
                TreeException
                    $"TorchModule: got parameters {text got}, expected those of the module: {text names}. Begin with its Parameters."
            )

    let home () : TorchDevice =
        match parameters () with
        | [||] -> T.CPU
        | own -> own[0].device

    let expectDevice (own: Tensor[]) (given: Tensor[]) =
        for p, v in Array.zip own given do
            if p.device.ToString() <> v.device.ToString() then
                raise (
                    DeviceException
                        $"TorchModule: the module is on {p.device}, its arguments are on {v.device}, expected one device. Move the module with `.to`, or the arguments with Tree.toDevice."
                )

    /// Runs f on the module's own parameters, which meanwhile borrow the memory of the given ones, and the other leaves.
    let withParameters (leaves: Tensor[]) (f: Tensor[] -> Tensor[]) : Tensor[] =
        lock gate (fun () ->
            let own = parameters ()
            let given = leaves[.. own.Length - 1]
            expectDevice own given
            let kept = own |> Array.map (fun p -> struct (p.detach (), p.requires_grad))

            let put (p: Tensor) (value: Tensor) (isTaped: bool) =
                p.set_ (value.detach ()) |> ignore
                // autograd.grad ends the process for a parameter that is not on the tape, such as a frozen one
                p.requires_grad_ isTaped |> ignore

            let restore () =
                use _ = T.no_grad ()
                Array.iter2 (fun p (struct (value, isTaped)) -> put p value isTaped) own kept

            try
                (use _ = T.no_grad ()
                 Array.iter2 (fun p v -> put p v true) own given)

                f (Array.append own leaves[own.Length ..])
            finally
                restore ())

    /// The result for an input of this signature.
    let outputOf (s: Signature) : Signature =
        use _ = T.NewDisposeScope()
        use _ = T.no_grad ()
        let x = Transfer.zeros (home ()) s.Dtype s.Shape
        let y = lock gate (fun () -> m.forward x)
        { s with Shape = y.shape |> Array.map int }

    let call (all: Tensor[]) : Tensor[] = [| m.forward all[all.Length - 1] |]

    let hosts = Dictionary<string, Host>()

    /// One host for each signature, since hosts are compared by reference.
    let hostFor (inputs: Signature[]) : Host =
        let key = inputs |> Array.map (fun s -> $"{s.Dtype} {Shape.text s.Shape}") |> String.concat ", "

        lock hosts (fun () ->
            match hosts.TryGetValue key with
            | true, known -> known
            | _ ->
                let output = outputOf inputs[inputs.Length - 1]
                let made = TapedFunction.host "TorchSharp module" home withParameters call inputs [| output |]
                hosts[key] <- made
                made)

    /// <summary>The module's parameters, copied, under the names of its state_dict.</summary>
    member _.Parameters: Map<string, NeuralDE.Tensor> =
        Map
            [ for struct (name, p) in m.named_parameters () do
                  name, NeuralDE.Tensor.OfArray(arrayOf name p) ]

    /// <summary>Copies parameters into the module, for use with TorchSharp.</summary>
    /// <exception cref="T:NeuralDE.TreeException">The names are not those of the module's parameters.</exception>
    member _.Load(given: Map<string, NeuralDE.Tensor>) : unit =
        expectNames given
        use _ = T.NewDisposeScope()
        use _ = T.no_grad ()

        lock gate (fun () ->
            for struct (name, p) in m.named_parameters () do
                (p :> Tensor).copy_(Transfer.upload T.CPU given[name].Numbers) |> ignore)

    /// <summary>The module's value for these parameters and this input.</summary>
    /// <exception cref="T:NeuralDE.TreeException">The names are not those of the module's parameters.</exception>
    member _.Apply (given: Map<string, NeuralDE.Tensor>) (x: NeuralDE.Tensor) : NeuralDE.Tensor =
        expectNames given
        let args = Array.append (names |> Array.map (fun name -> given[name])) [| x |]
        (Prim.apply (Fn.Host(hostFor (Tracing.signatures args))) args)[0]
