/// Engine.profile: the instructions of a plan with their calls and times.
module NeuralDE.Tests.Calculus.ProfileTests

open Expecto
open NeuralDE
open NeuralDE.Tests

let private near = linspace 0.1 0.9 20_000

let private loop (x: Tensor) = iterate 7 (fun y -> sin (cumsum 0 y / 20_000.0)) x

[<Tests>]
let tests =
    testList
        "Calculus.Profile"
        [ testCase "an instruction of a loop has a call for each iteration" (fun () ->
              let p = Engine.profile loop near
              Expect.isTrue (p.Runs >= 1) "p.Runs >= 1"
              let inside = p.Lines |> Seq.filter (fun l -> l.Depth = 1) |> List.ofSeq
              Expect.isNonEmpty inside "instructions inside the loop"
              Expect.equal (inside |> List.map _.Calls |> List.distinct) [ 7.0 ] "calls"
              let outside =
                  p.Lines |> Seq.filter (fun l -> l.Depth = 0) |> Seq.map _.Calls |> Seq.distinct |> List.ofSeq
              Expect.equal outside [ 1.0 ] "calls outside")

          testCase "the lines are those of the plan that Engine.explain shows" (fun () ->
              let explained = Engine.explain loop near
              let names = (Engine.profile loop near).Lines |> Seq.map _.Name |> List.ofSeq
              let plan = explained.Substring(explained.IndexOf "── the plan").Split('\n')
              let shown = plan |> Array.map (fun line -> line.Trim()) |> List.ofArray
              Expect.isTrue
                  (names |> List.forall (fun name -> List.contains name shown))
                  $"got %A{names}, expected lines of %A{shown}")

          testCase "own times add up to the time of the run's instructions, which is less than the run's" (fun () ->
              let p = Engine.profile loop near
              let own = p.Lines |> Seq.sumBy _.OwnSeconds
              let whole = p.Lines |> Seq.filter (fun l -> l.Depth = 0) |> Seq.sumBy _.Seconds
              Expect.floatClose Accuracy.medium own whole "the sum of own times"
              Expect.isTrue
                  (0.0 < whole && whole <= p.Seconds)
                  $"got {whole} s of instructions in a run of {p.Seconds} s"
              Expect.isTrue (p.Bytes >= 160_000L) $"got {p.Bytes} bytes, expected at least those of one array")

          testCase "its text has a line for each instruction" (fun () ->
              let p = Engine.profile loop near
              let lines = p.ToString().TrimEnd().Split('\n')
              Expect.equal lines.Length (2 + p.Lines.Count) "lines"
              Expect.stringStarts lines[0] "one run: " "the first line"
              Expect.stringContains (p.ToString()) "  loop" "the loop")

          testCase "derivatives and trees have profiles, too" (fun () ->
              let f (a: Tensor, b: Tensor list) = a * sum b.Head + loop b.Head
              let p = Engine.profile (grad (f >> sum)) (scalar 2.0, [ near ])
              Expect.exists p.Lines (fun l -> l.Name = "pullback") "a pullback")

          testCase "a function that fails fails here" (fun () ->
              let fails (x: Tensor) = Ode.problem (fun _ (y: Tensor) -> y * y) x (0.0, 2.0) |> Ode.solveFinal
              Expect.throwsT<SolveException>
                  (fun () -> Engine.profile fails (scalar 1.0) |> ignore)
                  "a solve that blows up")

          testCase "inside a traced function it is refused" (fun () ->
              let f (x: Tensor) =
                  Engine.profile (fun (y: Tensor) -> y + x) x |> ignore
                  x

              Expect.throwsT<InputException> (fun () -> compile f near |> ignore) "got a placeholder") ]
