/// Bad input raises an exception at the call, whose message states the value received, the value expected and the fix.
module NeuralDE.Tests.Solvers.ErrorTests

open System
open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Tests.Solvers.OdeCases

let private decay (y0: 'S) (times: float * float) = Ode.problem (fun _ (y: 'S) -> Tree.map (fun x -> -x) y) y0 times
let private plain () = decay (tensor [ 1.0; 2.0 ]) (0.0, 3.0)
let private batch () = decay (tensor [ [ 1.0 ]; [ 2.0 ] ]) (0.0, 3.0) |> Ode.perSample
let private solved (p: OdeProblem<'S>) = Ode.trySolve p |> ignore
let private withField (f: Tensor -> Tensor) = Ode.problem (fun _ y -> f y) (tensor [ 1.0; 2.0 ]) (0.0, 3.0) |> solved
let private between (t0: Tensor) (t1: Tensor) = Ode.problem (fun _ y -> -y) (tensor [ 1.0 ]) (t0, t1) |> solved

type Body = { Position: Tensor; Velocity: Tensor }
let private body = { Position = tensor [ 1.0; 2.0 ]; Velocity = tensor [ 0.0; 1.0 ] }
let private withBody f = Ode.problem (fun _ b -> f b) body (0.0, 1.0) |> solved

/// A name, the call, the exception, and words of its message.
let private mistakes: (string * (unit -> unit) * Type * string list) list =
    let input, shape, dtype, tree, trace =
        typeof<InputException>,
        typeof<ShapeException>,
        typeof<DtypeException>,
        typeof<TreeException>,
        typeof<TraceException>

    [ // times
      "a start of NaN", (fun () -> solved (decay (tensor [ 1.0 ]) (nan, 1.0))), input, [ "NaN"; "finite" ]
      "an end of infinity", (fun () -> solved (decay (tensor [ 1.0 ]) (0.0, infinity))), input, [ "Infinity"; "finite" ]
      "a start of NaN as a tensor", (fun () -> between (scalar nan) (scalar 1.0)), input, [ "NaN"; "finite" ]
      "an end of infinity as a tensor",
      (fun () -> between (scalar 0.0) (scalar infinity)),
      input,
      [ "Infinity"; "finite" ]
      "a decimal time",
      (fun () -> Ode.problem (fun _ y -> -y) (tensor [ 1.0 ]) (0.0m, 1.0m) |> solved),
      input,
      [ "Decimal"; "float, float32, int or Tensor" ]
      "a time of bool", (fun () -> between (scalar true) (scalar 1.0)), dtype, [ "bool"; "expected a number" ]
      "a vector as a time",
      (fun () -> between (tensor [ 0.0; 1.0 ]) (scalar 2.0)),
      shape,
      [ "[2]"; "expected one number"; "Ode.perSample" ]
      "a matrix as a time of samples",
      (fun () -> Ode.problem (fun _ y -> -y) (tensor [ [ 1.0 ] ]) (tensor [ [ 0.0 ] ], 1.0) |> Ode.perSample |> solved),
      shape,
      [ "[1; 1]"; "[batch]" ]
      "more times than samples",
      (fun () -> Ode.problem (fun _ y -> -y) (tensor [ [ 1.0 ] ]) (tensor [ 0.0; 1.0 ], 1) |> Ode.perSample |> solved),
      shape,
      [ "2 times for 1 samples"; "Give" ]
      // output times
      "outputs beyond t1",
      (fun () -> plain () |> Ode.saveAt (tensor [ 1.0; 3.5 ]) |> solved),
      input,
      [ "[0, 3]"; "3.5"; "position 1" ]
      "outputs before t0",
      (fun () -> plain () |> Ode.saveAt (tensor [ -1.0 ]) |> solved),
      input,
      [ "[0, 3]"; "-1"; "position 0" ]
      "outputs out of order",
      (fun () -> plain () |> Ode.saveAt (tensor [ 2.0; 1.0 ]) |> solved),
      input,
      [ "from t0 to t1"; "got 1" ]
      "outputs forwards in a solve backwards",
      (fun () -> decay (tensor [ 1.0 ]) (3.0, 0.0) |> Ode.saveAt (tensor [ 1.0; 2.0 ]) |> solved),
      input,
      [ "from t0 to t1"; "got 2" ]
      "an output at NaN", (fun () -> plain () |> Ode.saveAt (tensor [ nan ]) |> solved), input, [ "NaN"; "position 0" ]
      "one number as outputs",
      (fun () -> plain () |> Ode.saveAt (scalar 1.0) |> solved),
      shape,
      [ "one number"; "tensor [ t ]" ]
      "outputs of integers",
      (fun () -> plain () |> Ode.saveAt (tensor [ 1; 2 ]) |> solved),
      dtype,
      [ "int32"; "expected floats" ]
      "outputs in rows without samples",
      (fun () -> plain () |> Ode.saveAt (tensor [ [ 1.0 ]; [ 2.0 ] ]) |> solved),
      shape,
      [ "[2; 1]"; "Ode.perSample" ]
      "outputs for more samples than there are",
      (fun () -> batch () |> Ode.saveAt (tensor [ [ 1.0 ]; [ 2.0 ]; [ 2.5 ] ]) |> solved),
      shape,
      [ "3 rows"; "2 samples" ]
      "outputs beyond the end of a sample",
      (fun () ->
          Ode.problem (fun _ y -> -y) (tensor [ [ 1.0 ]; [ 2.0 ] ]) (0.0, tensor [ 1.0; 2.0 ])
          |> Ode.perSample
          |> Ode.saveAt (tensor [ 0.5; 1.5 ])
          |> solved),
      input,
      [ "[0, 1]"; "sample 0"; "1.5" ]
      "outputs before the start of a sample",
      (fun () ->
          Ode.problem (fun _ y -> -y) (tensor [ [ 1.0 ]; [ 2.0 ] ]) (tensor [ 0.0; 1.0 ], 2.0)
          |> Ode.perSample
          |> Ode.saveAt (tensor [ [ 0.5; 1.5 ]; [ 0.5; 1.5 ] ])
          |> solved),
      input,
      [ "[1, 2]"; "sample 1"; "0.5" ]
      "outputs of a sample out of order",
      (fun () -> batch () |> Ode.saveAt (tensor [ [ 1.0; 2.0 ]; [ 2.0; 1.0 ] ]) |> solved),
      input,
      [ "sample 1"; "got 1" ]
      "both outputs and steps",
      (fun () -> plain () |> Ode.saveAt (tensor [ 1.0 ]) |> Ode.saveSteps 2 |> solved),
      input,
      [ "saveAt"; "saveSteps"; "Remove the other" ]
      "saving every zeroth step",
      (fun () -> plain () |> Ode.saveSteps 0 |> solved),
      input,
      [ "saveSteps"; "got 0"; "1 or more" ]
      "saving steps inside grad",
      (fun () -> grad (fun y -> decay y (0.0, 1.0) |> Ode.saveSteps 1 |> Ode.solveYs |> sum) (tensor [ 1. ]) |> ignore),
      trace,
      [ "the number of steps"; "Ode.saveAt" ]
      // dense output
      "dense output outside",
      (fun () -> (Ode.solve (plain ())).At 3.1 |> ignore),
      input,
      [ "Solution.At"; "[0, 3]"; "3.1" ]
      "dense output at NaN", (fun () -> (Ode.solve (plain ())).At nan |> ignore), input, [ "Solution.At"; "NaN" ]
      "dense output outside, at several times",
      (fun () -> (Ode.solve (plain ())).At(tensor [ 1.0; -0.1 ]) |> ignore),
      input,
      [ "-0.1"; "position 1" ]
      // steps
      "a negative step", (fun () -> plain () |> Ode.dt -0.1 |> solved), input, [ "Ode.dt"; "-0.1"; "positive" ]
      "a step of zero", (fun () -> plain () |> Ode.dt 0.0 |> solved), input, [ "Ode.dt"; "0"; "positive" ]
      "a step of NaN", (fun () -> plain () |> Ode.dt nan |> solved), input, [ "Ode.dt"; "NaN"; "positive" ]
      "a negative first step", (fun () -> plain () |> Ode.dt0 -0.1 |> solved), input, [ "Ode.dt0"; "-0.1"; "positive" ]
      "limits of steps out of order",
      (fun () -> plain () |> Ode.dtBetween 1.0 0.5 |> solved),
      input,
      [ "1 and 0.5"; "least < largest" ]
      "a limit of NaN", (fun () -> plain () |> Ode.dtBetween nan 0.5 |> solved), input, [ "NaN"; "least < largest" ]
      "no steps", (fun () -> plain () |> Ode.maxSteps 0 |> solved), input, [ "maxSteps"; "got 0"; "1 or more" ]
      "tolerances of zero",
      (fun () -> plain () |> Ode.tolerance 0.0 0.0 |> solved),
      input,
      [ "rtol 0"; "atol 0"; "not both 0" ]
      "a negative tolerance",
      (fun () -> plain () |> Ode.tolerance -1e-3 1e-3 |> solved),
      input,
      [ "-0.001"; "0 or more" ]
      "a tolerance of NaN", (fun () -> plain () |> Ode.tolerance nan 1e-3 |> solved), input, [ "NaN"; "0 or more" ]
      "a jump at NaN",
      (fun () -> plain () |> Ode.jumpAt [ 0.5; nan ] |> solved),
      input,
      [ "Ode.jumpAt"; "NaN"; "finite" ]
      "a stop at infinity",
      (fun () -> plain () |> Ode.stepAt [ infinity ] |> solved),
      input,
      [ "Ode.stepAt"; "Infinity"; "finite" ]
      // a record made without the verbs that check
      "a record with a negative step",
      (fun () -> { plain () with Step = ConstantStep -1.0 } |> solved),
      input,
      [ "-1"; "positive" ]
      "a record with a negative first step",
      (fun () -> { plain () with Step = AdaptiveStepFrom(-1.0, StepController.integral) } |> solved),
      input,
      [ "-1"; "positive" ]
      "a record with a negative tolerance",
      (fun () -> { plain () with Rtol = -1.0 } |> solved),
      input,
      [ "rtol -1"; "0 or more" ]
      "a controller that does not shrink a rejected step",
      (fun () ->
          let c = StepController.ofPid { PidController.integral with Safety = -1.0 }
          plain () |> Ode.controller c |> solved),
      input,
      [ "StepController"; "Safety = -1"; "MinFactor ≤ Safety" ]
      "a record with maxSteps 0", (fun () -> { plain () with MaxSteps = 0 } |> solved), input, [ "got 0"; "1 or more" ]
      "a record with limits out of order",
      (fun () -> { plain () with DtMin = 2.0; DtMax = 1.0 } |> solved),
      input,
      [ "2 and 1" ]
      "a memory limit of 0",
      (fun () -> plain () |> Ode.gradient (CheckpointedWithin 0L) |> solved),
      input,
      [ "CheckpointedWithin 0"; "positive" ]
      // the norm
      "a norm that returns a vector",
      (fun () -> plain () |> Ode.norm id |> solved),
      shape,
      [ "Ode.norm"; "[2]"; "one float"; "Reduce" ]
      "a norm that returns a bool",
      (fun () -> plain () |> Ode.norm (fun e -> sum e .> 1.0) |> solved),
      shape,
      [ "Ode.norm"; "bool"; "one float" ]
      // states
      "a state of integers",
      (fun () -> solved (decay (tensor [ 1; 2 ]) (0.0, 1.0))),
      dtype,
      [ "int32"; "expected a float"; "Cast" ]
      "a state with an integer part",
      (fun () -> solved (decay {| X = tensor [ 1.0 ]; N = tensor [ 3 ] |} (0.0, 1.0))),
      dtype,
      [ "N"; "int32"; "Cast" ]
      "a state without tensors",
      (fun () -> Ode.problem (fun _ y -> y) 1.0 (0.0, 1.0) |> solved),
      tree,
      [ "Double"; "scalar or tensor" ]
      "an empty state", (fun () -> solved (decay ([]: Tensor list) (0.0, 1.0))), tree, [ "at least one" ]
      "samples without a batch axis",
      (fun () -> decay (scalar 1.0) (0.0, 1.0) |> Ode.perSample |> solved),
      shape,
      [ "perSample"; "batch axis"; "[]" ]
      "samples of unequal numbers",
      (fun () -> decay [ tensor [ 1.0; 2.0 ]; tensor [ 1.0 ] ] (0.0, 1.0) |> Ode.perSample |> solved),
      shape,
      [ "batch axis"; "[1]"; "[2; …]" ]
      // fields
      "a field of fewer components",
      (fun () -> withField (fun y -> y[..0])),
      shape,
      [ "[1]"; "[2]"; "one derivative per state component" ]
      "a field of one number", (fun () -> withField sum), shape, [ "[]"; "[2]"; "one derivative per state component" ]
      "a field of float32", (fun () -> withField (cast Float32)), dtype, [ "float32"; "float64"; "Cast" ]
      "a field of integers", (fun () -> withField (cast Int32)), dtype, [ "int32"; "float64"; "Cast" ]
      "a field with a part of another shape",
      (fun () -> withBody (fun b -> { Position = b.Velocity; Velocity = b.Position[..0] })),
      shape,
      [ "Velocity"; "[1]"; "[2]" ]
      "a field of fewer parts",
      (fun () -> Ode.problem (fun _ ys -> List.tail ys) [ tensor [ 1.0 ]; tensor [ 2.0 ] ] (0.0, 1.0) |> solved),
      tree,
      [ "1 tensors"; "a state of 2" ]
      "a field that reads the numbers of its time",
      (fun () ->
          Ode.problem (fun (t: Tensor) y -> if float t > 1.0 then y else -y) (tensor [ 1.0 ]) (0.0, 1.0) |> solved),
      trace,
      [ "placeholder"; "where"; "cond"; "dynamic" ]
      "a field that mixes dtypes",
      (fun () -> withField (fun y -> y * tensor [ 1.0f; 2.0f ])),
      dtype,
      [ "float64"; "float32"; "cast" ]
      // methods
      for solver in odeSolvers do
          if not solver.IsAdaptive then
              $"adaptive steps by {solver.Name}",
              (fun () -> plain () |> Ode.using solver |> solved),
              input,
              [ solver.Name; "does not estimate its error"; "Ode.dt" ]

              $"a first step by {solver.Name}",
              (fun () -> plain () |> Ode.using solver |> Ode.dt0 0.1 |> solved),
              input,
              [ solver.Name; "Ode.dt" ] ]

let private mistakeCases () = mistakes |> List.map (fun (name, _, _, _) -> name)

[<Tests>]
let tests =
    testList
        "Solvers.Error"
        [ testList
              "Messages of bad input"
              [ for name in mistakeCases () do
                    testCase name (fun () ->
                        let _, act, expected, words = mistakes |> List.find (fun (n, _, _, _) -> n = name)
                        let error = Expect.thrownAny<exn> act
                        let got = $"{error.GetType().Name}: {error.Message}"
                        Expect.isTrue (error.GetType() = expected) $"{name}: got {got}, expected {expected.Name}"
                        let missing = words |> List.filter (fun word -> not (error.Message.Contains word))
                        Expect.isTrue missing.IsEmpty $"{name}: got {got}, expected it to contain {missing}") ]

          testCase "Times may be any kind of number" (fun () ->
              let expected = numbers (decay (tensor [ 1.0 ]) (0.0, 2.0) |> Ode.solveFinal)
              let check name (p: OdeProblem<Tensor>) = same name expected (numbers (Ode.solveFinal p))
              let y0 = tensor [ 1.0 ]
              let f _ (y: Tensor) = -y
              check "int" (Ode.problem f y0 (0, 2))
              check "int64" (Ode.problem f y0 (0L, 2L))
              check "float32" (Ode.problem f y0 (0.0f, 2.0f))
              check "tensor" (Ode.problem f y0 (scalar 0.0, scalar 2.0))
              check "float32 tensor" (Ode.problem f y0 (scalar 0.0f, scalar 2.0f))
              check "int tensor" (Ode.problem f y0 (scalar 0, scalar 2))
              check "a mixture" (Ode.problem f y0 (0, scalar 2.0)))

          testCase "An exception of the field is not changed" (fun () ->
              let failing () : Tensor = raise (InvalidTimeZoneException "mine")
              let p = Ode.problem (fun _ _ -> failing ()) (tensor [ 1.0 ]) (0.0, 1.0)
              raises<InvalidTimeZoneException> [ "mine" ] (fun () -> Ode.solve p |> ignore) |> ignore
              let p = Ode.problem (fun _ y -> dynamic y (fun _ -> failing ()) y) (tensor [ 1.0 ]) (0.0, 1.0)
              raises<InvalidTimeZoneException> [ "mine" ] (fun () -> Ode.solve p |> ignore) |> ignore) ]
