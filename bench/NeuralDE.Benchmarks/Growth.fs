/// How the time of making something runnable grows with its size: t = c nᵉ, the exponent e fitted over seven doublings.
module NeuralDE.Benchmarks.Growth

open System
open System.Diagnostics
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Engine
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Calculus
open NeuralDE.Internal.Steppers
open NeuralDE.Internal.Integration
open NeuralDE.Internal.Families
open NeuralDE.Internal.Data
open NeuralDE.Internal.Optimisers

/// Operations, or leaves.
let private sizes = [ for k in 0..7 -> 1000 <<< k ]

let private runs = 2

/// The stages of a gradient, each with its seconds: all that is left to do when those before it are done.
let private stages (f: 'A -> Tensor) (x: 'A) : (string * float) list =
    let clock = Stopwatch.StartNew()

    let lap name =
        let seconds = clock.Elapsed.TotalSeconds
        clock.Restart()
        name, seconds

    let t = TracedFunction.trace "bench" Hoisted f x
    let traced = lap "trace"
    let leaves = Tree.flatten x
    let wanted = TracedFunction.wanted t leaves
    Derive.jvpGraph t.Graph wanted |> ignore
    let forward = lap "jvp"
    let gradient = Derive.vjpGraph t.Graph wanted [| true |]
    let reverse = lap "vjp"
    Simplify.graph (Flatten.graph gradient) |> ignore
    let simplified = lap "simplify"
    LowerFunctions.graph gradient |> ignore
    let lowered = lap "lower"
    Plan.ofGraph gradient |> ignore
    let planned = lap "plan"
    let numbers = Array.append leaves t.Captured |> Array.map _.Numbers
    let one = NdArray.OfFloats(Dtype.Float64, [||], [| 1.0 |])
    Execute.call (Call(gradient, Inline)) (Array.append numbers [| one |]) |> ignore
    [ traced; forward; reverse; simplified; lowered; planned; lap "first run" ]

/// No two runs share a graph, or what was made for one would be found again: each has arrays of its own width.
let mutable private width = 2

/// The slope of the best straight line through log n and log t, of the least of a few runs.
let private exponent (seconds: float list) : float =
    let xs = sizes |> List.map (float >> Math.Log)
    let ys = seconds |> List.map Math.Log
    let mx, my = List.average xs, List.average ys
    List.sum (List.map2 (fun x y -> (x - mx) * (y - my)) xs ys) / List.sumBy (fun x -> (x - mx) ** 2.0) xs

let private rows name workload (make: int -> int -> (string * float) list) : Row list =
    let least n =
        [ for _ in 1..runs do
              GC.Collect()
              width <- width + 1
              make n width ]
        |> List.reduce (List.map2 (fun (stage, a) (_, b) -> stage, min a b))

    least sizes.Head |> ignore // everything is compiled then
    let measured = sizes |> List.map least
    let whole = measured |> List.map (List.sumBy snd)

    let ofStage i (stage, _) = stage, measured |> List.map (fun stages -> snd stages[i]) |> exponent

    let each = measured.Head |> List.mapi ofStage
    let text (stage, e: float) = $"""{stage} {e.ToString("F2", Globalization.CultureInfo.InvariantCulture)}"""
    let e = exponent whole
    let note = each |> List.map text |> String.concat ", "

    [ { Row.alone name workload Unit.Power { Lower = e; Median = e; Upper = e } with
          Owed = AtMost 1.1
          Note = $"{note}; {Table.seconds (List.last whole)} at the largest" } ]

let private chain n width =
    let f (x: Tensor) =
        let mutable y = x

        for _ in 1..n do
            y <- sin y

        sum y

    stages f (linspace 0.1 0.9 width)

let private leaves n width =
    let f (xs: Tensor[]) = xs |> Array.map (fun x -> sum (x * x)) |> Array.reduce (+)
    stages f (Array.init n (fun i -> linspace 0.0 (float i) width))

let all: Benchmark list =
    [ { Name = "growth-operations"
        Run =
          fun _ ->
              rows "growth-operations" "exponent of the time to a gradient's plan, 1000 to 128 000 operations" chain }
      { Name = "growth-leaves"
        Run = fun _ -> rows "growth-leaves" "the same by leaves of an array, 1000 to 128 000" leaves } ]
