(**
---
title: Tensors and calculus
category: Guide
categoryindex: 1
index: 3
---
*)
(*** hide ***)
#load "../src/NeuralDE.Core.fs/load.fsx"

let mistake (f: unit -> 'T) =
    try
        f () |> ignore
    with e ->
        printfn "%s" e.Message
(**
# Tensors and calculus

This page explains how to write a function of tensors and take any derivative of it: the gradient by a record, a Jacobian, a
Hessian-vector product, one gradient for each row of a batch.

## Tensors
*)
open NeuralDE

let x = tensor [ 0.5; 1.0; 2.0 ]
let m = tensor [ [ 1.0; 2.0; 3.0 ]; [ 4.0; 5.0; 6.0 ] ]
m * x + 1.0
(*** include-it ***)
(**
A tensor holds float64 unless you write `0.5f` (float32), `1` (int32) or `true`. Shapes broadcast as in NumPy: `m` is `[2; 3]`, `x`
is `[3]`. In `x + 1.0` the plain number takes the dtype of the tensor. Tensors are immutable; every operation makes a new one.

| to make | to take apart | to reduce | to combine |
|---|---|---|---|
| `zeros`, `ones`, `eye`, `linspace`, `arange` | `m[0]`, `m[*, 1]`, `x[1..]` | `sum`, `mean`, `amax`, `norm` | `stack`, `concat` |
| `rand`, `randn`, `randint` from a `Key` | `reshape`, `permute`, `split` | `sumAlong 0`, `meanAlong -1` | `matmul`, `dot`, `einsum` |

The F# functions `sin`, `exp`, `tanh`, `abs`, `sqrt` and `**` work on tensors as well as on floats.

Negative slice bounds count from the end, as in NumPy: `x[-1..]` is the last element, `x[.. -2]` is all but the last. A slice or an
index outside the axis is an error; `take` and `gatherRows` accept 0 to n − 1 only. Sums, products and cumulative sums of integers are
int64; `matmul`, `dot` and `einsum` keep the integer type and wrap on overflow. A stored tensor has at most 2 147 483 591 elements. A
compiled function can sum over more elements, because it does not store them.
*)
einsum "ij,j->i" [ m; x ]
(*** include-it ***)
float (sum x), (m[*, 1]).ToArray() // back to .NET
(*** include-it ***)
(**
### Random numbers come from keys

The same key gives the same numbers, on any number of threads. Split it to get more:
*)
let k1, k2 = Key.split (Key 0)
randn k1 [ 2 ], randn k2 [ 2 ]
(*** include-it ***)
(**
### Errors

`mistake` below runs a function and prints the message of the exception. First, two shapes that do not broadcast; then, two dtypes:
*)
mistake (fun () -> m + tensor [ 1.0; 2.0 ])
(*** include-output ***)
mistake (fun () -> x + tensor [ 1.0f; 2.0f; 3.0f ])
(*** include-output ***)
(**
## Derivatives

An element that an operation does not select contributes nothing to the derivative. This holds for `where`, `maximum`, `relu`, `clip`,
`amax`, `sort`, indexes and slices: `maximum (sqrt x) 0.1` has the derivative 0 at x = −1, not NaN.

`grad` turns a function into its gradient. The gradient is an ordinary function, so `grad` nests:
*)
let f (x: Tensor) = sum (sin x * x)
grad f x
(*** include-it ***)
let slope (s: Tensor) = grad (fun s -> s ** 3.0) s
slope (scalar 2.0), grad slope (scalar 2.0) // 3 s², 6 s
(*** include-it ***)
(**
| verb | returns | approximate cost |
|---|---|---|
| `grad f x`, `valueAndGrad f x` | ∂f/∂x of a scalar function | one reverse sweep |
| `vjp f x` | f x and its pullback w ↦ Jᵀw | one run of f; for each pullback one more run and one reverse sweep |
| `jvp f x v` | f x and J v | one run of f with tangents |
| `jacobian f x` | all ∂yᵢ/∂xⱼ | one sweep for each row or each column of J, whichever are fewer |
| `hessian f x`, `hvp f x v` | all second derivatives; H v | n gradients; two gradients |
| `divergence`, `laplacian`, `curl` | these derivatives of a field | one directional derivative for each element |
| `vmap f xs` | f of every row | one run on the whole batch |
| `compile f` | f, traced and planned once | later calls only compute; they do not trace |
*)
jacobian (fun (x: Tensor) -> x * sum x) x
(*** include-it ***)
vmap (grad f) (rand (Key 1) [ 4; 3 ]) // one gradient for each row
(*** include-it ***)
(**
### Any record is a tree

A verb that takes a tensor also takes a record, tuple, list, option or union of tensors. The gradient has the type of the argument:
*)
type Spring = { Stiffness: Tensor; Damping: Tensor; Name: string }

let spring = { Stiffness = scalar 2.0; Damping = scalar 0.1; Name = "front" }
grad (fun s -> s.Stiffness ** 2.0 * s.Damping) spring
(*** include-it ***)
(**
Non-tensor fields are constants. `Tree.leaves` lists the tensors by path; `Tree.count` counts their elements.

### A transform has no values yet

`grad`, `vmap`, `compile` and the solvers call your function with placeholders, which have no values. Reading a value is an error:
*)
mistake (fun () -> grad (fun (x: Tensor) -> if float (sum x) > 0.0 then sum x else -(sum x)) x)
(*** include-output ***)
(**
To choose by value, use `where` for elements and `cond` for computations:
*)
grad (fun (x: Tensor) -> sum (where (x .> 1.0) (x * x) x)) x
(*** include-it ***)
(**
`where` is safe at singular points: the branch not taken contributes nothing to the derivative, not even NaN.
*)
grad (fun (x: Tensor) -> sum (where (x .> 0.0) (sqrt x) 0.0)) (tensor [ 0.0; 4.0 ])
(*** include-it ***)
(**
### Compile functions that run often

`compile` traces a function once for each shape of its argument. Captured values are then constants, so pass changing values as arguments:
*)
let step = compile (fun (rate: Tensor, x: Tensor) -> x - rate * grad f x)
step (scalar 0.1, x)
(*** include-it ***)
(**
`Engine.explain f x` prints the graph of a function, its derivative and its plan of kernels.

Next: [Solve](solve.html).
*)
