module NeuralDE.Tests.Solvers.ConformanceTests

open System
open Expecto
open NeuralDE
open NeuralDE.Tests.Solvers.OdeCases

// ---- end points ---------------------------------------------------------------------------------------------------

let private endPoints () =
    [ for c in cases do
          for solver in odeSolvers do
              if solver.Order >= 5 then c.Name, solver.Name ]

let private errorOf c solver controller =
    let solution =
        problemOf c
        |> Ode.using (methodNamed solver)
        |> Ode.tolerance 1e-10 1e-10
        |> Ode.controller controller
        |> Ode.solve

    let got = numbers solution.Y1
    Array.map2 (fun (g: float) e -> abs (g - e) / (1.0 + abs e)) got c.Y1 |> Array.max

/// The default controller takes longer steps. Lorenz at ρ = 28 is chaotic: it multiplies an error by about e^(0.9 t), 1e4 at
/// its end. On a Kepler orbit the error grows with the time, and the larger error constants of the two oldest pairs matter.
let private defaultBound c (solver: string) =
    let isOld = solver = "Fehlberg45" || solver = "CashKarp"

    if c.Note = "chaotic" then 1e-6
    elif isOld && c.Name.StartsWith 'D' then 2e-7
    else 1e-7

// ---- gradients ----------------------------------------------------------------------------------------------------

let private gradients = readJson "gradients.json"
let private published problem (name: string) = (gradients.GetProperty(problem: string)).GetProperty name |> floats

/// Modes of differentiation: reverse mode by three methods, forward mode, and the mode that the Jacobian chooses.
let private waysBack = [ "Direct"; "Checkpointed"; "Backsolve" ]

let private gradientNamed name =
    match name with
    | "Direct" -> Direct
    | "Checkpointed" -> Checkpointed
    | "Within 20 kB" -> CheckpointedWithin 20000L
    | "Backsolve" -> Backsolve
    | "Seminorm" -> BacksolveWith { Rtol = None; Atol = None; Norm = Seminorm }
    | other -> failwith $"no gradient method {other}"

let private precise way p = p |> Ode.using DOP853 |> Ode.tolerance 1e-12 1e-12 |> Ode.gradient (gradientNamed way)

/// All pairs of a gradient method and a quantity.
let private rows (ways: string list) (names: string list) =
    [ for way in ways do
          for name in names -> way, name ]

// Lotka–Volterra: parameters a, b, c, d and the start, in one vector.

let private prey way (p: Tensor) =
    let field = byComponent (fun _ u -> [ p[0] * u[0] - p[1] * u[0] * u[1]; -p[2] * u[1] + p[3] * u[0] * u[1] ])

    Ode.problem field p[4..5] (0.0, 10.0) |> precise way |> Ode.solveFinal

let private preyAt = tensor [ 1.5; 1.0; 3.0; 1.0; 1.0; 1.0 ]
let private preyRow name =
    Array.append (published "lotka_volterra" $"d{name}_dabcd") (published "lotka_volterra" $"d{name}_du0")

let private preyWays () = rows (waysBack @ [ "Within 20 kB"; "Seminorm" ]) [ "x"; "y" ]

let private basis n i = tensor (List.init n (fun j -> if i = j then 1.0 else 0.0))

let private backWays () = waysBack |> List.map (fun way -> way)

// A linear system: both parameters, the start and both times.

type Linear = { Theta: Tensor; Phi: Tensor; Y0: Tensor; T0: Tensor; T1: Tensor }

let private linearAt =
    { Theta = scalar 0.1
      Phi = scalar -0.1
      Y0 = tensor [ 0.9; 5.4 ]
      T0 = scalar 0.3
      T1 = scalar 9.5 }

let private linear way (l: Linear) =
    let field = byComponent (fun _ y -> [ l.Theta * y[0] - y[1]; y[0] + l.Phi * y[1] ])

    Ode.problem field l.Y0 (l.T0, l.T1) |> precise way |> Ode.solveFinal |> sum

/// ∂L/∂t0 = −∂L/∂y0 · f(t0, y0)
let private linearPublished name =
    match name with
    | "t0" ->
        let a = published "linear" "dL_dy0"
        [| -(a[0] * (0.1 * 0.9 - 5.4) + a[1] * (0.9 - 0.1 * 5.4)) |]
    | name -> published "linear" $"dL_d{name}"

let private linearPart name (l: Linear) =
    match name with
    | "th" -> l.Theta
    | "ph" -> l.Phi
    | "y0" -> l.Y0
    | "t0" -> l.T0
    | _ -> l.T1

let private linearNames = [ "th"; "ph"; "y0"; "t0"; "t1" ]
let private linearWays () = rows (waysBack @ [ "Within 20 kB"; "Seminorm" ]) linearNames

let private linearParts () = linearNames |> List.map (fun name -> name)

// A neural ODE against the cubic spiral, at thirty times.

type Network = { W1: Tensor; B1: Tensor; W2: Tensor; B2: Tensor; Start: Tensor }

let private networkAt =
    { W1 = tensor (List.init 50 (fun i -> List.init 2 (fun c -> 0.5 * sin (1.3 * float (i + 1) + 0.7 * float (c + 1)))))
      B1 = tensor (List.init 50 (fun i -> 0.1 * cos (float (i + 1))))
      W2 = tensor (List.init 2 (fun j -> List.init 50 (fun i -> 0.2 * cos (0.9 * float (j + 1) + 0.4 * float (i + 1)))))
      B2 = tensor [ 0.05; -0.05 ]
      Start = tensor [ 2.0; 0.0 ] }

let private thirty = linspace 0.0 1.5 30

let private target =
    lazy
        (Ode.problem spiral (tensor [ 2.0; 0.0 ]) (0.0, 1.5)
         |> precise "Direct"
         |> Ode.tolerance 1e-13 1e-13
         |> Ode.saveAt thirty
         |> Ode.solveYs)

let private outputs way (n: Network) =
    Ode.problem (fun _ y -> matmul n.W2 (tanh (matmul n.W1 (y ** 3.0) + n.B1)) + n.B2) n.Start (0.0, 1.5)
    |> precise way
    |> Ode.saveAt thirty
    |> Ode.solveYs

let private loss way n = sum (square (outputs way n - target.Value))

/// The reference value of a part of a gradient.
let private networkPart name (g: Network) =
    match name with
    | "norm_dL_dtheta" -> [| Math.Sqrt([ g.W1; g.B1; g.W2; g.B2 ] |> List.sumBy (fun w -> float (sum (w * w)))) |]
    | "dW1_11" -> [| float g.W1[0, 0] |]
    | "db1_1" -> [| float g.B1[0] |]
    | "dW2_11" -> [| float g.W2[0, 0] |]
    | "dW2_2_50" -> [| float g.W2[1, 49] |]
    | "db2" -> numbers g.B2
    | _ -> numbers g.Start

let private networkNames = [ "norm_dL_dtheta"; "dW1_11"; "db1_1"; "dW2_11"; "dW2_2_50"; "db2"; "dy0" ]

let private networkParts () = [ "dW1_11"; "db1_1"; "dW2_11"; "dW2_2_50"; "db2"; "dy0" ] |> List.map (fun name -> name)

[<Tests>]
let tests =
    testList
        "Solvers.Conformance"
        [ testList
              "End points agree with the reference"
              [ for problem, solver in endPoints () do
                    testCase $"{problem}, {solver}" (fun () ->
                        let c = caseNamed problem
                        isAtMost
                            $"{problem} by {solver}: scaled error"
                            1e-7
                            (errorOf c solver StepController.proportionalIntegral)) ]

          testList
              "End points with the default controller agree with the reference"
              [ for problem, solver in endPoints () do
                    testCase $"{problem}, {solver}" (fun () ->
                        let c = caseNamed problem
                        isAtMost
                            $"{problem} by {solver}: scaled error"
                            (defaultBound c solver)
                            (errorOf c solver StepController.integral)) ]

          testList
              "Gradients of Lotka–Volterra agree with the reference"
              [ for way, component_ in preyWays () do
                    testCase $"{way}, {component_}" (fun () ->
                        let index = if component_ = "x" then 0 else 1
                        let got = grad (fun p -> (prey way p)[index]) preyAt
                        relative 1e-8 $"d{component_}(10) by {way}" (preyRow component_) (numbers got)) ]

          testCase "Forward mode of Lotka–Volterra agrees with the reference" (fun () ->
              let columns = List.init 6 (fun i -> snd (jvp (prey "Checkpointed") preyAt (basis 6 i)) |> numbers)
              let x, y = preyRow "x", preyRow "y"
              relative 1e-8 "dx(10) by jvp" x (columns |> List.map (fun c -> c[0]))
              relative 1e-8 "dy(10) by jvp" y (columns |> List.map (fun c -> c[1])))

          testList
              "Jacobians of Lotka–Volterra agree with the reference"
              [ for way in backWays () do
                    testCase way (fun () ->
                        let wide = jacobian (prey way) preyAt // more inputs than outputs: reverse mode
                        relative
                            1e-8
                            $"reverse Jacobian by {way}"
                            (Array.append (preyRow "x") (preyRow "y"))
                            (numbers wide)
                        let parameters = preyAt[0..3]
                        let tall = jacobian (fun start -> prey way (concat [ parameters; start ])) preyAt[4..5] // forward mode

                        let start row = (preyRow row)[4..]
                        relative
                            1e-8
                            $"forward Jacobian by {way}"
                            (Array.append (start "x") (start "y"))
                            (numbers tall)) ]

          testList
              "Gradients of the linear system agree with the reference"
              [ for way, name in linearWays () do
                    testCase $"{way}, {name}" (fun () ->
                        let value, gradient = valueAndGrad (linear way) linearAt
                        relative 1e-9 $"L by {way}" (published "linear" "L") (numbers value)
                        relative
                            1e-8
                            $"dL/d{name} by {way}"
                            (linearPublished name)
                            (numbers (linearPart name gradient))) ]

          testList
              "Forward mode of the linear system agrees with the reference"
              [ for name in linearParts () do
                    testCase name (fun () ->
                        let still = Tree.zerosLike linearAt

                        let along (direction: Tensor) =
                            let tangent =
                                match name with
                                | "th" -> { still with Theta = direction }
                                | "ph" -> { still with Phi = direction }
                                | "y0" -> { still with Y0 = direction }
                                | "t0" -> { still with T0 = direction }
                                | _ -> { still with T1 = direction }

                            snd (jvp (linear "Checkpointed") linearAt tangent) |> float

                        let directions = if name = "y0" then [ basis 2 0; basis 2 1 ] else [ scalar 1.0 ]
                        relative 1e-8 $"dL/d{name} by jvp" (linearPublished name) (directions |> List.map along)) ]

          testList
              "Gradients of the neural ODE agree with the reference"
              [ for way in backWays () do
                    testCase way (fun () ->
                        let value, gradient = valueAndGrad (loss way) networkAt
                        relative 1e-9 $"L by {way}" (published "neural_ode" "L") (numbers value)

                        for name in networkNames do
                            // the reference has 15 digits; errors are relative to the largest component of the whole
                            // gradient
                            within
                                (1e-8 * 130.0)
                                $"{name} by {way}"
                                (published "neural_ode" name)
                                (networkPart name gradient)
                            relative
                                1e-7
                                $"{name} by {way}, relative to itself"
                                (published "neural_ode" name)
                                (networkPart name gradient)) ]

          testCase "The end point of the neural ODE agrees with the reference" (fun () ->
              let last = (outputs "Direct" networkAt)[-1]
              relative 1e-9 "y(1.5)" (published "neural_ode" "y_end") (numbers last))

          testList
              "Forward mode of the neural ODE agrees with the reference"
              [ for name in networkParts () do
                    testCase name (fun () ->
                        let still = Tree.zerosLike networkAt
                        let unit (like: Tensor) i = reshape (List.ofArray like.Shape) (basis like.Count i)

                        let directions =
                            match name with
                            | "dW1_11" -> [ { still with W1 = unit still.W1 0 } ]
                            | "db1_1" -> [ { still with B1 = unit still.B1 0 } ]
                            | "dW2_11" -> [ { still with W2 = unit still.W2 0 } ]
                            | "dW2_2_50" -> [ { still with W2 = unit still.W2 99 } ]
                            | "db2" -> List.init 2 (fun i -> { still with B2 = unit still.B2 i })
                            | _ -> List.init 2 (fun i -> { still with Start = unit still.Start i })

                        let got =
                            directions |> List.map (fun v -> snd (jvp (loss "Checkpointed") networkAt v) |> float)
                        within (1e-8 * 130.0) $"{name} by jvp" (published "neural_ode" name) got) ] ]
