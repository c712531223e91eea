/// Losses against their formulas and their gradients against finite differences.
module NeuralDE.Tests.Learning.LossTests

open Expecto
open NeuralDE.Tests
open NeuralDE

let private prediction = tensor [ [ 0.5; -2.0; 1.0 ]; [ 3.0; 0.25; -0.75 ] ]
let private target = tensor [ [ 0.0; 1.0; 1.0 ]; [ 1.0; 0.0; 0.0 ] ]
let private labels = tensor [ 2; 0 ]

let private pairs = Array.zip (prediction.ToArray()) (target.ToArray())

/// name, loss of a prediction, its value by the formula
let private cases: (string * (Tensor -> Tensor) * float) list =
    let huber (r: float) = if abs r <= 0.8 then 0.5 * r * r else 0.8 * (abs r - 0.4)
    let rows = [ [ 0.5; -2.0; 1.0 ], 2; [ 3.0; 0.25; -0.75 ], 0 ]

    [ "meanSquaredError", Loss.meanSquaredError target, pairs |> Array.averageBy (fun (p, t) -> (p - t) ** 2.0)
      "meanAbsoluteError", Loss.meanAbsoluteError target, pairs |> Array.averageBy (fun (p, t) -> abs (p - t))
      "huber", Loss.huber 0.8 target, pairs |> Array.averageBy (fun (p, t) -> huber (p - t))
      "crossEntropy",
      Loss.crossEntropy labels,
      rows |> List.averageBy (fun (s, label) -> log (List.sumBy exp s) - s[label])
      "binaryCrossEntropy",
      Loss.binaryCrossEntropy target,
      pairs |> Array.averageBy (fun (x, y) -> log (1.0 + exp x) - y * x) ]

let private names () = [ for name, _, _ in cases -> name ]

let private find name = cases |> List.find (fun (known, _, _) -> known = name)

[<Tests>]
let tests =
    testList
        "Learning.Loss"
        [ testList
              "values equal the formula, in both float types"
              [ for name in names () do
                    testCase name (fun () ->
                        let _, loss, expected = find name
                        Expect.near 1e-14 (float (loss prediction)) expected "float (loss prediction)") ]

          testList
              "gradients equal finite differences"
              [ for name in names () do
                    testCase name (fun () ->
                        let _, loss, _ = find name
                        let slope = (grad loss prediction).ToArray()
                        let h = 1e-6

                        for i in 0..5 do
                            let moved by =
                                prediction
                                + reshape [ 2; 3 ] (tensor (Array.init 6 (fun k -> if k = i then by else 0.0)))
                            let expected = (float (loss (moved h)) - float (loss (moved -h))) / (2.0 * h)

                            if not (name = "meanAbsoluteError" && fst pairs[i] = snd pairs[i]) then
                                Expect.near 1e-8 slope[i] expected "slope[i]") ]

          testCase "large scores give finite losses, and float32 stays float32" (fun () ->
              let scores = cast Float32 (tensor [ [ 1e4; -1e4 ] ])
              let entropy = Loss.crossEntropy (tensor [ 1 ]) scores
              Expect.equal entropy.Dtype Float32 "entropy.Dtype"
              Expect.equal (float entropy) 2e4 "float entropy"
              let binary = Loss.binaryCrossEntropy (tensor [ [ 0.0f; 1.0f ] ]) scores
              Expect.equal (float binary) 1e4 "float binary")

          testCase "shapes that do not fit are named" (fun () ->
              let says (word: string) (mistake: unit -> Tensor) =
                  Expect.stringContains
                      ((Expect.thrownAny<exn>(fun () -> mistake () |> ignore)).Message)
                      word
                      "(Expect.thrownAny<exn> (fun () -> mistake () |> ignore)).Message"

              says "Loss.meanSquaredError: got a prediction of shape [2; 3] for a target of shape [3]" (fun () ->
                  Loss.meanSquaredError (ones [ 3 ]) prediction)
              says "expected [batch…; classes] for [batch…]" (fun () ->
                  Loss.crossEntropy (tensor [ 1; 2; 0 ]) prediction)
              says "Cast them" (fun () -> Loss.crossEntropy (tensor [ 1.0; 2.0 ]) prediction)
              says "delta = -1" (fun () -> Loss.huber -1.0 target prediction)) ]
