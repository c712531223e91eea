/// Random loops of one row whose operations lanes have: state, registers, captured values by row and shared ones, two streams
/// of emissions, random numbers, loops inside, tables by row, and an end of its own for each row.
module internal NeuralDE.Tests.Engine.RandomLoops

open System
open System.Collections.Generic
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor

let private signature dtype shape : Signature = { Dtype = dtype; Shape = shape }

/// A loop, the signatures of its captured values, and which of them have a value for each row.
type RandomLoop = { Loop: Loop; Captured: Signature[]; ByRow: bool[] }

/// Values that an expression may use.
[<Sealed>]
type private Pool(random: System.Random, isSmooth: bool, float: Dtype) =
    let values = List<Tensor>()
    member _.Add(x: Tensor) = values.Add x
    member _.Random = random
    member _.OneOf(xs: 'T[]) : 'T = xs[random.Next xs.Length]

    member _.Pick(dtype: Dtype) : Tensor =
        let fitting = values.FindAll(fun x -> x.Dtype = dtype)
        fitting[max (random.Next fitting.Count) (random.Next fitting.Count)]

    /// A value of this shape, from another one by movement or sums.
    member x.Of(dtype: Dtype, shape: int[]) : Tensor =
        let y = x.Pick dtype

        if Shape.same y.Dims shape then
            y
        else
            let scalar =
                if y.Rank = 0 then y
                elif dtype.IsFloat && random.Next 2 = 0 then Prim.sum y
                else Prim.reshape [||] (Prim.range 0 0 1 (Prim.reshape [| int (Shape.size y.Dims) |] y))

            Prim.broadcast shape [||] scalar

    member x.Float() = x.Pick float

    /// One further value.
    member x.Grow() =
        let y = x.Float()
        let same () = x.Of(float, y.Dims)

        let made =
            match random.Next(if isSmooth then 10 else 18) with
            | 0 -> Prim.unary (x.OneOf [| Sin; Tanh; Sigmoid; Neg; Cos; Atan |]) y
            | 1 -> y + same ()
            | 2 -> y - same ()
            | 3 -> Prim.unary Tanh (y * same ())
            | 4 -> Prim.fma y (same ()) (same ())
            | 5 when y.Rank > 0 -> Prim.sumOver [| random.Next y.Rank |] y
            | 5 -> Prim.stack 0 [| y; x.Of(float, [||]) |]
            | 6 when y.Rank = 1 -> Prim.concat 0 [| Prim.reverse [| 0 |] y; x.Of(float, [| 2 |]) |]
            | 6 -> Prim.reshape [| int (Shape.size y.Dims) |] y
            | 7 when y.Rank = 1 ->
                let columns = x.OneOf [| 1; 2; 5 |]
                let weights = x.Of(float, [| y.Dims[0]; columns |])
                Prim.reshape [| columns |] (Prim.dot (Prim.reshape [| 1; y.Dims[0] |] y) weights)
            | 7 -> Prim.times 0.5 y
            | 8 when y.Rank = 1 && y.Dims[0] > 1 -> Prim.range 0 1 y.Dims[0] y
            | 8 -> Prim.pad (Array.create y.Rank 1) (Array.create y.Rank 0) (Array.create y.Rank 0) y
            | 9 -> Prim.select (Prim.compare Less (same ()) (Prim.zerosLike y)) y (Prim.times 0.9 (same ()))
            | 10 ->
                Prim.unary
                    (x.OneOf
                        [| Abs
                           Sign
                           Floor
                           Round
                           Ceil
                           Exp
                           Log
                           Sqrt
                           Erf
                           Power 2.0
                           Power 3.0
                           Power 4.0
                           Power -1.0
                           Power -2.0
                           Power 0.5
                           Power -0.5
                           Power 0.3 |])
                    y
            | 11 -> Prim.binary (x.OneOf [| Max; Min; Div; Atan2; Mod |]) y (same ())
            | 12 when y.Rank > 0 -> Prim.reduce Maximum [| 0 |] y
            | 12 -> y
            | 13 -> Prim.cast float (x.Pick Int32)
            | 14 -> Prim.cast float (x.Pick Bool)
            | 15 ->
                let other = if float = Float32 then Float64 else Float32
                Prim.cast float (Prim.cast other y)
            | 16 -> Prim.binary Pow (Prim.unary Abs y) (Prim.fill float y.Dims 1.5)
            | _ ->
                Prim.binary
                    Mul
                    y
                    (Prim.cast float (Prim.compare (x.OneOf [| Equal; NotEqual; Greater; LessEqual |]) y (same ())))

        if Shape.size made.Dims <= 40L then x.Add made

    /// One further flag or integer.
    member x.GrowOther() =
        let number () = x.Of(Int32, [||])
        let flag () = x.Of(Bool, [||])

        x.Add(
            match random.Next 7 with
            | 0 -> number () + number ()
            | 1 -> number () * Prim.integer 40503
            | 2 -> Prim.select (flag ()) (number ()) (number () - Prim.integer 7)
            | 3 -> Prim.compare (x.OneOf [| Less; GreaterEqual; Equal |]) (number ()) (number ())
            | 4 -> Prim.compareTo Greater (x.Of(float, [||])) 0.1
            | 5 -> Prim.binary (x.OneOf [| And; Or; Xor |]) (flag ()) (flag ())
            | _ -> Prim.isNot (flag ())
        )

/// A number of a shared table at a computed index, and the place of a value in the table's first row.
let private look (p: Pool) (table: Tensor) =
    let index = p.Of(Int32, [| 1 |])
    p.Add(Prim.reshape table.Dims[1..] (Prim.gather 0 table index))

let private search (p: Pool) float (sorted: Tensor) =
    let value = p.Of(float, [| 1 |])
    let place = Tensor.Apply(SearchSorted(p.Random.Next 2 = 0), [| sorted; value |])
    p.Add(Prim.cast Int32 (Prim.reshape [||] place))

/// What a key gives in an iteration.
let private draw (p: Pool) float (key: Tensor) =
    let key = Key.foldWith (p.Of(Int32, [||])) (Key key)
    let key = if p.Random.Next 2 = 0 then fst (Key.split key) else key
    let drawn kind (s: Signature) = Tensor.Apply(Random(kind, s), [| key.Tensor |])

    match p.Random.Next 4 with
    | 0 -> p.Add(Prim.cast Int32 (drawn Bits (signature Int64 [||])))
    | 1 -> p.Add(drawn Uniform (signature float [| 3 |]))
    | _ -> p.Add(drawn Normal (signature float [| 2; 2 |]))

/// A loop of a few iterations; without a known number of them, each row has its own. Such a loop has no reverse sweep by
/// lanes, so smooth loops rarely have one.
let private repeated (p: Pool) isSmooth float =
    let x, y, count = p.Of(float, [||]), p.Of(float, [| 2 |]), p.Of(Int32, [||])
    // a contraction: rounding errors do not grow
    let step (x: Tensor, y: Tensor) =
        tanh (0.4 * x + 0.2 * Prim.sum y), Prim.unary Sin (0.5 * y + Prim.broadcast [| 2 |] [||] (0.3 * x))

    match p.Random.Next(if isSmooth then 10 else 4) with
    | 0 ->
        let goesOn (x: Tensor, _, k: Tensor) =
            Prim.either (Prim.compareTo Less (Prim.unary Abs x) 0.4) (Prim.compareTo Less k 3.0)

        let next (x, y, k) = let x, y = step (x, y) in x, y, Prim.plus 1.0 k
        let x, y, count = repeatWhile goesOn 5 next (x, y, count)
        p.Add x
        p.Add y
        p.Add count
    | 1 ->
        let _, rows =
            scan (fun x (row: Tensor) -> fst (step (x, y * row)), x * row) x (Prim.stack 0 [| x; p.Of(float, [||]) |])
        p.Add rows
    | _ ->
        let x, y = iterate (p.Random.Next(1, 4)) step (x, y)
        p.Add x
        p.Add y

let make (seed: int) (isSmooth: bool) : RandomLoop =
    let random = System.Random seed
    let float = if random.Next 3 = 0 then Float32 else Float64
    let shape () =
        (match random.Next 4 with
         | 0 -> [||]
         | 1 -> [| 2 |]
         | 2 -> [| 3 |]
         | _ -> [| 2; 2 |])
    let states = Array.init (random.Next(1, 4)) (fun _ -> signature float (shape ()))
    let registers = [| signature Int32 [||]; signature Float64 [||]; signature Bool [||] |]

    let captured =
        [| signature float [| 3 |], random.Next 2 = 0
           signature float [| 3; 2 |], random.Next 2 = 0
           signature float [| 11; 2 |], false // a table
           signature float [| 9 |], false // sorted
           signature Int32 [||], true // the number of iterations
           signature Float64 [||], random.Next 2 = 0
           signature Int64 [||], random.Next 3 > 0 // a key
           signature float [| 40 |], random.Next 3 > 0 |] // sorted, and a table by row

    let first = states.Length + registers.Length
    let inputs = Array.concat [ states; registers; Array.map fst captured ]
    // the counter starts at -3 or later, and nothing is written from `last` on
    let capacity, last = 9, 6.0

    let body =
        Tracing.closed inputs (fun x ->
            let p = Pool(random, isSmooth, float)
            Array.iter p.Add x[.. first + 1]
            p.Add(Prim.cast float x[states.Length + 1])
            let count, limit = x[states.Length], x[first + 4]

            for _ in 1 .. random.Next(6, 20) do
                if random.Next 4 = 0 then p.GrowOther() else p.Grow()

            if random.Next 2 = 0 then draw p float x[first + 6]
            if random.Next 2 = 0 then repeated p isSmooth float
            if random.Next 3 = 0 then p.Grow()
            if random.Next 2 = 0 then look p x[first + 2]
            if random.Next 2 = 0 then search p float x[first + 3]
            if random.Next 2 = 0 then look p x[first + 7]
            if random.Next 2 = 0 then search p float x[first + 7]

            let next = states |> Array.map (fun s -> Prim.unary Tanh (p.Of(s.Dtype, s.Shape)))
            let counted = count + Prim.integer 1
            let wide = Prim.cast Float64 (p.Of(float, [||])) + x[first + 5]
            let keep = if random.Next 2 = 0 then p.Of(Bool, [||]) else Prim.literal Bool 1.0
            let early = Prim.compareTo Less count last
            let write = if random.Next 2 = 0 then early else Prim.both early (p.Of(Bool, [||]))

            Array.concat
                [ next
                  [| counted; Prim.unary Tanh wide; p.Of(Bool, [||]) |]
                  [| p.Of(float, [| 2 |]); p.Float(); p.Of(Int32, [||]) |]
                  [| keep; write; Prim.both early (p.Of(Bool, [||])); Prim.compare GreaterEqual counted limit |] ])

    { Loop =
        { Batch = [||]
          States = states.Length
          Registers = registers.Length
          Streams = [| { Emits = 1; Capacity = ValueSome capacity }; { Emits = 2; Capacity = ValueSome capacity } |]
          Tape = (if random.Next 3 = 0 then Budget 64L else Everything)
          Watch = ValueNone
          Body = body }
      Captured = Array.map fst captured
      ByRow = Array.map snd captured }

let private filled (random: System.Random) (s: Signature) : NdArray =
    let count = int (Shape.size s.Shape)

    if s.Dtype.IsFloat then
        NdArray.OfFloats(s.Dtype, s.Shape, Array.init count (fun _ -> 2.0 * random.NextDouble() - 1.0))
    elif s.Dtype = Bool then
        NdArray.OfIntegers(s.Dtype, s.Shape, Array.init count (fun _ -> int64 (random.Next 2)))
    else
        NdArray.OfIntegers(s.Dtype, s.Shape, Array.init count (fun _ -> int64 (random.Next(-3, 12))))

/// Arguments: carried values, then the captured ones; those by row have these axes first.
let private argumentsOf (seed: int) (r: RandomLoop) (rows: int[]) : NdArray[] =
    let random = System.Random(seed + 1000)
    let carried = r.Loop.States + r.Loop.Registers
    let byRow (s: Signature) = { s with Shape = Array.append rows s.Shape }

    Array.append
        (r.Loop.Body.Inputs[.. carried - 1] |> Array.map (byRow >> filled random))
        (Array.map2 (fun s isByRow -> filled random (if isByRow then byRow s else s)) r.Captured r.ByRow)
    |> Array.mapi (fun i a ->
        if i = carried + 3 || i = carried + 7 then
            let rows = Array.chunkBySize r.Captured[i - carried].Shape[0] a.Floats
            NdArray.OfFloats(a.Dtype, a.Shape, Array.collect Array.sort rows)
        elif i = carried + 4 then
            NdArray.OfIntegers(Int32, a.Shape, Array.map (fun n -> max 1L (n + 3L)) a.Integers)
        else
            a)

/// Arguments for a number of rows.
let arguments (seed: int) (r: RandomLoop) (rows: int) : NdArray[] = argumentsOf seed r [| rows |]

/// Arguments of the loop itself.
let argumentsOfOne (seed: int) (r: RandomLoop) : NdArray[] = argumentsOf seed r [||]
