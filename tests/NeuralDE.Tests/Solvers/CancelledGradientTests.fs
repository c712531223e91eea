/// A cancelled gradient ends within an iteration of its backward pass, and leaves its plan as it was: counted by the looks at
/// the token, of which every iteration makes one.
module NeuralDE.Tests.Solvers.CancelledGradientTests

open System
open System.Threading
open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Engine
open NeuralDE.Internal.Tensor
open NeuralDE.Kernels
open NeuralDE.Tests.Engine.SameBits

let private source = new CancellationTokenSource()

/// A caller whose token is cancelled after this number of looks.
type private Caller(after: int) =
    inherit Watcher(source.Token, ValueNone, null)
    let mutable looks = 0
    member _.Looks = looks
    override _.IsCancelled = Interlocked.Increment &looks > after

let private field (k: Tensor) (_: Tensor) (y: Tensor) = k * tanh (flip -1 y)

/// Of 30 steps: the end, and the states at some times.
let private loss gradient isBatch (y0: Tensor) (k: Tensor) =
    let s =
        Ode.problem (field k) y0 (0.0, 1.0)
        |> (if isBatch then Ode.perSample else id)
        |> Ode.using RK4
        |> Ode.dt (1.0 / 30.0)
        |> Ode.saveAt (tensor [ 0.3; 1.0 ])
        |> Ode.gradient gradient
        |> Ode.solve

    sum (s.Ys * s.Ys)

/// A row for each sample, or one sample.
let private graphOf gradient (rows: int voption) (components: int) : Graph * NdArray[] =
    let y0 = linspace 0.1 1.0 (components * ValueOption.defaultValue 1 rows)
    let y0 = rows |> ValueOption.map (fun n -> reshape [ n; components ] y0) |> ValueOption.defaultValue y0
    let k = scalar 1.5
    let inputs = [| y0.Signature; k.Signature |]

    let g =
        Tracing.closed inputs (fun x ->
            let dy, dk = grad (fun (y0, k) -> loss gradient rows.IsSome y0 k) (x[0], x[1])
            [| dy; dk |])

    g, [| y0.Numbers; k.Numbers |]

let private oneLane (run: unit -> 'T) =
    try
        LaneSingle.ForcedAfter <- ValueSome 0
        run ()
    finally
        LaneSingle.ForcedAfter <- ValueNone

let private planned (g: Graph, args) =
    let plan = Plan.make g
    fun () -> plan.Run args

let private interpreted (g: Graph, args) = fun () -> Interpret.call (Call(g, Inline)) args

let private little = CheckpointedWithin 3000L

/// How a gradient runs, and how many threads look.
let private ways: (string * int * (unit -> unit -> NdArray[])) list =
    [ "a plan", 1, (fun () -> planned (graphOf Direct ValueNone 64))
      "a plan with checkpoints", 1, (fun () -> planned (graphOf little ValueNone 64))
      "a plan of a batch", 1, (fun () -> withLanes false (fun () -> planned (graphOf Direct (ValueSome 5) 4)))
      "lanes", 1, (fun () -> planned (graphOf Direct (ValueSome 70) 2))
      "lanes with checkpoints", 1, (fun () -> planned (graphOf (CheckpointedWithin 100000L) (ValueSome 70) 2))
      "lanes of two threads",
      2,
      (fun () ->
          let run = planned (graphOf Direct (ValueSome 9000) 2)
          fun () -> withThreads 2 run)
      "one lane",
      1,
      (fun () ->
          let run = planned (graphOf Direct ValueNone 2)
          fun () -> oneLane run)
      "the interpreter", 1, (fun () -> interpreted (graphOf Direct ValueNone 3))
      "the interpreter with checkpoints", 1, (fun () -> interpreted (graphOf (CheckpointedWithin 500L) ValueNone 3)) ]

let private numbers (results: NdArray[]) = results |> Array.collect _.Floats

/// Every step of the backward pass looks, and replays do; the lanes of the way forward look less often.
let private leastLooks = 31

let private endsAt name threads (run: unit -> NdArray[]) expected looks =
    let caller = Caller looks

    let ended = Expect.thrownAny<OperationCanceledException>(fun () -> Watching.Under(caller, run) |> ignore)

    let further = caller.Looks - looks
    // a cancelled solve looks once, then its gradient; its exception looks for the token
    let most = 2 * threads + 1
    Expect.isTrue (further <= most) $"{name}: {further} looks after look {looks}, expected {most} at most"

    Expect.equal ended.CancellationToken source.Token $"{name}: the token"

    Expect.equal (numbers (run ())) expected $"{name}: the next call, after look {looks}"

[<Tests>]
let tests =
    testList
        "Solvers.CancelledGradient"
        [ for name, threads, make in ways do
              testCase $"{name}: it ends at the next iteration, and the next call gives the same bits" (fun () ->
                  let run = make ()
                  let expected = numbers (run ())
                  let whole = Caller Int32.MaxValue
                  Expect.equal (numbers (Watching.Under(whole, run))) expected $"{name}: under a token"
                  Expect.isTrue (whole.Looks >= leastLooks) $"{name}: {whole.Looks} looks"

                  // two threads look a little less or more often in another run
                  let last = if threads = 1 then 1.0 else 0.95

                  for part in [ 0.0; 0.2; 0.4; 0.6; 0.8; last ] do
                      endsAt name threads run expected (int (part * float (whole.Looks - 1))))

          testCase "the gradient of a cancelled trySolve is no number" (fun () ->
              for isBatch in [ false; true ] do
                  let last (k: Tensor) =
                      let y0 = if isBatch then ones [ 40; 2 ] else ones [ 64 ]
                      let p = Ode.problem (field k) y0 (0.0, 1.0) |> (if isBatch then Ode.perSample else id)
                      let s = p |> Ode.using RK4 |> Ode.dt 0.01 |> Ode.trySolve
                      sum s.LastState

                  let gradient = compile (grad last)
                  let run () = gradient (scalar 1.0)
                  let expected = float (run ())

                  for looks in [ 0; 2 ] do
                      Expect.thrownAny<OperationCanceledException>(fun () ->
                          Watching.Under(Caller looks, run) |> ignore)
                      |> ignore

                  Expect.equal (float (run ())) expected "the next call")

          testCase "a token that the backward pass cancels ends a training, whose model is the one before" (fun () ->
              use cancelled = new CancellationTokenSource()
              let mutable isArmed = false
              let mutable pulled = 0

              let seen (w: Tensor) =
                  w
                  |> dynamic w (fun w ->
                      pulled <- pulled + 1
                      if isArmed && pulled = 3 then cancelled.Cancel()
                      w)

              let looked = customGradient (fun (y: Tensor) -> 1.0 * y) (fun _ _ w -> seen w)

              let loss (k: Tensor) =
                  Ode.problem (fun _ y -> looked (k * y)) (scalar 1.0) (0.0, 1.0)
                  |> Ode.using Euler
                  |> Ode.dt 0.05
                  |> Ode.solveFinal

              let fit (token: CancellationToken) atTwo =
                  Train.start (scalar 1.0) (Adam 0.1)
                  |> Train.steps 4
                  |> Train.cancel token
                  |> Train.onStep (fun p -> if p.Step = 2 then atTwo ())
                  |> Train.run loss

              let arm () =
                  isArmed <- true
                  pulled <- 0

              let inside = fit cancelled.Token arm
              Expect.equal inside.Status (TrainStatus.Cancelled 3) "inside.Status"
              Expect.equal pulled 3 "steps of the cancelled backward pass"
              use between = new CancellationTokenSource()
              let before = fit between.Token between.Cancel
              Expect.equal (float inside.Model) (float before.Model) "the model, as if cancelled before the step"
              Expect.equal inside.Losses before.Losses "inside.Losses") ]
