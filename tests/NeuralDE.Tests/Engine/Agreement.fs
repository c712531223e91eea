/// Whether two executors agree on a graph.
module internal NeuralDE.Tests.Engine.Agreement

open System
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Engine

/// The results, or the exception.
type Outcome = Result<NdArray[], string>

let attempt (run: unit -> NdArray[]) : Outcome =
    try
        Ok(run ())
    with
    | :? InputException as e -> Error e.Message
    | :? GraphException as e -> Error e.Message

/// The tolerance between two implementations of a float64 or float32 function, relative to the largest number in the
/// array.
let bound (level: Level) : float =
    match level with
    | Level.Exact -> 0.0
    | Level.Double -> 1e-11
    | _ -> 1e-4

let private largest (values: float[]) =
    values |> Array.fold (fun m v -> if Double.IsFinite v then max m (abs v) else m) 0.0

let private sameClass (a: float) (b: float) =
    (Double.IsNaN a && Double.IsNaN b) || a = b || (Double.IsFinite a && Double.IsFinite b)

let private sameBits (a: float) (b: float) =
    (Double.IsNaN a && Double.IsNaN b) || BitConverter.DoubleToInt64Bits a = BitConverter.DoubleToInt64Bits b

/// The first number by which the arrays differ by more than their tolerances.
let difference (tolerances: float[]) (expected: NdArray[]) (got: NdArray[]) : string option =
    Seq.init expected.Length (fun i ->
        let e, g, tolerance = expected[i], got[i], tolerances[i]

        if e.Dtype <> g.Dtype || not (Shape.same e.Shape g.Shape) then
            Some $"output {i}: got {g.Dtype} {Shape.text g.Shape}, expected {e.Dtype} {Shape.text e.Shape}"
        elif not e.Dtype.IsFloat then
            Array.zip e.Integers g.Integers
            |> Array.tryFindIndex (fun (a, b) -> a <> b)
            |> Option.map (fun k -> $"output {i}, element {k}: got {g.Integers[k]}, expected {e.Integers[k]}")
        else
            let a, b = e.Floats, g.Floats
            let allowed = tolerance * max (largest a) 1e-3

            let isFar k =
                if tolerance = 0.0 then
                    not (sameBits a[k] b[k])
                else
                    not (sameClass a[k] b[k]) || abs (a[k] - b[k]) > allowed

            Seq.init a.Length id
            |> Seq.tryFind isFar
            |> Option.map (fun k -> $"output {i}, element {k}: got {b[k]:R}, expected {a[k]:R} within {allowed:G3}"))
    |> Seq.tryPick id

let differenceOf (tolerances: float[]) (expected: Outcome) (got: Outcome) : string option =
    match expected, got with
    | Ok e, Ok g -> difference tolerances e g
    | Error e, Error g when e = g -> None
    | Error e, Error g -> Some $"raised `{g}`, expected `{e}`"
    | Error e, Ok _ -> Some $"gave numbers, expected `{e}` to be raised"
    | Ok _, Error g -> Some $"raised `{g}`, expected numbers"

/// Equality of all bits (all NaN are equal).
let bitDifference (expected: Outcome) (got: Outcome) : string option =
    let count =
        match expected with
        | Ok e -> e.Length
        | Error _ -> 0

    differenceOf (Array.zeroCreate count) expected got

let byInterpreter (g: Graph) (args: NdArray[]) : Outcome =
    attempt (fun () ->
        let failures = Collections.Generic.List<exn>()
        let results = Interpret.run failures g args
        if failures.Count > 0 then raise failures[0]
        results)

let planOf (g: Graph) : Plan =
    match Plan.ofGraph g with
    | ValueSome plan -> plan
    | ValueNone -> failwith "got no plan, expected one: nothing in the graph reads rows of unknown number"

let byPlan (g: Graph) (args: NdArray[]) : Outcome = attempt (fun () -> (planOf g).Run args)

/// By a plan of its own, which takes the settings of the tests that its instructions take when they are made.
let byNewPlan (g: Graph) (args: NdArray[]) : Outcome = attempt (fun () -> (Plan.make g).Run args)

/// A number perturbed by a few roundings.
let private shake (random: System.Random) (dtype: Dtype) (v: float) : float =
    let unit = if dtype = Float32 then 2.5e-7 else 4e-16
    let moved = v * (1.0 + unit * float (random.Next(-1, 2)))
    if dtype = Float32 then float (float32 moved) else moved

let private shakeArray (random: System.Random) (a: NdArray) : NdArray =
    if a.Dtype.IsFloat then
        NdArray.OfFloats(a.Dtype, a.Shape, Array.map (shake random a.Dtype) a.Floats)
    else
        a

/// The graph with perturbed constants, including those of calls, branches and loops.
let rec private shakeGraph (random: System.Random) (g: Graph) : Graph =
    let rewrite (n: Node) (args: Node[]) =
        match n.Op with
        | Constant l when l.Dtype.IsFloat ->
            let moved = shake random l.Dtype (BitConverter.Int64BitsToDouble l.Bits)
            Intern.node (Constant { l with Bits = BitConverter.DoubleToInt64Bits moved }) args
        | Data d -> Intern.node (Data { Array = shakeArray random d.Array }) args
        | Apply(Call(h, kind)) -> Intern.node (Apply(Call(shakeGraph random h, kind))) args
        | Apply(Cond(t, e)) -> Intern.node (Apply(Cond(shakeGraph random t, shakeGraph random e))) args
        | Apply(Loop l) -> Intern.node (Apply(Loop { l with Body = shakeGraph random l.Body })) args
        | op -> Intern.node op args

    Intern.graph g.Inputs (Intern.rebuild g (g.Inputs |> Array.mapi Intern.input) rewrite)

/// Whether perturbed arguments and constants change the results by a large part of the tolerance: such an
/// ill-conditioned graph is no test.
let isSensitive (r: RandomGraph) (expected: Outcome) : bool =
    let bounds = r.Levels |> Array.map (fun l -> 0.01 * bound (max l Level.Double))

    Seq.init 4 (fun seed ->
        let random = System.Random seed
        byInterpreter (shakeGraph random r.Graph) (Array.map (shakeArray random) r.Args))
    |> Seq.exists (fun near -> (differenceOf bounds expected near).IsSome)

/// The difference between the plan's results and the interpreter's.
let planDifference (r: RandomGraph) : string option =
    let expected = byInterpreter r.Graph r.Args

    match differenceOf (Array.map bound r.Levels) expected (byPlan r.Graph r.Args) with
    | Some _ when r.Levels |> Array.exists (fun l -> l <> Level.Exact) && isSensitive r expected -> None
    | found -> found
