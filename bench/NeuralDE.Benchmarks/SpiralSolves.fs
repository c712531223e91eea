/// Solves of the spiral, against torchdiffeq.
module NeuralDE.Benchmarks.SpiralSolves

open System.Text.Json.Nodes
open NeuralDE

let private rtol, atol = 1e-7, 1e-9

/// Initial states and output times.
type private Start = { Text: string; Y0: Lazy<Tensor>; Ts: Tensor; T1: float; Owed: float }

let private batch =
    { Text = "B=20, 10 points to t=0.23"
      Y0 = lazy (gatherRows (tensor [ for i in 0..19 -> i * 49 ]) Spiral.points.Value)
      Ts = Spiral.times[..9]
      T1 = 9.0 * 25.0 / 999.0
      Owed = 60.0 }

let private single =
    { Text = "B=1, 1000 points to t=25"
      Y0 = lazy (Spiral.points.Value[0..0])
      Ts = Spiral.times
      T1 = 25.0
      Owed = 450.0 }

/// A field with its parameters as both sides know them.
[<NoEquality; NoComparison>]
type private Field<'P> =
    { Text: string
      Parameters: Lazy<'P>
      Apply: 'P -> Tensor -> Tensor -> Tensor
      Request: 'P -> string * JsonNode }

let private network =
    { Text = "net(y³), 2-50-2 tanh"
      Parameters = Spiral.fitted
      Apply = Spiral.network
      Request = fun net -> "layers", Requests.ofMlp net }

let private linear =
    { Text = "y³ A"
      Parameters = lazy Spiral.matrix
      Apply = Spiral.linear
      Request = fun matrix -> "matrix", Requests.ofTensor matrix }

let private row context name (solver: OdeSolver) (field: Field<'P>) (start: Start) owed : Row * int =
    let parameters, y0 = field.Parameters.Value, start.Y0.Value

    let problem solver rtol atol parameters y0 =
        Ode.problem (field.Apply parameters) y0 (0.0, start.T1)
        |> Ode.using solver
        |> Ode.tolerance rtol atol
        |> Ode.saveAt start.Ts

    let solve = compile (fun (parameters, y0) -> Ode.solveYs (problem solver rtol atol parameters y0))
    let stats = (Ode.trySolve (problem solver rtol atol parameters y0)).Stats
    let truth = Comparison.numbers 1 (Ode.solveYs (problem DOP853 1e-13 1e-14 parameters y0))
    let ours = Sampling.ofCall (fun () -> solve (parameters, y0) |> ignore)
    let deviation values = Comparison.difference truth values
    let ourDeviation = deviation (Comparison.numbers 1 (solve (parameters, y0)))
    let counts = $"evaluations {stats.Evaluations}, steps {stats.Steps}, rejected {stats.Rejected}"

    let quartiles, rival, theirDeviation, note =
        match Comparison.torchdiffeq context with
        | Error absent -> (Sampling.interleaved [ ours ]).Head, absent, None, counts
        | Ok peer ->
            let request =
                Requests.make
                    "solve"
                    Float64
                    [ "method", Requests.ofText "dopri5"
                      "rtol", Requests.ofNumber rtol
                      "atol", Requests.ofNumber atol
                      "y0", Requests.ofTensor y0
                      "ts", Requests.ofTensor start.Ts
                      field.Request parameters ]

            let theirs = Comparison.make peer name 1 request
            let measured = Sampling.interleaved [ ours; theirs.Subject ]
            Comparison.forget peer name
            let evaluations = theirs.About["evaluations"]
            measured[0],
            Measured("torchdiffeq dopri5", measured[1]),
            Some(deviation theirs.Values),
            $"{counts}; theirs {evaluations}"

    { Row.alone name $"solve {field.Text}, {solver.Name} 1e-7/1e-9, {start.Text}, float64" Seconds quartiles with
        Rival = rival
        Deviation =
            Some
                { Measure = "difference from a solve at 1e-13, over largest number"
                  Ours = ourDeviation
                  Rival = theirDeviation }
        Owed = owed
        Note = note },
    stats.Evaluations

/// The same by evaluation of the field.
let private ofEvaluation (row: Row) (evaluations: int) owed : Row =
    let share (q: Quartiles) =
        let n = float evaluations
        { Lower = q.Lower / n; Median = q.Median / n; Upper = q.Upper / n }

    { row with
        Name = $"{row.Name}-evaluation"
        Workload = $"{row.Workload}, by evaluation"
        Ours = share row.Ours
        Rival = Nobody
        Owed = AtMost owed
        Note = "" }

let private benchmark name solver (field: Field<'P>) (start: Start) owed =
    { Name = name; Run = fun context -> [ fst (row context name solver field start owed) ] }

/// With a row of what an evaluation takes.
let private benchmarkOfEvaluations name solver (field: Field<'P>) (start: Start) owed ofOne =
    let run context =
        let row, evaluations = row context name solver field start owed
        [ row; ofEvaluation row evaluations ofOne ]

    { Name = name; Run = run }

let all: Benchmark list =
    [ benchmark "spiral-solve-20" Dopri5 network batch (Ratio batch.Owed)
      benchmarkOfEvaluations "spiral-solve-1" Dopri5 network single (Ratio single.Owed) 0.11e-6
      benchmark "spiral-solve-20-same-steps" Spiral.dopri5OfShampine network batch (Ratio batch.Owed)
      benchmark "spiral-solve-1-same-steps" Spiral.dopri5OfShampine network single (Ratio single.Owed)
      benchmark "spiral-solve-20-linear" Spiral.dopri5OfShampine linear batch Nothing
      benchmark "spiral-solve-1-linear" Spiral.dopri5OfShampine linear single Nothing ]
