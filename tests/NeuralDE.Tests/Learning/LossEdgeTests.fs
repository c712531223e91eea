/// Losses and exponentials of infinite scores, and of scores that are so large that differences lose digits.
module NeuralDE.Tests.Learning.LossEdgeTests

open System
open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Tests.Expected

let private row (scores: float list) = tensor [ scores ]
let private e = Math.E

/// Eager, compiled, and under vmap.
let private everyWay (f: Tensor -> Tensor) (x: Tensor) (check: Tensor -> unit) =
    check (f x)
    check (compile f x)
    check (vmap f (stack [ x; x ])).[1]

[<Tests>]
let tests =
    testList
        "Learning.LossEdge"
        [ testCase "a score of −∞ adds nothing to cross entropy" (fun () ->
              let loss = Loss.crossEntropy (tensor [ 0 ])
              let scores = row [ 1.0; -infinity; 2.0 ]
              let p = 1.0 / (1.0 + e) // softmax of 1 and 2
              everyWay loss scores (close 1e-14 [] [ Math.Log(1.0 + e) ]) // 1.3133
              everyWay (grad loss) scores (close 1e-14 [ 1; 3 ] [ p - 1.0; 0.0; 1.0 - p ])
              let curvature = hvp loss scores (row [ 1.0; 0.0; 0.0 ])
              close 1e-14 [ 1; 3 ] [ p * (1.0 - p); 0.0; -p * (1.0 - p) ] curvature
              close 1e-14 [] [ p - 1.0 ] (snd (jvp loss scores (row [ 1.0; 5.0; 0.0 ])))
              // the score of the label is −∞: an infinite loss
              everyWay (Loss.crossEntropy (tensor [ 1 ])) scores (holds [] [ infinity ])
              // all scores −∞
              everyWay loss (row [ -infinity; -infinity ]) (holds [] [ nan ]))

          testCase "equal float32 scores of 1e8 are three equal classes" (fun () ->
              for scale in [ 0.0f; 1.0f; 1e8f; -1e8f; 3e38f ] do
                  let scores = tensor [ [ scale; scale; scale ] ]
                  everyWay (Loss.crossEntropy (tensor [ 1 ])) scores (close 1e-6 [] [ Math.Log 3.0 ])
                  let third = 1.0 / 3.0
                  close 1e-6 [ 1; 3 ] [ third; third - 1.0; third ] (grad (Loss.crossEntropy (tensor [ 1 ])) scores))

          testCase "softmax and related functions of infinities" (fun () ->
              let masked = row [ 1.0; -infinity; 2.0 ]
              let p = 1.0 / (1.0 + e)
              everyWay (softmax -1) masked (close 1e-15 [ 1; 3 ] [ p; 0.0; 1.0 - p ])
              everyWay (logSoftmax -1) masked (close 1e-14 [ 1; 3 ] [ Math.Log p; -infinity; Math.Log(1.0 - p) ])
              everyWay (logsumexpAlong -1) masked (close 1e-15 [ 1 ] [ 2.0 + Math.Log(1.0 + Math.Exp -1.0) ])
              everyWay logsumexp masked (close 1e-15 [] [ 2.0 + Math.Log(1.0 + Math.Exp -1.0) ])
              close 1e-15 [ 1; 3 ] [ p; 0.0; 1.0 - p ] (grad logsumexp masked)
              let slope = grad (fun x -> (softmax -1 x)[0, 0]) masked
              close 1e-15 [ 1; 3 ] [ p * (1.0 - p); 0.0; -p * (1.0 - p) ] slope
              everyWay logsumexp (row [ -infinity; -infinity ]) (holds [] [ -infinity ])
              everyWay logsumexp (row [ infinity; 1.0 ]) (holds [] [ infinity ])
              everyWay logsumexp (row [ nan; 1.0 ]) (holds [] [ nan ])
              // NaN, as in PyTorch
              everyWay (softmax -1) (row [ -infinity; -infinity ]) (holds [ 1; 2 ] [ nan; nan ])
              everyWay (logSoftmax -1) (row [ -infinity; -infinity ]) (holds [ 1; 2 ] [ nan; nan ]))

          testCase "binary cross entropy keeps its digits and accepts infinite scores" (fun () ->
              let loss (label: float) = Loss.binaryCrossEntropy (tensor [ label ])
              everyWay (loss 0.0) (tensor [ -infinity ]) (holds [] [ 0.0 ])
              everyWay (loss 1.0) (tensor [ infinity ]) (holds [] [ 0.0 ])
              everyWay (loss 1.0) (tensor [ -infinity ]) (holds [] [ infinity ])
              everyWay (loss 0.0) (tensor [ infinity ]) (holds [] [ infinity ])
              everyWay (loss 1.0) (tensor [ 40.0 ]) (fun y -> Expect.near 1e-30 (float y) (Math.Exp -40.0) "float y")
              close 1e-15 [ 1 ] [ -1.0 / (1.0 + Math.Exp 40.0) ] (grad (loss 1.0) (tensor [ 40.0 ]))

              for label in [ 0.0; 0.3; 1.0 ] do
                  for score in [ -2.0; 0.0; 1.5 ] do
                      let p = 1.0 / (1.0 + Math.Exp -score)
                      let expected = -(label * Math.Log p + (1.0 - label) * Math.Log(1.0 - p))
                      everyWay (loss label) (tensor [ score ]) (close 1e-14 [] [ expected ])
                      close 1e-14 [ 1 ] [ p - label ] (grad (loss label) (tensor [ score ]))
                      close 1e-14 [ 1 ] [ p * (1.0 - p) ] (hvp (loss label) (tensor [ score ]) (ones [ 1 ]))) ]
