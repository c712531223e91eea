/// One gradient of the loss of the spiral neural ODE.
module NeuralDE.Benchmarks.SpiralGradients

open NeuralDE

/// The gradient of the same loss by a solve to 1e-12 in float64.
let private truth (data: Tensor) (net: Mlp) : float[][] =
    let data, net = cast Float64 data, Tree.cast Float64 net

    let loss net =
        let p = SpiralModel.problem (SpiralModel.field net)

        { p with Y0 = cast Float64 p.Y0 }
        |> Ode.using DOP853
        |> Ode.tolerance 1e-12 1e-13
        |> Ode.solveYs
        |> fun ys -> sum (abs (ys - data))

    Comparison.numbers 1 (grad loss net)

let private deviationOf truth values rival =
    { Measure = "gradient: difference from one at 1e-12, over largest number"
      Ours = Comparison.difference truth values
      Rival = rival }

let private countsOf (problem: OdeProblem<Tensor>) =
    let stats = (Ode.trySolve problem).Stats
    $"forward: evaluations {stats.Evaluations}, steps {stats.Steps}, rejected {stats.Rejected}"

/// Near the fit, not at it: there the absolute differences that the loss adds up have no certain sign, nor has the
/// gradient.
let private nearFit () : Mlp =
    let net = Tree.cast Float32 Spiral.fitted.Value
    { net with Layers = [ net.Layers[0]; Tree.map (fun x -> 1.1 * x) net.Layers[1] ] }

let private published = Published("SciMLSensitivity", 1.657e-3)

let private compiled name weights control (net: unit -> Mlp) owed =
    let run _ =
        let data, net = SpiralModel.data (), net ()
        let problem net = SpiralModel.problem (SpiralModel.field net) |> Ode.errorControl control
        let gradient = compile (valueAndGrad (fun net -> sum (abs (Ode.solveYs (problem net) - data))))
        let measured = Sampling.interleaved [ Sampling.ofCall (fun () -> gradient net |> ignore) ]
        let workload = $"compiled value and gradient of the spiral loss, {weights}, Tsit5 1e-3/1e-6, 30 points, float32"

        [ { Row.alone name workload Seconds measured.Head with
              Rival = published
              Deviation = Some(deviationOf (truth data net) (Comparison.numbers 1 (snd (gradient net))) None)
              Owed = owed
              Note = countsOf (problem net) } ]

    { Name = name; Run = run }

let private bare =
    let name = "spiral-gradient-bare"

    let run _ =
        let data, net = SpiralModel.data (), SpiralModel.init ()
        let gradient () = valueAndGrad (SpiralModel.loss data) net
        let measured = Sampling.interleaved [ Sampling.ofCall (fun () -> gradient () |> ignore) ]

        [ { Row.alone name "the same without compile: traced at every call, initial weights" Seconds measured.Head with
              Rival = published
              Deviation = Some(deviationOf (truth data net) (Comparison.numbers 1 (snd (gradient ()))) None)
              Owed = AtMost 0.15e-3 } ]

    { Name = name; Run = run }

/// Dopri5 on both sides: what torchdiffeq takes for a gradient.
let private againstTorchdiffeq =
    let name = "spiral-gradient-torchdiffeq"

    let run context =
        let data, net = SpiralModel.data (), nearFit ()
        let problem net = SpiralModel.problem (SpiralModel.field net) |> Ode.using Dopri5
        let gradient = compile (valueAndGrad (fun net -> sum (abs (Ode.solveYs (problem net) - data))))
        let ours = Sampling.ofCall (fun () -> gradient net |> ignore)
        let truth = truth data net
        let counts = countsOf (problem net)

        let quartiles, rival, theirDeviation, note =
            match Comparison.torchdiffeq context with
            | Error absent -> (Sampling.interleaved [ ours ]).Head, absent, None, counts
            | Ok peer ->
                let request =
                    Requests.make
                        "solve-gradient"
                        Float32
                        [ "method", Requests.ofText "dopri5"
                          "rtol", Requests.ofNumber 1e-3
                          "atol", Requests.ofNumber 1e-6
                          "y0", Requests.ofTensor SpiralModel.start
                          "ts", Requests.ofTensor (linspace 0.0 1.5 30)
                          "data", Requests.ofTensor data
                          "layers", Requests.ofMlp net ]

                let theirs = Comparison.make peer name 1 request
                let measured = Sampling.interleaved [ ours; theirs.Subject ]
                Comparison.forget peer name
                let evaluations = theirs.About["evaluations"]
                measured[0],
                Measured("torchdiffeq dopri5", measured[1]),
                Some(Comparison.difference truth theirs.Values[1..]),
                $"{counts}; theirs {evaluations}"

        [ { Row.alone
                name
                "compiled value and gradient of the spiral loss, weights near a fit, Dopri5 1e-3/1e-6, 30 points, float32"
                Seconds
                quartiles with
              Rival = rival
              Deviation = Some(deviationOf truth (Comparison.numbers 1 (snd (gradient net))) theirDeviation)
              Note = note } ]

    { Name = name; Run = run }

let all: Benchmark list =
    [ compiled "spiral-gradient" "initial weights" StateAndDerivatives SpiralModel.init Nothing
      compiled "spiral-gradient-near-fit" "weights near a fit" StateAndDerivatives nearFit (AtMost 0.055e-3)
      compiled
          "spiral-gradient-near-fit-state-only"
          "weights near a fit, steps for the state's error alone"
          StateOnly
          nearFit
          (AtMost 0.05e-3)
      bare
      againstTorchdiffeq ]
