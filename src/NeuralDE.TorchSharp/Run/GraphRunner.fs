namespace NeuralDE.LibTorch

open System
open System.Collections.Generic
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Engine
open NeuralDE.LibTorch.Names

/// Compiles and runs closed graphs. What it compiles is immutable, so several threads may run it.
[<Sealed>]
type internal GraphRunner(owner: Executor, device: Lazy<TorchDevice>) =
    inherit Runner(owner, device)

    /// Drops what a run holds, except its inputs.
    let dropAll (c: Compiled) (f: Frame) : unit = f.Values |> Array.iteri (fun i v -> if not c.IsInput[i] then v.Drop())

    let release (f: Frame) : unit =
        for tape in f.Tapes do
            if not (isNull tape) then tape.Release()

    /// The outputs as the caller owns them.
    let results (x: Runner) (c: Compiled) (f: Frame) (number: int -> NdArray) : Held[] =
        let taken = HashSet<int>()
        let outputs = c.Placed.Program.Outputs
        let seats = c.OutputSeats
        // first what is read, since an output may also be an owned tensor
        let numbers = outputs |> Array.mapi (fun k i -> if seats[k] = OnHost then ValueSome(number i) else ValueNone)

        let found =
            outputs
            |> Array.mapi (fun k i ->
                let s = c.Placed.Program.Nodes[i].Signature

                match numbers[k] with
                | ValueSome a -> Held.Of(if int64 a.Length = Shape.size s.Shape then a.WithShape s.Shape else a)
                | ValueNone ->
                    match seats[k] with
                    | Splat -> Held.Of(Values.fill x.Device s.Shape f.Values[i].Number)
                    | _ ->
                        if c.IsInput[i] || not (taken.Add i) then
                            Held.Of(f.Values[i].Tensor.alias())
                        else
                            Held.Of f.Values[i].Tensor)

        // tensors that the host read, and nobody owns
        outputs |> Array.iter (fun i -> if not c.IsInput[i] && taken.Add i then f.Values[i].Drop())
        found

    override x.Compile(g, inputs, onHost) =
        let text (seats: Seat[]) = seats |> Array.map (fun s -> (string s)[2]) |> String
        let flags = onHost |> Array.map (fun b -> if b then '1' else '0') |> String
        g.Memo(struct ("torch", owner, text inputs, flags), fun () -> x.Make(g, inputs, onHost))

    member private x.Make(g: Graph, inputs: Seat[], onHost: bool[]) : Compiled =
        let placed = Placed.make g inputs onHost (fun fn seats -> x.OutputsOf(fn, seats))
        let nodes = placed.Program.Nodes
        let steps = NodeSteps(x, placed)

        let made = Array.init nodes.Length steps.Step

        { Placed = placed
          Steps = made
          IsSent = Array.init inputs.Length steps.SentInputs.Contains
          Number = fun f i -> steps.Number(f, i)
          IsInput =
            nodes
            |> Array.map (fun n ->
                match n.Op with
                | Input _ -> true
                | _ -> false) }

    override x.OutputsOf(fn, args) = FunctionRun.outputsOf x fn args

    override x.Run(c, inputs, checks, flagging) =
        let n = c.Steps.Length

        let f =
            { Inputs = inputs
              Values = Array.zeroCreate n
              Bundles = Array.zeroCreate n
              Tapes = Array.zeroCreate n
              Checks = checks
              Guesses =
                match flagging with
                | Flagging.Assume guesses -> ValueSome guesses
                | Flagging.Read
                | Flagging.Learn _ -> ValueNone
              Flags =
                match flagging with
                | Flagging.Learn flags -> ValueSome flags
                | Flagging.Read
                | Flagging.Assume _ -> ValueNone }

        try
            for k in 0 .. n - 1 do
                c.Steps[c.Placed.Order[k]] f

                for i in c.Placed.Release[k] do
                    if not c.IsInput[i] then f.Values[i].Drop()
                    f.Values[i] <- Unchecked.defaultof<Held>

            release f
            results x c f (c.Number f)
        with _ ->
            release f
            dropAll c f
            reraise ()
