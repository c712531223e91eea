/// What tracing and transforms make of every example keeps the rules of the language, and prints the same each time.
module NeuralDE.Tests.Laws.GraphLaws

open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Engine
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Calculus
open NeuralDE.Internal.Families
open NeuralDE.Tests.Laws.Example

let private examples = Examples.cases (fun _ -> true)
let private allOf (xs: 'a[]) = xs |> Array.map (fun _ -> true)
let private smooth (signatures: Signature[]) = signatures |> Array.map (fun s -> s.Dtype.IsFloat)

// what was traced before may not show in what is traced later
let private swing (x: Tensor) = exp x + sin x - expm1 x

[<Tests>]
let tests =
    testList
        "Laws.GraphLaws"
        [ testList
              "graphs and what is derived from them verify"
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
              "what is traced gives what is computed at once"
              [ for name in examples do
                    testCase name (fun () ->
                        let e = Examples.named name
                        let x = e.Args 0
                        // the same kernels on the same numbers: not one bit differs
                        alike $"compiled {name}" 0.0 (e.Apply x) (compile e.Apply x)) ]

          testCase "gradients do not depend on what was traced before, to the bit" (fun () ->
              let fresh = grad (fun x -> sum (swing x)) (tensor [ 40.0 ])
              let kept = traced (fun x -> [| sin x[0] |]) [| tensor [ [ 40.0 ] ] |]
              let later = grad (fun x -> sum (swing x)) (tensor [ [ 40.0 ] ])
              Expect.equal (later.ToArray()) (fresh.ToArray()) "later.ToArray()"
              System.GC.KeepAlive kept)

          testCase "printing does not depend on what was traced before" (fun () ->
              let print shape = Print.graph (traced (fun x -> [| swing x[0] |]) [| zeros shape |])
              let fresh = print [ 7; 1 ]
              let kept = traced (fun x -> [| expm1 x[0] |]) [| zeros [ 1; 7 ] |]
              Expect.equal
                  ((print [ 1; 7 ]).Replace("[1; 7]", "[7; 1]"))
                  fresh
                  "(print [ 1; 7 ]).Replace('[1; 7]', '[7; 1]')"
              System.GC.KeepAlive kept) ]
