(**
---
title: Verbs of solves, models, training and data by example
category: Guide
categoryindex: 1
index: 13
---
*)
(*** hide ***)
#load "../src/NeuralDE.Core.fs/load.fsx"
(**
# Verbs of solves, models, training and data by example

This page runs the verbs that the other pages do not run, with tiny data. `show` prints a name and a value on one line; `mistake` prints the
message of the exception that a call raises; `file` is the path of a file in a temporary folder.

| modules | sections |
|---|---|
| `Ode`, `Sde`, `Event`, `StepController`, `Solver`, `Field`, `Control` | [Problems and their options](#Problems-and-their-options), [Noise](#Noise), [Fields and control paths](#Fields-and-control-paths) |
| `Activation`, `Init`, `Blueprint`, `Network`, `Mlp`, `Linear`, `Conv1d`, `BatchNorm`, `Gru`, `MultiHeadAttention`, … | [Activations and initial weights](#Activations-and-initial-weights), [Blueprints and networks](#Blueprints-and-networks), [Single layers](#Single-layers), [Recurrent networks and attention](#Recurrent-networks-and-attention) |
| `Loss`, `Optim`, `Schedule`, `LevenbergMarquardt`, `Batches`, `Train`, `Checkpoint` | [Losses](#Losses), [Optimisers and schedules](#Optimisers-and-schedules), [Batches and training](#Batches-and-training), [Checkpoints of models](#Checkpoints-of-models) |
| `NeuralOde` and its parts, `Basis`, `Galerkin`, `Piecewise`, `WeightFlow`, `OdeNet` | [Neural ODEs from parts](#Neural-ODEs-from-parts), [Weights that vary in depth](#Weights-that-vary-in-depth) |
| `Csv`, `Npy`, `Npz`, `Idx`, `Safetensors`, `Split`, `Normaliser`, `Series` | [Files](#Files), [Splits and normalisers](#Splits-and-normalisers), [Series](#Series) |
| `Plot`, `Curve`, `Axes`, `Ticks`, `Figure`, `Report` | [Plots](#Plots) |
*)
open NeuralDE

let key = Key 1
let shape (x: Tensor) = List.ofArray x.Shape
(*** hide ***)
let folder = System.IO.Directory.CreateTempSubdirectory("neuralde").FullName
let file name = System.IO.Path.Combine(folder, name)

/// A value on one line; lists in full.
let rec text (value: obj) : string =
    match value with
    | :? string as s -> s
    | :? System.Runtime.CompilerServices.ITuple as t ->
        "(" + String.concat ", " [ for i in 0 .. t.Length - 1 -> text t[i] ] + ")"
    | :? System.Collections.IEnumerable as items -> "[" + String.concat "; " [ for item in items -> text item ] + "]"
    | other -> $"{other}"

let show (verb: string) (value: 'T) = printfn "%-28s %s" verb (text (box value))

let mistake (verb: string) (f: unit -> 'T) =
    try
        show verb (f ())
    with e ->
        show verb (e.Message.Replace(folder + string System.IO.Path.DirectorySeparatorChar, ""))
(**
## Problems and their options

These lines set options of y′ = −y from 1, whose solution at t = 1 is 1/e = 0.36788:
*)
let decay (_t: Tensor) (y: Tensor) = -y
let problem = Ode.problem decay (tensor [ 1.0 ]) (0.0, 1.0)
let steps (p: OdeProblem<Tensor>) = (Ode.solve p).Stats.Steps

show "no option" (steps problem)
show "Ode.dt0" (steps (problem |> Ode.dt0 1e-6)) // the steps grow at most tenfold
show "Ode.dtBetween" (steps (problem |> Ode.dtBetween 0.0 0.05)) // no step is longer than 0.05
show "Ode.usingMethod" (problem |> Ode.usingMethod (Vern7: OdeSolver) |> Ode.solveFinal)
show "Ode.saveStart" (problem |> Ode.saveStart |> Ode.saveEnd |> Ode.solve).Ts
show "Ode.saveEnd" (problem |> Ode.saveStart |> Ode.saveEnd |> Ode.solveYs)
(*** include-output ***)
(**
`Ode.progress` calls back at the start and after every step. A cancelled token ends the solve before the next step. `Ode.augment` appends
components that start at 0:
*)
let reports = ResizeArray<SolveProgress>()
problem |> Ode.dt 0.25 |> Ode.progress reports.Add |> Ode.solve |> ignore
show "Ode.progress" [ for r in reports -> r.Time ]

let cancelled = System.Threading.CancellationToken true
show "Ode.cancel" (problem |> Ode.cancel cancelled |> Ode.trySolve).Status
show "Ode.errorControl" (steps (problem |> Ode.errorControl StateOnly)) // the default counts more only in derivatives

let chain (_t: Tensor) (y: Tensor) = stack [ -y[0]; y[0] ] // the second component collects what the first loses
show "Ode.augment" (Ode.problem chain (tensor [ 1.0 ]) (0.0, 1.0) |> Ode.augment 1 |> Ode.solveFinal)

let still = Ode.problem (fun _ y -> 0.0 * y) (ones [ 1; 1; 2; 2 ]) (0.0, 1.0) |> Ode.augmentAlong 1 2
show "Ode.augmentAlong" (shape (Ode.solveFinal still)) // two channels more
(*** include-output ***)
(**
`sin t` crosses 0 upwards at 2π, and in both directions at π and 2π. The start at 0 is no event. The solve with more events than
`Ode.maxEvents` fails:
*)
let wave = Ode.problem (fun t _ -> cos t |> expandDims 0) (tensor [ 0.0 ]) (0.0, 7.0)
let nothing = Event.apply (fun _ y -> y)
let height (_t: Tensor) (y: Tensor) = y[0]

show "Event.rising" (wave |> Ode.on (Event.rising height) nothing |> Ode.solve).Events.Times
show "Event.crossing" (wave |> Ode.on (Event.crossing height) nothing |> Ode.solve).Events.Times
show "Event.stop" (wave |> Ode.on (Event.crossing height) Event.stop |> Ode.solve).T1
show "Ode.maxEvents" (wave |> Ode.on (Event.crossing height) nothing |> Ode.maxEvents 1 |> Ode.trySolve).Status
(*** include-output ***)
(**
A step controller computes the next step size from the errors. `StepController.ofPid` takes all constants of the rule, here a smaller safety
factor:
*)
let turn (_t: Tensor) (u: Tensor) = stack [ u[1]; -u[0] ]
let circle = Ode.problem turn (tensor [ 1.0; 0.0 ]) (0.0, 10.0)

show "StepController.integral" (steps (circle |> Ode.controller StepController.integral))
show "StepController.pid" (steps (circle |> Ode.controller (StepController.pid 0.3 0.4 0.0)))
let careful = { PidController.integral with Safety = 0.5 }
show "PidController.integral: Safety" PidController.integral.Safety
show "StepController.ofPid" (steps (circle |> Ode.controller (StepController.ofPid careful)))
(*** include-output ***)
(**
A method is a value. `Solver.ofTableau` makes one from coefficients; `ExplicitTableaus.all` lists those of the library:
*)
let exact = tensor [ cos 10.0; -sin 10.0 ]
let miss solver = float (norm (Ode.solveFinal (circle |> Ode.using solver |> Ode.dt 0.1) - exact)) |> sprintf "%.1g"

show "CashKarp" (miss CashKarp)
show "Fehlberg45" (miss Fehlberg45)
show "Midpoint" (miss Midpoint)
show "Ralston" (miss Ralston)
show "AsynchronousLeapfrog" (miss AsynchronousLeapfrog)
show "Solver.ofTableau" (miss (Solver.ofTableau ExplicitTableaus.rk4))
show "ExplicitTableaus.all" [ for t in ExplicitTableaus.all -> $"{t.Name} {t.Order}" ] // with their orders
show "explicitOdeSolvers" (explicitOdeSolvers |> List.map _.Name |> List.length)
(*** include-output ***)
(**
A tableau is a value, too. The first four lines show numbers of stages. Each rooted tree is an order condition: a method of order 4 fulfils
one for each tree of up to 4 nodes, 8 in all:
*)
let stages (tableaus: Tableau list) = [ for t in tableaus -> $"{t.Name} {t.Stages}" ]

show
    "order 1 and 2"
    (stages [ ExplicitTableaus.euler; ExplicitTableaus.midpoint; ExplicitTableaus.heun; ExplicitTableaus.ralston ])
show "order 3 and 4" (stages [ ExplicitTableaus.bosh3; ExplicitTableaus.rk4; ExplicitTableaus.kutta38 ])
show
    "order 5"
    (stages [ ExplicitTableaus.fehlberg45; ExplicitTableaus.cashKarp; ExplicitTableaus.dopri5; ExplicitTableaus.tsit5 ])
show "order 7 and 8" (stages [ ExplicitTableaus.vern7; ExplicitTableaus.dop853 ])
show "RootedTrees.upTo" [ for order in 1..5 -> (RootedTrees.upTo order).Length ]
show "RootedTrees.show" [ for tree in RootedTrees.upTo 3 -> RootedTrees.show tree ]
(*** include-output ***)
(**
## Noise

`Sde.stratonovich` is the Stratonovich equation. `General` takes a matrix of states by channels. Without drift, and with g = y, the
Stratonovich solution is exp W:
*)
let noisy =
    Sde.stratonovich (fun _ y -> 0.0 * y) (Diagonal(fun _ y -> y)) (ones [ 1 ]) (0.0, 1.0) |> Sde.noise key

let brownian =
    Sde.problem (fun _ y -> 0.0 * y) (General(fun _ _ -> ones [ 1; 2 ])) (zeros [ 1 ]) (0.0, 1.0) |> Sde.noise key

let path =
    Sde.problem (fun _ y -> 0.0 * y) (Additive(fun _ -> ones [ 1 ])) (zeros [ 1 ]) (0.0, 1.0) |> Sde.noise key

show "exp W" (exp (path |> Sde.dt 1.0 |> Sde.solveFinal))
show "Sde.stratonovich" (noisy |> Sde.tolerance 1e-4 1e-6 |> Sde.solveFinal)
show "General" (brownian |> Sde.dt 0.1 |> Sde.solveFinal) // the sum of two independent W
(*** include-output ***)
(**
## Fields and control paths

A combinator changes a field. x⁗ = x from (1, 1, 1, 1) is eᵗ, so the first component ends near e:
*)
let final field (y0: Tensor) = Ode.problem field y0 (0.0, 1.0) |> Ode.tolerance 1e-9 1e-11 |> Ode.solveFinal

show "Field.higherOrder" (final (Field.higherOrder 4 (fun _ s -> s[0..0])) (ones [ 4 ]))
show "Field.timeDependent" (final (Field.timeDependent (fun tx -> 2.0 * tx[0..0])) (zeros [ 1 ])) // t²
show "Field.conditioned" (final (Field.conditioned (tensor [ 3.0 ]) (fun _ xc -> xc[1..1])) (zeros [ 1 ]))

let there = final decay (tensor [ 1.0 ])
show "Field.reverseTime" (final (Field.reverseTime 0.0 1.0 decay) there) // back at the start

// x' = w x with w' = −w: x(1) = exp (1 − 1/e)
let both =
    Ode.problem (Field.evolvingWeights decay (fun w _ x -> w * x)) (tensor [ 1.0 ], tensor [ 1.0 ]) (0.0, 1.0)

show "Field.evolvingWeights" (Ode.solveFinal both)
(*** include-output ***)
(**
A control path with a known derivative needs no forward mode. `Control.withKinks` tells a solver where the path bends:
*)
let ramp = Control.ofFunctions (fun t -> expandDims 0 (t * t)) (fun t -> expandDims 0 (2.0 * t))
show
    "Control.ofFunctions"
    (final (Field.controlled ramp (fun _ x -> ones [ 1; 1 ] + 0.0 * expandDims -1 x)) (zeros [ 1 ]))

let bend = Control.ofFunction (fun t -> expandDims 0 (abs (t - 0.5))) |> Control.withKinks [ 0.5 ]
show "Control.withKinks" bend.Kinks
(*** include-output ***)
(**
## Activations and initial weights

`Activation.apply` applies an activation to a tensor. At 0 every activation except `sigmoid` and `softplus` is 0:
*)
for activation in Activation.all do
    show $"Activation.apply {activation}" (Activation.apply activation (tensor [ -1.0; 0.0; 1.0 ]))
(*** include-output ***)
(**
An initialiser is a function of key and shape `[inputs; outputs]`. Each line shows the standard deviation of 60 · 40 weights. The columns of
`Init.orthogonal` are orthonormal, so QᵀQ is the square of the gain times the identity:
*)
let spread (init: Key -> int list -> Tensor) = float (std (init key [ 60; 40 ])) |> sprintf "%.3f"

show "Init.uniform" (spread (Init.uniform 1.0)) // 1/√3
show "Init.normal" (spread (Init.normal 0.5))
show "Init.zero" (spread Init.zero)
show "Init.linear" (spread Init.linear) // 1/√180
show "Init.glorotNormal" (spread Init.glorotNormal) // √(2/100)
show "Init.he" (spread Init.he) // √(2/60)
show "Init.heUniform" (spread Init.heUniform)

let q = Init.orthogonal 2.0 key [ 6; 2 ]
show "Init.orthogonal" (abs (round (matmul (transpose q) q)))
(*** include-output ***)
(**
## Blueprints and networks

A blueprint lists layers without weights. These layers keep the width, except the first two:
*)
let rows = tensor [ [ 0.5; -1.0; 2.0 ] ]
let apply (b: Blueprint) = Network.apply (Network.init key b) rows
let start = Blueprint.features 3

show "Blueprint.linearWith" (apply (start |> Blueprint.linearWith Init.he 2))
show "Blueprint.fourierFeatures" (apply (start |> Blueprint.fourierFeatures 1.0 2)) // 2 cosines, 2 sines
show "Blueprint.activation" (apply (start |> Blueprint.activation Activation.Mish))
show "Blueprint.relu" (apply (start |> Blueprint.relu))
show "Blueprint.softplus" (apply (start |> Blueprint.softplus))
show "Blueprint.silu" (apply (start |> Blueprint.silu))
show "Blueprint.gelu" (apply (start |> Blueprint.gelu))
show "Blueprint.sigmoid" (apply (start |> Blueprint.sigmoid))
(*** include-output ***)
(**
`Blueprint.residual` adds its layers' result to their input. `Blueprint.layerWith` makes a layer from a key:
*)
show "Blueprint.sine" (apply (start |> Blueprint.sine))
show "Blueprint.power" (apply (start |> Blueprint.power 2.0))
show "Blueprint.layerNorm" (apply (start |> Blueprint.layerNorm))
show "Blueprint.residual" (apply (start |> Blueprint.residual (Blueprint.power 2.0))) // x + x²
show "Blueprint.layer" (apply (start |> Blueprint.layer (Layer.Activation Activation.Relu)))
show "Blueprint.layerWith" (apply (start |> Blueprint.layerWith 1 (fun k -> Layer.Linear(Linear.init k 3 1))))
show "Blueprint.dropout" (apply (start |> Blueprint.dropout 0.5)) // the identity outside training
(*** include-output ***)
(**
`Network.train` drops elements, and divides the kept ones by 1 − 0.5. `Network.field` gives the time to the layer `Blueprint.time`:
*)
let dropping = Network.init key (start |> Blueprint.dropout 0.5)
let timed = Network.init key (start |> Blueprint.time)
show "Network.train" (Network.train (Key 3) dropping (scalar 0.0) rows)
show "Network.field" (Network.field timed (scalar 7.0) rows)
mistake "Network.apply" (fun () -> Network.apply timed rows) // it has no time
(*** include-output ***)
(**
Images are `[batch; channels; height; width]`, sequences `[batch; channels; length]`:
*)
let picture = reshape [ 1; 1; 4; 4 ] (arange 0.0 16.0 1.0)
let onImage (b: Blueprint) = Network.apply (Network.init key b) picture
let same = { ConvOptions.Default with Padding = [ 1 ] }

show "Blueprint.images" (shape (onImage (Blueprint.images 1 |> Blueprint.conv same 2 [ 3 ])))
show "Blueprint.averagePool" (flatten (onImage (Blueprint.images 1 |> Blueprint.averagePool 2 2)))
show "Blueprint.maxPool" (flatten (onImage (Blueprint.images 1 |> Blueprint.maxPool 2 2)))
show "Blueprint.globalAveragePool" (onImage (Blueprint.images 1 |> Blueprint.globalAveragePool))
show "Blueprint.groupNorm" (float (std (onImage (Blueprint.images 1 |> Blueprint.groupNorm 1))))
let series = Network.init key (Blueprint.sequences 1 |> Blueprint.conv ConvOptions.Default 2 [ 3 ])
show "Blueprint.sequences" (shape (Network.apply series (ones [ 1; 1; 5 ]))) // without padding 3 positions remain
(*** include-output ***)
(**
## Single layers

A layer is a record of weights with `init` and `apply`. `Mlp.applyWith` takes any function as activation:
*)
let mlp = Mlp.init key [ 2; 3; 1 ]
let point = tensor [ [ 1.0; -1.0 ] ]

show "Linear.initWith" (Linear.apply (Linear.initWith (Init.normal 1.0) key 2 2) point)
show "Mlp.withActivation" (Mlp.apply (Mlp.withActivation Activation.Relu mlp) point)
show "Mlp.applyWith" (Mlp.applyWith relu mlp point) // the same
show "Embedding.init" (shape (Embedding.init key 10 4).Table)
show "Embedding.apply" (shape (Embedding.apply (Embedding.init key 10 4) (tensor [ 3; 3; 9 ])))
show "FourierFeatures.init" (shape (FourierFeatures.init 1.0 key 2 5).Frequencies)
show "FourierFeatures.apply" (shape (FourierFeatures.apply (FourierFeatures.init 1.0 key 2 5) point))
show "Dropout.apply" (Dropout.apply 0.5 (Key 3) (ones [ 6 ]))
(*** include-output ***)
(**
The kernel of a convolution is a weight. `initWith` takes its initialiser. A transposed convolution with stride 2 doubles the length:
*)
let signal = reshape [ 1; 1; 6 ] (arange 0.0 6.0 1.0)
let twice = { ConvOptions.Default with Stride = [ 2 ] }
let ones' (_: Key) dims = ones dims

show "ConvOptions.Default: Stride" ConvOptions.Default.Stride
show "Conv1d.init" (shape (Conv1d.apply (Conv1d.init ConvOptions.Default key 1 4 3) signal))
show "Conv1d.initWith" (flatten (Conv1d.apply (Conv1d.initWith ones' ConvOptions.Default key 1 1 3) signal)) // sums of 3
show "Conv2d.init" (shape (Conv2d.apply (Conv2d.init same key 1 4 [ 3 ]) picture))
show "Conv2d.initWith" (flatten (Conv2d.apply (Conv2d.initWith ones' twice key 1 1 [ 2 ]) picture)) // sums of 2 by 2
show "ConvTranspose1d.apply" (shape (ConvTranspose1d.apply (ConvTranspose1d.init twice key 1 1 2) signal))
show "ConvTranspose2d.apply" (shape (ConvTranspose2d.apply (ConvTranspose2d.init twice key 1 1 [ 2 ]) picture))
(*** include-output ***)
(**
Normalisation layers subtract a mean and divide by a deviation. `BatchNorm` has running statistics as an argument and a result; it needs two numbers
per channel in training:
*)
show "LayerNorm.apply" (LayerNorm.apply (LayerNorm.init [ 3 ]) rows)
show "GroupNorm.apply" (GroupNorm.apply (GroupNorm.init 1 3) rows)
let norms = BatchNorm.init 1
let batch = tensor [ [ 1.0 ]; [ 3.0 ] ]
let normed, next = BatchNorm.train norms (BatchNormState.init 1) batch
show "BatchNorm.train" (flatten normed)
show "BatchNormState.init" (next.Mean, next.Variance) // a tenth of the way from 0 and 1 to 2 and 2
show "BatchNorm.evaluate" (flatten (BatchNorm.evaluate norms next batch))
mistake "one number" (fun () -> BatchNorm.train norms next (ones [ 1; 1 ]))
(*** include-output ***)
(**
## Recurrent networks and attention

A cell takes a state and an input. `scan` runs it along the time of `[time; features]`. A network stacks cells and starts at 0:
*)
let sequence = randn key [ 5; 2 ] // 5 times, 2 features
let h = zeros [ 3 ]
let elman, gru, lstm = ElmanCell.init key 2 3, GruCell.init key 2 3, LstmCell.init key 2 3
let memory: LstmState = { Output = h; Memory = h }

show "ElmanCell.step" (ElmanCell.step elman h sequence[0])
show "ElmanCell.scan" (snd (ElmanCell.scan elman h sequence))
show "GruCell.step" (GruCell.step gru h sequence[0])
show "GruCell.scan" (snd (GruCell.scan gru h sequence))
show "LstmCell.step" (LstmCell.step lstm memory sequence[0]).Output
show "LstmCell.scan" (snd (LstmCell.scan lstm memory sequence)).Output
(*** include-output ***)
(**
`applyFrom` continues from the states that `apply` returned, so a sequence in two parts gives the same as the whole:
*)
let parts first second (whole: Tensor) : Tensor =
    let _, states = first (whole[..2])
    fst (second states whole[3..])

let last (xs: Tensor, _) = flatten xs[-1 ..]
let gap (second: Tensor) (whole: Tensor) = sprintf "%.1g" (float (amax (abs (second - whole[3..]))))
let e2, g2, l2 = Elman.init key 2 3 2, Gru.init key 2 3 2, Lstm.init key 2 3 2

show "Elman.apply" (last (Elman.apply e2 sequence))
show
    "Elman.applyFrom"
    (gap (parts (Elman.apply e2) (fun s -> Elman.applyFrom s e2) sequence) (fst (Elman.apply e2 sequence)))
show "Gru.apply" (last (Gru.apply g2 sequence))
show "Gru.applyFrom" (gap (parts (Gru.apply g2) (fun s -> Gru.applyFrom s g2) sequence) (fst (Gru.apply g2 sequence)))
show "Lstm.apply" (last (Lstm.apply l2 sequence))
show
    "Lstm.applyFrom"
    (gap (parts (Lstm.apply l2) (fun s -> Lstm.applyFrom s l2) sequence) (fst (Lstm.apply l2 sequence)))
(*** include-output ***)
(**
The first two lines show whether the result of the first element changes with the last element. In causal attention it does not:
*)
let attention = MultiHeadAttention.init key 4 2
let tokens = randn key [ 3; 4 ]
let changed = concat [ tokens[..1]; zeros [ 1; 4 ] ]
let differs (f: Tensor -> Tensor) =
    let before, after = f tokens, f changed
    float (amax (abs (after[0] - before[0]))) > 0.0

show "MultiHeadAttention.apply" (differs (MultiHeadAttention.apply attention))
show "MultiHeadAttention.applyCausal" (differs (MultiHeadAttention.applyCausal attention))
let query = tokens[0..0]
let attended = MultiHeadAttention.attend AttentionMask.Everywhere attention query tokens tokens
show "MultiHeadAttention.attend" (shape attended) // one query, three keys
(*** include-output ***)
(**
## Losses

The target comes first. `Loss.huber` is a parabola up to delta and a line beyond it; `Loss.binaryCrossEntropy` takes scores before the
sigmoid, so a score of 0 costs ln 2:
*)
let target, guess = tensor [ 0.0; 0.0 ], tensor [ 0.5; 3.0 ]
show "Loss.meanAbsoluteError" (Loss.meanAbsoluteError target guess)
show "Loss.huber" (Loss.huber 1.0 target guess) // (0.125 + 2.5) / 2
show "Loss.binaryCrossEntropy" (Loss.binaryCrossEntropy (tensor [ 1.0 ]) (tensor [ 0.0 ]))
(*** include-output ***)
(**
## Optimisers and schedules

An optimiser is a pure function of gradient, state and model. `Optim.clip` limits the norm of a whole tree, `Optim.clipValue` each number:
*)
type Line = { Slope: Tensor; Bias: Tensor }

let line = { Slope = tensor [ 3.0 ]; Bias = tensor [ 4.0 ] }
let optimiser = GradientDescent 0.1 |> Optim.averaged (MovingAverage 0.5)
let state = Optim.init optimiser line
let stepped, afterStep = Optim.step optimiser line state line // the gradient of ½ x² is x

show "Optim.globalNorm" (Optim.globalNorm line)
show "Optim.clip" (Optim.clip 1.0 line).Slope
show "Optim.clipValue" (Optim.clipValue 3.5 line).Bias
show "Optim.init" state.Step
show "Optim.step" stepped.Slope
show "Optim.averaged" afterStep.Step
show "Optim.averageOf" (Optim.averageOf afterStep stepped |> Option.map _.Slope) // after the first step a = x
show "Optim.averageOf, plain" (Optim.averageOf (Optim.init (Adam 0.1) line) line).IsNone
(*** include-output ***)
(**
Groups choose leaves by predicates of their paths. Each leaf belongs to the first group whose predicate holds:
*)
show "Optim.under" (Optim.under "Encoder" "Encoder.Weight", Optim.under "Encoder" "Encoder2.Weight")
show "Optim.named" (Optim.named "Bias" "Layers[0].Bias", Optim.named "Bias" "Bias2")
show "Optim.others" (Optim.others "anything")

let move rule = fst (Optim.step rule line (Optim.init rule line) line)
let grouped =
    move (Optim.groups [ (Optim.named "Bias", GradientDescent 1.0); (Optim.others, GradientDescent 0.1) ])
show "Optim.groups" (grouped.Slope, grouped.Bias)
show "Optim.freeze" (move (Optim.freeze (Optim.named "Bias") (GradientDescent 0.1))).Bias
(*** include-output ***)
(**
A schedule is a function from the step to a factor on the learning rate. Some reach `last` at `steps` and stay there:
*)
let factors name schedule =
    show name (Schedule.values 5 schedule |> Array.map (fun f -> System.Math.Round(f, 4)) |> List.ofArray)

show "Schedule.at" (Schedule.at 3 (Schedule.linear 4 0.2) |> sprintf "%.2f")
factors "Schedule.values" (Schedule.constant 1.0)
factors "Schedule.constant" (Schedule.constant 0.5)
factors "Schedule.linear" (Schedule.linear 4 0.2)
factors "Schedule.exponential" (Schedule.exponential 0.5)
factors "Schedule.polynomial" (Schedule.polynomial 2.0 4 0.0)
factors "Schedule.stairs" (Schedule.stairs 2 0.5)
factors "Schedule.warmUp" (Schedule.warmUp 2 (Schedule.exponential 0.5))
factors "Schedule.times" (Schedule.times (Schedule.constant 0.5) (Schedule.exponential 0.5))
(*** include-output ***)
(**
The defaults of options are records to be changed by `with`:
*)
show "AdamOptions: Beta1, Beta2" (AdamOptions.defaults.Beta1, AdamOptions.defaults.Beta2)
show "AdagradOptions: Rate" AdagradOptions.defaults.Rate
show "LionOptions: Rate" LionOptions.defaults.Rate
show "RmsPropOptions: Share" RmsPropOptions.defaults.Share
show "EarlyStopping: Patience" EarlyStopping.defaults.Patience
show "CheckpointOptions: Partial" CheckpointOptions.defaults.Partial
show "UnpackingOptions: Ratio" UnpackingOptions.defaults.Ratio
show "Gradient.DefaultBudget" Gradient.DefaultBudget // bytes of a tape
(*** include-output ***)
(**
Levenberg–Marquardt minimises the sum of squares of residuals. These three points are on a line, 2 x + 1:
*)
let xs, ys = tensor [ 0.0; 1.0; 2.0 ], tensor [ 1.0; 3.0; 5.0 ]
let residuals m = m.Slope * xs + m.Bias - ys
let lmFit = LevenbergMarquardt.minimise residuals line
show "LevenbergMarquardt.minimise" (lmFit.Model.Slope, lmFit.Model.Bias, lmFit.Status)
(*** include-output ***)
(**
## Batches and training

`Batches.keys` gives a key for each step, without samples. `Batches.map` is a part of the training step:
*)
let samples = Batches.ofTree 2 (xs, ys)
show "Batches.map" ((samples |> Batches.map (fun (x, _) -> 10.0 * x)).At 0)
show "Batches.withKey" ((samples |> Batches.withKey key).At 1 |> fst) // the last batch of three samples has one
show "Batches.keys" (Batches.keys key).PerEpoch
let drawn = (Batches.keys key |> Batches.map (fun k -> rand k [ 2 ])).At 5
show "the same key" (float (amax (abs (drawn - rand (Key.fold 5 key) [ 2 ]))))
(*** include-output ***)
(**
These trainings have a few steps. With a learning rate of 1000 the loss becomes infinite; by default the training stops, and `Shrink`
undoes the step and applies a part of it:
*)
let squares m = mean (square (residuals m))
let training = Train.start line (GradientDescent 0.1)
let lossOf (x: Tensor, y: Tensor) m = mean (square (m.Slope * x + m.Bias - y))

show "Train.clipValue" (training |> Train.clipValue 0.1 |> Train.steps 1 |> Train.run squares).Model.Slope // 3 − 0.1 · 0.1
show
    "Train.validate"
    (training |> Train.validate squares |> Train.steps 3 |> Train.run squares).Validation.Values.Length
show
    "Train.validateOn"
    (training |> Train.validateOn samples lossOf |> Train.epochs 3 |> Train.runOn samples lossOf).Best.Slope
show "Train.cancel" (training |> Train.cancel cancelled |> Train.steps 3 |> Train.run squares).Status.Sentence

let wild = Train.start line (GradientDescent 1000.0) |> Train.steps 200
show "Train.onFailure, Stop" (wild |> Train.onFailure FailurePolicy.Stop |> Train.run squares).Status.Sentence
let shrunk = wild |> Train.onFailure (FailurePolicy.Shrink(0.001, 5)) |> Train.run squares
show "Train.onFailure, Shrink" (shrunk.Shortened > 0)
(*** include-output ***)
(**
A loss that does not fall ends the training after `patience` validations, here of steps:
*)
let stuck = Train.start line (GradientDescent 0.5) |> Train.steps 100
show "Train.stopEarly" (stuck |> Train.stopEarly 3 |> Train.run squares).Status.Sentence
let patient = { EarlyStopping.defaults with Patience = 5; MinImprovement = 1e-6 }
show "Train.stopEarlyWith" (stuck |> Train.stopEarlyWith patient |> Train.run squares).Status.Sentence
(*** include-output ***)
(**
`Train.resumeIfThere` begins anew if there is no file, and continues from the file otherwise. `Train.acceptChanges` lets it continue with
another optimiser:
*)
let saved = training |> Train.checkpointEvery 2 (file "run.ckpt") |> Train.resumeIfThere (file "run.ckpt")
let first = saved |> Train.steps 2 |> Train.run squares
let second = saved |> Train.steps 4 |> Train.run squares // two further steps
let whole = training |> Train.steps 4 |> Train.run squares

show "Train.resumeIfThere" (first.Steps, second.Steps)
show "resumed, in one run" (second.Model.Slope, whole.Model.Slope)

let other = { training with Optimiser = Adam 0.1 } |> Train.resumeIfThere (file "run.ckpt") |> Train.acceptChanges
show "Train.acceptChanges" (other |> Train.steps 6 |> Train.run squares).Steps
(*** include-output ***)
(**
## Checkpoints of models

`Checkpoint.load` requires the same tree. `loadWith` ignores chosen differences, and `loadMapped` reads files of other programs:
*)
Checkpoint.save (file "line.safetensors") line
let single = { Slope = tensor [ 0.0f ]; Bias = tensor [ 0.0f ] }
let casting = { CheckpointOptions.defaults with CastFloats = true }
show "Checkpoint.loadWith" (Checkpoint.loadWith casting (file "line.safetensors") single).Slope

Safetensors.write (file "other.safetensors") [ ("made by", "hand") ] [ ("w", tensor [ 7.0 ]); ("b", tensor [ 8.0 ]) ]
let names path = if path = "Slope" then Named "w" else Computed("b", fun b -> -b)
show "Safetensors.write" (Safetensors.read (file "other.safetensors")).Metadata
show "Checkpoint.loadMapped" (Checkpoint.loadMapped (file "other.safetensors") names line).Bias
show "Checkpoint.loadMappedWith" (Checkpoint.loadMappedWith casting (file "other.safetensors") names single).Slope
let partly path = if path = "Slope" then Named "w" else Kept
mistake "without Partial" (fun () -> Checkpoint.loadMapped (file "other.safetensors") partly line)
(*** include-output ***)
(**
## Neural ODEs from parts

`NeuralOde.states` returns the whole state, `NeuralOde.predict` the output. The shapes are `[time; batch; components]`:
*)
let wide n d = Network.init key (Blueprint.features n |> Blueprint.linear d)
let model = NeuralOde.ofNetwork (wide 2 2)
let y0, times = ones [ 3; 2 ], tensor [ 0.0; 1.0 ]
let sizes model = shape (NeuralOde.states model y0 times), shape (NeuralOde.predict model y0 times)

show "NeuralOde.ofNetwork" (sizes model)
show "NeuralOde.higherOrder" (sizes (NeuralOde.ofNetwork (wide 4 2) |> NeuralOde.higherOrder 2 2)) // x, x'
show "NeuralOde.lift" (sizes (NeuralOde.ofNetwork (wide 5 5) |> NeuralOde.lift (wide 2 5)))
show "NeuralOde.readout" (sizes (model |> NeuralOde.readout (wide 2 1)))
show "NeuralOde.controlledBy" (sizes (NeuralOde.ofNetwork (wide 5 2) |> NeuralOde.controlledBy (wide 2 3)))
show "NeuralOde.controlledAlong" (sizes (NeuralOde.ofNetwork (wide 4 2) |> NeuralOde.controlledAlong -1))
show "NeuralOde.augmentAlong" (sizes (NeuralOde.ofNetwork (wide 3 3) |> NeuralOde.augmentAlong -1 1))
show "NeuralOde.inputLayerAlong" (sizes (NeuralOde.ofNetwork (wide 3 3) |> NeuralOde.inputLayerAlong -1 (wide 2 1)))
(*** include-output ***)
(**
The options are those of `Ode`. `OdeSettings.apply` sets them on a problem:
*)
let cost model = (NeuralOde.stats model y0 (0.0, 1.0)).Steps

show "no option" (cost model)
show "NeuralOde.dt" (cost (model |> NeuralOde.dt 0.1))
show "NeuralOde.usingMethod" (model |> NeuralOde.usingMethod (Bosh3: OdeSolver)).Settings.Solver.Name
show "NeuralOde.maxSteps" (model |> NeuralOde.maxSteps 50).Settings.MaxSteps
show "NeuralOde.gradient" (model |> NeuralOde.gradient Direct).Settings.Gradient
show "NeuralOde.perSample" (cost (model |> NeuralOde.perSample)) // the steps of all samples together
show "OdeSettings: Rtol" OdeSettings.defaults.Rtol
show "OdeSettings.apply" (steps (problem |> OdeSettings.apply { OdeSettings.defaults with Rtol = 1e-3; Atol = 1e-3 }))
(*** include-output ***)
(**
A start computes the initial state from y0. A function of weights is trained by its weights:
*)
let started n start = sizes (NeuralOde.ofNetwork (wide n n) |> NeuralOde.withStart start)

show "NeuralStart.observed" (started 2 NeuralStart.observed)
show "NeuralStart.zeros" (started 3 (NeuralStart.zeros 1))
show "NeuralStart.zerosAlong" (started 3 (NeuralStart.zerosAlong -1 1))
show "NeuralStart.beside" (started 4 (NeuralStart.beside (scalar 2.0) (fun w y -> w * y)))
show "NeuralStart.besideAlong" (started 4 (NeuralStart.besideAlong -1 (scalar 2.0) (fun w y -> w * y)))
show "NeuralStart.inputLayer" (started 3 (NeuralStart.inputLayer (wide 2 1)))
show "NeuralStart.lift" (started 4 (NeuralStart.lift (wide 2 4)))
show "NeuralStart.ofFunction" (started 2 (NeuralStart.ofFunction (scalar 2.0) (fun w y -> w * y)))
(*** include-output ***)
(**
A field may be a function of weights and time. With x′ = w x and w = −1 the state is multiplied by 1/e:
*)
let ends field = (NeuralOde.final (NeuralOde.ofField field) y0 (0.0, 1.0))[0]

type Growing =
    { Rate: Tensor }

    interface Depth<Tensor> with
        member g.At t = g.Rate * t

show "NeuralField.constant" (ends (NeuralField.constant (wide 2 2)))
show "NeuralField.ofFunction" (ends (NeuralField.ofFunction (scalar -1.0) (fun w _ x -> w * x)))
show "NeuralField.ofFunctionAlong" (ends (NeuralField.ofFunctionAlong -1 (scalar -1.0) (fun w _ x -> w * x)))
show "NeuralField.ofDepth" (ends (NeuralField.ofDepth (fun w _ x -> w * x) { Rate = scalar -2.0 })) // exp (−t²)
show "NeuralField.ofDepthAlong" (ends (NeuralField.ofDepthAlong -1 (fun w _ x -> w * x) { Rate = scalar -2.0 }))
(*** include-output ***)
(**
Control, readout and duration are parts, too. A duration of 2 doubles the time span of a sample:
*)
let controlled control = sizes (NeuralOde.ofNetwork (wide 4 2) |> NeuralOde.withControl control)

show "NeuralControl.observed" (controlled NeuralControl.observed)
show "NeuralControl.observedAlong" (controlled (NeuralControl.observedAlong -1))
show "NeuralControl.ofFunction" (controlled (NeuralControl.ofFunction (scalar 2.0) (fun w y -> w * y)))
show "NeuralControl.ofFunctionAlong" (controlled (NeuralControl.ofFunctionAlong -1 (scalar 2.0) (fun w y -> w * y)))
show "NeuralControl.ofNetwork" (controlled (NeuralControl.ofNetwork (wide 2 2)))
show "NeuralReadout.ofNetwork" (sizes (model |> NeuralOde.withReadout (NeuralReadout.ofNetwork (wide 2 5))))

let lasting duration =
    NeuralOde.ofField (NeuralField.ofFunction (scalar -1.0) (fun w _ x -> w * x))
    |> NeuralOde.withDuration duration

let double = NeuralDuration.ofFunction (scalar 2.0) (fun w y -> w * ones [ y.Shape[0] ])
let slept duration = NeuralOde.final (lasting duration) y0 (0.0, 1.0)
show "NeuralDuration.ofFunction" (flatten (slept double)) // exp −2
show "NeuralDuration.ofNetwork" (shape (slept (NeuralDuration.ofNetwork (wide 2 1))))
(*** include-output ***)
(**
## Weights that vary in depth

`Basis.values` evaluates all functions of a basis at a depth from 0 to 1. Each basis starts with the constant 1:
*)
for basis in Basis.all do
    show $"Basis.values {basis}" (round (100.0 * Basis.values basis (scalar 0.25)) / 100.0)

show "Basis.all" Basis.all.Length
show "Basis.count" [ for basis in Basis.all -> Basis.count basis ]
(*** include-output ***)
(**
`Galerkin` expands the weights in a basis, and is constant at first. `Piecewise` has separate weights for each part of the span; after the
span the last piece stays:
*)
let make k = Linear.init k 1 1
let weight (l: Linear) = float (sum l.Weight) |> sprintf "%.3f"
let expansion = Galerkin.init (Basis.Polynomial 1) (0.0, 1.0) make key
let pieces = Piecewise.init 2 (0.0, 1.0) make key

show "Galerkin.at" (weight (Galerkin.at (scalar 0.0) expansion), weight (Galerkin.at (scalar 1.0) expansion))
show "Galerkin.field" (Galerkin.field Linear.apply expansion (scalar 0.5) (ones [ 1 ]))
show "Piecewise.init" (shape pieces.Pieces.Weight) // two pieces
show "Piecewise.jumps" (Piecewise.jumps pieces)
show "Piecewise.at" [ for t in [ 0.0; 0.49; 0.5; 9.0 ] -> weight (Piecewise.at (scalar t) pieces) ]
show "Piecewise.field" (Piecewise.field Linear.apply pieces (scalar 0.5) (ones [ 1 ]))
let cut =
    NeuralField.piecewise (
        Piecewise.init 2 (0.0, 1.0) (fun k -> Network.init k (Blueprint.features 2 |> Blueprint.linear 2)) key
    )
show "NeuralField.piecewise" (ends cut)
(*** include-output ***)
(**
A `WeightFlow` is a differential equation for weights. At rest their derivative is 0:
*)
let weights = Linear.init key 2 2
let flow = WeightFlow.init 0.1 key weights
show "WeightFlow.atRest" (WeightFlow.apply (WeightFlow.atRest weights) weights).Weight
show "WeightFlow.init" (shape flow.Advection) // two leaves, two axes
show "WeightFlow.apply" (shape (WeightFlow.apply flow weights).Weight)
show "NeuralField.evolving" (ends (NeuralField.evolving (wide 2 2) (WeightFlow.atRest (wide 2 2))))
(*** include-output ***)
(**
An ODE-Net and the networks beside it take images and return a score for each class. `OdeNet.resNet` and `OdeNet.perceptron` are blueprints:
*)
let digits = zeros [ 1; 1; 28; 28 ]
show "OdeNet.initWith" (shape (OdeNet.apply (OdeNet.initWith 2 key 1 10) digits))
let scores (b: Blueprint) (x: Tensor) = shape (Network.apply (Network.init key b) x)
show "OdeNet.rkNet" (shape (OdeNet.apply (OdeNet.rkNet 2 2 key 1 10) digits)) // two Runge–Kutta steps
show "OdeNet.resNet" (scores (OdeNet.resNet 1 2 1 10) digits)
show "OdeNet.perceptron" (scores (OdeNet.perceptron 784 5 10) (reshape [ 1; 784 ] digits))
(*** include-output ***)
(**
## Files

A table holds text until a column is read. Missing cells are NaN, and the mask is false there:
*)
System.IO.File.WriteAllLines(file "wide.csv", [ "name;mass"; "hare;3.5"; "lynx;" ])
let table = Csv.readWith { CsvOptions.defaults with Separator = ';' } (file "wide.csv")

show "CsvOptions: Missing" CsvOptions.defaults.Missing
show "Csv.readWith" table.Columns
show "Csv.texts" (Csv.texts "name" table)
show "Csv.mask" (Csv.mask [ "mass" ] table)
Csv.write (file "out.csv") [ "x"; "y" ] (tensor [ [ 1.0; nan ]; [ 0.1; 2.0 ] ])
show "Csv.write" (System.IO.File.ReadAllLines(file "out.csv") |> List.ofArray)
(*** include-output ***)
(**
NumPy's files and MNIST's files are read and checked. Bytes of an idx file become int32:
*)
Npy.write (file "x.npy") xs
Npz.write (file "both.npz") [ "x", xs; "y", ys ]
System.IO.File.WriteAllBytes(file "small.idx", [| 0uy; 0uy; 8uy; 1uy; 0uy; 0uy; 0uy; 3uy; 5uy; 6uy; 255uy |])

show "Npy.read" (Npy.read (file "x.npy"))
show "Npz.read" (Npz.read (file "both.npz") |> List.map fst)
show "Npz.readWith" (Npz.readWith UnpackingOptions.defaults (file "both.npz")).Length
show "Idx.read" (Idx.read (file "small.idx"))
show "Idx.readWith" (Idx.readWith { UnpackingOptions.defaults with Ratio = 10.0 } (file "small.idx"))
(*** include-output ***)
(**
## Splits and normalisers

`Split.samples` mixes the samples, `Split.byTime` keeps their order. A masked normaliser ignores what was not observed:
*)
let ten = arange 0.0 10.0 1.0
let random, ordered = Split.samples key 0.2 0.1 ten, Split.byTime 0.2 0.1 ten

show "Split.samples" (random.Train.Length, random.Validation, random.Test)
show "Split.byTime" (ordered.Train.Length, ordered.Validation, ordered.Test)
show "Split.items" (Split.items key 0.0 0.25 [ "a"; "b"; "c"; "d" ]).Train

let column = tensor [ [ 1.0 ]; [ 3.0 ]; [ 100.0 ] ]
let observedFlags = tensor [ [ true ]; [ true ]; [ false ] ]
let scaled = Normaliser.fitMasked Normalisation.Standard observedFlags column
show "Normaliser.fitMasked" (flatten (Normaliser.apply scaled column)) // mean 2, deviation 1
(*** include-output ***)
(**
## Series

A series has values at increasing times; NaN marks what was not observed. The first channel is missing at t = 0, the second at t = 1:
*)
let a = Series.create (tensor [ 0.0; 1.0; 3.0 ]) (tensor [ [ nan; 10.0 ]; [ 2.0; nan ]; [ 4.0; 40.0 ] ])
let b = Series.masked (tensor [ [ true; true ] ]) (tensor [ 2.0 ]) (tensor [ [ 5.0; 50.0 ] ])

show "Series.create" (flatten a.Values) // 0 where nothing was observed
show "Series.masked" (flatten b.Values)
show "Series.observed" (flatten (Series.observed a))
show "Series.firstObserved" (Series.firstObserved a)
show "Series.between" (Series.between 0.5 3.0 a).Times
show "Series.withTime" (shape (Series.withTime a).Values)
show "Series.withCounts" (flatten (Series.withCounts a).Values[*, 0..1]) // observations so far
(*** include-output ***)
(**
Interpolation uses later observations; `Series.hold` does not, except before the first one:
*)
let middle = tensor [ 0.0; 2.0; 9.0 ]

show "Series.fill" (flatten (Series.fill a).Values)
show "Series.resample" (flatten (Series.resample middle a).Values)
show "Series.hold" (flatten (Series.hold middle a).Values)
let more = Series.onTimes (tensor [ 0.0; 1.0; 2.0; 3.0 ]) a
let firstChannel (x: Tensor) = x[*, 0]
show "Series.onTimes" (firstChannel (Series.observed more)) // unobserved at 2
mistake "a missing time" (fun () -> Series.onTimes (tensor [ 0.0; 3.0 ]) a)
(*** include-output ***)
(**
`Series.align` gives all series the union of the times, `Series.pad` the greatest length:
*)
let aligned, padded = Series.align [ a; b ], Series.pad [ a; b ]

show "Series.unionOfTimes" (Series.unionOfTimes [ a; b ])
show "Series.align" (shape aligned.Values)
show "Series.pad" (flatten padded.Times) // b's only time is repeated
show "Series.unpad" (Series.unpad padded |> List.map (fun s -> s.Times))
let ofB (x: Tensor) = flatten x[1]
show "Series.observedOfBatch" (ofB (Series.observedOfBatch padded)) // NaN in the padding
show "Series.firstObservedOfBatch" (flatten (Series.firstObservedOfBatch padded))
show "Series.maskedMean" (Series.maskedMean padded.Mask padded.Values) // of the six observed values
show "Series.maskedMean, none" (Series.maskedMean (tensor [ false ]) (tensor [ nan ]))
(*** include-output ***)
(**
## Plots

A plot is a value that verbs change, and `Plot.svg` draws. Bars, histograms and observations are kinds of plots:
*)
let drawn' plot = Plot.svg plot |> String.length |> fun n -> if n > 1000 then "drawn" else "empty"

show "Plot.bars" (drawn' (Plot.bars [ "hares", 3.0; "lynxes", 1.0 ]))
show "Plot.barsOf" (drawn' (Plot.barsOf [ "1900"; "1901" ] [ "hares", [ 3.0; 4.0 ]; "lynxes", [ 1.0; 2.0 ] ]))
show "Plot.histogramOf" (drawn' (Plot.histogramOf 4 [ ("normal", randn key [ 50 ]) ]))
show "Plot.observations" (drawn' (Plot.observations [ ("a", a) ]))
(*** include-output ***)
(**
These verbs change axes and colours, and add layers:
*)
let cloud = Plot.scatter [ ("points", randn key [ 30; 2 ]) ]
let map = Plot.heatMap (linspace -3.0 3.0 4) (linspace -3.0 3.0 4) (reshape [ 4; 4 ] (arange 0.0 16.0 1.0))
let inside = Plot.layer (PlotLayer.Words(0.0, 0.0, "middle", "origin"))

show "Plot.xRange" (cloud |> Plot.xRange 0.0 1.0 |> Plot.axes).XRange
show "Plot.xScale" (Plot.losses [| 1.0; 0.5 |] |> Plot.xScale AxisScale.Log |> Plot.axes).XScale
show "Plot.yScale" (Plot.losses [| 1.0; 0.5 |] |> Plot.yScale AxisScale.Linear |> Plot.axes).YScale
show "Plot.equal" (cloud |> Plot.equal |> Plot.axes).IsEqual
show "Plot.axes" (Plot.axes cloud).Curves.Length
show "Plot.layer" ((Plot.svg (cloud |> inside)).Contains "origin")
show "Plot.behind" (drawn' (cloud |> Plot.behind map))
show "Plot.colours" (drawn' (map |> Plot.colours ColourMap.Blues))
show "Plot.colourRange" (drawn' (map |> Plot.colourRange 0.0 20.0))
(*** include-output ***)
(**
A phase portrait shows the field at a time:
*)
let swirl (t: Tensor) (u: Tensor) = stack [ u[1]; -u[0] * (1.0 + t) ]
let plane = Plot.plane (-1.0, 1.0) (-1.0, 1.0)
show "Plot.streamlinesAt" (drawn' (plane |> Plot.streamlinesAt 0.0 swirl))
(*** include-output ***)
plane |> Plot.fieldAt 2.0 swirl |> Plot.equal |> Plot.size 360 320 |> Plot.svg
(*** include-it-raw ***)
(**
Curves on axes are the level below: arrays in, curves out. `Ticks` chooses round numbers:
*)
let x, y = [| 0.0; 1.0; 2.0 |], [| 1.0; 3.0; 2.0 |]

let curves =
    [ Curve.dashed "model" x y
      Curve.points "data" x [| 1.2; 2.9; 2.1 |]
      Curve.band "spread" x [| 0.5; 2.5; 1.5 |] [| 1.5; 3.5; 2.5 |]
      Curve.line "with a band" x y |> Curve.withBand [| 0.9; 2.9; 1.9 |] [| 1.1; 3.1; 2.1 |] ]

for curve in curves do
    show $"Curve: {curve.Label}" (curve.Mark, curve.Band.IsSome)

show "Ticks.linear" [ for t in (Ticks.linear 5 0.0 1.0).Ticks -> t.Label ]
show
    "Ticks.log"
    [ for t in (Ticks.log 5 1.0 1000.0).Ticks do
          if t.Label <> "" then t.Label ]
(*** include-output ***)
(**
`show` of `Figure`, `Plot` and `Report` opens the browser, so this page runs only its parts: `svg` and `render` give the same text, and
`Report.html` a page that needs no network:
*)
let figure = Figure.single (Axes.create curves)
let look: (Figure -> unit) * (Plot -> unit) * (Report -> unit) = Figure.show, Plot.show, Report.show

show "Figure.single" (figure.Width, figure.Height)
show "Figure.render" (Figure.render figure = Figure.svg figure)
show "Figure.svg" ((Figure.svg figure).Substring(0, 4))
show "Report.html" ((Report.start "Run" |> Report.drawing "a figure" figure |> Report.html).Contains "a figure")
System.IO.Directory.Delete(folder, true)
(*** include-output ***)
Figure.svg figure
(*** include-it-raw ***)
(**
Next: [From torchdiffeq or diffrax](from-torchdiffeq-and-diffrax.html).
*)
