namespace NeuralDE

open System
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor
open NeuralDE.Kernels

/// Tensors from numbers. The type of the numbers is the dtype of the tensor (int is int32). ShapeException for rows of
/// different lengths.
[<AutoOpen; AbstractClass; Sealed>]
type TensorMakers =
    static member private Vector(dtype, values: 'T[]) = Tensor.OfArray(NdArray(dtype, [| values.Length |], values))

    static member private Ragged(got: int, row: string, expected: int) : 'a =
        raise (
            ShapeException
                $"tensor: row {row} has {string got} elements where row 0 has {string expected}. Give rows of one length, or pad the short ones."
        )

    static member private Matrix(dtype, rows: 'T[][]) =
        let width = if rows.Length = 0 then 0 else rows[0].Length

        rows
        |> Array.iteri (fun i row -> if row.Length <> width then TensorMakers.Ragged(row.Length, string i, width))

        Tensor.OfArray(NdArray(dtype, [| rows.Length; width |], Array.concat rows))

    static member private Lists(dtype, rows: 'T list list) =
        TensorMakers.Matrix(dtype, rows |> List.map List.toArray |> List.toArray)

    /// <summary>A vector of float64.</summary>
    /// <param name="values">The numbers, in order.</param>
    /// <returns>float64 [n].</returns>
    static member tensor(values: seq<float>) : Tensor = TensorMakers.Vector(Float64, Seq.toArray values)

    /// <summary>A vector of float32.</summary>
    /// <param name="values">The numbers, in order.</param>
    /// <returns>float32 [n].</returns>
    static member tensor(values: seq<float32>) : Tensor = TensorMakers.Vector(Float32, Seq.toArray values)

    /// <summary>A vector of int32.</summary>
    /// <param name="values">The numbers, in order.</param>
    /// <returns>int32 [n].</returns>
    static member tensor(values: seq<int>) : Tensor = TensorMakers.Vector(Int32, Seq.toArray values)

    /// <summary>A vector of int64.</summary>
    /// <param name="values">The numbers, in order.</param>
    /// <returns>int64 [n].</returns>
    static member tensor(values: seq<int64>) : Tensor = TensorMakers.Vector(Int64, Seq.toArray values)

    /// <summary>A vector of bool.</summary>
    /// <param name="values">The bools, in order.</param>
    /// <returns>bool [n].</returns>
    static member tensor(values: seq<bool>) : Tensor = TensorMakers.Vector(Bool, Seq.toArray values)

    /// <summary>A vector of float64.</summary>
    /// <param name="values">The numbers, in order.</param>
    /// <returns>float64 [n].</returns>
    static member tensor(values: ReadOnlySpan<float>) : Tensor = TensorMakers.Vector(Float64, values.ToArray())

    /// <summary>A vector of float32.</summary>
    /// <param name="values">The numbers, in order.</param>
    /// <returns>float32 [n].</returns>
    static member tensor(values: ReadOnlySpan<float32>) : Tensor = TensorMakers.Vector(Float32, values.ToArray())

    /// <summary>A vector of int32.</summary>
    /// <param name="values">The numbers, in order.</param>
    /// <returns>int32 [n].</returns>
    static member tensor(values: ReadOnlySpan<int>) : Tensor = TensorMakers.Vector(Int32, values.ToArray())

    /// <summary>A vector of int64.</summary>
    /// <param name="values">The numbers, in order.</param>
    /// <returns>int64 [n].</returns>
    static member tensor(values: ReadOnlySpan<int64>) : Tensor = TensorMakers.Vector(Int64, values.ToArray())

    /// <summary>A matrix [rows; columns] of float64.</summary>
    /// <param name="rows">The numbers, row by row; all rows have one length.</param>
    /// <returns>float64 [rows; columns].</returns>
    /// <exception cref="T:NeuralDE.ShapeException">Rows have different lengths.</exception>
    static member tensor(rows: float list list) : Tensor = TensorMakers.Lists(Float64, rows)

    /// <summary>A matrix [rows; columns] of float32.</summary>
    /// <param name="rows">The numbers, row by row; all rows have one length.</param>
    /// <returns>float32 [rows; columns].</returns>
    /// <exception cref="T:NeuralDE.ShapeException">Rows have different lengths.</exception>
    static member tensor(rows: float32 list list) : Tensor = TensorMakers.Lists(Float32, rows)

    /// <summary>A matrix [rows; columns] of int32.</summary>
    /// <param name="rows">The numbers, row by row; all rows have one length.</param>
    /// <returns>int32 [rows; columns].</returns>
    /// <exception cref="T:NeuralDE.ShapeException">Rows have different lengths.</exception>
    static member tensor(rows: int list list) : Tensor = TensorMakers.Lists(Int32, rows)

    /// <summary>A matrix [rows; columns] of int64.</summary>
    /// <param name="rows">The numbers, row by row; all rows have one length.</param>
    /// <returns>int64 [rows; columns].</returns>
    /// <exception cref="T:NeuralDE.ShapeException">Rows have different lengths.</exception>
    static member tensor(rows: int64 list list) : Tensor = TensorMakers.Lists(Int64, rows)

    /// <summary>A matrix [rows; columns] of bool.</summary>
    /// <param name="rows">The bools, row by row; all rows have one length.</param>
    /// <returns>bool [rows; columns].</returns>
    /// <exception cref="T:NeuralDE.ShapeException">Rows have different lengths.</exception>
    static member tensor(rows: bool list list) : Tensor = TensorMakers.Lists(Bool, rows)

    /// <summary>A matrix [rows; columns] of float64.</summary>
    /// <param name="rows">The numbers, row by row; all rows have one length.</param>
    /// <returns>float64 [rows; columns].</returns>
    /// <exception cref="T:NeuralDE.ShapeException">Rows have different lengths.</exception>
    static member tensor(rows: float[][]) : Tensor = TensorMakers.Matrix(Float64, rows)

    /// <summary>A matrix [rows; columns] of float32.</summary>
    /// <param name="rows">The numbers, row by row; all rows have one length.</param>
    /// <returns>float32 [rows; columns].</returns>
    /// <exception cref="T:NeuralDE.ShapeException">Rows have different lengths.</exception>
    static member tensor(rows: float32[][]) : Tensor = TensorMakers.Matrix(Float32, rows)

    /// <summary>A matrix [rows; columns] of int32.</summary>
    /// <param name="rows">The numbers, row by row; all rows have one length.</param>
    /// <returns>int32 [rows; columns].</returns>
    /// <exception cref="T:NeuralDE.ShapeException">Rows have different lengths.</exception>
    static member tensor(rows: int[][]) : Tensor = TensorMakers.Matrix(Int32, rows)

    /// <summary>A matrix [rows; columns] of int64.</summary>
    /// <param name="rows">The numbers, row by row; all rows have one length.</param>
    /// <returns>int64 [rows; columns].</returns>
    /// <exception cref="T:NeuralDE.ShapeException">Rows have different lengths.</exception>
    static member tensor(rows: int64[][]) : Tensor = TensorMakers.Matrix(Int64, rows)

    /// <summary>A matrix [rows; columns] of bool.</summary>
    /// <param name="rows">The bools, row by row; all rows have one length.</param>
    /// <returns>bool [rows; columns].</returns>
    /// <exception cref="T:NeuralDE.ShapeException">Rows have different lengths.</exception>
    static member tensor(rows: bool[][]) : Tensor = TensorMakers.Matrix(Bool, rows)

    /// <summary>A matrix [rows; columns] of float64.</summary>
    /// <param name="values">The numbers, by row and column.</param>
    /// <returns>float64 [rows; columns].</returns>
    static member tensor(values: float[,]) : Tensor =
        let shape = [| Array2D.length1 values; Array2D.length2 values |]
        Tensor.OfArray(NdArray(Float64, shape, ManagedArrays.Flat<float> values))

    /// <summary>A matrix [rows; columns] of float32.</summary>
    /// <param name="values">The numbers, by row and column.</param>
    /// <returns>float32 [rows; columns].</returns>
    static member tensor(values: float32[,]) : Tensor =
        let shape = [| Array2D.length1 values; Array2D.length2 values |]
        Tensor.OfArray(NdArray(Float32, shape, ManagedArrays.Flat<float32> values))

    /// <summary>A stack of matrices [slices; rows; columns] of float64.</summary>
    /// <param name="slices">The numbers: a list of slices, each a list of rows. All slices have one number of rows, all
    /// rows one length.</param>
    /// <returns>float64 [slices; rows; columns].</returns>
    /// <exception cref="T:NeuralDE.ShapeException">Slices have different numbers of rows, or rows different
    /// lengths.</exception>
    static member tensor(slices: float list list list) : Tensor =
        let slices = slices |> List.toArray |> Array.map List.toArray
        let rows = if slices.Length = 0 then 0 else slices[0].Length
        let width = if rows = 0 then 0 else List.length (slices[0][0])

        slices
        |> Array.iteri (fun i slice ->
            if slice.Length <> rows then TensorMakers.Ragged(slice.Length, string i, rows)

            slice
            |> Array.iteri (fun j row ->
                if row.Length <> width then TensorMakers.Ragged(row.Length, $"{string i}, {string j}", width)))

        let values = slices |> Array.collect (Array.collect List.toArray)
        Tensor.OfArray(NdArray(Float64, [| slices.Length; rows; width |], values))

    /// <summary>A stack of matrices [slices; rows; columns] of float64.</summary>
    /// <param name="values">The numbers, by slice, row and column.</param>
    /// <returns>float64 [slices; rows; columns].</returns>
    static member tensor(values: float[,,]) : Tensor =
        let shape = [| Array3D.length1 values; Array3D.length2 values; Array3D.length3 values |]
        Tensor.OfArray(NdArray(Float64, shape, ManagedArrays.Flat<float> values))

    /// <summary>A tensor with one number, of shape [].</summary>
    /// <param name="value">The number.</param>
    /// <returns>float64 [].</returns>
    static member scalar(value: float) : Tensor = Tensor.OfArray(NdArray(Float64, [||], [| value |]))

    /// <summary>A tensor with one number, of shape [].</summary>
    /// <param name="value">The number.</param>
    /// <returns>float32 [].</returns>
    static member scalar(value: float32) : Tensor = Tensor.OfArray(NdArray(Float32, [||], [| value |]))
    /// <summary>A tensor with one number, of shape [].</summary>
    /// <param name="value">The number.</param>
    /// <returns>int32 [].</returns>
    static member scalar(value: int) : Tensor = Tensor.OfArray(NdArray(Int32, [||], [| value |]))
    /// <summary>A tensor with one number, of shape [].</summary>
    /// <param name="value">The number.</param>
    /// <returns>int64 [].</returns>
    static member scalar(value: int64) : Tensor = Tensor.OfArray(NdArray(Int64, [||], [| value |]))
    /// <summary>A tensor with one bool, of shape [].</summary>
    /// <param name="value">The bool.</param>
    /// <returns>bool [].</returns>
    static member scalar(value: bool) : Tensor = Tensor.OfArray(NdArray(Bool, [||], [| value |]))

    /// <summary>The element of a tensor with one element, as a tensor of shape [].</summary>
    /// <param name="value">A tensor of any shape with one element.</param>
    /// <returns>[], of the dtype of the tensor.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">The tensor has no or several elements.</exception>
    static member scalar(value: Tensor) : Tensor =
        if value.Count <> 1 then
            Expect.misfit $"scalar: got shape {Expect.text value}, expected one element. Pick one, as in x[0]."

        Prim.reshape [||] value

/// Tensors from a shape, a range or a key. The dtype is float64 unless stated otherwise; convert with `cast Float32`.
/// InputException for a negative number of elements, ShapeException for a negative extent, and for a shape that does not
/// fit in memory.
[<AutoOpen; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Makers =
    let private ofFloats dtype shape values = Tensor.OfArray(NdArray.OfFloats(dtype, shape, values))

    /// A constant tensor. Its array is allocated when its numbers are read; a trace allocates none.
    let private filled verb dtype shape value =
        Shape.stored verb shape |> ignore
        Tensor.Filled(Tensor.Number(dtype, value), shape)

    /// <summary>Zeros of a shape.</summary>
    /// <param name="shape">The extents, 0 or more; [] for a single number.</param>
    /// <returns>float64, of this shape.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">An extent is negative, or the tensor does not fit in
    /// memory.</exception>
    let zeros (shape: int list) : Tensor = filled "zeros" Float64 (Expect.extents "zeros" shape) 0.0

    /// <summary>Ones of a shape.</summary>
    /// <param name="shape">The extents, 0 or more; [] for a single number.</param>
    /// <returns>float64, of this shape.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">An extent is negative, or the tensor does not fit in
    /// memory.</exception>
    let ones (shape: int list) : Tensor = filled "ones" Float64 (Expect.extents "ones" shape) 1.0

    /// <summary>A tensor of a shape filled with one value.</summary>
    /// <param name="shape">The extents, 0 or more; [] for a single number.</param>
    /// <param name="value">The value of every element.</param>
    /// <returns>float64, of this shape.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">An extent is negative, or the tensor does not fit in
    /// memory.</exception>
    let full (shape: int list) (value: float) : Tensor = filled "full" Float64 (Expect.extents "full" shape) value

    /// <summary>Zeros with the shape and dtype of x.</summary>
    /// <param name="x">A tensor of any shape and dtype; its numbers are not read.</param>
    /// <returns>The shape and dtype of x.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">x is a placeholder whose shape does not fit in memory.</exception>
    let zerosLike (x: Tensor) : Tensor = filled "zerosLike" x.Dtype x.Dims 0.0

    /// <summary>Ones with the shape and dtype of x.</summary>
    /// <param name="x">A tensor of any shape and dtype; its numbers are not read.</param>
    /// <returns>The shape and dtype of x.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">x is a placeholder whose shape does not fit in memory.</exception>
    let onesLike (x: Tensor) : Tensor = filled "onesLike" x.Dtype x.Dims 1.0

    /// <summary>n evenly spaced points from `first` to `last`, both included: [n]. The last point is exactly `last`; a
    /// single point is `first`.</summary>
    /// <param name="first">The first point.</param>
    /// <param name="last">The last point.</param>
    /// <param name="n">The number of points, 0 or more.</param>
    /// <returns>float64 [n].</returns>
    /// <exception cref="T:NeuralDE.InputException">n is negative.</exception>
    /// <exception cref="T:NeuralDE.ShapeException">The points do not fit in memory.</exception>
    let linspace (first: float) (last: float) (n: int) : Tensor =
        Expect.count "linspace" "n" n
        NdArray.Claim("linspace", Float64, [| n |])
        let step = (last - first) / float (max 1 (n - 1))
        let point i = if i = n - 1 && i > 0 then last else first + float i * step
        ofFloats Float64 [| n |] (Array.init n point)

    /// <summary>n points from 10^first to 10^last with evenly spaced exponents: [n].</summary>
    /// <param name="first">The decimal exponent of the first point.</param>
    /// <param name="last">The decimal exponent of the last point.</param>
    /// <param name="n">The number of points, 0 or more.</param>
    /// <returns>float64 [n].</returns>
    /// <exception cref="T:NeuralDE.InputException">n is negative.</exception>
    /// <exception cref="T:NeuralDE.ShapeException">The points do not fit in memory.</exception>
    let logspace (first: float) (last: float) (n: int) : Tensor =
        Expect.count "logspace" "n" n
        NdArray.Claim("logspace", Float64, [| n |])
        ofFloats Float64 [| n |] ((linspace first last n).ToArray() |> Array.map (fun e -> Math.Pow(10.0, e)))

    /// <summary>The numbers start, start + step, … before stop.</summary>
    /// <param name="start">The first number.</param>
    /// <param name="stop">The end, which is excluded.</param>
    /// <param name="step">The difference of two numbers, not 0; negative steps count down.</param>
    /// <returns>float64 [n]; [0] if stop is not beyond start in the direction of the step.</returns>
    /// <exception cref="T:NeuralDE.InputException">start or stop is not finite, step is 0 or NaN, or
    /// (stop − start) / step overflows.</exception>
    /// <exception cref="T:NeuralDE.ShapeException">The numbers do not fit in memory.</exception>
    let arange (start: float) (stop: float) (step: float) : Tensor =
        if step = 0.0 || Double.IsNaN step || Double.IsNaN start || not (Double.IsFinite((stop - start) / step)) then
            raise (
                InputException
                    $"arange: got start {string start}, stop {string stop}, step {string step}; expected finite numbers and a step that is not 0."
            )

        let n = Math.Ceiling((stop - start) / step) |> max 0.0

        if n > float Shape.mostStored then
            Expect.misfit
                $"arange: from {string start} to {string stop} by {string step} would make {string n} elements, more than the {string Shape.mostStored} that fit in one array. Use a larger step."

        let n = int n
        NdArray.Claim("arange", Float64, [| n |])
        ofFloats Float64 [| n |] (Array.init n (fun i -> start + float i * step))

    /// <summary>The identity matrix [n; n].</summary>
    /// <param name="n">The number of rows, 0 or more.</param>
    /// <returns>float64 [n; n].</returns>
    /// <exception cref="T:NeuralDE.InputException">n is negative.</exception>
    /// <exception cref="T:NeuralDE.ShapeException">The matrix does not fit in memory.</exception>
    let eye (n: int) : Tensor =
        Expect.count "eye" "n" n
        NdArray.Claim("eye", Float64, [| n; n |])
        let numbers: float[] = Array.zeroCreate (n * n)

        for i in 0 .. n - 1 do
            numbers[i * n + i] <- 1.0

        ofFloats Float64 [| n; n |] numbers

    // ── random ───────────────────────────────────────────────────────────────────────────────────────────────────
    // A batch of keys [batch…] gives [batch…; shape…].
    let private draw verb kind dtype (key: Key) (shape: int list) =
        let signature: Signature = { Dtype = dtype; Shape = Expect.extents verb shape }
        Expect.made verb [| key.Tensor |] (Array.append key.Tensor.Dims signature.Shape)
        Tensor.Apply(Random(kind, signature), [| key.Tensor |])

    /// <summary>Uniform random numbers in [0, 1). Equal keys give equal numbers; a batch of keys [batch…] gives
    /// [batch…; shape…].</summary>
    /// <param name="key">The key, or a batch of keys [batch…].</param>
    /// <param name="shape">The shape of the numbers of one key.</param>
    /// <returns>float64, of this shape; [batch…; shape…] for a batch of keys.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">An extent is negative, or the result does not fit in
    /// memory.</exception>
    let rand (key: Key) (shape: int list) : Tensor = draw "rand" Uniform Float64 key shape

    /// <summary>Standard normal random numbers. Equal keys give equal numbers; a batch of keys [batch…] gives [batch…;
    /// shape…].</summary>
    /// <param name="key">The key, or a batch of keys [batch…].</param>
    /// <param name="shape">The shape of the numbers of one key.</param>
    /// <returns>float64, of this shape; [batch…; shape…] for a batch of keys.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">An extent is negative, or the result does not fit in
    /// memory.</exception>
    let randn (key: Key) (shape: int list) : Tensor = draw "randn" Normal Float64 key shape

    /// <summary>Uniform random integers (int64) from low to high − 1.</summary>
    /// <param name="key">The key, or a batch of keys [batch…].</param>
    /// <param name="low">The smallest integer.</param>
    /// <param name="high">The end, which is excluded: larger than low.</param>
    /// <param name="shape">The shape of the numbers of one key.</param>
    /// <returns>int64, of this shape; [batch…; shape…] for a batch of keys.</returns>
    /// <exception cref="T:NeuralDE.InputException">high is not larger than low.</exception>
    /// <exception cref="T:NeuralDE.ShapeException">An extent is negative, or the result does not fit in
    /// memory.</exception>
    let randint (key: Key) (low: int) (high: int) (shape: int list) : Tensor =
        if high <= low then
            raise (
                InputException
                    $"randint: got low {string low} and high {string high}; high is exclusive and must be larger than low."
            )

        let whole (n: int64) = // exact, unlike a plain float
            Tensor.Apply(Op.Constant { Literal.Dtype = Int64; Bits = n }, [||])

        let bits = draw "randint" Bits Int64 key shape
        let like n = Prim.broadcast bits.Dims [||] (whole n)
        Prim.binary Mod bits (like (int64 high - int64 low)) + like (int64 low)

    /// <summary>Random bools, true with probability p.</summary>
    /// <param name="key">The key, or a batch of keys [batch…].</param>
    /// <param name="p">The probability, 0 to 1.</param>
    /// <param name="shape">The shape of the bools of one key.</param>
    /// <returns>bool, of this shape; [batch…; shape…] for a batch of keys.</returns>
    /// <exception cref="T:NeuralDE.InputException">p is outside 0 to 1.</exception>
    /// <exception cref="T:NeuralDE.ShapeException">An extent is negative, or the result does not fit in
    /// memory.</exception>
    let bernoulli (key: Key) (p: float) (shape: int list) : Tensor =
        if not (p >= 0.0 && p <= 1.0) then
            raise (InputException $"bernoulli: got p = {string p}, expected a probability from 0 to 1.")

        let u = draw "bernoulli" Uniform Float64 key shape
        Tensor.Compare("bernoulli", Less, u, Tensor.Number(Float64, p))

    /// <summary>The numbers 0 to n − 1 (int64) in random order: [n].</summary>
    /// <param name="key">The key, or a batch of keys [batch…].</param>
    /// <param name="n">The number of integers, 0 or more.</param>
    /// <returns>int64 [n]; [batch…; n] for a batch of keys.</returns>
    /// <exception cref="T:NeuralDE.InputException">n is negative.</exception>
    /// <exception cref="T:NeuralDE.ShapeException">The result does not fit in memory.</exception>
    let permutation (key: Key) (n: int) : Tensor =
        Expect.count "permutation" "n" n
        let u = draw "permutation" Uniform Float64 key [ n ]
        Tensor.Apply(ArgSort(u.Rank - 1), [| u |])

    /// <summary>The rows of x (along its first axis) in random order.</summary>
    /// <param name="key">One key, not a batch of keys.</param>
    /// <param name="x">[n; …], of any dtype.</param>
    /// <returns>The shape and dtype of x.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">x is a single number, or there are several keys.</exception>
    let shuffle (key: Key) (x: Tensor) : Tensor =
        Expect.rankAtLeast "shuffle" 1 x
        Expect.rank "shuffle" 0 "the key" key.Tensor
        Prim.gather 0 x (permutation key x.Length)
