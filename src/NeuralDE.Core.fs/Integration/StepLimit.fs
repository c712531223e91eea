namespace NeuralDE.Compiler

open System
open NeuralDE

/// What limits the steps of a solve that stopped short, where it is not the error of the solution.
module internal StepLimit =
    /// Steps of power iteration, of which the first half finds the direction.
    let private iterations = 32

    /// The stability limit of explicit methods is |h λ| of 2 to 5: a step that long at the mean of the others is limited by it.
    let private stiffFrom = 1.0

    /// A field whose change over one step is as large as itself, though its derivative explains a tenth of that at most, jumps.
    let private jumpsFrom, explained = 0.3, 0.1

    let private norm (x: Tensor) = sqrt (x.ToArray() |> Array.sumBy (fun v -> v * v))

    /// |λ| of the largest eigenvalue of ∂f/∂y, by power iteration: the mean growth, since complex pairs turn.
    let private spectralRadius (f: Tensor -> Tensor) (y: Tensor) : float =
        let push (v: Tensor) = snd (jvp f y v)
        let mutable v = randn (Key 1) (List.ofArray y.Dims) |> cast y.Dtype
        let mutable growth = 0.0

        for k in 1..iterations do
            let next = push (v / norm v)
            let size = norm next
            if k > iterations / 2 then growth <- growth + log size
            v <- next

        exp (growth / float (iterations - iterations / 2))

    /// Advice in place of that of the status, for an explicit method that stopped at (t, y) with steps of length h.
    let advice (field: RungeKutta.Field) (t: Tensor) (h: Tensor) (y: Tensor[]) : string option =
        let packed = Flat.pack y
        let f (v: Tensor) = Flat.pack (field t (Flat.unpack y v))
        let length = abs (h.ToArray()[0])

        try
            let slope = f packed
            let change = norm (f (packed + RungeKutta.spread h packed * slope) - slope) / norm slope
            let along = norm (snd (jvp f packed (RungeKutta.spread h packed * slope))) / norm slope
            let stiffness = length * spectralRadius f packed

            if change > jumpsFrom && along < explained * change then
                Some
                    "The field jumps there, and the solve goes to and fro over the jump: make the jump an event (Ode.on), or a smooth change."
            elif stiffness > stiffFrom then
                Some
                    "Stability, not the error, limits the steps: the equation is stiff there. Use an implicit method: Ode.using Kvaerno3, Rosenbrock23 or BDF2."
            else
                None
        with :? DerivativeException -> // a field that cannot be differentiated cannot be asked
            None
