/// Laws on random expressions of smooth operations. Every case is determined by its seed and shrinks to a small one.
module NeuralDE.Tests.Laws.RandomExpressionTests

open FsCheck
open FsCheck.FSharp
open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Engine
open NeuralDE.Internal.Tensor
open NeuralDE.Tests.Laws.Example

/// An expression with a value for any shapes of its parts: an operation that does not fit is replaced by a similar one.
type Expression =
    | Argument of int
    | Number of float
    | Apply of string * Expression
    | Combine of string * Expression * Expression
    | SumAlong of int * Expression
    | Choose of Expression * Expression * Expression
    | Matmul of Expression * Expression
    | Concat of Expression * Expression
    | Section of start: int * step: int * Expression
    | Turn of Expression

let private arguments = [ [ 3 ]; [ 2; 3 ]; []; [ 3; 2 ] ] |> List.map (signed 0.2 1.5)
let private args row = arguments |> List.mapi (fun i s -> s Float64 (100 * row + i + 1)) |> List.toArray

// ── values ───────────────────────────────────────────────────────────────────────────────────────────────────────
let private functions: (string * (Tensor -> Tensor)) list =
    [ "sin", sin
      "tanh", tanh
      "sigmoid", sigmoid
      "softplus", softplus
      "erf", erf
      "root", (fun x -> sqrt (1.0 + x * x))
      "log", (fun x -> log (2.0 + x * x))
      "exp", (fun x -> exp (sin x))
      "atan", atan
      "power", (fun x -> (1.5 + sin x) ** 1.7)
      "neg", (~-)
      "stop", (fun x -> x + Prim.stop (floor (0.0 * x)))
      "softmax", (fun x -> if x.Rank = 0 then x else softmax -1 x)
      "cumsum", (fun x -> if x.Rank = 0 then x else cumsum 0 x)
      "logsumexp", (fun x -> logsumexp x) ]

let private operations: (string * (Tensor -> Tensor -> Tensor)) list =
    [ "+", (+)
      "-", (-)
      "*", (*)
      "/", (fun a b -> a / (1.5 + b * b))
      "**", (fun a b -> (1.5 + sin a) ** sin b)
      "atan2", (fun a b -> atan2 a (1.5 + b * b))
      "fma", (fun a b -> fma a b b) ]

let private fits (a: Tensor) (b: Tensor) =
    match Shape.tryBroadcast a.Dims b.Dims with
    | Some shape -> Shape.stored "test" shape <= 24
    | None -> false

let private broadcasting f (a: Tensor) (b: Tensor) = if fits a b then f a b else f a (sum b)

let rec private value (x: Tensor[]) (e: Expression) : Tensor =
    let value = value x

    match e with
    | Argument i -> x[i]
    | Number c -> Prim.literal Float64 c
    | Apply(name, a) -> (List.find (fst >> (=) name) functions |> snd) (value a)
    | Combine(name, a, b) -> broadcasting (List.find (fst >> (=) name) operations |> snd) (value a) (value b)
    | SumAlong(axis, a) ->
        let a = value a
        if axis < a.Rank then sumAlong axis a else sum a
    | Choose(c, a, b) ->
        // selected by the sign of an argument, which is never near 0
        let rec sign e =
            match e with
            | Argument i -> x[i] .> 0.0
            | _ -> x[0] .> 0.0

        let a, b, c = value a, value b, sign c
        let b = if fits a b then b else sum b
        let shape = Shape.broadcast "" a.Dims b.Dims
        let isFit = Option.contains shape (Shape.tryBroadcast shape c.Dims)
        where (if isFit then c else any c) a b
    | Matmul(a, b) ->
        let a, b = value a, value b

        if a.Rank = 2 && b.Rank = 2 && a.Dims[1] = b.Dims[0] then matmul a b
        elif a.Rank = 2 && b.Rank = 2 && a.Dims[1] = b.Dims[1] then matmul a (transpose b)
        elif a.Count * b.Count <= 24 then outer (flatten a) (flatten b)
        else broadcasting (*) a b
    | Concat(a, b) ->
        let a, b = flatten (value a), flatten (value b)
        if a.Count + b.Count <= 24 then concat [ a; b ] else a
    | Section(start, step, a) ->
        let a = value a

        if a.Rank = 0 then
            a
        else
            let rest = Array.zeroCreate (a.Rank - 1)
            let first = min start a.Dims[0]
            let ones = Array.create (a.Rank - 1) 1
            Prim.slice (Array.append [| first |] rest) a.Dims (Array.append [| step |] ones) a
    | Turn a ->
        let a = value a
        if a.Rank = 2 then transpose a
        elif a.Rank = 1 then flip 0 a
        else a

// ── random ones ──────────────────────────────────────────────────────────────────────────────────────────────────
let private leaf =
    Gen.oneof [ Gen.map Argument (Gen.choose (0, 3)); Gen.map Number (Gen.elements [ 0.5; -1.3; 2.0 ]) ]

let rec private sized n =
    if n <= 0 then
        leaf
    else
        let part = sized (n - 1)
        let name table = Gen.elements (List.map fst table)

        Gen.frequency
            [ 1, leaf
              5, Gen.map2 (fun f a -> Apply(f, a)) (name functions) part
              5, Gen.map3 (fun f a b -> Combine(f, a, b)) (name operations) part part
              2, Gen.map2 (fun i a -> SumAlong(i, a)) (Gen.choose (0, 2)) part
              2, Gen.map3 (fun c a b -> Choose(c, a, b)) (Gen.map Argument (Gen.choose (0, 3))) part part
              2, Gen.map2 (fun a b -> Matmul(a, b)) part part
              2, Gen.map2 (fun a b -> Concat(a, b)) part part
              1, Gen.map3 (fun i s a -> Section(i, s, a)) (Gen.choose (0, 2)) (Gen.choose (1, 2)) part
              1, Gen.map Turn part ]

let rec private smaller e : seq<Expression> =
    let inside wrap a = smaller a |> Seq.map wrap

    match e with
    | Argument _
    | Number _ -> Seq.empty
    | Apply(f, a) -> Seq.append [ a ] (inside (fun a -> Apply(f, a)) a)
    | Combine(f, a, b) ->
        Seq.concat [ seq [ a; b ]; inside (fun a -> Combine(f, a, b)) a; inside (fun b -> Combine(f, a, b)) b ]
    | SumAlong(i, a) -> Seq.append [ a ] (inside (fun a -> SumAlong(i, a)) a)
    | Choose(c, a, b) ->
        Seq.concat [ seq [ a; b ]; inside (fun a -> Choose(c, a, b)) a; inside (fun b -> Choose(c, a, b)) b ]
    | Matmul(a, b) -> Seq.concat [ seq [ a; b ]; inside (fun a -> Matmul(a, b)) a; inside (fun b -> Matmul(a, b)) b ]
    | Concat(a, b) -> Seq.concat [ seq [ a; b ]; inside (fun a -> Concat(a, b)) a; inside (fun b -> Concat(a, b)) b ]
    | Section(i, s, a) -> Seq.append [ a ] (inside (fun a -> Section(i, s, a)) a)
    | Turn a -> Seq.append [ a ] (inside Turn a)

let private expressions = Arb.fromGenShrink (Gen.choose (1, 4) |> Gen.bind sized, smaller)

let private forAll (property: Expression -> unit) =
    let config = Properties.config.WithMaxTest(200).WithReplay(Some { Rnd = Rnd(20240917UL, 1UL); Size = None })
    Check.One(config, Prop.forAll expressions property)

let private total e (x: Tensor[]) = sum (value x e)

[<Tests>]
let tests =
    testList
        "Laws.RandomExpression"
        [ testCase "traced, compiled and eager values are equal" (fun () ->
              forAll (fun e ->
                  let f (x: Tensor[]) = [| value x e |]
                  let x = args 0
                  alike "compiled value" 0.0 (f x) (compile f x)
                  alike "value beside its gradient" 0.0 [| total e x |] [| fst (valueAndGrad (total e) x) |]))

          testCase "gradients are difference quotients" (fun () ->
              forAll (fun e ->
                  let x = args 0
                  let v = direction 1 x
                  let gradient = grad (total e) x
                  let along = Array.map2 (*) (numbers v) (numbers gradient) |> Array.sum
                  let expected = difference (fun x -> numbers [| total e x |]) x v
                  same "gradient along a direction" 1e-6 expected [| along |]
                  same "push along it" 1e-6 expected (numbers [| snd (jvp (total e) x v) |])
                  same
                      "second derivative"
                      1e-6
                      (difference (grad (total e) >> numbers) x v)
                      (numbers (hvp (total e) x v))))

          testCase "vmap is a loop over rows" (fun () ->
              forAll (fun e ->
                  let rows = Array.init 3 (fun row -> args (row + 1))
                  let joined = rows |> Array.transpose |> Array.map (Prim.stack 0)
                  let f x = [| value x e |]
                  alike "vmap" 1e-12 [| Prim.stack 0 (rows |> Array.map (f >> Array.head)) |] (vmap f joined)
                  let expected = rows |> Array.map (grad (total e)) |> Array.transpose |> Array.map (Prim.stack 0)
                  alike "vmap of grad" 1e-11 expected (vmap (grad (total e)) joined)
                  let summed (x: Tensor[]) = sum (vmap (total e) x)
                  alike "grad of vmap" 1e-11 expected (grad summed joined)))

          testCase "tracing again gives the same graph" (fun () ->
              forAll (fun e ->
                  let x = args 0

                  for f in
                      [ (fun (x: Tensor[]) -> [| value x e |])
                        (fun x -> grad (total e) x)
                        (fun x -> hvp (total e) x x)
                        (fun x -> [| vmap (fun (c: Tensor) -> total e (Array.map ((*) c) x)) (tensor [ 0.5; 2.0 ]) |]) ] do
                      let first, second = traced f x, traced f x
                      Expect.isTrue
                          (obj.ReferenceEquals(first, second))
                          $"two graphs:\n{Print.graph first}\n{Print.graph second}"
                      Verify.graph first
                      Verify.graph (Flatten.graph first))) ]
