/// How time and memory of a compiled function grow with batch, width, steps, outputs and parameters: the exponents of the largest
/// sizes, which may not exceed those of the arithmetic.
module NeuralDE.Benchmarks.Scaling

open System
open System.Globalization
open System.IO
open NeuralDE
open NeuralDE.Internal.Graph

/// A function by size, and the exponents of its arithmetic and of the numbers that it must store.
type private Study =
    {
        Name: string
        Text: string
        Sizes: int list
        Time: float
        Memory: float
        /// from a size to a call
        Make: int -> unit -> unit
    }

let private powers (low: int) (high: int) = [ for k in low..high -> pown 10 k ]

let private call (f: 'A -> 'B) (x: 'A) : unit -> unit =
    let f = compile f
    fun () -> f x |> ignore

let private network = lazy (randn (Key 1) [ 2; 50 ], zeros [ 50 ], 0.1 * randn (Key 2) [ 50; 2 ], zeros [ 2 ])

let private batch n =
    let w1, b1, w2, b2 = network.Value
    let field (_t: Tensor) (y: Tensor) = matmul (tanh (matmul y w1 + b1)) w2 + b2
    call (fun y0 -> Ode.problem field y0 (0.0, 1.0) |> Ode.dt 0.05 |> Ode.solveFinal) (randn (Key 3) [ n; 2 ])

let private lorenz (_t: Tensor) (s: Tensor) =
    let x, y, z = s[0], s[1], s[2]
    stack [ 10.0 * (y - x); x * (28.0 - z) - y; x * y - 8.0 / 3.0 * z ]

let private samples n =
    call
        (fun y0 -> Ode.problem lorenz y0 (0.0, 1.0) |> Ode.perSample |> Ode.tolerance 1e-6 1e-6 |> Ode.solveFinal)
        (rand (Key 1) [ n; 3 ] + 0.5)

let private width n =
    let x = randn (Key 4) [ 64; n ]
    let layers = List.init 3 (fun k -> randn (Key k) [ n; n ] * (1.0 / sqrt (float n)))
    call (grad (fun layers -> List.fold (fun y w -> tanh (matmul y w)) x layers |> sum)) layers

/// 64 numbers: too many for one lane.
let private rotation (k: Tensor) (_t: Tensor) (y: Tensor) = k * flip 0 y

let private rotated further k = Ode.problem (rotation k) (linspace 0.1 1.0 64) (0.0, 1.0) |> further |> Ode.solveFinal

let private steps n = call (rotated (Ode.dt (1.0 / float n) >> Ode.maxSteps (2 * n))) (linspace -1.0 1.0 64)

let private gradient method n =
    let further = Ode.dt (1.0 / float n) >> Ode.maxSteps (2 * n) >> Ode.gradient method
    call (grad (rotated further >> sum)) (linspace -1.0 1.0 64)

let private outputs n =
    let ts = linspace 0.0 1.0 (n + 1)
    call
        (fun k ->
            Ode.problem (rotation k) (linspace 0.1 1.0 8) (0.0, 1.0)
            |> Ode.tolerance 1e-6 1e-6
            |> Ode.saveAt ts
            |> Ode.solveYs)
        (linspace -1.0 1.0 8)

let private parameters n =
    let x = linspace -1.0 1.0 n
    let step (w: Tensor, m: Tensor) =
        let m = 0.9 * m + 0.1 * grad (fun w -> sum (tanh (w * x))) w
        w - 0.01 * m, m
    call step (zeros [ n ], zeros [ n ])

let private studies =
    let study name text sizes time memory make =
        { Name = name; Text = text; Sizes = sizes; Time = time; Memory = memory; Make = make }

    [ study "batch" "samples of a network 2-50-2, 20 steps of Tsit5" (powers 0 6) 1.0 1.0 batch
      study "samples" "Lorenz systems with steps of their own, 1e-6 to t=1" (powers 0 6) 1.0 1.0 samples
      study "width" "width w of three layers w-w, gradient of 64 samples" [ for k in 3..10 -> 1 <<< k ] 2.0 2.0 width
      study "steps" "steps of Tsit5, 64 components" (powers 1 6) 1.0 0.0 steps
      study "steps-direct" "the gradient of these, Direct" (powers 1 5) 1.0 1.0 (gradient Direct)
      study "steps-checkpointed" "the gradient of these, Checkpointed" (powers 1 6) 1.0 0.5 (gradient Checkpointed)
      study "outputs" "output times of a solve, 8 components, 1e-6" (powers 0 6) 1.0 1.0 outputs
      study "parameters" "parameters of a training step with momentum" (powers 2 7) 1.0 1.0 parameters ]

/// The least seconds of a call, and the bytes that its plan held.
let private measure (make: int -> unit -> unit) (n: int) : struct (float * float) =
    let call = make n
    call ()

    let once () =
        let start = Clock.seconds ()
        let mutable calls = 0

        while calls = 0 || Clock.seconds () - start < 0.05 do
            call ()
            calls <- calls + 1

        (Clock.seconds () - start) / float calls

    let seconds = List.init 3 (fun _ -> once ()) |> List.min
    struct (seconds, float Counters.Held)

/// The slope of log y over log n between the last sizes, of which the largest is 30 times the smallest or more.
let private exponent (points: (int * float) list) : float =
    let largest, last = List.last points
    let before, first = points |> List.findBack (fun (n, _) -> 30 * n <= largest)
    Math.Log(last / first) / Math.Log(float largest / float before)

/// Where the points are written: bench/growth.fsx draws them.
let private file = Path.Combine("bench", "growth.csv")

let private write (study: Study) (points: (int * struct (float * float)) list) =
    let text (x: float) = x.ToString("G4", CultureInfo.InvariantCulture)

    let others =
        if File.Exists file then
            File.ReadAllLines file |> Array.filter (fun line -> not (line.StartsWith(study.Name + ",")))
        else
            [| "study,size,seconds,bytes" |]

    let mine = [| for n, struct (seconds, bytes) in points -> $"{study.Name},{n},{text seconds},{text bytes}" |]
    File.WriteAllLines(file, Array.append others mine)

let private run (study: Study) _ : Row list =
    let points = study.Sizes |> List.map (fun n -> n, measure study.Make n)
    write study points
    let time = exponent (points |> List.map (fun (n, struct (seconds, _)) -> n, seconds))
    let memory = exponent (points |> List.map (fun (n, struct (_, bytes)) -> n, bytes))
    let row name (e: float) owed note =
        { Row.alone $"growth-{study.Name}{name}" study.Text Unit.Power { Lower = e; Median = e; Upper = e } with
            Owed = AtMost(owed + 0.1)
            Note = note }
    let struct (seconds, bytes) = snd (List.last points)
    [ row "" time study.Time $"exponent of the time; {Table.seconds seconds} at the largest"
      row "-memory" memory study.Memory $"exponent of the memory; %.3g{bytes} bytes at the largest" ]

let all: Benchmark list = [ for study in studies -> { Name = $"growth-{study.Name}"; Run = run study } ]
