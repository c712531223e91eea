(**
---
title: Tensors and calculus
category: Guide
categoryindex: 1
index: 3
---
*)
(*** hide ***)
#r "../src/NeuralDE.Core.fs/bin/Release/net10.0/NeuralDE.Core.dll"

let mistake (f: unit -> 'T) =
    try
        f () |> ignore
    with e ->
        printfn "%s" e.Message
(**
# Tensors and calculus

At the end of this page you can write a function of tensors and take any derivative of it: a gradient of a record, a Jacobian, a Hessian
times a vector, one gradient for each row of a batch.

## Tensors
*)
open NeuralDE

let x = tensor [ 0.5; 1.0; 2.0 ]
let m = tensor [ [ 1.0; 2.0; 3.0 ]; [ 4.0; 5.0; 6.0 ] ]
m * x + 1.0
(*** include-it ***)
(**
A tensor holds float64 unless you write `0.5f` (float32), `1` (int32) or `true`. Shapes broadcast as in NumPy: `m` is `[2; 3]`, `x`
is `[3]`. A plain number takes the dtype of the tensor beside it. Tensors never change; an operation makes a new one.

| to make | to take apart | to reduce | to combine |
|---|---|---|---|
| `zeros`, `ones`, `eye`, `linspace`, `arange` | `m[0]`, `m[*, 1]`, `x[1..]` | `sum`, `mean`, `amax`, `norm` | `stack`, `concat` |
| `rand`, `randn`, `randint` from a `Key` | `reshape`, `permute`, `split` | `sumAlong 0`, `meanAlong -1` | `matmul`, `dot`, `einsum` |

F#'s own `sin`, `exp`, `tanh`, `abs`, `sqrt` and `**` work on tensors and still work on floats.

Slices count from the end as NumPy's do: `x[-1..]` is the last element, `x[.. -2]` all but the last. One that is too long is refused,
and so is an index outside the axis; `take` and `gatherRows` take 0 to n − 1 only. Sums, products and cumulative sums of integers are
int64; `matmul`, `dot` and `einsum` keep the integers' type and wrap. A stored tensor has at most 2 147 483 591 elements; a compiled
function may sum over more, since it does not store what it sums.
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
### What goes wrong, and what you are told

`mistake` below runs a function and prints the exception's message. First two shapes that do not broadcast, then two dtypes:
*)
mistake (fun () -> m + tensor [ 1.0; 2.0 ])
(*** include-output ***)
mistake (fun () -> x + tensor [ 1.0f; 2.0f; 3.0f ])
(*** include-output ***)
(**
## Derivatives

What is not taken has no part in a derivative: `where`, `maximum`, `relu`, `clip`, `amax`, `sort`, indexes and slices cut the branch
that they leave out, so `maximum (sqrt x) 0.1` has the derivative 0 at x = −1, not NaN.

`grad` turns a function into its gradient. It is an ordinary function, so it nests:
*)
let f (x: Tensor) = sum (sin x * x)
grad f x
(*** include-it ***)
let slope (s: Tensor) = grad (fun s -> s ** 3.0) s
slope (scalar 2.0), grad slope (scalar 2.0) // 3 s², 6 s
(*** include-it ***)
(**
| verb | gives | costs about |
|---|---|---|
| `grad f x`, `valueAndGrad f x` | ∂f/∂x of a function to one number | one reverse sweep |
| `vjp f x` | f x and its pullback w ↦ Jᵀw | a run, and a run and a sweep for each pull |
| `jvp f x v` | f x and J v | a run with tangents beside it |
| `jacobian f x` | all ∂yᵢ/∂xⱼ | a sweep for each row or column, whichever are fewer |
| `hessian f x`, `hvp f x v` | all second derivatives; H v | n gradients; two gradients |
| `divergence`, `laplacian`, `curl` | of fields | a directional derivative for each element |
| `vmap f xs` | f of every row | one run on the whole batch |
| `compile f` | f, traced once, run as a whole from then on | what remains: the numbers |
*)
jacobian (fun (x: Tensor) -> x * sum x) x
(*** include-it ***)
vmap (grad f) (rand (Key 1) [ 4; 3 ]) // one gradient for each row
(*** include-it ***)
(**
### Any record is a tree

What takes a tensor takes a record, tuple, list, option or union of tensors. The gradient has the type of the argument:
*)
type Spring = { Stiffness: Tensor; Damping: Tensor; Name: string }

let spring = { Stiffness = scalar 2.0; Damping = scalar 0.1; Name = "front" }
grad (fun s -> s.Stiffness ** 2.0 * s.Damping) spring
(*** include-it ***)
(**
Fields that are not tensors stay as they are. `Tree.leaves` lists the tensors by path, `Tree.count` their numbers.

### Inside a transform, values are not there yet

`grad`, `vmap`, `compile` and the solvers call your function with placeholders. What asks for a value then says so:
*)
mistake (fun () -> grad (fun (x: Tensor) -> if float (sum x) > 0.0 then sum x else -(sum x)) x)
(*** include-output ***)
(**
A choice by value is `where` for elements and `cond` for computations:
*)
grad (fun (x: Tensor) -> sum (where (x .> 1.0) (x * x) x)) x
(*** include-it ***)
(**
`where` is safe at edges: the branch not taken contributes nothing, not even NaN.
*)
grad (fun (x: Tensor) -> sum (where (x .> 0.0) (sqrt x) 0.0)) (tensor [ 0.0; 4.0 ])
(*** include-it ***)
(**
### Compile what runs often

`compile` traces a function once for each shape of its argument. What the function captures is fixed then, so pass what changes:
*)
let step = compile (fun (rate: Tensor, x: Tensor) -> x - rate * grad f x)
step (scalar 0.1, x)
(*** include-it ***)
(**
`Engine.explain f x` prints what became of a function: its graph, its derivative, the plan of its kernels.

Next: [Solve](solve.html).
*)
