/// vmap is a loop over rows, for every subset of arguments that have rows.
module NeuralDE.Tests.Laws.BatchLaws

open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor
open NeuralDE.Tests.Laws.Example

let private examples = Examples.cases (fun _ -> true)
let private smooth = Examples.cases Examples.hasFloats
let private rows = 3
let private tolerance (e: Example) = if e.IsExact then 1e-11 else 1e-4

/// Compares vmap over the rows of tensors with one call for each row.
let private isLoop what tolerance (f: Tensor[] -> Tensor[]) (xs: Tensor[][]) =
    let joined = xs |> Array.transpose |> Array.map (Prim.stack 0)
    let got = vmap f joined
    let expected = xs |> Array.map f |> Array.transpose |> Array.map (Prim.stack 0)
    alike what tolerance expected got

let private rowsOf (e: Example) places = Array.init rows (fun row -> at places (e.Args(row + 1)))
let private argumentPlaces (e: Example) = [ 0 .. e.Sources.Length - 1 ]

[<Tests>]
let tests =
    testList
        "Laws.BatchLaws"
        [ testList
              "vmap is a loop"
              [ for name in examples do
                    testCase name (fun () ->
                        let e = Examples.named name
                        let shared = e.Args 0

                        for places in subsets (argumentPlaces e) do
                            isLoop
                                $"vmap of {name} over {places}"
                                (tolerance e)
                                (fun xs -> e.Apply(put places xs shared))
                                (rowsOf e places)) ]

          testList
              "vmap over zero rows has zero rows"
              [ for name in examples do
                    testCase name (fun () ->
                        let e = Examples.named name
                        let x = e.Args 0
                        let y =
                            vmap
                                e.Apply
                                (x
                                 |> Array.map (fun t ->
                                     Prim.zeros { t.Signature with Shape = Array.append [| 0 |] t.Dims }))
                        let expected =
                            e.Apply x |> Array.map (fun t -> $"{t.Dtype} {Shape.text (Array.append [| 0 |] t.Dims)}")
                        Expect.equal (y |> Array.map (fun t -> $"{t.Dtype} {Shape.text t.Dims}")) expected "signatures") ]

          testList
              "vmap of push is a loop"
              [ for name in smooth do
                    testCase name (fun () ->
                        let e = Examples.named name
                        let shared = e.Args 0
                        let v = direction 1 shared
                        let directions = Array.init rows (fun row -> direction (row + 5) shared)

                        for places in subsets (argumentPlaces e) do
                            isLoop
                                $"vmap of push of {name} over {places}"
                                (tolerance e)
                                (fun xs -> pushed e.Apply (put places xs shared) v)
                                (rowsOf e places)

                        isLoop
                            $"vmap of push of {name} over tangents"
                            (tolerance e)
                            (fun v -> pushed e.Apply shared v)
                            directions
                        let n = shared.Length

                        isLoop
                            $"vmap of push of {name} over all"
                            (tolerance e)
                            (fun both -> pushed e.Apply both[.. n - 1] both[n..])
                            (Array.map2 Array.append (rowsOf e (argumentPlaces e)) directions)) ]

          testList
              "vmap of pull is a loop"
              [ for name in smooth do
                    testCase name (fun () ->
                        let e = Examples.named name
                        let shared = e.Args 0
                        let y = e.Apply shared
                        let w = direction 2 y
                        let cotangents = Array.init rows (fun row -> direction (row + 5) y)

                        for places in subsets (argumentPlaces e) do
                            isLoop
                                $"vmap of pull of {name} over {places}"
                                (tolerance e)
                                (fun xs -> pulled e.Apply (put places xs shared) w)
                                (rowsOf e places)

                        isLoop
                            $"vmap of pull of {name} over cotangents"
                            (tolerance e)
                            (fun w -> pulled e.Apply shared w)
                            cotangents
                        let n = shared.Length

                        isLoop
                            $"vmap of pull of {name} over all"
                            (tolerance e)
                            (fun both -> pulled e.Apply both[.. n - 1] both[n..])
                            (Array.map2 Array.append (rowsOf e (argumentPlaces e)) cotangents)) ]

          // The gradient of a value shared by all rows is the sum of the rows' gradients.
          testList
              "pull of vmap is a sum over rows"
              [ for name in smooth do
                    testCase name (fun () ->
                        let e = Examples.named name
                        let shared = e.Args 0
                        let y = e.Apply shared
                        let cotangents = Array.init rows (fun row -> direction (row + 5) y)
                        let joinedCotangents = cotangents |> Array.transpose |> Array.map (Prim.stack 0)

                        for places in subsets (argumentPlaces e) do
                            let xs = rowsOf e places
                            let joined = xs |> Array.transpose |> Array.map (Prim.stack 0)
                            let f (x: Tensor[]) = vmap (fun xs -> e.Apply(put places xs x)) joined
                            let rowGradients =
                                Array.map2
                                    (fun xs w -> pulled (fun x -> e.Apply(put places xs x)) shared w)
                                    xs
                                    cotangents
                            let expected =
                                rowGradients
                                |> Array.transpose
                                |> Array.map (Array.reduce (fun a b -> if isFloat a then a + b else a))
                            alike
                                $"pull of vmap of {name} over {places}"
                                (tolerance e)
                                expected
                                (pulled f shared joinedCotangents)) ]

          testList
              "vmap of second derivatives is a loop"
              [ for name in smooth do
                    testCase name (fun () ->
                        let e = Examples.named name
                        let shared = e.Args 0
                        let w, v = direction 2 (e.Apply shared), direction 1 shared
                        let f (x: Tensor[]) = weighted w (e.Apply x)
                        let n = shared.Length
                        let directions = Array.init rows (fun row -> direction (row + 5) shared)

                        for what, curvature in
                            [ "push of pull", (fun x v -> hvp f x v)
                              "pull of pull", (fun x v -> grad (fun x -> weighted v (grad f x)) x) ] do
                            for places in subsets (argumentPlaces e) do
                                isLoop
                                    $"vmap of {what} of {name} over {places}"
                                    (10.0 * tolerance e)
                                    (fun xs -> curvature (put places xs shared) v)
                                    (rowsOf e places)

                            isLoop
                                $"vmap of {what} of {name} over directions"
                                (10.0 * tolerance e)
                                (curvature shared)
                                directions

                            isLoop
                                $"vmap of {what} of {name} over all"
                                (10.0 * tolerance e)
                                (fun both -> curvature both[.. n - 1] both[n..])
                                (Array.map2 Array.append (rowsOf e (argumentPlaces e)) directions)) ]

          testList
              "vmap of vmap is a loop of loops"
              [ for name in examples do
                    testCase name (fun () ->
                        let e = Examples.named name
                        let shared = e.Args 0

                        for places in subsets (argumentPlaces e) do
                            // some arguments mapped over both axes, the others over the inner or the outer one only
                            let others = argumentPlaces e |> List.except places
                            let inner = rowsOf e others |> Array.transpose |> Array.map (Prim.stack 0)

                            let byOuter (xs: Tensor[]) =
                                let outer = put places xs shared
                                if others.IsEmpty then
                                    e.Apply outer
                                else
                                    vmap (fun ys -> e.Apply(put others ys outer)) inner

                            isLoop
                                $"vmap over {places} of vmap over {others} of {name}"
                                (tolerance e)
                                byOuter
                                (rowsOf e places)

                        let grid = Array.init 2 (fun i -> Array.init rows (fun j -> e.Args(10 * i + j + 1)))
                        let joined = grid |> Array.map (Array.transpose >> Array.map (Prim.stack 0))

                        if e.Sources.Length > 0 then
                            isLoop $"vmap of vmap of {name}" (tolerance e) (vmap e.Apply) joined) ]

          testList
              "second derivatives of vmap are sums over rows"
              [ for name in smooth do
                    testCase name (fun () ->
                        let e = Examples.named name
                        let shared = e.Args 0
                        let y = e.Apply shared
                        let v = direction 1 shared
                        let cotangents = Array.init rows (fun row -> direction (row + 5) y)
                        let joinedCotangents = cotangents |> Array.transpose |> Array.map (Prim.stack 0)

                        // host functions refuse this, with an explanation
                        if not (List.exists (fun (word: string) -> word.StartsWith "host") e.Words) then
                            for places in subsets (argumentPlaces e) do
                                let xs = rowsOf e places
                                let joined = xs |> Array.transpose |> Array.map (Prim.stack 0)
                                let total (x: Tensor[]) =
                                    weighted joinedCotangents (vmap (fun xs -> e.Apply(put places xs x)) joined)
                                let ofRow xs w (x: Tensor[]) = weighted w (e.Apply(put places xs x))
                                let add (a: Tensor) b = if isFloat a then a + b else a
                                let sum = Array.transpose >> Array.map (Array.reduce add)
                                let expected = Array.map2 (fun xs w -> hvp (ofRow xs w) shared v) xs cotangents |> sum
                                alike
                                    $"push of pull of vmap of {name} over {places}"
                                    (10.0 * tolerance e)
                                    expected
                                    (hvp total shared v)
                                let twice f = grad (fun x -> weighted v (grad f x)) shared
                                alike
                                    $"pull of pull of vmap of {name} over {places}"
                                    (10.0 * tolerance e)
                                    expected
                                    (twice total)) ] ]
