/// Laws of loops by lanes on random loops: the bits of a plan of the whole batch, in every form of the code; the numbers of the
/// reference interpreter; the gradients of a plan. NEURALDE_LOOPS and NEURALDE_LOOPS_SEED set the number of loops and the first
/// seed.
module NeuralDE.Tests.Engine.LaneLaws

open System
open System.Runtime.Intrinsics
open Expecto
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Engine
open NeuralDE.Internal.Calculus
open NeuralDE.Internal.Tensor
open NeuralDE.Tests.Engine.Agreement
open NeuralDE.Tests.Engine.SameBits

/// The loop of all rows.
let private batched (r: RandomLoops.RandomLoop) (rows: int) : Graph =
    let row = Tracing.closed r.Loop.Body.Inputs (Prim.apply (Loop r.Loop))
    let carried = r.Loop.States + r.Loop.Registers
    let on = Array.append (Array.create carried true) r.ByRow
    fst (Batch.vmapGraph row rows on (Array.create row.Outputs.Length true))

let private loopOf (g: Graph) : Loop =
    g.Order
    |> Array.pick (fun n ->
        match n.Op with
        | Apply(Loop l) -> Some l
        | _ -> None)

let internal widths =
    [ if Vector512.IsHardwareAccelerated then LaneVectors.width512
      if Vector256.IsHardwareAccelerated then LaneVectors.width256
      LaneVectors.width128 ]

let private ensure what seed (difference: string option) =
    match difference with
    | Some difference -> failtest $"seed {seed}, {what}: {difference}"
    | None -> ()

let private rowsOf seed = [| 1; 7; 129; 3; 40 |][seed % 5]

/// The bits of a plan without lanes: one node at a time, compiled for every width, and with the forms in turns.
let private sameBits seed =
    let r = RandomLoops.make seed false
    let rows = rowsOf seed
    let g = batched r rows
    let args = RandomLoops.arguments seed r rows
    Expect.isTrue (LowerLanes.planOf (loopOf g)).IsSome $"seed {seed}: the loop runs by lanes"
    let expected = withLanes false (fun () -> byNewPlan g args)
    let check what run = ensure what seed (bitDifference expected (run ()))
    let run tier () = withTier tier (fun () -> byNewPlan g args)
    check "one node at a time" (run Tiled)

    for width in widths do
        check $"vectors of {width.Bytes} bytes" (fun () -> withWidth width (run Compiled))

    check "in turns" (run Alternating)

/// The bits of a plan, where a single lane replaces it after some iterations.
let private afterSome seed (g: Graph) (args: NdArray[]) =
    let expected = withLanes false (fun () -> byNewPlan g args)

    let after count run =
        try
            LaneSingle.ForcedAfter <- ValueSome count
            run ()
        finally
            LaneSingle.ForcedAfter <- ValueNone

    for count in [ 0; 1; 3 ] do
        let check what run = ensure $"{what} after {count} iterations" seed (bitDifference expected (after count run))

        check "one node at a time" (fun () -> withTier Tiled (fun () -> byNewPlan g args))

        for width in widths do
            check $"vectors of {width.Bytes} bytes" (fun () ->
                withWidth width (fun () -> withTier Compiled (fun () -> byNewPlan g args)))

/// The loop of one row alone.
let private graphOfOne (r: RandomLoops.RandomLoop) =
    let plan = LanePlan.make r.Loop (r.ByRow |> Array.map (fun _ -> [||]))
    Expect.isTrue (plan.Carried.Length > 0) "lanes have the operations"
    Tracing.closed r.Loop.Body.Inputs (Prim.apply (Loop r.Loop))

let private sameBitsOfOne seed =
    let r = RandomLoops.make seed false
    afterSome seed (graphOfOne r) (RandomLoops.argumentsOfOne seed r)

let private likeInterpreter seed =
    let r = RandomLoops.make seed true
    let rows = rowsOf seed
    let g = batched r rows
    let args = RandomLoops.arguments seed r rows
    let isSingle = r.Captured[0].Dtype = Float32
    let tolerance = bound (if isSingle then Level.Single else Level.Double)
    let tolerances = g.Outputs |> Array.map (fun n -> if n.Dtype.IsFloat then tolerance else 0.0)
    ensure "beside the interpreter" seed (differenceOf tolerances (byInterpreter g args) (byNewPlan g args))

/// The float states and captured values without the sorted ones.
let private wantedOf (r: RandomLoops.RandomLoop) (g: Graph) : bool[] =
    let carried = r.Loop.States + r.Loop.Registers

    g.Inputs
    |> Array.mapi (fun i s ->
        s.Dtype.IsFloat && (i < r.Loop.States || i >= carried && i <> carried + 3 && i <> carried + 7))

/// The gradient of the sum of all float outputs times fixed weights, in the float states and captured values.
let private gradientOf (r: RandomLoops.RandomLoop) (g: Graph) : Graph =
    let carried = r.Loop.States + r.Loop.Registers
    let given = g.Outputs |> Array.mapi (fun i n -> n.Dtype.IsFloat && (i < r.Loop.States || i >= carried))
    Derive.vjpGraph g (wantedOf r g) given

/// Random cotangents behind the arguments.
let private withCotangents seed (reverse: Graph) (args: NdArray[]) =
    let random = System.Random(seed: int)

    reverse.Inputs[args.Length ..]
    |> Array.map (fun s ->
        NdArray.OfFloats(s.Dtype, s.Shape, Array.init (int (Shape.size s.Shape)) (fun _ -> random.NextDouble())))
    |> Array.append args

/// The values, and their gradient.
let private valuesAnd (g: Graph) (reverse: Graph) : Graph =
    Tracing.closed reverse.Inputs (fun x ->
        Array.append (Tracing.replay g x[.. g.Inputs.Length - 1]) (Tracing.replay reverse x))

/// The gradient alone, and behind the values that it is the gradient of, whose tape it reads.
let private gradientOfOne seed =
    let r = RandomLoops.make seed true
    let g = graphOfOne r
    let reverse = gradientOf r g
    let all = withCotangents seed reverse (RandomLoops.argumentsOfOne seed r)
    afterSome seed reverse all

    afterSome seed (valuesAnd g reverse) all

/// The gradient alone, whose sweep runs the loop again, and the gradient behind the values, whose sweep reads what the loop has
/// recorded: everything, or some blocks.
let private gradient seed =
    let r = RandomLoops.make seed true
    let rows = rowsOf seed

    let ofTape tape =
        let g = batched { r with Loop = { r.Loop with Tape = tape } } rows
        let reverse = gradientOf r g
        struct (reverse, valuesAnd g reverse)

    let struct (reverse, _) = ofTape Everything
    let args = RandomLoops.arguments seed r rows
    let all = withCotangents seed reverse args
    let expected = withLanes false (fun () -> byNewPlan reverse all)
    let isSingle = r.Captured[0].Dtype = Float32
    let tolerances = reverse.Outputs |> Array.map (fun _ -> if isSingle then 1e-4 else 1e-10)
    let tiled = withTier Tiled (fun () -> byNewPlan reverse all)
    ensure "gradient beside a plan" seed (differenceOf tolerances expected tiled)

    for width in widths do
        let compiled = withWidth width (fun () -> withTier Compiled (fun () -> byNewPlan reverse all))
        ensure $"gradient, vectors of {width.Bytes} bytes" seed (bitDifference tiled compiled)

    let onTwo = withThreads 2 (fun () -> byNewPlan reverse all)
    ensure "gradient on two threads" seed (bitDifference tiled onTwo)

    for tape in [ Everything; Budget 50000L; Budget 1000L ] do
        let struct (_, recorded) = ofTape tape
        let both = withTier Compiled (fun () -> byNewPlan recorded all)
        let gradient = both |> Result.map (fun values -> values[values.Length - reverse.Outputs.Length ..])
        ensure $"gradient behind the values, {tape}" seed (bitDifference tiled gradient)

/// The bits of all rows but one.
let private others (rows: int) (row: int) (a: NdArray) : int64[] =
    let numbers = if a.Dtype.IsFloat then Array.map BitConverter.DoubleToInt64Bits a.Floats else a.Integers
    Array.removeManyAt (row * (numbers.Length / rows)) (numbers.Length / rows) numbers

let private isSweptByLanes (reverse: Graph) =
    reverse.Order
    |> Array.exists (fun n ->
        match n.Op with
        | Apply(Pullback p) -> (LowerLaneSweeps.sweepOf p).IsSome
        | _ -> false)

/// NaN in one row, also in its tables, leaves the bits of the other rows: of values, and of derivatives by what each row has.
let private nanInOneRow seed =
    let r = RandomLoops.make seed false
    let rows, row = 7, seed % 7
    let carried = r.Loop.States + r.Loop.Registers
    let g = batched r rows
    let reverse = gradientOf r g
    let args = withCotangents seed reverse (RandomLoops.arguments seed r rows)
    let isByRow i = i < carried || i < g.Inputs.Length && r.ByRow[i - carried]

    let spoilt =
        args
        |> Array.mapi (fun i a ->
            if a.Dtype.IsFloat && isByRow i then
                let width = a.Length / rows
                let numbers = a.Floats |> Array.mapi (fun k x -> if k / width = row then nan else x)
                NdArray.OfFloats(a.Dtype, a.Shape, numbers)
            else
                a)

    let wanted = wantedOf r g |> Array.indexed |> Array.filter snd |> Array.map fst

    for width in widths do
        let run g args =
            match withWidth width (fun () -> withTier Compiled (fun () -> byNewPlan g args)) with
            | Ok arrays -> arrays
            | Error message -> failtest $"seed {seed}: {message}"

        let both g count = Array.zip (run g (Array.truncate count args)) (run g (Array.truncate count spoilt))

        for whole, spoilt in both g g.Inputs.Length do
            Expect.equal (others rows row spoilt) (others rows row whole) $"seed {seed}, values"

        if isSweptByLanes reverse then
            for _, (whole, spoilt) in Array.zip wanted (both reverse args.Length) |> Array.filter (fst >> isByRow) do
                Expect.equal (others rows row spoilt) (others rows row whole) $"seed {seed}, derivatives"

let private laws: (string * (int -> unit)) list =
    [ "the bits of a plan of the whole batch", sameBits
      "one row, handed over by its plan", sameBitsOfOne
      "the gradient of one row, handed over by its plan", gradientOfOne
      "the numbers of the reference interpreter", likeInterpreter
      "the gradients of a plan of the whole batch", gradient
      "NaN in one row leaves the others", nanInOneRow ]

/// All laws on some loops, for a process of its own.
let run (first: int) (count: int) : string[] =
    [| for seed in first .. first + count - 1 do
           for name, law in laws do
               try
                   law seed
               with e ->
                   $"{name}: {e.Message}" |]

let private setting (name: string) (usual: int) =
    match System.Environment.GetEnvironmentVariable name with
    | null
    | "" -> usual
    | text -> int text

[<Tests>]
let tests =
    let first, count = setting "NEURALDE_LOOPS_SEED" 0, setting "NEURALDE_LOOPS" 200

    testSequenced (
        testList
            "Engine.LaneLaws"
            [ for part in first..20 .. first + count - 1 do
                  for name, law in laws do
                      testCase $"random loops from {part}: {name}" (fun () ->
                          Seq.iter law [ part .. min (first + count) (part + 20) - 1 ])

              testCase "reverse sweeps by lanes of most random loops" (fun () ->
                  let isByLanes seed =
                      let r = RandomLoops.make seed true
                      isSweptByLanes (gradientOf r (batched r 7))

                  Expect.isGreaterThan ([ 0..99 ] |> List.filter isByLanes |> List.length) 80 "of 100 loops") ]
    )
