/// Compiled code compared with the tile interpreter, operation by operation, on vectors and on single numbers of every
/// type.
module NeuralDE.Tests.Engine.EmitTests

open System
open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Internal.Graph

let private binaries = [ Add; Sub; Mul; Div; Pow; Max; Min; Atan2; Mod; And; Or; Xor; FoldKey ]
let private compares = [ Equal; NotEqual; Less; LessEqual; Greater; GreaterEqual ]
let private dtypes = [ Float32; Float64; Int32; Int64; Bool ]

/// Every operation with the types of its operands.
let private operations: (Op * Dtype list) list =
    [ for d in dtypes do
          for u in UnaryCases.all do
              Unary u, [ d ]

          for b in binaries do
              Binary b, [ d; d ]

          for c in compares do
              Compare c, [ d; d ]

          for target in dtypes do
              Cast target, [ d ]

          Select, [ Bool; d; d ]
          Fma, [ d; d; d ] ]

let private numbers =
    [| nan; infinity; -infinity; 0.0; -0.0; 1.0; -1.0; 0.5; -0.5; 2.5; -2.5; 7.0; 1e-310; -1e-40; 1e300; -3e38 |]

let private argument (random: System.Random) dtype (shape: int[]) : NdArray =
    let size = Shape.stored "test" shape

    match dtype with
    | Float32
    | Float64 ->
        let number _ =
            if random.Next 2 = 0 then
                numbers[random.Next numbers.Length]
            else
                8.0 * random.NextDouble() - 4.0

        NdArray.OfFloats(dtype, shape, Array.init size number)
    | Int32
    | Int64 ->
        let edge = [| 0L; 1L; -1L; int64 Int32.MinValue; int64 Int32.MaxValue; Int64.MaxValue; Int64.MinValue |]
        let integer _ = if random.Next 2 = 0 then edge[random.Next edge.Length] else random.NextInt64(-100L, 100L)
        NdArray.OfIntegers(dtype, shape, Array.init size integer)
    | Bool -> NdArray.OfFlags(shape, Array.init size (fun _ -> random.Next 2 = 0))

let private graphOf op (operands: Dtype list) (shape: int[]) : Graph voption =
    let inputs = operands |> List.map (fun d -> { Dtype = d; Shape = shape }) |> List.toArray

    try
        ValueSome(Intern.graph inputs [| Intern.node op (Array.mapi Intern.input inputs) |])
    with :? GraphException ->
        ValueNone // the operation does not take this type

let private check (shape: int[]) runs =
    let mutable count = 0

    for op, operands in operations do
        match graphOf op operands shape with
        | ValueNone -> ()
        | ValueSome g ->
            count <- count + 1

            for run in 1..runs do
                let random = System.Random(1000 * run + count)
                let args = operands |> List.map (fun d -> argument random d shape) |> List.toArray
                let r = { Seed = run; Graph = g; Args = args; Levels = [| Level.Exact |]; Grows = false }

                match SameBits.betweenTiers r with
                | Some difference ->
                    let given = args |> Array.map (fun a -> $"%A{a.Data}") |> String.concat " and "
                    failtest $"{op} of {operands}: {difference}, on {given}"
                | None -> ()

    Expect.inRange count (150, operations.Length) "count"

[<Tests>]
let tests =
    testList
        "Engine.Emit"
        [ testCase "vectors have the same bits compiled and tile by tile" (fun () -> check [| 133 |] 2)

          testCase "single numbers have the same bits compiled and tile by tile" (fun () -> check [||] 30)

          testCase "a single number is used for all elements of vectors" (fun () ->
              let s, scalar = { Dtype = Float64; Shape = [| 133 |] }, { Dtype = Float64; Shape = [||] }
              let x, y = Intern.input 0 s, Intern.input 1 scalar
              let spread = Intern.node (Broadcast(s.Shape, [||])) [| y |]
              let flag = Intern.node (Compare Less) [| y; y |]
              let flags = Intern.node (Broadcast(s.Shape, [||])) [| flag |]
              let sum = Intern.node (Binary Add) [| x; spread |]
              let chosen = Intern.node Select [| flags; x; sum |]
              let g = Intern.graph [| s; scalar |] [| chosen |]
              let random = System.Random 1
              let args = [| argument random Float64 s.Shape; argument random Float64 [||] |]
              let r = { Seed = 1; Graph = g; Args = args; Levels = [| Level.Exact |]; Grows = false }
              Expect.equal (SameBits.betweenTiers r) None "SameBits.betweenTiers r"
              Expect.equal (Agreement.planDifference r) None "Agreement.planDifference r") ]
