/// A function with a custom rule has the derivative of the rule, in every mode.
module NeuralDE.Tests.Laws.CustomRuleTests

open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Tests.Laws.Example

let private is what (expected: float list) (x: Tensor) = same what 1e-12 (Array.ofList expected) (x.ToArray())
let private x = tensor [ 3.0; 4.0 ]

/// n copies of x₀ x₁, with a rule that makes every derivative 10.
let private ten n (x: Tensor) =
    customGradient (fun (x: Tensor) -> x[0] * x[1] * ones [ n ]) (fun x _ w -> 10.0 * sum w * onesLike x) x

let private clipped (x: Tensor) = customGradient (fun (x: Tensor) -> 2.0 * x) (fun _ _ w -> clip -1.0 1.0 w) x

[<Tests>]
let tests =
    testList
        "Laws.CustomRule"
        [ testCase "a jacobian is the rule's, for every shape" (fun () ->
              for n in [ 1; 2; 5 ] do
                  is "jacobian" (List.replicate (2 * n) 10.0) (jacobian (ten n) x)
                  is "compiled" (List.replicate (2 * n) 10.0) (compile (jacobian (ten n)) x))

          testCase "every mode gives the rule's derivative" (fun () ->
              let total n x = sum (ten n x)
              let v = tensor [ 1.0; -2.0 ]

              for n in [ 1; 5 ] do
                  let expected = 10.0 * float n
                  is "grad" [ expected; expected ] (grad (total n) x)
                  is "vjp" [ expected; expected ] ((snd (vjp (ten n) x)) (ones [ n ]))
                  is "jvp" (List.replicate n -10.0) (snd (jvp (ten n) x v))
                  is "jvp, compiled" (List.replicate n -10.0) (compile (fun x -> snd (jvp (ten n) x v)) x)
                  is
                      "jvp in vmap"
                      (List.replicate (2 * n) -10.0)
                      (vmap (fun x -> snd (jvp (ten n) x v)) (stack [ x; x ]))
                  is
                      "vmap in jvp"
                      (List.replicate (2 * n) -10.0)
                      (snd (jvp (vmap (ten n)) (stack [ x; x ]) (stack [ v; v ])))
                  is
                      "vmap in grad"
                      (List.replicate 4 expected)
                      (grad (fun x -> sum (vmap (total n) x)) (stack [ x; x ]))
                  is "value of jvp" (List.replicate n 12.0) (fst (jvp (ten n) x v))
                  is
                      "in a loop"
                      [ -10.0 * float n ]
                      (snd (jvp (fun x -> iterate 1 (fun s -> s + total n x) (scalar 0.0)) x v)))

          testCase "second derivatives are those of the rule in both modes" (fun () ->
              // f = x², with the rule 3 x: the second derivative is 3
              let f (x: Tensor) = customGradient (fun (x: Tensor) -> x * x) (fun x _ w -> 3.0 * x * w) x
              let at = scalar 2.0
              is "first" [ 6.0 ] (grad f at)
              is "first, forward" [ 6.0 ] (snd (jvp f at (scalar 1.0)))
              is "reverse over reverse" [ 3.0 ] (grad (grad f) at)
              is "forward over reverse" [ 3.0 ] (hvp f at (scalar 1.0))
              is "reverse over forward" [ 3.0 ] (grad (fun x -> snd (jvp f x (scalar 1.0))) at)
              is "forward over forward" [ 3.0 ] (snd (jvp (fun x -> snd (jvp f x (scalar 1.0))) at (scalar 1.0)))
              is "hessian" [ 3.0; 0.0; 0.0; 3.0 ] (hessian (fun x -> sum (f x)) x))

          testCase "a rule that negates gradients also negates forward derivatives" (fun () ->
              let reversed (x: Tensor) = customGradient id (fun _ _ w -> -w) x
              is "grad" [ -1.0; -1.0 ] (grad (fun x -> sum (reversed x)) x)
              is "jvp" [ -1.0; -1.0 ] (snd (jvp reversed x (ones [ 2 ])))
              is "jacobian" [ -1.0; 0.0; 0.0; -1.0 ] (jacobian reversed x))

          testCase "a tree of tensors, some of them not differentiable" (fun () ->
              let f (x: Tensor, i: Tensor) =
                  customGradient
                      (fun (x: Tensor, i: Tensor) -> x * cast Float64 i, i)
                      (fun (_, i) _ (w, _) -> 7.0 * w, zerosLike i)
                      (x, i)

              let at = x, tensor [ 2; 3 ]
              let (y, _), (dy, di) = jvp f at (ones [ 2 ], tensor [ 0; 0 ])
              is "value" [ 6.0; 12.0 ] y
              is "tangent" [ 7.0; 7.0 ] dy
              is "integers" [ 0.0; 0.0 ] di)

          testCase "a rule that is not linear has reverse mode only" (fun () ->
              is "grad" [ 1.0; 1.0 ] (grad (fun x -> sum (5.0 * clipped x)) x)
              // jacobian uses reverse mode, whose cotangents are unit vectors
              is "jacobian" [ 1.0; 0.0; 0.0; 1.0 ] (jacobian clipped x)
              is "jacobian of a call" [ 1.0; 0.0; 0.0; 1.0 ] (jacobian (compile clipped) x)

              let calls: (unit -> Tensor) list =
                  [ (fun () -> snd (jvp clipped x x))
                    (fun () -> snd (jvp (vmap clipped) (stack [ x; x ]) (stack [ x; x ])))
                    (fun () -> compile (fun x -> snd (jvp clipped x x)) x)
                    (fun () -> hvp (fun x -> sum (square (clipped x))) x x)
                    (fun () -> snd (jvp (fun x -> iterate 2 clipped x) x x)) ]

              for call in calls do
                  let failure = Expect.thrown<DerivativeException>(fun () -> call () |> ignore)
                  Expect.stringContains failure.Message "customGradient: forward mode" "failure.Message"
                  Expect.stringContains failure.Message "reverse mode" "failure.Message") ]
