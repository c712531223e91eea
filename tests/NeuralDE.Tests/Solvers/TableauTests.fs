module NeuralDE.Tests.Solvers.TableauTests

open System
open Expecto
open NeuralDE.Tests
open NeuralDE

/// One case per method; the name appears in the test report.
let private methods () = ExplicitTableaus.all |> Seq.map (fun tableau -> tableau)

let private find name = ExplicitTableaus.all |> List.find (fun tableau -> tableau.Name = name)

// ---- the published properties -------------------------------------------------------------------------------------

/// name, order, embedded order, stages, FSAL, interpolant's order, extra stages, power of the error estimate
let private published =
    [ "Euler", 1, 0, 1, false, 1, 0, 0
      "Midpoint", 2, 1, 2, false, 2, 0, 2
      "Heun", 2, 1, 2, false, 2, 0, 2
      "Ralston", 2, 1, 2, false, 2, 0, 2
      "Bosh3", 3, 2, 4, true, 3, 0, 3
      "RK4", 4, 0, 4, false, 3, 0, 0
      "Kutta38", 4, 0, 4, false, 3, 0, 0
      "Fehlberg45", 5, 4, 6, false, 4, 0, 5
      "CashKarp", 5, 4, 6, false, 4, 0, 5
      "Dopri5", 5, 4, 7, true, 4, 0, 5
      "Tsit5", 5, 4, 7, true, 4, 0, 5
      "Vern7", 7, 6, 10, false, 6, 5, 7
      "DOP853", 8, 5, 12, false, 7, 3, 8 ]

// ---- order conditions ---------------------------------------------------------------------------------------------

let private violation (t: Tableau) weights order =
    OrderConditions(t.DenseA, order).FirstViolation(weights, order, (fun tree -> 1.0 / tree.Density))

let private embedded (t: Tableau) (error: float[]) =
    error |> Array.mapi (fun i e -> (if i < t.Stages then t.B[i] else 0.0) - e)

/// b_i(θ) for all stages.
let private weightsAt (theta: float) (interpolant: Interpolant) =
    interpolant.Weights |> Array.map (fun row -> theta * Array.foldBack (fun w rest -> w + theta * rest) row 0.0)

/// b_i'(θ) for all stages.
let private slopesAt (theta: float) (interpolant: Interpolant) =
    interpolant.Weights
    |> Array.map (Array.mapi (fun k w -> float (k + 1) * w * Math.Pow(theta, float k)) >> Array.sum)

// ---- errors -------------------------------------------------------------------------------------------------------

let private changed (values: float[]) i delta = values |> Array.mapi (fun j v -> if j = i then v + delta else v)

let private changedIn (rows: float[][]) i j delta =
    rows |> Array.mapi (fun k row -> if k = i then changed row j delta else row)

let private each (rows: float[][]) =
    [ for i in 0 .. rows.Length - 1 do
          for j in 0 .. rows[i].Length - 1 -> i, j ]

/// The data with one coefficient changed, for every coefficient.
let private perturbations (d: TableauData) delta =
    let dense = d.Interpolant

    [
      // The weights of an FSAL method are the last row of A: changing one alone only violates that.
      for i in 0 .. d.B.Length - 2 do
          if d.A[d.B.Length - 1] = d.B[.. d.B.Length - 2] then
              let a = changedIn d.A (d.B.Length - 1) i delta

              yield $"B[{i}] and A", { d with B = changed d.B i delta; A = a }
      for i in 0 .. d.C.Length - 1 -> $"C[{i}]", { d with C = changed d.C i delta }
      for i, j in each d.A -> $"A[{i}][{j}]", { d with A = changedIn d.A i j delta }
      for i in 0 .. d.B.Length - 1 -> $"B[{i}]", { d with B = changed d.B i delta }
      for i in 0 .. d.Error.Length - 1 -> $"Error[{i}]", { d with Error = changed d.Error i delta }
      for i in 0 .. d.CoarseError.Length - 1 ->
          $"CoarseError[{i}]", { d with CoarseError = changed d.CoarseError i delta }
      for i in 0 .. dense.ExtraC.Length - 1 ->
          $"ExtraC[{i}]", { d with Interpolant = { dense with ExtraC = changed dense.ExtraC i delta } }
      for i, j in each dense.ExtraA ->
          $"ExtraA[{i}][{j}]", { d with Interpolant = { dense with ExtraA = changedIn dense.ExtraA i j delta } }
      for i, j in each dense.Weights ->
          $"Weights[{i}][{j}]", { d with Interpolant = { dense with Weights = changedIn dense.Weights i j delta } } ]

let private accepted data =
    try
        Tableau data |> ignore
        true
    with :? TableauException ->
        false

// ---- observed orders ----------------------------------------------------------------------------------------------

/// One step: the stages that the interpolant weighs, and y1.
let private step (t: Tableau) (f: float -> float[] -> float[]) t0 h (y0: float[]) =
    let k = Array.zeroCreate<float[]> t.DenseC.Length

    let along (weights: float[]) =
        Array.init y0.Length (fun n -> y0[n] + h * Array.sum (Array.mapi (fun i w -> w * k[i][n]) weights))

    for i in 0 .. k.Length - 1 do
        k[i] <- f (t0 + t.DenseC[i] * h) (along t.DenseA[i])

    along t.B, along

let private worst (x: float[]) (y: float[]) = Array.map2 (fun (a: float) b -> abs (a - b)) x y |> Array.max

/// A non-autonomous, nonlinear equation whose solution is on the unit circle at the angle 2t + sin t.
let private problem =
    let exact t = [| cos (2.0 * t + sin t); sin (2.0 * t + sin t) |]

    let field (t: float) (y: float[]) =
        let turn, pull = 2.0 + cos t, 0.5 * (1.0 - y[0] * y[0] - y[1] * y[1])
        [| pull * y[0] - turn * y[1]; pull * y[1] + turn * y[0] |]

    field, exact

/// The largest errors over [0.3, 2.7] at the ends of the steps and of the interpolants inside the steps.
let private errors (t: Tableau) count =
    let field, exact = problem
    let h = 2.4 / float count
    let mutable y = exact 0.3
    let mutable ends = 0.0
    let mutable inside = 0.0

    for n in 0 .. count - 1 do
        let t0 = 0.3 + float n * h
        let y1, along = step t field t0 h y

        for theta in [ 0.2; 0.5; 0.75 ] do
            inside <- max inside (worst (along (weightsAt theta t.Interpolant)) (exact (t0 + theta * h)))

        y <- y1
        ends <- max ends (worst y (exact (t0 + h)))

    ends, inside

[<Tests>]
let tests =
    testList
        "Solvers.Tableau"
        [ testList
              "Orders, stages and FSAL are those published"
              [ for name, order, embedded, stages, fsal, dense, extra, power in published do
                    testCase $"{name}, {order}, {embedded}, {stages}, {fsal}, {dense}, {extra}, {power}" (fun () ->
                        let t = find name
                        Expect.equal
                            (t.Order, t.EmbeddedOrder, t.Stages)
                            (order, embedded, stages)
                            "(t.Order, t.EmbeddedOrder, t.Stages)"
                        Expect.equal
                            (t.Fsal, t.Interpolant.Order, t.Interpolant.ExtraC.Length)
                            (fsal, dense, extra)
                            "(t.Fsal, t.Interpolant.Order, t.Interpolant.ExtraC.Length)"
                        Expect.equal (t.ErrorPower, t.Adaptive) (power, power > 0) "(t.ErrorPower, t.Adaptive)") ]

          testCase "Every method of the registry has published properties, and a unique name" (fun () ->
              let names = ExplicitTableaus.all |> List.map _.Name
              Expect.equal
                  (List.sort names)
                  (published |> List.map (fun (name, _, _, _, _, _, _, _) -> name) |> List.sort)
                  "List.sort names"
              for t in ExplicitTableaus.all do
                  Expect.isMatch t.Citation "[12][0-9]{3}" "t.Citation")

          testCase "torchdiffeq's error estimate for Dopri5 is two thirds of this one" (fun () ->
              // L. F. Shampine, Some practical Runge–Kutta formulas, 1986: b − b̂ with his b̂
              let shampine =
                  [| 35.0 / 384.0 - 1951.0 / 21600.0
                     0.0
                     500.0 / 1113.0 - 22642.0 / 50085.0
                     125.0 / 192.0 - 451.0 / 720.0
                     -2187.0 / 6784.0 + 12231.0 / 42400.0
                     11.0 / 84.0 - 649.0 / 6300.0
                     -1.0 / 60.0 |]

              Array.iter2
                  (fun (ours: float) theirs -> Expect.near 1e-15 theirs (2.0 / 3.0 * ours) "theirs")
                  ExplicitTableaus.dopri5.Error
                  shampine)

          testCase "There are 1, 1, 2, 4, 9, 20, 48, 115, 286 rooted trees" (fun () ->
              let counts = RootedTrees.upTo 9 |> Array.countBy _.Nodes
              Expect.equal counts (Array.zip [| 1..9 |] [| 1; 1; 2; 4; 9; 20; 48; 115; 286 |]) "counts")

          testCase "Densities of the trees of four nodes are 4, 8, 12 and 24" (fun () ->
              let shown =
                  RootedTrees.upTo 4
                  |> Array.filter (fun tree -> tree.Nodes = 4)
                  |> Array.map (fun tree -> RootedTrees.show tree, tree.Density)
                  |> Array.sortBy snd

              Expect.equal shown [| "[[][][]]", 4.0; "[[[]][]]", 8.0; "[[[][]]]", 12.0; "[[[[]]]]", 24.0 |] "shown")

          testList
              "The solution has the declared order and no more"
              [ for t in methods () do
                    testCase $"{t}" (fun () ->
                        Expect.equal (violation t t.B t.Order) None "violation t t.B t.Order"
                        Expect.equal
                            (violation t t.B (t.Order + 1) |> Option.map (fun (tree, _) -> tree.Nodes))
                            (Some(t.Order + 1))
                            "violation t t.B (t.Order + 1) |> Option.map (fun (tree, _) -> …") ]

          testList
              "Embedded solutions have the declared order and no more"
              [ for t in methods () do
                    testCase $"{t}" (fun () ->
                        for error, order in [ t.Error, t.EmbeddedOrder; t.CoarseError, t.CoarseOrder ] do
                            if order > 0 then
                                Expect.equal
                                    (violation t (embedded t error) order)
                                    None
                                    "violation t (embedded t error) order"
                                let beyond = violation t (embedded t error) (order + 1)
                                Expect.equal
                                    (beyond |> Option.map (fun (tree, _) -> tree.Nodes))
                                    (Some(order + 1))
                                    "beyond |> Option.map (fun (tree, _) -> tree.Nodes)") ]

          testList
              "The interpolant has the declared order and no more at every θ"
              [ for t in methods () do
                    testCase $"{t}" (fun () ->
                        for theta in [ 0.1; 0.25; 0.6; 0.9 ] do
                            let order = t.Interpolant.Order
                            let conditions = OrderConditions(t.DenseA, order + 1)

                            let expected (tree: RootedTree) = Math.Pow(theta, float tree.Nodes) / tree.Density

                            let weights = weightsAt theta t.Interpolant
                            // Evaluating b(θ) has a rounding error relative to its largest coefficient, so small θ need a
                            // larger tolerance.
                            let off (tree: RootedTree, sum) = abs (sum - expected tree) > 1e-12

                            let violation nodes =
                                conditions.FirstViolation(weights, nodes, expected) |> Option.filter off

                            Expect.equal (violation order) None "violation order"
                            Expect.equal
                                (violation (order + 1) |> Option.map (fun (tree, _) -> tree.Nodes))
                                (Some(order + 1))
                                "violation (order + 1) |> Option.map (fun (tree, _) -> tree.Nodes)") ]

          testList
              "Nodes lie in the step and are the row sums"
              [ for t in methods () do
                    testCase $"{t}" (fun () ->
                        for c, row in Array.zip t.DenseC t.DenseA do
                            Expect.inRange c (0.0, 1.0) "c"
                            Expect.near (1e-13 * (1.0 + Array.sumBy abs row)) (Array.sum row) c "Array.sum row") ]

          testList
              "The interpolant is continuously differentiable between steps"
              [ for t in methods () do
                    testCase $"{t}" (fun () ->
                        let last = if t.Fsal then t.Stages - 1 else t.Stages

                        let unit at = Array.init t.DenseC.Length (fun i -> if i = at then 1.0 else 0.0)

                        let scale = t.Interpolant.Weights |> Array.collect (Array.map abs) |> Array.max

                        let equal (expected: float[]) (got: float[]) =
                            Array.iter2
                                (fun (x: float) (y: float) -> Expect.near (1e-14 * (1.0 + scale)) y x "y")
                                expected
                                got

                        equal
                            (Array.append t.B (Array.zeroCreate (t.DenseC.Length - t.Stages)))
                            (weightsAt 1.0 t.Interpolant)
                        equal (Array.zeroCreate t.DenseC.Length) (weightsAt 0.0 t.Interpolant)
                        equal (unit 0) (slopesAt 0.0 t.Interpolant)
                        equal (unit last) (slopesAt 1.0 t.Interpolant)) ]

          testList
              "A change of 1e-6 of any single coefficient is detected"
              [ for t in methods () do
                    testCase $"{t}" (fun () ->
                        for delta in [ 1e-6; -1e-6; nan; infinity ] do
                            let missed = perturbations t.Data delta |> List.filter (snd >> accepted) |> List.map fst

                            Expect.equal missed [] "missed") ]

          testList
              "A change of 1e-6 that keeps the row sum is detected"
              [ for t in methods () do
                    testCase $"{t}" (fun () ->
                        // Node i stays right; only conditions of trees with three or more nodes detect it.
                        if t.Order >= 3 then
                            let moved (rows: float[][]) =
                                [ for i, j in each rows do
                                      if j > 0 then i, j, changedIn (changedIn rows i j 1e-6) i 0 -1e-6 ]

                            for i, j, a in moved t.A do
                                Expect.isFalse (accepted { t.Data with A = a }) $"A[{i}][{j}]") ]

          testCase "The embedded weights of Tsit5 do not pass for its solution" (fun () ->
              let t = ExplicitTableaus.tsit5
              let swapped = { t.Data with B = embedded t t.Error }
              let error = Expect.thrown<TableauException>(fun () -> Tableau swapped |> ignore)
              Expect.isMatch error.Message "Σ b Φ = .* of 5 nodes" "error.Message")

          testCase "RK4 with the nodes 0, 0, 1/2, 1/2 is refused" (fun () ->
              let shifted = { ExplicitTableaus.rk4.Data with C = [| 0.0; 0.0; 0.5; 0.5 |] }

              let error = Expect.thrown<TableauException>(fun () -> Tableau shifted |> ignore)
              Expect.equal error.Tableau "RK4" "error.Tableau"
              Expect.stringContains error.Message "row 1 of A with sum 0.5" "error.Message"
              Expect.stringContains error.Message "expected its node 0" "error.Message")

          testCase "An order that is too high is refused with the violated tree" (fun () ->
              let d = { ExplicitTableaus.heun.Data with Order = 3 }

              let dense = { d.Interpolant with Order = 2 }

              let error = Expect.thrown<TableauException>(fun () -> Tableau { d with Interpolant = dense } |> ignore)

              Expect.stringContains
                  error.Message
                  "got Σ b Φ = 0 for the tree [[[]]] of 3 nodes, expected 0.1666"
                  "error.Message"
              Expect.stringContains error.Message "declare an order below 3" "error.Message")

          testCase "Lengths, empty estimates and interpolants of too low an order are refused" (fun () ->
              let d = ExplicitTableaus.bosh3.Data
              let dense = d.Interpolant
              let refused data = Expect.isFalse (accepted data) "accepted data"
              refused { d with C = d.C[1..] }
              refused { d with A = d.A[1..] }
              refused { d with B = [||] }
              refused { d with Error = [||] }
              refused { d with Error = Array.zeroCreate 4 }
              refused { d with EmbeddedOrder = 0 }

              refused { d with Interpolant = { dense with Order = 1 } }

              refused { d with Interpolant = { dense with Weights = dense.Weights[1..] } }

              refused { d with Interpolant = { dense with ExtraC = [| 0.5 |] } }

              Expect.isTrue (accepted d) "accepted d")

          testCase "An estimate may use the derivative at the end of the step" (fun () ->
              // The trapezoidal weights of f(t0, y0) and f(t1, y1) are an embedded solution of order 2 for RK4.
              let d = ExplicitTableaus.rk4.Data
              let error = [| 1.0 / 6.0 - 0.5; 1.0 / 3.0; 1.0 / 3.0; 1.0 / 6.0; -0.5 |]

              let t = Tableau { d with Error = error; EmbeddedOrder = 2 }

              Expect.equal t.ErrorPower 3 "t.ErrorPower")

          testList
              "Steps and interpolated values converge at the declared order"
              [ for t in methods () do
                    testCase $"{t}" (fun () ->
                        // Large enough steps, so that the smaller error is well above rounding.
                        let count = if t.Order >= 7 then 24 else 128
                        let ends, inside = errors t count
                        let ends2, inside2 = errors t (2 * count)
                        Expect.isTrue (ends2 > 1e-14) "too fine"
                        Expect.inRange
                            (Math.Log2(ends / ends2))
                            (float t.Order - 0.3, float t.Order + 0.3)
                            "Math.Log2(ends / ends2)"
                        Expect.inRange
                            (Math.Log2(inside / inside2))
                            (float t.Order - 0.3, float t.Order + 0.3)
                            "Math.Log2(inside / inside2)") ]

          testList
              "Interpolated values are as accurate as steps"
              [ for t in methods () do
                    testCase $"{t}" (fun () ->
                        let ends, inside = errors t (if t.Order >= 7 then 12 else 48)
                        Expect.isTrue (inside < 10.0 * ends) $"{inside} between steps, {ends} at steps") ]

          testList
              "The local errors of step, interpolant and estimate have at least their orders"
              [ for t in methods () do
                    testCase $"{t}" (fun () ->
                        let field, exact = problem

                        let local h =
                            let y1, along = step t field 0.7 h (exact 0.7)

                            let estimate error = if Array.isEmpty error then 0.0 else worst (along error) (exact 0.7)

                            let e, c = estimate t.Error, estimate t.CoarseError
                            let inside = worst (along (weightsAt 0.5 t.Interpolant)) (exact (0.7 + 0.5 * h))

                            worst y1 (exact (0.7 + h)),
                            inside,
                            (if t.CoarseOrder = 0 then e else e * e / sqrt (e * e + 0.01 * c * c))

                        let h =
                            if t.Order >= 7 then 0.2
                            elif t.Order >= 5 then 0.1
                            else 0.02

                        let y, inside, estimate = local h
                        let y2, inside2, estimate2 = local (0.5 * h)

                        let atLeast order (coarse: float) fine =
                            Expect.inRange
                                (Math.Log2(coarse / fine))
                                (float order - 0.4, infinity)
                                "Math.Log2(coarse / fine)"

                        atLeast (t.Order + 1) y y2
                        atLeast (t.Interpolant.Order + 1) inside inside2

                        if t.Adaptive then atLeast t.ErrorPower estimate estimate2) ] ]
