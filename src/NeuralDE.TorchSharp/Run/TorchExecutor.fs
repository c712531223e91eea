namespace NeuralDE.LibTorch

open System
open System.Runtime.InteropServices
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Engine
open NeuralDE.LibTorch.Names

/// One device of libtorch behind the library's seam.
[<Sealed>]
type internal TorchExecutor(name: string, place: string) as this =
    inherit Executor(name)

    let device =
        lazy
            (try
                let found = T.device place
                T.InitializeDeviceType found.``type``
                // 19 bits of a float32 product would not be one of this library's numbers
                T.backends.cuda.matmul.allow_tf32 <- false
                T.backends.cudnn.allow_tf32 <- false
                found
             with e when not (e :? DeviceException) ->
                 let reason = (e.GetBaseException().Message.Split '\n')[0]
                 raise (
                     DeviceException
                         $"{name}: libtorch is not usable: {reason} Add a package with it to the application, such as TorchSharp-cpu, libtorch-cpu-linux-x64 or TorchSharp-cuda-linux."
                 ))

    let runner = GraphRunner(this, device)

    /// Runs code that calls libtorch: without its tape, and outside the scopes of the user.
    let guarded (f: unit -> 'T) : 'T =
        device.Force() |> ignore

        try
            use _ = T.no_grad ()
            let scope = if isNull T.CurrentDisposeScope then null else T.NewDisposeScope()
            use _ = scope
            f ()
        with :? ExternalException as e ->
            let reason = (e.Message.Split '\n')[0]
            raise (DeviceException $"{name}: libtorch failed: {reason}")

    let known (a: NdArray) = NdArray.In(TorchBuffer.Known(this, device.Value, a), a.Dtype, a.Shape)

    /// An argument as a value, and its seat.
    let settle (a: NdArray) : struct (Seat * Held) =
        match a.Buffer with
        | :? TorchBuffer as b ->
            match b.Elements with
            | ValueNone -> struct (OnDevice, Held.Of b.Tensor)
            | ValueSome elements -> struct (OnHost, Held.Given elements)
        | _ when int64 a.Length <= Placed.few -> struct (OnHost, Held.Given(NdArray(a.Dtype, a.Shape, a.Data)))
        | _ ->
            match (this :> Executor).Here(a).Buffer with
            | :? TorchBuffer as b -> struct (OnDevice, Held.Of b.Tensor)
            | _ -> raise (GraphException "an upload gave a foreign buffer")

    /// A result as an array on this device.
    let wrap (s: Signature) (v: Held) : NdArray =
        if v.HasTensor then
            // a loop's number of emissions is known only now
            let shape = if Shape.size s.Shape = 0L then v.Tensor.shape |> Array.map int else s.Shape
            runner.Wrap({ s with Shape = shape }, v.Tensor)
        else
            known v.Number

    /// A device that is not initialised before it is used.
    member _.TorchDevice = device.Value

    override _.Upload a =
        match a.Buffer with
        | null when a.Length = 1 -> guarded (fun () -> known (NdArray(a.Dtype, a.Shape, a.Data.Clone() :?> Array)))
        | null ->
            guarded (fun () ->
                runner.Wrap({ Signature.Dtype = a.Dtype; Shape = a.Shape }, Transfer.upload device.Value a))
        | buffer when obj.ReferenceEquals(buffer.Device, this) -> a
        | buffer -> raise (Executor.Mixed(buffer.Device, this))

    override x.Primitive(op, _signature, args) =
        let inputs = args |> Array.map (fun a -> { Signature.Dtype = a.Dtype; Shape = a.Shape })
        let g = Intern.graph inputs [| Intern.node op (inputs |> Array.mapi Intern.input) |]
        (x.Call(Call(g, Inline), args))[0]

    override _.Call(fn, args) =
        guarded (fun () ->
            let settled = args |> Array.map settle
            let g = Execute.graphOf fn args
            let seats = settled |> Array.map (fun (struct (seat, _)) -> seat)
            let c = runner.Compile(g, seats, Array.create g.Outputs.Length false)
            let checks = PendingChecks()

            let out =
                try
                    try
                        runner.Run(c, settled |> Array.map (fun (struct (_, v)) -> v), checks)
                    with :? OperationCanceledException when checks.Failure.IsSome ->
                        [||]
                finally
                    if checks.Failure.IsNone then checks.Close()

            GC.KeepAlive args

            match checks.Failure with
            | ValueSome failure ->
                Values.drop out
                raise failure
            | ValueNone -> Array.map2 (fun (n: Node) v -> wrap n.Signature v) g.Outputs out)
