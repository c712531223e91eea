namespace NeuralDE.LibTorch

open System
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Engine

/// The reverse sweep of a loop for arguments with certain seats. The sweep takes states, registers, cotangents of active
/// states and of emissions, captured values.
[<NoEquality; NoComparison>]
type internal PullbackForm =
    {
        Of: Pullback
        Loop: LoopForm
        Sweep: Hoisted
        /// by output of the loop: the argument with its cotangent, or −1
        Given: int[]
        /// active emissions with a cotangent
        Emissions: int[]
        Outputs: Signature[]
    }

module internal PullbackForm =
    let private givenOf (p: Pullback) : int[] =
        let mutable next = p.Wanted.Length - 1

        p.Given
        |> Array.map (fun isGiven ->
            if isGiven then
                next <- next + 1
                next
            else
                -1)

    let private derive (runner: Runner) (p: Pullback) (args: Seat[]) : PullbackForm =
        let loop = LoopForm.make runner p.Of args[.. p.Wanted.Length - 1]
        let given, inputs, carried = givenOf p, p.Wanted.Length, loop.Carried
        let emissions =
            [| for e in 0 .. p.Of.Emits - 1 do
                   if p.ActiveEmits[e] && given[carried + e] >= 0 then e |]
        let swept = p.Sweep.Value

        let order =
            Array.concat
                [ [| 0 .. carried - 1 |]; [| inputs .. swept.Inputs.Length - 1 |]; [| carried .. inputs - 1 |] ]

        let g = Flatten.graph (Hoist.reorder swept order)
        let cotangents = swept.Inputs.Length - inputs

        let seats = Array.concat [ loop.Seats[.. carried - 1]; Array.create cotangents OnDevice; loop.Seats[carried..] ]

        { Of = p
          Loop = loop
          Sweep = Hoisted.make runner g (carried + cotangents) seats (Array.create g.Outputs.Length false)
          Given = given
          Emissions = emissions
          Outputs = g.Outputs |> Array.map (fun n -> n.Signature) }

    let make (runner: Runner) (p: Pullback) (args: Seat[]) : PullbackForm =
        let flags (f: bool[]) = f |> Array.map (fun b -> if b then "1" else "0") |> String.concat ""

        let choices = [ p.Wanted; p.Given; p.ActiveStates; p.ActiveEmits ] |> List.map flags |> String.concat " "
        let key =
            struct ("torch pullback",
                    p.Sweep.Value,
                    LoopForm.textOf p.Of,
                    choices,
                    runner.Owner,
                    LoopForm.seatsText args)
        p.Of.Body.Memo(key, fun () -> derive runner p args)
