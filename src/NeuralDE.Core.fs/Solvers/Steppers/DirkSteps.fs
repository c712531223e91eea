namespace NeuralDE.Internal.Steppers

open NeuralDE
open NeuralDE.Internal.Tensor

/// The stepper of a diagonally implicit method.
module internal DirkSteps =
    let private combine (weights: float[]) (ks: Tensor seq) : Tensor =
        Seq.zip weights ks
        |> Seq.filter (fun (w, _) -> w <> 0.0)
        |> Seq.map (fun (w, k) -> Prim.times w k)
        |> Seq.reduce (+)

    let private step (m: DirkTableau) (terms: Terms) (a: Attempt) : Attempted =
        let h, y = a.H, Flat.pack a.Y
        let spread x = RungeKutta.spread x y
        let fixedY = a.Y |> Array.map Prim.stop
        let c = Prim.times m.Gamma h
        // the matrix affects the iteration only, not the root: a constant of differentiation
        let factor = Jacobian.factor c (Prim.stop (Jacobian.state terms.Field a.Time fixedY))
        let scale = Flat.pack (terms.Scale fixedY)
        let ks = ResizeArray [ Flat.pack a.Carried ]
        let found = ResizeArray<NewtonSolve.Found>()

        for i in 1 .. m.C.Length - 1 do
            let t = if m.C[i] = 1.0 then a.TimeNew else a.Time + Prim.times m.C[i] h
            let known = y + spread h * combine m.A[i] ks
            let guess = known + spread c * combine m.Guess[i] ks
            let z = NewtonSolve.stage terms a.Y factor scale t c known guess
            found.Add z
            // the derivative from the stage, not from the field, so that the residual of Newton's method is not multiplied by J
            ks.Add((z.Z - known) / spread c)

        let y1 = (Seq.last found).Z
        let k1 = Seq.last ks
        let iterations = found |> Seq.map (fun s -> s.Iterations) |> Seq.reduce (+)

        { Y1 = Flat.unpack a.Y y1
          Carried = Flat.unpack a.Y k1
          Memory = [||]
          Errors = fun () -> [| Flat.unpack a.Y (spread h * combine m.Error ks) |> Array.map Some |]
          Dense = Ready(fun () -> Flat.hermite a.Y h y ks[0] y1 k1)
          Solved = ValueSome(found |> Seq.map (fun s -> s.Solved) |> Seq.reduce Prim.both)
          Work = Work.ofCounts iterations (Prim.integer 1) iterations
          Rounding = [||] }

    let ofTableau (m: DirkTableau) : Stepper =
        { Name = m.Name
          Citation = m.Citation
          Order = m.Order
          ErrorPower = m.ErrorPower
          Degree = 3
          Begin = fun terms t y -> terms.Field t y
          Renew = fun terms a -> terms.Field a.Time a.Y
          Remember = fun _ _ _ -> [||]
          Step = step m
          Cost = fun _ -> { Start = 1; Attempt = 0; Output = 0; Restart = 1 }
          Counts = true
          Compensates = false
          Integral = Integral.NoNoise
          Bind = ValueNone
          Tableau = ValueNone }

    let kvaerno3 = ofTableau DirkTableaus.kvaerno3
