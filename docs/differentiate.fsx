(**
---
title: Differentiate
category: Guide
categoryindex: 1
index: 5
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
# Differentiate

This page explains how to take the gradient of a solve by its state, parameters and times, how to choose the gradient method, and which
gradients are exact.

## A solve is a function

Write the solve as a function of an argument and use the verbs of [Tensors and calculus](tensors-and-calculus.html):
*)
open NeuralDE

let field (p: Tensor) (_t: Tensor) (u: Tensor) =
    let hare, lynx = u[0], u[1]
    stack [ p[0] * hare - p[1] * hare * lynx; p[3] * hare * lynx - p[2] * lynx ]

let p = tensor [ 1.5; 1.0; 3.0; 1.0 ]

let final p = Ode.problem (field p) (tensor [ 1.0; 1.0 ]) (0.0, 10.0) |> Ode.tolerance 1e-9 1e-9 |> Ode.solveFinal

jacobian final p // [state; parameter]
(*** include-it ***)
(**
The same derivatives, computed separately with 113-bit numbers:
*)
let reference =
    tensor
        [ [ 2.160557523562618; 0.18856877707805931; 0.56318279416819772; 0.93965128715307976 ]
          [ -6.256770517220816; -0.69797758898935848; -1.7090176805979348; -2.7439791559201811 ] ]

printfn "largest difference: %.2g" (float (amax (abs (jacobian final p - reference))))
(*** include-output ***)
(**
Everything that the field captures has a gradient: tensors, records, whole networks. The initial state has a gradient, and so do the
times if you write them as tensors:
*)
let loss (p, y0: Tensor, t1: Tensor) = Ode.problem (field p) y0 (0.0, t1) |> Ode.solveFinal |> square |> sum

let dp, dy0, dt1 = grad loss (p, tensor [ 1.0; 1.0 ], scalar 10.0)
printfn "%O\n%O\n%O" dp dy0 dt1
(*** include-output ***)
(**
Derivatives nest. This is the Hessian of a loss of a solve, for standard errors of a fit or for Newton's method:
*)
hessian (fun p -> loss (p, tensor [ 1.0; 1.0 ], scalar 2.0)) p
(*** include-it ***)
(**
## Three gradient methods

| method | differentiates | memory | accuracy |
|---|---|---|---|
| `Checkpointed` (the default) | the steps taken; some are computed again | at most 256 MiB; `CheckpointedWithin bytes` | exact |
| `Direct` | the steps taken; all states are kept | grows with the steps | exact |
| `Backsolve` | the continuous adjoint, solved backwards | constant | that of its tolerance, or worse |

*Exact* means: equal, to rounding, to the derivative of the numbers that the solver returned, by the initial state and by everything that
the field captures. By the times it is the derivative of the equation: −f(t0, y0) propagated to the end for t0, f(t1, y(t1)) for t1, and
f(t, y(t)) for an output time. The numbers returned have a slightly different slope there, that of a last step or of an interpolant. The
difference is of the size of the tolerance: for Van der Pol's oscillator below with μ = 1 it is 2e-3 at a tolerance of 1e-3, 2e-5 at 1e-6
and 2e-10 at 1e-9.

The continuous adjoint is the derivative of the exact solution, approximated by a second solve, which runs the equation backwards. Where
the equation contracts forwards it expands backwards, and errors grow. Below, Van der Pol's oscillator y″ = μ (1 − y²) y′ − y contracts
more strongly for larger μ. The table shows the error of the derivative of the state at t = 5 by μ, at a tolerance of 1e-6, relative to a
solve at 1e-12:
*)
let vanDerPol solver tolerance method (mu: Tensor) =
    Ode.problem
        (fun _t (u: Tensor) -> stack [ u[1]; mu * (1.0 - u[0] * u[0]) * u[1] - u[0] ])
        (tensor [ 2.0; 0.0 ])
        (0.0, 5.0)
    |> Ode.using solver
    |> Ode.tolerance tolerance tolerance
    |> Ode.gradient method
    |> Ode.solveFinal
    |> sum

printfn "%-6s %14s %14s" "mu" "Checkpointed" "Backsolve"

for mu in [ 0.5; 1.0; 2.0; 2.5 ] do
    let exact = grad (vanDerPol DOP853 1e-12 Direct) (scalar mu)
    let error method = float (abs (grad (vanDerPol Tsit5 1e-6 method) (scalar mu) / exact - 1.0))
    printfn "%-6g %14.2g %14.2g" mu (error Checkpointed) (error Backsolve)
(*** include-output ***)
(**
Use `Backsolve` only if memory is scarce and you have checked it against `Checkpointed`.

## Rules of differentiation

- Step sizes are constants of differentiation, although a change of a parameter may change them.
- If a solve is differentiated, the error of the derivative also controls the steps. The solver monitors the error of a random tangent.
  The tangent controls the steps where the error of the state gives no information, for example at rest. `Ode.errorControl StateOnly`
  switches this off. A value that is returned with a derivative comes from the same steps: it may differ from the value of a solve without
  derivative, within the tolerance.
- The derivative by the state, by parameters and by everything that the field captures is exact: it is that of the numbers returned, for
  fixed steps. The derivative by t0, t1, output times and jump times is that of the equation, f(t, y). It differs from a difference
  quotient of the numbers returned by about the tolerance.
- A failed solve has zero gradients and NaN outputs. `Ode.solve` raises its exception after the transformed function has run.
- Integer, bool and key arguments have zero gradients of their own type.
- `stopGradient` makes a tensor a constant; `customGradient` gives a function a custom derivative.
- `implicitRoot` differentiates the solution of an equation, such as a steady state, without differentiating the search for it.

A steady state of u′ = p − u³, found by Newton's method, and its derivative 1/(3 u²):
*)
let steady (p: Tensor) =
    implicitRoot
        (fun p -> iterate 50 (fun (u: Tensor) -> u - (u ** 3.0 - p) / (3.0 * u * u)) (scalar 1.0))
        (fun u p -> p - u ** 3.0)
        p

steady (scalar 8.0), grad steady (scalar 8.0)
(*** include-it ***)
(**
## A deep equilibrium layer

The output of a deep equilibrium layer is the z with z = tanh(z W + x U + b), for a batch x `[batch; inputs]` and z `[batch; units]`. The
search iterates until z is constant. The derivative depends on z only, not on the iterations.
*)
let w = 0.1 * randn (Key 1) [ 30; 30 ]
let u = 0.5 * randn (Key 2) [ 5; 30 ]
let b = 0.3 * randn (Key 3) [ 30 ]
let x = randn (Key 4) [ 8; 5 ]

let cell (w, u, b) z = tanh (matmul z w + matmul x u + b)
let unrolled p = iterate 300 (cell p) (zeros [ 8; 30 ])

let search p =
    let moves (z, last) = amax (abs (z - last)) .> 1e-14
    fst (repeatWhile moves 1000 (fun (z, _) -> cell p z, z) (cell p (zeros [ 8; 30 ]), zeros [ 8; 30 ]))

let equilibrium options p = implicitRootWith options search (fun z p -> z - cell p z) p
(**
The unknowns are a tree of tensors of any shapes, here one matrix. `RootOptions` sets how a derivative solves its linear systems:

| `Coupling` | `Solve` | linear system |
|---|---|---|
| `RootCoupling.Joint` | `RootSolve.Dense` | one n × n system of all unknowns, by LU; the default, and the choice of `implicitRoot` |
| `RootCoupling.PerSample` | `RootSolve.Dense` | one system for each sample, if samples do not depend on each other |
| either | `RootSolve.Gmres` | by products with the Jacobian, without building the matrix |
| either | `RootSolve.SameIteration` | by the iteration of the layer, for a residual z − F(z) |
| either | `RootSolve.Own` | by a custom function from w ↦ A w and b to w |

All of them give the gradient of the unrolled iteration:
*)
let squares solve p = (let z: Tensor = solve p in sum (z * z))
let gradientOfW solve = (let ofW, _, _ = grad (squares solve) (w, u, b) in ofW)
let exact = gradientOfW unrolled

for name, coupling, solve in
    [ "joint, dense", RootCoupling.Joint, RootSolve.Dense
      "per sample, dense", RootCoupling.PerSample, RootSolve.Dense
      "joint, GMRES", RootCoupling.Joint, RootSolve.Gmres GmresOptions.defaults
      "per sample, GMRES", RootCoupling.PerSample, RootSolve.Gmres GmresOptions.defaults
      "the same iteration", RootCoupling.Joint, RootSolve.SameIteration SameIterationOptions.defaults ] do
    let found = gradientOfW (equilibrium { Coupling = coupling; Solve = solve })
    let isNear = float (amax (abs (found - exact)) / amax (abs exact)) < 1e-8
    printfn "%-20s %s" name (if isNear then "as unrolled" else "another gradient")
(*** include-output ***)
(**
A system that is not solved to its tolerance raises an exception; it never gives an inaccurate gradient:
*)
mistake (fun () ->
    let hasty = RootSolve.Gmres { GmresOptions.defaults with MaxIterations = 2 }
    gradientOfW (equilibrium { RootOptions.defaults with Solve = hasty }))
(*** include-output ***)
(**
Samples that depend on each other, as with batch normalisation, raise an exception under `RootCoupling.PerSample`.

## Solves that cannot be traced

A solve whose number of outputs depends on values cannot be traced:
*)
mistake (fun () ->
    grad (fun p -> sum (Ode.problem (field p) (tensor [ 1.0; 1.0 ]) (0.0, 1.0) |> Ode.saveSteps 1 |> Ode.solveYs)) p)
(*** include-output ***)
(**
Next: [Learn](learn.html).
*)
