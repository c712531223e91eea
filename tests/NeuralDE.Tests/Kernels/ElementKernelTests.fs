module NeuralDE.Tests.Kernels.ElementKernelTests

open System
open System.Runtime.InteropServices
open Expecto
open NeuralDE.Tests
open NeuralDE.Internal.Engine
open NeuralDE.Kernels

let private unaries =
    [ for op in Enum.GetValues<ElementOp>() |> Array.filter (fun op -> op < ElementOp.Not) do
          if op = ElementOp.Power then
              for exponent in [ 0.0; 1.0; 2.0; 3.0; 4.0; -1.0; -2.0; 0.5; -0.5; 1.3 ] do
                  op, exponent
          else
              op, 1.0 ]

let private pairs =
    [ ElementOp.Add
      ElementOp.Sub
      ElementOp.Mul
      ElementOp.Div
      ElementOp.Pow
      ElementOp.Max
      ElementOp.Min
      ElementOp.Atan2
      ElementOp.Mod ]

let private comparisons =
    [ ElementOp.Equal
      ElementOp.NotEqual
      ElementOp.Less
      ElementOp.LessEqual
      ElementOp.Greater
      ElementOp.GreaterEqual ]

/// Arguments of moderate size with some NaN, zeros and equal neighbours; a longer array begins with the same elements.
let private number seed i =
    match (i * 7 + seed * 3) % 23 with
    | 0 -> nan
    | 1 -> 0.0
    | 2 -> -0.0
    | 3 -> infinity
    | 4 -> 2e5 // where sin is computed lane by lane
    | _ -> float ((i * 37 + seed * 11) % 101 - 50) / 8.0

/// n elements as bytes in memory.
let private floats32 seed n = MemoryMarshal.AsBytes(ReadOnlySpan(Array.init n (number seed >> float32))).ToArray()
let private floats64 seed n = MemoryMarshal.AsBytes(ReadOnlySpan(Array.init n (number seed))).ToArray()
let private flags n = Array.init n (fun i -> byte (i * 5 % 3 % 2))

/// Three operands of n floats and one of n bools, and targets for floats and for bools, on guarded memory: each ends,
/// or begins, at a protected page.
type private Memory(size: int, floats: int -> int -> byte[], n: int, atEnd: bool) =
    let hold (bytes: byte[]) =
        let memory = if atEnd then Guarded.Before bytes.Length else Guarded.After bytes.Length
        Marshal.Copy(bytes, 0, memory.Address, bytes.Length)
        memory

    let operands = [| for seed in 1..3 -> hold (floats seed n) |]
    let condition = hold (flags n)
    let target = hold (Array.zeroCreate (n * size))
    let bools = hold (Array.zeroCreate n)

    member _.Floats = operands |> Array.map (fun memory -> memory.Address)
    member _.Condition = condition.Address
    member _.Target isBool = if isBool then bools.Address else target.Address

    interface IDisposable with
        member _.Dispose() =
            for memory in [ yield! operands; condition; target; bools ] do
                (memory :> IDisposable).Dispose()

/// One operation with this number of operands; the first operand of Select is bools, and comparisons return bools.
type private Case = { Op: ElementOp; Parameter: float; Operands: int }

let private cases =
    [ for op, parameter in unaries do
          { Op = op; Parameter = parameter; Operands = 1 }
      for op in pairs @ comparisons do
          { Op = op; Parameter = 0.0; Operands = 2 }
      for op in [ ElementOp.Select; ElementOp.Fma ] do
          { Op = op; Parameter = 0.0; Operands = 3 } ]

let private givesBools case = List.contains case.Op comparisons

let private targetSize size case = if givesBools case then 1 else size

/// n elements, starting with the one at this index.
let private apply (run: FloatRun) size (memory: Memory) case (singles: bool list) start n =
    let at i =
        let elementSize = if case.Op = ElementOp.Select && i = 0 then 1 else size
        let first = if case.Op = ElementOp.Select && i = 0 then memory.Condition else memory.Floats[i]
        if i >= case.Operands then 0n
        elif singles[i] then first
        else first + nativeint (start * elementSize)

    let target = memory.Target(givesBools case) + nativeint (start * targetSize size case)
    run.Invoke(case.Op, case.Parameter, at 0, singles[0], at 1, singles[1], at 2, singles[2], target, int64 n)

/// Replaces NaN of any bits by one NaN.
let private canonical size (bytes: byte[]) =
    if size = 4 then
        MemoryMarshal.Cast<byte, float32>(ReadOnlySpan bytes).ToArray()
        |> Array.map (fun x -> if Single.IsNaN x then 0x7FC00000 else BitConverter.SingleToInt32Bits x)
        |> Array.map int64
    elif size = 8 then
        MemoryMarshal.Cast<byte, float>(ReadOnlySpan bytes).ToArray()
        |> Array.map (fun x -> if Double.IsNaN x then 0x7FF8000000000000L else BitConverter.DoubleToInt64Bits x)
    else
        Array.map int64 bytes

let private read size (memory: Memory) case n =
    let bytes: byte[] = Array.zeroCreate (n * targetSize size case)
    Marshal.Copy(memory.Target(givesBools case), bytes, 0, bytes.Length)
    canonical (targetSize size case) bytes

/// The results of a single lane for every case, element by element.
let private twins (widths: (string * FloatRun) list) size floats singles n =
    use memory = new Memory(size, floats, n, true)
    let _, lane = List.last widths

    [ for case in cases do
          for i in 0 .. n - 1 do
              apply lane size memory case singles i 1

          case, read size memory case n ]

let private check widths size floats singles lengths =
    let whole = twins widths size floats singles (List.max lengths)

    for n in lengths do
        for atEnd in [ true; false ] do
            use memory = new Memory(size, floats, n, atEnd)

            for width, run in widths do
                for case, expected in whole do
                    apply run size memory case singles 0 n
                    let got = read size memory case n

                    if not (ReadOnlySpan(got).SequenceEqual(ReadOnlySpan(expected, 0, n))) then
                        let i = Seq.zip got expected |> Seq.findIndex (fun (x, y) -> x <> y)

                        failtest
                            $"{case.Op} {case.Parameter}, {width}, {n} elements, single: %A{singles}, element {i}: got bits {got[i]:X}, expected {expected[i]:X}"

let private none = [ false; false; false ]

/// An operation on any type with managed arrays, called as the engine calls it.
let private run op elementType parameter (operands: (Array * bool) list) (target: Array) (n: int) =
    let pins = (target :: List.map fst operands) |> List.map (fun a -> GCHandle.Alloc(a, GCHandleType.Pinned))

    try
        let at i = if i <= operands.Length then pins[i].AddrOfPinnedObject() else 0n
        let single i = i < operands.Length && snd operands[i]
        ElementKernels.Run(op, elementType, parameter, at 1, single 0, at 2, single 1, at 3, single 2, at 0, int64 n)
    finally
        for pin in pins do
            pin.Free()

let private numbers32 =
    [| 0; 1; -1; 2; -3; 7; -7; 1000; Int32.MaxValue; Int32.MinValue; Int32.MinValue + 1; 65537 |]

let private numbers64 =
    [| yield! Array.map int64 numbers32; Int64.MaxValue; Int64.MinValue; Int64.MinValue + 1L; 4294967297L |]

let private integers1: (ElementOp * (int64 -> int64)) list =
    [ ElementOp.Neg, (fun x -> -x)
      ElementOp.Abs, (fun x -> if x < 0L then -x else x)
      ElementOp.Sign, (fun x -> int64 (sign x)) ]

let private integers2: (ElementOp * (int64 -> int64 -> int64)) list =
    [ ElementOp.Add, (+)
      ElementOp.Sub, (-)
      ElementOp.Mul, (*)
      ElementOp.Max, max
      ElementOp.Min, min
      ElementOp.Mod, ScalarFunctions.integerMod
      ElementOp.And, (&&&)
      ElementOp.Or, (|||)
      ElementOp.Xor, (^^^) ]

let private orders: (ElementOp * (int64 -> int64 -> bool)) list =
    [ ElementOp.Equal, (=)
      ElementOp.NotEqual, (<>)
      ElementOp.Less, (<)
      ElementOp.LessEqual, (<=)
      ElementOp.Greater, (>)
      ElementOp.GreaterEqual, (>=) ]

let private bools = [| true; false; true; true; false |]

/// All pairs, and each first operand with single operands.
let private checkPairs op elementType (values: 'T[]) (f: 'T -> 'T -> 'R) =
    let x, y = Array.allPairs values values |> Array.unzip

    for xSingle in [ false; true ] do
        for ySingle in [ false; true ] do
            let got: 'R[] = Array.zeroCreate x.Length
            run op elementType 0.0 [ x, xSingle; y, ySingle ] got x.Length

            let expected = Array.init x.Length (fun i -> f x[if xSingle then 0 else i] y[if ySingle then 0 else i])

            if got <> expected then
                failtest $"{op} of {elementType}, single: {xSingle}, {ySingle}: got %A{got}, expected %A{expected}"

[<Tests>]
let tests =
    testList
        "Kernels.ElementKernel"
        [ testCase "float32 kernels stay within their memory at every length" (fun () ->
              check Widths.float32s 4 floats32 none [ 0..256 ])

          testCase "float64 kernels stay within their memory at every length" (fun () ->
              check Widths.float64s 8 floats64 none [ 0..256 ])

          testCase "an operand can be a single element" (fun () ->
              for choice in 1..7 do
                  let singles = List.init 3 (fun k -> choice >>> k &&& 1 = 1)
                  check Widths.float32s 4 floats32 singles [ 1; 5; 16; 37 ]
                  check Widths.float64s 8 floats64 singles [ 1; 5; 16; 37 ])

          testCase "integers wrap around" (fun () ->
              for op, f in integers1 do
                  let got32: int[] = Array.zeroCreate numbers32.Length
                  run op ElementType.Int32 0.0 [ numbers32, false ] got32 numbers32.Length
                  let expected = numbers32 |> Array.map (int64 >> f >> int)
                  Expect.equal got32 expected "got32"
                  let got64: int64[] = Array.zeroCreate numbers64.Length
                  run op ElementType.Int64 0.0 [ numbers64, false ] got64 numbers64.Length
                  let expected = numbers64 |> Array.map f
                  Expect.equal got64 expected "got64"

              for op, f in integers2 do
                  checkPairs op ElementType.Int32 numbers32 (fun x y -> int (f (int64 x) (int64 y)))
                  checkPairs op ElementType.Int64 numbers64 f

              for op, f in orders do
                  checkPairs op ElementType.Int32 numbers32 (fun x y -> f (int64 x) (int64 y))
                  checkPairs op ElementType.Int64 numbers64 f

              checkPairs ElementOp.FoldKey ElementType.Int64 numbers64 Philox.foldKey)

          testCase "bools are the bytes 0 and 1" (fun () ->
              let got: bool[] = Array.zeroCreate bools.Length
              run ElementOp.Not ElementType.Bool 0.0 [ bools, false ] got bools.Length
              Expect.equal got (Array.map not bools) "got"
              checkPairs ElementOp.And ElementType.Bool bools (&&)
              checkPairs ElementOp.Or ElementType.Bool bools (||)
              checkPairs ElementOp.Xor ElementType.Bool bools (<>)

              for op, f in orders do
                  checkPairs op ElementType.Bool bools (fun x y -> f (Convert.ToInt64 x) (Convert.ToInt64 y)))

          testCase "select takes integers and bools" (fun () ->
              let condition = Array.init 21 (fun i -> i % 3 = 0)

              let check elementType (x: 'T[]) (y: 'T[]) =
                  for choice in 0..7 do
                      let single k = choice >>> k &&& 1 = 1
                      let pick k (values: 'A[]) i = values[if single k then 0 else i]
                      let got: 'T[] = Array.zeroCreate 21
                      run ElementOp.Select elementType 0.0 [ condition, single 0; x, single 1; y, single 2 ] got 21
                      let expected = Array.init 21 (fun i -> if pick 0 condition i then pick 1 x i else pick 2 y i)
                      Expect.equal got expected "got"

              // bits that would be signalling NaN as floats
              check ElementType.Int32 (Array.init 21 (fun i -> 0x7F800001 + i)) (Array.init 21 (fun i -> -i))
              check
                  ElementType.Int64
                  (Array.init 21 (fun i -> 0x7FF0000000000001L + int64 i))
                  (Array.init 21 (fun i -> int64 -i))
              check ElementType.Bool (Array.init 21 (fun i -> i % 2 = 0)) (Array.init 21 (fun i -> i % 5 = 0)))

          testCase "the target may be an operand" (fun () ->
              let x = Array.init 100 (fun i -> float i / 7.0 - 5.0)
              let y = Array.init 100 (fun i -> float i / 3.0)
              let inPlace = Array.copy x
              run ElementOp.Sub ElementType.Float64 0.0 [ inPlace, false; y, false ] inPlace 100
              Expect.equal inPlace (Array.map2 (-) x y) "inPlace"
              let inPlace = Array.copy y
              run ElementOp.Sub ElementType.Float64 0.0 [ x, false; inPlace, false ] inPlace 100
              Expect.equal inPlace (Array.map2 (-) x y) "inPlace"
              let inPlace = Array.copy x
              run ElementOp.Sub ElementType.Float64 0.0 [ inPlace, true; y, false ] inPlace 100
              Expect.equal inPlace (Array.map (fun y -> x[0] - y) y) "inPlace"
              let inPlace = Array.copy numbers64
              run ElementOp.Add ElementType.Int64 0.0 [ inPlace, false; inPlace, false ] inPlace numbers64.Length
              Expect.equal inPlace (Array.map (fun x -> x + x) numbers64) "inPlace")

          testCase "an unsupported operation is named" (fun () ->
              for op, elementType in
                  [ ElementOp.Exp, ElementType.Int32
                    ElementOp.And, ElementType.Float32
                    ElementOp.Not, ElementType.Float64
                    ElementOp.Add, ElementType.Bool
                    ElementOp.FoldKey, ElementType.Int32 ] do
                  let error =
                      Expect.thrown<NotSupportedException>(fun () ->
                          run op elementType 0.0 [ [| 0L |], false; [| 0L |], false ] [| 0L |] 1)

                  Expect.equal
                      error.Message
                      $"{op} of {elementType} has no kernel, expected an operation that this type supports."
                      "error.Message") ]
