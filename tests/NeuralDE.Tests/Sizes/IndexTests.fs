/// Indices at the limits of their types: gather, scatter and slices, on numbers and in plans between guard pages.
module NeuralDE.Tests.Sizes.IndexTests

open System
open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Engine
open NeuralDE.Internal.Tensor

let private rows, width = 5, 3

let private extremes (dtype: Dtype) : int64[] =
    let least, most =
        if dtype = Int32 then
            int64 Int32.MinValue, int64 Int32.MaxValue
        else
            Int64.MinValue, Int64.MaxValue

    [| least
       least + 1L
       least / int64 width
       -1L
       0L
       1L
       int64 rows - 1L
       int64 rows
       most / int64 width
       most - 1L
       most |]

let private indices (dtype: Dtype) (shape: int[]) =
    let values = extremes dtype
    NdArray.OfIntegers(dtype, shape, Array.init (Shape.stored "test" shape) (fun i -> values[i % values.Length]))

let private numbers (shape: int[]) =
    NdArray.OfFloats(Float64, shape, Array.init (Shape.stored "test" shape) (fun i -> float i + 1.0))

/// The value of the operation by the evaluator, by a plan, and by plans whose arrays are between guards.
let private everyWay (op: Op) (args: NdArray[]) : (string * float[]) list =
    let inputs = args |> Array.map (fun a -> { Signature.Dtype = a.Dtype; Shape = a.Shape })
    let node = Intern.node op (inputs |> Array.mapi Intern.input)
    let g = Intern.graph inputs [| node |]

    let plan guarding () =
        try
            Guarding.force guarding

            match Plan.ofGraph g with
            | ValueSome plan -> (plan.Run args)[0]
            | ValueNone -> failwith "got no plan, expected one"
        finally
            Guarding.force Unguarded

    [ "evaluator", (fun () -> Evaluate.primitive op node.Signature args)
      "plan", plan Unguarded
      "plan before guards", plan BeforeGuard
      "plan after guards", plan BehindGuard ]
    |> List.map (fun (name, run) -> name, (run ()).Floats)

let private agree (op: Op) (args: NdArray[]) (expected: float[]) =
    for name, got in everyWay op args do
        Expect.isTrue (got = expected) $"{name}: got %A{got}, expected %A{expected}"

let private dtypes = [ Int32; Int64 ]

/// [batch; index] for a row of a matrix, or of a stack of two.
let private cases (dtype: Dtype) =
    let n = (extremes dtype).Length
    [ 0, [| rows; width |], [| n |]
      0, [| rows |], [| n |]
      1, [| 2; rows; width |], [| 2; n |]
      1, [| 2; rows |], [| 2; n |] ]

/// For every index its batch, its value, and its position among the indices.
let private walk (batch: int) (index: NdArray) =
    let m = index.Shape[batch]
    index.Integers |> Array.mapi (fun i at -> i / m, at, i)

[<Tests>]
let tests =
    testList
        "Sizes.Index"
        [ testList
              "gather clamps an index to the axis"
              [ for dtype in dtypes do
                    testCase $"{dtype}" (fun () ->
                        for batch, shape, places in cases dtype do
                            let x, index = numbers shape, indices dtype places
                            let w = if shape.Length > batch + 1 then width else 1

                            let expected =
                                walk batch index
                                |> Array.collect (fun (b, at, _) ->
                                    let row = int (Math.Clamp(at, 0L, int64 rows - 1L))
                                    Array.sub x.Floats ((b * rows + row) * w) w)

                            agree (Gather batch) [| x; index |] expected) ]

          testList
              "scatter drops an index outside"
              [ for dtype in dtypes do
                    testCase $"{dtype}" (fun () ->
                        for batch, shape, places in cases dtype do
                            let x, index = numbers shape, indices dtype places
                            let w = if shape.Length > batch + 1 then width else 1
                            let updates = numbers (Array.append places shape[batch + 1 ..])

                            for kind, join in [ ScatterAdd, (+); ScatterMax, max; ScatterSet, (fun _ u -> u) ] do
                                let expected = Array.copy x.Floats

                                for b, at, i in walk batch index do
                                    if at >= 0L && at < int64 rows then
                                        for f in 0 .. w - 1 do
                                            let place = (b * rows + int at) * w + f
                                            expected[place] <- join expected[place] updates.Floats[i * w + f]

                                agree (Scatter(kind, batch)) [| x; index; updates |] expected) ]

          testList
              "a window outside of the axis is refused"
              [ for dtype in dtypes do
                    testCase $"{dtype}" (fun () ->
                        let x = Tensor.OfArray(numbers [| rows; width |])
                        let size = 2
                        let update =
                            Tensor.OfArray(
                                NdArray.OfFloats(Float64, [| size; width |], Array.create (size * width) -1.0)
                            )

                        for at in extremes dtype do
                            let start = Tensor.OfArray(NdArray.OfIntegers(dtype, [||], [| at |]))
                            let first = int (Math.Clamp(at, 0L, int64 (rows - size)))
                            let isInside i = i / width >= first && i / width < first + size
                            let window =
                                x.ToArray()
                                |> Array.indexed
                                |> Array.filter (fun (i, _) -> isInside i)
                                |> Array.map snd
                            let replaced = x.ToArray() |> Array.mapi (fun i v -> if isInside i then -1.0 else v)

                            for name, slice, put in
                                [ "eager", (fun s -> dynamicSlice 0 s size x), (fun s -> dynamicUpdate 0 s update x)
                                  "compiled",
                                  compile (fun s -> dynamicSlice 0 s size x),
                                  compile (fun s -> dynamicUpdate 0 s update x) ] do
                                if int64 first = at then
                                    Expect.isTrue
                                        ((slice start).ToArray() = window)
                                        $"{name} slice at {at}: got {slice start}"
                                    Expect.isTrue
                                        ((put start).ToArray() = replaced)
                                        $"{name} update at {at}: got {put start}"
                                else
                                    for run in [ slice; put ] do
                                        let error = Expect.thrown<InputException>(fun () -> run start |> ignore)
                                        Expect.stringContains error.Message (string at) $"{name} at {at}") ]

          testList
              "the derivative of gather adds to the gathered rows"
              [ for dtype in dtypes do
                    testCase $"{dtype}" (fun () ->
                        let x = Tensor.OfArray(numbers [| rows; width |])
                        let index = Tensor.OfArray(indices dtype [| (extremes dtype).Length |])
                        let taken =
                            extremes dtype
                            |> Array.countBy (fun at -> int (Math.Clamp(at, 0L, int64 rows - 1L)))
                            |> dict
                        let expected =
                            Array.init (rows * width) (fun i ->
                                if taken.ContainsKey(i / width) then float taken[i / width] else 0.0)
                        let derivative = compile (fun (x, i) -> grad (fun x -> sum (Prim.gather 0 x i)) x) (x, index)
                        Expect.equal (derivative.ToArray()) expected "derivative.ToArray()") ] ]
