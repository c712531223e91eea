/// The examples that the laws are tested on: functions of tensors, arguments at which they are smooth, and comparisons
/// of results.
module internal NeuralDE.Tests.Laws.Example

open System
open Microsoft.FSharp.Reflection
open Expecto
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor

// ── arguments ────────────────────────────────────────────────────────────────────────────────────────────────────
/// An argument as a function of a float dtype and a seed.
type Source = Dtype -> int -> Tensor

let private made dtype (shape: int list) (values: float[]) =
    Tensor.OfArray(NdArray.OfFloats(dtype, List.toArray shape, values))

let private count (shape: int list) = List.fold (*) 1 shape

let private drawn (shape: int list) (draw: System.Random -> float) : Source =
    fun dtype seed ->
        let random = System.Random(7919 * seed + 17)
        made dtype shape (Array.init (count shape) (fun _ -> draw random))

let uniform low high shape = drawn shape (fun r -> low + (high - low) * r.NextDouble())

/// Away from 0, of both signs.
let signed low high shape =
    drawn shape (fun r -> (low + (high - low) * r.NextDouble()) * (if r.Next 2 = 0 then -1.0 else 1.0))

/// Away from integers and half-integers.
let fractional shape =
    drawn shape (fun r -> float (r.Next(-3, 3)) + (if r.Next 2 = 0 then 0.1 else 0.6) + 0.3 * r.NextDouble())

/// Numbers of which no two are close; numbers of different offsets (0 to 1) are not close either.
let apart offset shape : Source =
    fun dtype seed ->
        let random, n = System.Random(104729 * seed + 5), count shape
        let places = Array.init n id
        random.Shuffle places
        made
            dtype
            shape
            (places |> Array.map (fun p -> 0.6 * (float p - float n / 2.0 + offset) + 0.04 * random.NextDouble()))

/// Increasing along the last axis.
let rising (shape: int list) : Source =
    fun dtype seed ->
        let random, n = System.Random(15485863 + seed), List.last shape
        made
            dtype
            shape
            (Array.init (count shape) (fun i -> 0.6 * float (i % max 1 n) - 1.0 + 0.1 * random.NextDouble()))

let integers dtype low high (shape: int list) : Source =
    fun _ seed ->
        let random = System.Random(31 * seed + 3)
        let values = Array.init (count shape) (fun _ -> int64 (random.Next(low, high)))
        Tensor.OfArray(NdArray.OfIntegers(dtype, List.toArray shape, values))

let flags (shape: int list) : Source =
    fun _ seed ->
        let random = System.Random(13 * seed + 1)
        Tensor.OfArray(NdArray.OfFlags(List.toArray shape, Array.init (count shape) (fun _ -> random.Next 2 = 0)))

/// Noise plus a multiple of the identity on the last two axes.
let dominant weight (shape: int list) : Source =
    fun dtype seed ->
        let n = List.last shape
        let random = System.Random(271 * seed + 9)

        let value i = (2.0 * random.NextDouble() - 1.0) + (if i / n % n = i % n then weight else 0.0)
        made dtype shape (Array.init (count shape) value)

// ── examples ─────────────────────────────────────────────────────────────────────────────────────────────────────
[<NoEquality; NoComparison>]
type Example =
    {
        Name: string
        /// Words that the printed graph must contain.
        Words: string list
        Dtype: Dtype
        Sources: Source list
        Apply: Tensor[] -> Tensor[]
        /// The tolerance of first derivatives compared with differences, in float64.
        Tolerance: float
    }

    /// The arguments of a row; every row has different ones.
    member e.Args row = e.Sources |> List.mapi (fun i source -> source e.Dtype (100 * row + i + 1)) |> List.toArray

    /// Whether derivatives are compared with differences; otherwise float32 is compared with float64.
    member e.IsExact = e.Dtype = Float64

let example name words (sources: Source list) apply =
    let describe (source: Source) =
        let sample = source Float64 1
        let shape = Shape.text sample.Dims
        if sample.Dtype.IsFloat then shape else $"{sample.Dtype} {shape}"

    let shapes = sources |> List.map describe |> String.concat " × "

    { Name = $"{name} | {shapes}"
      Words = words
      Dtype = Float64
      Sources = sources
      Apply = apply
      Tolerance = 1e-6 }

let inFloat32 (e: Example) = { e with Name = e.Name + " float32"; Dtype = Float32 }

let lower (name: string) = string (Char.ToLowerInvariant name[0]) + name.Substring 1

/// The name of an operation; for an operation of a family, the name of its kind.
let caseName (op: Op) =
    let rec nameOf (kind: Type) (value: objnull) =
        let case, fields = FSharpValue.GetUnionFields(value, kind, true)

        match kind, fields with
        | kind, [||] when kind = typeof<Op> -> lower case.Name
        | kind, _ when kind = typeof<Op> ->
            let inner = (Array.head (case.GetFields())).PropertyType
            let isFamily = FSharpType.IsUnion(inner, true) && inner.Namespace = typeof<Op>.Namespace
            if isFamily then nameOf inner fields[0] else lower case.Name
        | _ -> lower case.Name

    nameOf typeof<Op> op

let private detail (op: Op) =
    match op with
    | Reshape shape -> $"reshape to {Shape.text shape}"
    | Broadcast(shape, axes) -> $"broadcast to {Shape.text shape} along {Shape.text axes}"
    | op -> Print.op (fun _ -> "g") op // the printed name is distinctive enough

let primitive (op: Op) sources = example (detail op) [ caseName op ] sources (fun x -> [| Tensor.Apply(op, x) |])

let both (e: Example) = [ e; inFloat32 e ]

// ── subsets ──────────────────────────────────────────────────────────────────────────────────────────────────────
/// Every non-empty subset of a list.
let subsets (xs: 'a list) =
    let rec all xs =
        match xs with
        | [] -> [ [] ]
        | x :: rest ->
            let others = all rest
            List.map (fun s -> x :: s) others @ others

    all xs |> List.filter (List.isEmpty >> not)

let isFloat (x: Tensor) = x.Dtype.IsFloat
let floatPlaces (x: Tensor[]) = [ 0 .. x.Length - 1 ] |> List.filter (fun i -> isFloat x[i])

/// x with other tensors at some positions.
let put (places: int list) (xs: Tensor[]) (x: Tensor[]) =
    let result = Array.copy x
    places |> List.iteri (fun k place -> result[place] <- xs[k])
    result

let at (places: int list) (x: Tensor[]) = places |> List.map (fun i -> x[i]) |> List.toArray

// ── numbers ──────────────────────────────────────────────────────────────────────────────────────────────────────
let numbers (x: Tensor[]) = x |> Array.collect (fun t -> t.ToArray())

/// Directions for tensors: noise for floats, zeros for others.
let direction seed (like: Tensor[]) =
    like
    |> Array.mapi (fun i t ->
        let shape = List.ofArray t.Shape
        if isFloat t then uniform -1.0 1.0 shape t.Dtype (1000 * seed + i) else Prim.zerosLike t)

/// x + t v in the float leaves.
let shift (x: Tensor[]) (v: Tensor[]) t =
    Array.map2
        (fun (x: Tensor) (v: Tensor) ->
            if isFloat x then
                let values = Array.map2 (fun a b -> a + t * b) (x.ToArray()) (v.ToArray())
                Tensor.OfArray(NdArray.OfFloats(x.Dtype, x.Shape, values))
            else
                x)
        x
        v

/// The derivative along v by central differences of fourth order.
let difference (f: Tensor[] -> float[]) x v =
    let h = 1e-3
    let at t = f (shift x v t)
    Array.map2
        (fun near far -> (8.0 * near - far) / (12.0 * h))
        (Array.map2 (-) (at h) (at -h))
        (Array.map2 (-) (at (2.0 * h)) (at (-2.0 * h)))

let private text (values: float[]) =
    let shown = values |> Seq.truncate 24 |> Seq.map (fun v -> v.ToString "G9") |> String.concat "; "
    if values.Length > 24 then $"[{shown}; …]" else $"[{shown}]"

/// Equal within a tolerance relative to the largest expected number (at least 0.1); NaN and ∞ always fail.
let same what tolerance (expected: float[]) (got: float[]) =
    let fail reason = failtest $"{what}: {reason}\nexpected {text expected}\ngot      {text got}"

    if expected.Length <> got.Length then fail $"expected {expected.Length} numbers, got {got.Length}"

    let scale = Array.fold (fun m v -> max m (abs v)) 0.1 expected
    let errors = Array.map2 (fun e g -> if Double.IsFinite g then abs (e - g) / scale else infinity) expected got
    let worst = if errors.Length = 0 then 0.0 else Array.max errors

    if not (worst <= tolerance) then fail $"off by {worst:G3} where {tolerance:G3} is allowed"

/// Shapes and dtypes equal, numbers within the tolerance.
let alike what tolerance (expected: Tensor[]) (got: Tensor[]) =
    let signature (x: Tensor[]) = x |> Array.map (fun t -> $"{t.Dtype} {Shape.text t.Dims}") |> String.concat ", "

    if signature expected <> signature got then
        failtest $"{what}: expected {signature expected}, got {signature got}"

    same what tolerance (numbers expected) (numbers got)

/// Σ w y over the float leaves.
let weighted (w: Tensor[]) (y: Tensor[]) =
    let terms = [ for i in floatPlaces y -> Prim.sum (w[i] * y[i]) ]
    if terms.IsEmpty then Prim.literal Float64 0.0 else List.reduce (+) terms

/// The Jacobian's transpose times w.
let pulled (f: Tensor[] -> Tensor[]) x w = (snd (vjp f x)) w
let pushed (f: Tensor[] -> Tensor[]) x v = snd (jvp f x v)

let traced (f: Tensor[] -> Tensor[]) (x: Tensor[]) = fst (Tracing.trace "a law" Hoisted (Tracing.signatures x) f)
