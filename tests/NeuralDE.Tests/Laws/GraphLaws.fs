/// The graphs made by tracing and transforming every example satisfy the rules of the language, and their text is
/// stable.
module NeuralDE.Tests.Laws.GraphLaws

open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Engine
open NeuralDE.Internal.Calculus
open NeuralDE.Tests.Laws.Example

let private examples = Examples.cases (fun _ -> true)
let private allOf (xs: 'a[]) = xs |> Array.map (fun _ -> true)
let private smooth (signatures: Signature[]) = signatures |> Array.map (fun s -> s.Dtype.IsFloat)

// earlier traces must not affect later ones
let private swing (x: Tensor) = exp x + sin x - expm1 x

[<Tests>]
let tests =
    testList
        "Laws.GraphLaws"
        [ testList
              "graphs and derived graphs verify"
              [ for name in examples do
                    testCase name (fun () ->
                        let e = Examples.named name
                        let g = traced e.Apply (e.Args 0)
                        let push (g: Graph) = Derive.jvpGraph g (smooth g.Inputs)

                        let pull (g: Graph) =
                            let wanted = smooth g.Inputs
                            let active = Activity.activeOutputs g wanted
                            Derive.vjpGraph g wanted active

                        let batch (g: Graph) = fst (Batch.vmapGraph g 3 (allOf g.Inputs) (allOf g.Outputs))

                        for what, transform in
                            [ "trace", id
                              "push", push
                              "pull", pull
                              "push of push", push >> push
                              "push of pull", pull >> push
                              "pull of push", push >> pull
                              "pull of pull", pull >> pull
                              "batch", batch
                              "batch of batch", batch >> batch
                              "batch of push", push >> batch
                              "batch of pull", pull >> batch
                              "pull of batch", batch >> pull ] do
                            let derived =
                                try
                                    transform g
                                with failure ->
                                    failwith $"{what} of {name}: {failure.Message}"

                            try
                                Verify.graph derived
                                Verify.graph (Flatten.graph derived)
                            with :? GraphException as failure ->
                                failtest $"{what} of {name}: {failure.Message}\n{Print.graph derived}") ]

          testList
              "printing is stable and names the operation"
              [ for name in examples do
                    testCase name (fun () ->
                        let e = Examples.named name
                        let print () = Print.graph (traced e.Apply (e.Args 0))
                        let first = print ()
                        Expect.equal (print ()) first "print ()"

                        for word in e.Words do
                            Expect.stringContains first word "first") ]

          testList
              "compiled functions give the eager results"
              [ for name in examples do
                    testCase name (fun () ->
                        let e = Examples.named name
                        let x = e.Args 0
                        // the same kernels on the same numbers: the same bits
                        alike $"compiled {name}" 0.0 (e.Apply x) (compile e.Apply x)) ]

          testCase "gradients do not depend on earlier traces, bit for bit" (fun () ->
              let fresh = grad (fun x -> sum (swing x)) (tensor [ 40.0 ])
              let kept = traced (fun x -> [| sin x[0] |]) [| tensor [ [ 40.0 ] ] |]
              let later = grad (fun x -> sum (swing x)) (tensor [ [ 40.0 ] ])
              Expect.equal (later.ToArray()) (fresh.ToArray()) "later.ToArray()"
              System.GC.KeepAlive kept)

          testCase "printing does not depend on earlier traces" (fun () ->
              let print shape = Print.graph (traced (fun x -> [| swing x[0] |]) [| zeros shape |])
              let fresh = print [ 7; 1 ]
              let kept = traced (fun x -> [| expm1 x[0] |]) [| zeros [ 1; 7 ] |]
              Expect.equal ((print [ 1; 7 ]).Replace("[1; 7]", "[7; 1]")) fresh "printed graphs"
              System.GC.KeepAlive kept) ]
