/// Every gradient method, in every nesting of verbs, through every dependence of a solve.
module NeuralDE.Tests.Closure.ClosureMatrixTests

open System
open System.Collections.Concurrent
open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Tests.Closure.Models

/// Sixth-order central differences of a vector function along a direction.
let private differences (step: float) (f: Tensor -> float[]) (x: Tensor) (direction: Tensor) =
    let at k = f (x + direction * (step * float k))
    let difference k = Array.map2 (-) (at k) (at -k)

    Array.map3 (fun a b c -> (45.0 * a - 9.0 * b + c) / (60.0 * step)) (difference 1) (difference 2) (difference 3)

let private unit (x: Tensor) i = tensor (Array.init x.Count (fun j -> if i = j then 1.0 else 0.0))

let private tight = { Gradient = Direct; Tolerance = 1e-13 }
let private numbers (x: Tensor) = x.ToArray()

/// Gradient and Hessian at a point by differences of solves at 1e-13, once for each equation.
type private Place = Model * Variant * float list

/// Evaluates once for each key, on first use.
let private once (known: ConcurrentDictionary<Place, Lazy<'T>>) (place: Place) (compute: unit -> 'T) : 'T =
    known.GetOrAdd(place, (fun (_: Place) -> lazy (compute ()))).Value

let private gradients = ConcurrentDictionary<Place, Lazy<float[]>>()
let private hessians = ConcurrentDictionary<Place, Lazy<float[][]>>()

let private gradientByDifferences (model, variant, x: Tensor) : float[] =
    once gradients (model, variant, List.ofArray (numbers x)) (fun () ->
        let value x = numbers (loss model variant tight x)
        Array.init x.Count (fun i -> (differences 2e-3 value x (unit x i))[0]))

/// Differences of the derivative instead of the value, to avoid the cancellation of second differences.
let private hessianByDifferences (model, variant, x: Tensor) : float[][] =
    once hessians (model, variant, List.ofArray (numbers x)) (fun () ->
        let slope x = numbers (grad (loss model variant tight) x)
        Array.init x.Count (fun i -> differences 1e-3 slope x (unit x i)))

type Mode =
    | Grad
    | Jvp
    | GradOfGrad
    | JvpOfGrad
    | VmapOfGrad
    | GradOfVmap
    | JacobianOfGrad

let private direction (x: Tensor) = tensor (Array.init x.Count (fun i -> [| 0.7; -0.4; 0.5; 0.3 |][i]))

/// Two points for the modes with vmap.
let private pair (x: Tensor) = stack [ x; x * 0.97 ]

/// The result of a mode, and its expected value.
let private evaluate model variant how mode : float[] * float[] =
    let f = loss model variant how
    let x = point model variant
    let v = direction x
    let along (rows: float[][]) = // Σ vᵢ rowᵢ
        Array.init x.Count (fun j -> Seq.sum (Seq.init x.Count (fun i -> (numbers v)[i] * rows[i][j])))

    let gradient x = gradientByDifferences (model, variant, x)
    let hessian () = hessianByDifferences (model, variant, x)
    let byRow () = Array.append (gradient x) (gradient (x * 0.97))

    match mode with
    | Grad -> numbers (grad f x), gradient x
    | Jvp -> numbers (snd (jvp f x v)), [| Array.fold2 (fun s a b -> s + a * b) 0.0 (numbers v) (gradient x) |]
    | GradOfGrad -> numbers (grad (fun x -> sum (grad f x * v)) x), along (hessian ())
    | JvpOfGrad -> numbers (snd (jvp (grad f) x v)), along (hessian ())
    | VmapOfGrad -> numbers (vmap (grad f) (pair x)), byRow ()
    | GradOfVmap -> numbers (grad (fun rows -> sum (vmap f rows)) (pair x)), byRow ()
    | JacobianOfGrad -> numbers (jacobian (grad f) x), Array.concat (hessian ())

let private models =
    [ "Van der Pol, μ = 1", VanDerPol 1.0; "Van der Pol, μ = 2", VanDerPol 2.0; "network", Network ]
let private variants = [ Plain; InnerGradient; CapturedParameter; EndTime; OutputTimes; PerSample ]
let private modes = [ Grad; Jvp; GradOfGrad; JvpOfGrad; VmapOfGrad; GradOfVmap; JacobianOfGrad ]
let private methods =
    [ "Direct", Direct, 1e-8; "Checkpointed", CheckpointedWithin 600L, 1e-8; "Backsolve", Backsolve, 1e-5 ]

let private relativeError (got: float[]) (expected: float[]) =
    let scale = expected |> Array.map abs |> Array.max |> max 1e-3
    (Array.map2 (fun a b -> abs (a - b)) got expected |> Array.max) / scale

let private check (model: string) (variant: Variant) (method: string) (mode: Mode) =
    let _, gradient, bound = methods |> List.find (fun (name, _, _) -> name = method)
    let equation = models |> List.find (fun (name, _) -> name = model) |> snd
    let how = { Gradient = gradient; Tolerance = 1e-12 }
    let got, expected = evaluate equation variant how mode
    Expect.equal got.Length expected.Length "got.Length"
    let error = relativeError got expected

    Expect.isTrue
        (error <= bound)
        $"{mode} of {model}, {variant}, by {method}: got %A{got}, expected %A{expected}: relative error %.2e{error}, expected at most {bound}"

[<Tests>]
let tests =
    testList
        "Closure.ClosureMatrix"
        [ for model, _ in models do
              testList
                  model
                  [ for variant in variants do
                        for method, _, _ in methods do
                            for mode in modes do
                                testCase $"{variant}, {method}, {mode}" (fun () -> check model variant method mode) ] ]
