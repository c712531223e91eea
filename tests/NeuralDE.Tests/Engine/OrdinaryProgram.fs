/// An ordinary program that uses the library, run in a separate process whose compiled methods are listed.
module internal NeuralDE.Tests.Engine.OrdinaryProgram

open NeuralDE

let private field (w: Tensor, v: Tensor) (u: Tensor) = matmul (tanh (matmul u w)) v
let private weights = 0.3 * randn (Key 1) [ 2; 8 ], 0.3 * randn (Key 2) [ 8; 2 ]
let private y0 = tensor [ 1.0; 0.5 ]
let private ode m = Ode.problem (fun _ u -> field m u) y0 (0.0, 1.0)

let private verbs () =
    let x = randn (Key 3) [ 5; 5 ]
    let a = matmul x (transpose x) + 5.0 * eye 5
    let all = [ solve a x; cumsum 0 x; sort 0 x; exp a; x[1..2]; concat [ x; a ] ]
    all |> List.sumBy sum |> float |> ignore
    vmap (fun row -> logsumexp row) x |> string |> ignore

let private derivatives () =
    let f (x: Tensor) = sum (sin x * x)
    grad f y0 |> ignore
    hessian f y0 |> ignore
    compile (fun x -> vmap (grad f) (stack [ x; x ])) y0 |> ignore
    iterate 5 (fun x -> x * 0.9) y0 |> ignore
    scan (fun s x -> s + x, s) (scalar 0.0) y0 |> ignore
    dynamic y0 (fun (x: Tensor) -> if float x[0] > 0.0 then x * x else x) y0 |> ignore

let private solves () =
    let times = tensor [ 0.3; 0.6 ]
    let loss m = ode m |> Ode.saveAt times |> Ode.solveYs |> square |> sum
    grad loss weights |> ignore
    compile (grad loss) weights |> ignore
    let solution = ode weights |> Ode.saveSteps 1 |> Ode.solve
    solution.At(tensor [ 0.1; 0.2 ]) |> string |> ignore
    (solution.Ys |> square |> sum) |> float |> ignore

    Sde.problem (fun _ u -> -u) (Diagonal(fun _ u -> 0.1 * u)) y0 (0.0, 1.0)
    |> Sde.noise (Key 4)
    |> Sde.dt 0.1
    |> Sde.solveFinal
    |> ignore

let private training () =
    let x = randn (Key 5) [ 20; 2 ]
    let batches = Batches.ofTree 6 (x, sum x * ones [ 20 ]) |> Batches.shuffle (Key 6)
    let loss (x, y) net = mean (square (reshape [ -1 ] (Mlp.apply net x) - y))
    Train.start (Mlp.init (Key 7) [ 2; 8; 1 ]) (Adam 1e-2) |> Train.steps 8 |> Train.runOn batches loss |> ignore

/// The task of a child process: no output.
let run (_: int) (_: int) : string[] =
    verbs ()
    derivatives ()
    solves ()
    training ()
    [||]
