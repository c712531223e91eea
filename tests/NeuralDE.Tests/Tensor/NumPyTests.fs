/// Verbs give NumPy's results for NaN, infinities and integers at the ends of their range: Conformance/numpy.json,
/// written by numpy_edges.py beside it. Eagerly, compiled, and under vmap.
module NeuralDE.Tests.NumPyTests

open System
open System.IO
open System.Text.Json
open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Internal.Graph

type private Case = { Options: Map<string, float option>; Inputs: Tensor list; Output: Tensor }

let private tensorOf (e: JsonElement) : Tensor =
    let texts = [| for v in (e.GetProperty "values").EnumerateArray() -> nonNull (v.GetString()) |]
    let shape = [| for n in (e.GetProperty "shape").EnumerateArray() -> n.GetInt32() |]

    let number (text: string) =
        match text with
        | "nan" -> Double.NaN
        | "inf" -> Double.PositiveInfinity
        | "-inf" -> Double.NegativeInfinity
        | _ -> Double.Parse(text, Globalization.CultureInfo.InvariantCulture)

    let integers dtype = NdArray.OfIntegers(dtype, shape, Array.map int64 texts)

    Tensor.OfArray(
        match (e.GetProperty "type").GetString() with
        | "float64" -> NdArray.OfFloats(Float64, shape, Array.map number texts)
        | "int32" -> integers Int32
        | "int64" -> integers Int64
        | _ -> integers Bool
    )

let private cases: Lazy<Map<string, Case list>> =
    lazy
        (let path = Path.Combine(AppContext.BaseDirectory, "Conformance", "numpy.json")
         use document = JsonDocument.Parse(File.ReadAllText path)

         let option (value: JsonElement) =
             if value.ValueKind = JsonValueKind.Null then None else Some(value.GetDouble())

         [ for e in document.RootElement.GetProperty("cases").EnumerateArray() ->
               nonNull ((e.GetProperty "verb").GetString()),
               { Options = Map [ for o in (e.GetProperty "options").EnumerateObject() -> o.Name, option o.Value ]
                 Inputs = [ for x in (e.GetProperty "inputs").EnumerateArray() -> tensorOf x ]
                 Output = tensorOf (e.GetProperty "output") } ]
         |> List.groupBy fst
         |> List.map (fun (verb, found) -> verb, List.map snd found)
         |> Map.ofList)

let private elementwise: Map<string, Tensor -> Tensor> =
    Map
        [ "abs", abs
          "signum", signum
          "neg", (~-)
          "sqrt", sqrt
          "exp", exp
          "expm1", expm1
          "log", log
          "log1p", log1p
          "sin", sin
          "cos", cos
          "tanh", tanh
          "sinh", sinh
          "cosh", cosh
          "asin", asin
          "acos", acos
          "atan", atan
          "asinh", asinh
          "acosh", acosh
          "atanh", atanh
          "floor", floor
          "ceil", ceil
          "round", round
          "square", square
          "reciprocal", reciprocal
          "isNaN", isNaN
          "isFinite", isFinite
          "clip", clip -1.0 2.0
          "maximumNumber", (fun x -> maximum x 0.25) ]

let private pairs: Map<string, Tensor -> Tensor -> Tensor> =
    Map
        [ "add", (+)
          "sub", (-)
          "mul", (*)
          "div", (/)
          "pow", (fun x y -> x ** y)
          "maximum", (fun x y -> maximum x y)
          "minimum", (fun x y -> minimum x y)
          "atan2", atan2
          "mod", (%)
          "hypot", hypot
          "less", (fun x y -> x .< y)
          "lessEqual", (fun x y -> x .<= y)
          "equal", (fun x y -> x .= y)
          "notEqual", (fun x y -> x .<> y)
          "searchSorted", searchSorted
          "searchSortedRight", searchSortedRight ]

let private ofVectors: Map<string, Tensor -> Tensor> =
    Map
        [ "amax", amax
          "amin", amin
          "argmax", argmax 0
          "argmin", argmin 0
          "sum", sum
          "prod", prod
          "mean", mean
          "var", var
          "std", std
          "median", median
          "cumsum", cumsum 0
          "cumprod", cumprod 0
          "sort", sort 0
          "argsort", argsort 0
          "norm", norm
          "normInf", normInf
          "norm1", norm1
          "any", (fun x -> any (x .> 0.0))
          "all", (fun x -> all (x .> 0.0)) ]

let private along: Map<string, int -> Tensor -> Tensor> =
    Map
        [ "amaxAlong", maxAlong
          "argmaxAlong", argmax
          "argminAlong", argmin
          "sumAlong", sumAlong
          "medianAlong", medianAlong
          "sortAlong", sort
          "cumsumAlong", cumsum ]

/// Applies the verb to a case's inputs.
let private applied verb (c: Case) : Tensor list -> Tensor =
    let whole name = int (Option.get c.Options[name])

    match elementwise.TryFind verb, pairs.TryFind verb, ofVectors.TryFind verb, along.TryFind verb with
    | Some f, _, _, _
    | _, _, Some f, _ -> fun x -> f x[0]
    | _, Some f, _, _ -> fun x -> f x[0] x[1]
    | _, _, _, Some f -> fun x -> f (whole "axis") x[0]
    | None, None, None, None ->
        match verb with
        | "quantile" -> fun x -> quantile (Option.get c.Options["q"]) x[0]
        | "slice" ->
            fun x ->
                match Option.map int c.Options["first"], Option.map int c.Options["last"] with
                | Some first, Some last -> x[0][first..last]
                | Some first, None -> x[0][first..]
                | None, Some last -> x[0][..last]
                | None, None -> x[0][*]
        | _ -> failwith $"no verb {verb}"

let private same what (expected: Tensor) (got: Tensor) =
    Expect.equal got.Shape expected.Shape "got.Shape"
    Expect.equal (what, got.Dtype) (what, expected.Dtype) "(what, got.Dtype)"

    if expected.Dtype.IsFloat then
        let isRight (e: float) (g: float) =
            e = g || (Double.IsNaN e && Double.IsNaN g) || abs (e - g) <= 1e-14 * max 1e-300 (abs e)

        if not (Array.forall2 isRight (expected.ToArray()) (got.ToArray())) then
            failtest $"{what}: expected %A{expected.ToArray()}, got %A{got.ToArray()}"
    else
        Expect.equal (got.ToInt64Array()) (expected.ToInt64Array()) "got.ToInt64Array()"

let private verbs: string list =
    Seq.concat [ Map.keys elementwise; Map.keys pairs; Map.keys ofVectors; Map.keys along ]
    |> Seq.append [ "quantile"; "slice" ]
    |> Seq.toList

[<Tests>]
let tests =
    testList
        "Tensor.NumPy"
        [ testList
              "a verb gives NumPy's numbers"
              [ for verb in verbs do
                    testCase verb (fun () ->
                        for c in cases.Value[verb] do
                            let f = applied verb c
                            let what = $"{verb} of {c.Inputs}"
                            same what c.Output (f c.Inputs)
                            same $"{what}, compiled" c.Output (compile f c.Inputs)
                            let both = vmap f (c.Inputs |> List.map (fun x -> stack [ x; x ]))
                            same $"{what}, vmap" c.Output both[0]
                            same $"{what}, vmap" c.Output both[1]) ]

          testCase "every case of the table has its verb" (fun () ->
              Expect.equal (List.sort verbs) (List.ofSeq (Seq.sort cases.Value.Keys)) "List.sort verbs") ]
