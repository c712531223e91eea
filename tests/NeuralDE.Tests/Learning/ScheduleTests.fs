module NeuralDE.Tests.Learning.ScheduleTests

open Expecto
open NeuralDE.Tests
open NeuralDE

let private likePyTorch =
    [ "stairs", Schedule.stairs 4 0.3
      "exponential", Schedule.exponential 0.9
      "polynomial", Schedule.polynomial 2.0 8 0.0
      "linear", Schedule.linear 8 0.2
      "cosine", Schedule.cosine 10 0.1
      "oneCycle", Schedule.oneCycle 20
      "piecewise", Schedule.piecewise [ 3, 0.5; 7, 0.1 ] ]

let private names () = [| for name, _ in likePyTorch -> name |]

let private near (expected: float[]) (got: float[]) =
    Expect.equal got.Length expected.Length "got.Length"
    Array.iteri2
        (fun k (e: float) g -> Expect.isTrue (abs (g - e) < 1e-12) $"step {k}: got {g}, expected {e}.")
        expected
        got

[<Tests>]
let tests =
    testList
        "Learning.Schedule"
        [ testList
              "factors equal PyTorch's"
              [ for name in names () do
                    testCase name (fun () ->
                        let schedule = likePyTorch |> List.find (fun (known, _) -> known = name) |> snd
                        let expected = OptimiserCases.publishedSchedule name
                        near expected (Schedule.values expected.Length schedule)) ]

          testCase "schedules that end keep their last factor" (fun () ->
              for schedule, last in
                  [ Schedule.linear 8 0.2, 0.2
                    Schedule.cosine 10 0.1, 0.1
                    Schedule.polynomial 3.0 5 0.25, 0.25
                    Schedule.oneCycle 20, 4e-6
                    Schedule.warmUp 3 (Schedule.cosine 7 0.0), 0.0 ] do
                  Expect.near 1e-12 (Schedule.at 1000 schedule) last "Schedule.at 1000 schedule")

          testCase "warm-up increases to 1, then the next schedule starts" (fun () ->
              Schedule.values 6 (Schedule.warmUp 4 (Schedule.exponential 0.5))
              |> near [| 0.25; 0.5; 0.75; 1.0; 1.0; 0.5 |])

          testCase "times multiplies, constant is constant, and any function is a schedule" (fun () ->
              let both = Schedule.times (Schedule.constant 0.5) (Schedule.exponential 0.1)
              near [| 0.5; 0.05 |] (Schedule.values 2 both)
              near [| 1.0; 0.5; 1.0 / 3.0 |] (Schedule.values 3 (fun step -> 1.0 / (1.0 + step))))

          testCase "a schedule in a compiled step has the same factors" (fun () ->
              for _, schedule in likePyTorch do
                  let compiled = compile schedule
                  near (Schedule.values 12 schedule) (Array.init 12 (fun k -> float (compiled (scalar (float k))))))

          testCase "numbers out of range are refused" (fun () ->
              let refused: (unit -> Schedule) list =
                  [ fun () -> Schedule.stairs 0 0.1
                    fun () -> Schedule.exponential -0.1
                    fun () -> Schedule.exponential nan
                    fun () -> Schedule.polynomial 0.0 5 0.0
                    fun () -> Schedule.linear 0 0.5
                    fun () -> Schedule.cosine 5 infinity
                    fun () -> Schedule.piecewise [ 5, 0.1; 5, 0.2 ]
                    fun () -> Schedule.piecewise [ -1, 0.1 ]
                    fun () -> Schedule.warmUp 0 (Schedule.constant 1.0)
                    fun () -> Schedule.oneCycle 3
                    fun () -> Schedule.constant -1.0 ]

              for make in refused do
                  Expect.stringStarts
                      ((Expect.thrown<InputException>(fun () -> make () |> ignore)).Message)
                      "Schedule."
                      "(Expect.thrown<InputException> (fun () -> make () |> ignore)).Message"

              Expect.thrown<InputException>(fun () -> Schedule.at -1 (Schedule.constant 1.0) |> ignore) |> ignore) ]
