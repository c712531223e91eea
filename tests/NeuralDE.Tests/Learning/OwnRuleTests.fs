/// Custom optimisers.
module NeuralDE.Tests.Learning.OwnRuleTests

open Expecto
open NeuralDE.Tests
open NeuralDE

/// The action raises this exception, with these words in its message.
let private raises<'E when 'E :> exn> (words: string list) (action: unit -> unit) =
    try
        action ()
        failtest $"Got no error, expected {typeof<'E>.Name}."
    with :? 'E as e ->
        for word in words do
            Expect.stringContains e.Message word "the message"

/// Gradient descent with momentum as a custom rule.
let private momentum rate share =
    OwnRule
        { Name = "own momentum"
          Slots = fun x -> [ "direction", zerosLike x ]
          Step =
            fun leaf ->
                let direction = share * leaf.Slots["direction"] + leaf.Gradient
                leaf.X - leaf.Scaled(rate, direction), [ "direction", direction ] }

type private Model = { A: Tensor; B: Tensor; Count: Tensor }

let private model = { A = tensor [ 1.0; -2.0 ]; B = tensor [ [ 0.5f; 2.0f ] ]; Count = scalar 3 }

let private loss (m: Model) = sum (m.A ** 4.0) + cast Float64 (sum (m.B * m.B * m.B * m.B))
let private leaves (m: Model) = [ m.A.ToArray(); m.B.ToArray(); m.Count.ToArray() ]

/// After some steps.
let private run (optimiser: Optimiser) =
    let step (m, s) _ = Optim.step optimiser (grad loss m) s m
    List.fold step (model, Optim.init optimiser model) [ 1..20 ] |> fst

let private plain = Sgd { SgdOptions.defaults with Rate = 1e-3; Momentum = 0.9 }

[<Tests>]
let tests =
    testList
        "Learning.OwnRule"
        [ testCase "custom momentum equals Sgd, bit for bit: alone, scheduled, in groups, averaged" (fun () ->
              let inGroups o = Optim.groups [ Optim.under "A", o; Optim.others, Adam 1e-3 ]
              let half: Schedule = fun taken -> where (taken .< 5.0) (scalar 1.0) (scalar 0.5)

              for name, wrap in
                  [ "alone", id
                    "scheduled", Optim.schedule half
                    "in groups", inGroups
                    "averaged", Optim.averaged (MovingAverage 0.9)
                    "partly frozen", Optim.freeze (Optim.under "B") ] do
                  Expect.equal (leaves (run (wrap (momentum 1e-3 0.9)))) (leaves (run (wrap plain))) name)

          testCase "it trains, compiled and resumed" (fun () ->
              let fit optimiser =
                  Train.start (tensor [ 2.0; -1.0 ]) optimiser |> Train.steps 200 |> Train.run (fun x -> sum (x * x))
              let own, ours =
                  fit (momentum 1e-2 0.9), fit (Sgd { SgdOptions.defaults with Rate = 1e-2; Momentum = 0.9 })
              Expect.equal (own.Model.ToArray()) (ours.Model.ToArray()) "the model"
              Expect.isTrue (Array.last own.Losses < 1e-3) $"Got {Array.last own.Losses}")

          testCase "the results of a rule must be like the leaf, with the declared names" (fun () ->
              let wrong slots step = OwnRule { Name = "odd"; Slots = slots; Step = step }
              let go optimiser () = run optimiser |> ignore
              let none _ = []
              let direction x = [ "direction", zerosLike x ]

              raises<ShapeException>
                  [ "Optim.step"; "odd"; "the leaf"; "[2]" ]
                  (go (wrong none (fun l -> sum l.X, [])))
              raises<InputException>
                  [ "Optim.step"; "odd"; "nothing"; "direction" ]
                  (go (wrong direction (fun l -> l.X, [])))
              raises<InputException>
                  [ "Optim.step"; "speed"; "nothing" ]
                  (go (wrong none (fun l -> l.X, [ "speed", l.X ])))
              raises<ShapeException>
                  [ "Optim.init"; "odd"; "'total'" ]
                  (go (wrong (fun _ -> [ "total", scalar 0.0 ]) (fun l -> l.X, [])))
              raises<InputException>
                  [ "Optim.init"; "average" ]
                  (go (wrong (fun x -> [ "average", x ]) (fun l -> l.X, [])))) ]
