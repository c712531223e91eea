/// Laws of first and second derivatives, one case for each example.
module NeuralDE.Tests.Laws.DerivativeLaws

open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor
open NeuralDE.Tests.Laws.Example

let private examples = Examples.cases Examples.hasFloats
let private exact = Examples.cases (fun e -> e.IsExact && Examples.hasFloats e)
let private single = Examples.cases (fun e -> not e.IsExact && Examples.hasFloats e)

/// The function restricted to some arguments, with the others fixed.
let private restricted (e: Example) x places = fun (xs: Tensor[]) -> e.Apply(put places xs x)

let private adjointTolerance (e: Example) = if e.IsExact && e.Tolerance <= 1e-6 then 1e-12 else 1e-5

let private dotted (a: Tensor[]) (b: Tensor[]) = Array.map2 (*) (numbers a) (numbers b)

[<Tests>]
let tests =
    testList
        "Laws.DerivativeLaws"
        [ testList
              "push is the difference quotient"
              [ for name in exact do
                    testCase name (fun () ->
                        let e = Examples.named name
                        let x = e.Args 0

                        for places in subsets (floatPlaces x) do
                            let f, xs = restricted e x places, at places x
                            let v = direction 1 xs
                            same
                                $"push of {name} along {places}"
                                e.Tolerance
                                (difference (f >> numbers) xs v)
                                (numbers (pushed f xs v))) ]

          testList
              "pull is the difference quotient"
              [ for name in exact do
                    testCase name (fun () ->
                        let e = Examples.named name
                        let x = e.Args 0
                        let w = direction 2 (e.Apply x)
                        let value (x: Tensor[]) =
                            [| Array.sum (dotted (at (floatPlaces w) w) (at (floatPlaces w) (e.Apply x))) |]
                        let all = pulled e.Apply x w

                        for i in floatPlaces x do
                            let entry k =
                                let unit = Array.init x[i].Count (fun j -> if j = k then 1.0 else 0.0)
                                let v = x |> Array.map Prim.zerosLike
                                v[i] <- Tensor.OfArray(NdArray.OfFloats(x[i].Dtype, x[i].Shape, unit))
                                (difference value x v)[0]

                            same
                                $"pull of {name} on argument {i}"
                                e.Tolerance
                                (Array.init x[i].Count entry)
                                (all[i].ToArray())

                        for places in subsets (floatPlaces x) do
                            let some = pulled (restricted e x places) (at places x) w
                            alike $"pull of {name} on {places} only" 1e-12 (at places all) some) ]

          testList
              "derivatives in float32 are those in float64"
              [ for name in single do
                    testCase name (fun () ->
                        let e = Examples.named name
                        let x = e.Args 0
                        let y = e.Apply x
                        let v, w = direction 1 x, direction 2 y
                        let wide (x: Tensor[]) = Tree.cast Float64 x
                        let y' = e.Apply(wide x)
                        let fits = y' |> Array.map (fun t -> t.Dtype) // an example may fix the dtype of its result
                        let matching (w: Tensor[]) = Array.map2 (fun dtype (t: Tensor) -> cast dtype t) fits w
                        same $"value of {name}" 1e-4 (numbers y') (numbers y)
                        same
                            $"push of {name}"
                            1e-3
                            (numbers (pushed e.Apply (wide x) (wide v)))
                            (numbers (pushed e.Apply x v))
                        same
                            $"pull of {name}"
                            1e-3
                            (numbers (pulled e.Apply (wide x) (matching w)))
                            (numbers (pulled e.Apply x w))) ]

          testList
              "pull is the transpose of push"
              [ for name in examples do
                    testCase name (fun () ->
                        let e = Examples.named name
                        let x = e.Args 0
                        let y = e.Apply x
                        let v, w = direction 1 x, direction 2 y
                        let forward, backward = dotted w (pushed e.Apply x v), dotted (pulled e.Apply x w) v
                        let size = Array.sumBy abs forward + Array.sumBy abs backward + 1e-3
                        let gap = abs (Array.sum forward - Array.sum backward) / size
                        Expect.isTrue
                            (gap <= adjointTolerance e)
                            $"{name}: ⟨w, J v⟩ = {Array.sum forward:R}, ⟨Jᵀ w, v⟩ = {Array.sum backward:R}") ]

          testList
              "tangents and cotangents have the signatures of their values"
              [ for name in examples do
                    testCase name (fun () ->
                        let e = Examples.named name
                        let x = e.Args 0
                        let y = e.Apply x
                        let signature (x: Tensor[]) =
                            x |> Array.map (fun t -> $"{t.Dtype} {Shape.text t.Dims}") |> List.ofArray
                        let pushed, pulled = pushed e.Apply x (direction 1 x), pulled e.Apply x (direction 2 y)
                        Expect.equal (signature pushed) (signature y) "signature pushed"
                        Expect.equal (signature pulled) (signature x) "signature pulled"
                        let inferred =
                            (traced e.Apply x).Outputs |> Array.map (fun n -> $"{n.Dtype} {Shape.text n.Shape}")
                        Expect.equal (List.ofArray inferred) (signature y) "List.ofArray inferred"

                        for part in [ y; pushed; pulled ] do
                            for v in numbers part do
                                Expect.isTrue (System.Double.IsFinite v) $"{name} has {v}") ]

          testList
              "second derivatives are difference quotients of first ones"
              [ for name in exact do
                    testCase name (fun () ->
                        let e = Examples.named name
                        let x = e.Args 0
                        let y = e.Apply x
                        let u, v, w = direction 1 x, direction 3 x, direction 2 y
                        let gradient (x: Tensor[]) = pulled e.Apply x w
                        let slope (x: Tensor[]) = pushed e.Apply x v
                        let expected = difference (gradient >> numbers) x u
                        same $"push of pull of {name}" e.Tolerance expected (numbers (pushed gradient x u))
                        same
                            $"push of push of {name}"
                            e.Tolerance
                            (difference (slope >> numbers) x u)
                            (numbers (pushed slope x u))
                        let sloped = direction 2 (slope x)
                        let across = [| Array.sum (dotted (pulled slope x sloped) u) |]
                        let along (x: Tensor[]) = [| Array.sum (dotted sloped (slope x)) |]
                        same $"pull of push of {name}" e.Tolerance (difference along x u) across
                        // the pullback is linear in its cotangent: its VJP by the cotangent is a push
                        if not (floatPlaces w).IsEmpty then
                            let back = pulled (fun (w: Tensor[]) -> pulled e.Apply x w) w v
                            same $"pull of pull of {name} on the cotangent" 1e-10 (numbers (slope x)) (numbers back)) ]

          testList
              "second derivatives are symmetric"
              [ for name in exact do
                    testCase name (fun () ->
                        let e = Examples.named name
                        let x = e.Args 0
                        let w = direction 2 (e.Apply x)
                        let f (x: Tensor[]) = weighted w (e.Apply x)
                        let u, v = direction 1 x, direction 3 x
                        let curvature a = grad (fun x -> weighted a (grad f x)) x
                        let once, twice = dotted u (curvature v), dotted v (curvature u)
                        let size = Array.sumBy abs once + Array.sumBy abs twice + 1.0
                        let tolerance = max 1e-10 (1e-2 * adjointTolerance e)
                        Expect.isTrue
                            (abs (Array.sum once - Array.sum twice) <= tolerance * size)
                            $"{name}: uᵀ H v = {Array.sum once:R}, vᵀ H u = {Array.sum twice:R}"
                        same
                            $"grad of grad of {name} and push of grad"
                            (max 1e-10 (1e-2 * adjointTolerance e))
                            (numbers (hvp f x v))
                            (numbers (curvature v))) ]

          testList
              "third derivatives are difference quotients of second ones"
              [ for name in exact do
                    testCase name (fun () ->
                        let e = Examples.named name
                        let x = e.Args 0
                        let w = direction 2 (e.Apply x)
                        let u, v = direction 1 x, direction 3 x
                        let f (x: Tensor[]) = weighted w (e.Apply x)
                        let forward (x: Tensor[]) = hvp f x v
                        let reverse (x: Tensor[]) = grad (fun x -> weighted v (grad f x)) x
                        let expected = difference (forward >> numbers) x u
                        same $"push of push of pull of {name}" e.Tolerance expected (numbers (pushed forward x u))
                        same $"push of pull of pull of {name}" e.Tolerance expected (numbers (pushed reverse x u))
                        let cubed = grad (fun x -> weighted u (reverse x)) x
                        same
                            $"pull of pull of pull of {name}"
                            e.Tolerance
                            (difference (fun x -> numbers (reverse x)) x u)
                            (numbers cubed)) ] ]
