/// Maxima, minima, slices, gathers: an element that is not selected has the derivative 0, even if its value is NaN or
/// infinite, in every mode and at every order.
module NeuralDE.Tests.Laws.BranchTests

open System
open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Engine
open NeuralDE.Internal.Tensor
open NeuralDE.Tests.Laws.Example

/// f, a point, and the gradient there. Elements that are not selected have a pole or NaN.
let private cases: (string * (Tensor -> Tensor) * float list * float list) list =
    [ "maximum of a root", (fun x -> maximum (sqrt x) 1e-3), [ -1.0; 4.0; 0.0 ], [ 0.0; 0.25; 0.0 ]
      "maximum, other side", (fun x -> maximum 1e-3 (sqrt x)), [ -1.0; 4.0; 0.0 ], [ 0.0; 0.25; 0.0 ]
      "root of a maximum", (fun x -> sqrt (maximum x 0.0)), [ -1.0; 4.0 ], [ 0.0; 0.25 ]
      "minimum of a pole", (fun x -> minimum (1.0 / x) 5.0), [ 0.0; 0.5 ], [ 0.0; -4.0 ]
      "log of a minimum", (fun x -> log (minimum x 0.0 + 1.0)), [ 3.0; -0.5 ], [ 0.0; 2.0 ]
      "root of a minimum", (fun x -> sqrt (-(minimum x 0.0))), [ 1.0; -4.0 ], [ 0.0; -0.25 ]
      "maximum of both", (fun x -> maximum (log x) (sqrt (x - 9.0))), [ 4.0 ], [ 0.0 ]
      "where", (fun x -> where (x .> 0.0) (sqrt x) 0.0), [ -1.0; 4.0; 0.0 ], [ 0.0; 0.25; 0.0 ]
      "root of where", (fun x -> sqrt (where (x .> 0.0) x 0.0)), [ -1.0; 4.0 ], [ 0.0; 0.25 ]
      "root of where between maxima",
      (fun x -> sqrt (where (x .> 1.0) (maximum x 0.0) (4.0 * maximum x 0.0))),
      [ -1.0; 4.0; 0.25 ],
      [ 0.0; 0.25; 2.0 ]
      "root of relu", (fun x -> sqrt (relu x)), [ -1.0; 4.0 ], [ 0.0; 0.25 ]
      "root of clip", (fun x -> sqrt (clip 0.0 9.0 x)), [ -1.0; 4.0 ], [ 0.0; 0.25 ]
      "product with a clipped root", (fun x -> x * sqrt (maximum x 0.0)), [ -1.0; 4.0 ], [ 0.0; 3.0 ]
      "one element", (fun x -> (sqrt x)[1]), [ 0.0; 4.0; -1.0 ], [ 0.0; 0.25; 0.0 ]
      "a slice", (fun x -> (log x)[1..]), [ 0.0; 4.0; 2.0 ], [ 0.0; 0.25; 0.5 ]
      "two slices", (fun x -> sum (sqrt x).[0..0] + sum (sqrt x).[2..]), [ 4.0; 0.0; 1.0 ], [ 0.25; 0.0; 0.5 ]
      "every second",
      (fun x -> Prim.slice [| 1 |] [| 4 |] [| 2 |] (sqrt x)),
      [ 0.0; 4.0; 0.0; 1.0 ],
      [ 0.0; 0.25; 0.0; 0.5 ]
      "an element of a matrix",
      (fun x -> (reshape [ 2; 2 ] (sqrt x))[1, 0]),
      [ 0.0; -1.0; 4.0; 0.0 ],
      [ 0.0; 0.0; 0.25; 0.0 ]
      "take", (fun x -> take 0 (tensor [ 1; 2; 1 ]) (sqrt x)), [ 0.0; 4.0; 1.0 ], [ 0.0; 0.5; 0.5 ]
      "dynamicSlice", (fun x -> dynamicSlice 0 (scalar 1) 2 (sqrt x)), [ 0.0; 4.0; 1.0 ], [ 0.0; 0.25; 0.5 ]
      "dynamicUpdate",
      (fun x -> dynamicUpdate 0 (scalar 1) (ones [ 1 ]) (sqrt x)),
      [ 4.0; 0.0; 1.0 ],
      [ 0.25; 0.0; 0.5 ]
      "scatterSet", (fun x -> scatterSet (tensor [ 0 ]) (ones [ 1 ]) (sqrt x)), [ 0.0; 4.0 ], [ 0.0; 0.25 ]
      "scatterMax", (fun x -> scatterMax (tensor [ 0 ]) (ones [ 1 ]) (sqrt x)), [ 0.0; 4.0 ], [ 0.0; 0.25 ]
      "amax", (fun x -> amax (log x)), [ 0.0; 4.0; 1.0 ], [ 0.0; 0.25; 0.0 ]
      "root of amax", (fun x -> sqrt (amax x - 4.0)), [ 5.0; 0.0; -1.0 ], [ 0.5; 0.0; 0.0 ]
      "amin", (fun x -> amin (1.0 / x)), [ 0.0; 4.0; 1.0 ], [ 0.0; -0.0625; 0.0 ]
      "maxAlong", (fun x -> maxAlong 1 (reshape [ 2; 2 ] (log x))), [ 0.0; 4.0; 2.0; 0.0 ], [ 0.0; 0.25; 0.5; 0.0 ]
      "sorted and cut", (fun x -> (sort 0 (sqrt x))[1..]), [ 4.0; 0.0; 1.0 ], [ 0.25; 0.0; 0.5 ]
      "median", (fun x -> median (sqrt x)), [ 0.0; 4.0; 9.0 ], [ 0.0; 0.25; 0.0 ]
      "diagonal", (fun x -> diagonal (reshape [ 2; 2 ] (sqrt x))), [ 4.0; 0.0; 0.0; 1.0 ], [ 0.25; 0.0; 0.0; 0.5 ] ]

let private names = [ for name, _, _, _ in cases -> name ]
let private find name = cases |> List.find (fun (known, _, _, _) -> known = name)

let private is what (expected: float list) (x: Tensor) = same what 1e-12 (Array.ofList expected) (x.ToArray())

let private finite what (x: Tensor) =
    for v in x.ToArray() do
        Expect.isTrue (Double.IsFinite v) $"{what}: got {x}"

[<Tests>]
let tests =
    testList
        "Laws.Branch"
        [ testList
              "elements not selected have the derivative 0"
              [ for name in names do
                    testCase name (fun () ->
                        let _, f, at, expected = find name
                        let x = tensor at
                        let total x = sum (f x)
                        is "gradient" expected (grad total x)
                        is "compiled" expected (compile (grad total) x)
                        is "vmap" (expected @ expected) (vmap (grad total) (stack [ x; x ]))
                        is "vmap inside" (expected @ expected) (grad (fun x -> sum (vmap total x)) (stack [ x; x ]))
                        is "in a call" expected (grad (compile total) x)
                        let column i =
                            snd (jvp total x (tensor [ for j in 0 .. at.Length - 1 -> if i = j then 1.0 else 0.0 ]))

                        for i in 0 .. at.Length - 1 do
                            is $"forward {i}" [ expected[i] ] (column i)

                        is "jacobian" expected (jacobian (fun x -> reshape [ 1 ] (total x)) x)) ]

          testList
              "derivatives of second and third order are finite and agree"
              [ for name in names do
                    testCase name (fun () ->
                        let _, f, at, _ = find name
                        let x = tensor at
                        let total x = sum (f x)
                        let second = hessian total x
                        finite "hessian" second
                        let v = tensor [ for i in 1 .. at.Length -> float i ]
                        alike "hvp" 1e-12 [| matmul second v |] [| hvp total x v |]
                        alike
                            "reverse over reverse"
                            1e-12
                            [| matmul second v |]
                            [| grad (fun x -> sum (grad total x * v)) x |]
                        let along x = sum (hvp total x v)
                        finite "third, reverse" (grad along x)
                        finite "third, forward" (snd (jvp along x v))) ]

          testCase "both sides share the derivative at a tie; with NaN, neither has one" (fun () ->
              for choose in [ (fun (a: Tensor) (b: Tensor) -> maximum a b); (fun a b -> minimum a b) ] do
                  let da, db =
                      grad (fun (a, b) -> sum (choose a b)) (tensor [ 1.0; nan; 2.0 ], tensor [ 1.0; 2.0; nan ])
                  is "a" [ 0.5; 0.0; 0.0 ] da
                  is "b" [ 0.5; 0.0; 0.0 ] db

              for v in (grad amax (tensor [ 1.0; nan ])).ToArray() do
                  Expect.isTrue (Double.IsNaN v) "Double.IsNaN v")

          testCase "slices that together cover a tensor cost no condition" (fun () ->
              let conditions (f: Tensor -> Tensor) =
                  let g, _ =
                      Tracing.trace "a test" Hoisted [| { Dtype = Float64; Shape = [| 4 |] } |] (fun x ->
                          [| grad f x[0] |])

                  (Simplify.graph (Flatten.graph g)).Order
                  |> Array.filter (fun n ->
                      match n.Op with
                      | Select -> true
                      | _ -> false) // only Select applies a condition
                  |> Array.length

              Expect.equal (conditions (fun x -> let y = tanh x in sum (y[0..1] * y[2..3]))) 0 "two halves"
              Expect.equal (conditions (fun x -> let y = tanh x in y[0] * y[1] + y[2] * y[3])) 0 "four elements"
              Expect.equal
                  (conditions (fun x -> let y = reshape [ 2; 2 ] (tanh x) in y[0, 0] * y[1, 1] - y[0, 1] * y[1, 0]))
                  0
                  "elements of a matrix"
              Expect.equal (conditions (fun x -> sum (sort 0 (tanh x)))) 0 "sort"
              Expect.equal (conditions (fun x -> sum (x + 1.0).[1..])) 0 "conditions (fun x -> sum (x + 1.0).[1..])"
              Expect.equal (conditions (fun x -> let y = tanh x in y[0] * y[1])) 1 "two of four elements") ]
