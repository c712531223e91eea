namespace NeuralDE

open System
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor

/// Complex numbers Re + i Im: two tensors of equal shape and float dtype.
type ComplexTensor = { Re: Tensor; Im: Tensor }

/// Discrete Fourier and cosine transforms along the last axis; the axes before it are a batch.
[<AutoOpen; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module FourierVerbs =
    let private length verb (x: Tensor) =
        Expect.floats verb x
        Expect.rankAtLeast verb 1 x
        let n = x.Dims[x.Rank - 1]

        if n = 0 then
            Expect.misfit $"{verb}: got shape {Expect.text x}, expected at least one element along the last axis."

        n

    let private pair verb (x: ComplexTensor) =
        let n = length verb x.Re
        Expect.oneDtype verb [| x.Re; x.Im |]

        if not (Shape.same x.Re.Dims x.Im.Dims) then
            Expect.misfit $"{verb}: Re has shape {Expect.text x.Re}, Im {Expect.text x.Im}; they must be equal."

        n

    let private transform inverse (x: ComplexTensor) : ComplexTensor =
        let r = x.Re.Rank
        let y = Prim.fft inverse (Prim.stack r [| x.Re; x.Im |])
        { Re = Prim.pick r 0 y; Im = Prim.pick r 1 y }

    let private over (n: float) (x: Tensor) = Prim.binary Div x (Prim.fill x.Dtype x.Dims n)
    let private first n (x: Tensor) = Prim.range (x.Rank - 1) 0 n x

    /// <summary>The discrete Fourier transform of [batch…; n]: Xₖ = Σⱼ xⱼ exp(−2πi jk/n).</summary>
    /// <param name="x">Re and Im [batch…; n], floats.</param>
    /// <returns>Re and Im [batch…; n].</returns>
    /// <exception cref="T:NeuralDE.ShapeException">Re and Im have different shapes, or no elements along the last
    /// axis.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">Re and Im are not of one float dtype.</exception>
    let fft (x: ComplexTensor) : ComplexTensor =
        pair "fft" x |> ignore
        transform false x

    /// <summary>The inverse of `fft`: xⱼ = 1/n Σₖ Xₖ exp(2πi jk/n).</summary>
    /// <param name="x">Re and Im [batch…; n], floats.</param>
    /// <returns>Re and Im [batch…; n].</returns>
    /// <exception cref="T:NeuralDE.ShapeException">Re and Im have different shapes, or no elements along the last
    /// axis.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">Re and Im are not of one float dtype.</exception>
    let ifft (x: ComplexTensor) : ComplexTensor =
        let n = pair "ifft" x
        let y = transform true x
        { Re = over (float n) y.Re; Im = over (float n) y.Im }

    /// <summary>The discrete Fourier transform of n real numbers: its first n/2 + 1 elements, [batch…; n] → [batch…;
    /// n/2 + 1]. The other elements are their conjugates.</summary>
    /// <param name="x">[batch…; n], floats.</param>
    /// <returns>Re and Im [batch…; n/2 + 1], of the dtype of x.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">x has no last axis, or no elements along it.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">x is not a float.</exception>
    let rfft (x: Tensor) : ComplexTensor =
        let n = length "rfft" x
        let y = transform false { Re = x; Im = Prim.zerosLike x }
        { Re = first (n / 2 + 1) y.Re; Im = first (n / 2 + 1) y.Im }

    /// <summary>The n real numbers whose `rfft` is x [batch…; n/2 + 1]. Imaginary parts that must be 0 are
    /// ignored.</summary>
    /// <param name="n">The number of real numbers, 1 or more.</param>
    /// <param name="x">Re and Im [batch…; n/2 + 1], floats.</param>
    /// <returns>[batch…; n], of the dtype of x.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">Re and Im have different shapes, or not n/2 + 1 elements along the
    /// last axis.</exception>
    /// <exception cref="T:NeuralDE.InputException">n is less than 1.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">Re and Im are not of one float dtype.</exception>
    let irfft (n: int) (x: ComplexTensor) : Tensor =
        let given = pair "irfft" x
        Expect.positive "irfft" "n" n

        if given <> n / 2 + 1 then
            Expect.misfit
                $"irfft: {string n} numbers have {string (n / 2 + 1)} elements in their transform, got {string given}, shape {Expect.text x.Re}."

        let axis = x.Re.Rank - 1
        let mirrored (y: Tensor) = Prim.range axis 1 (n - n / 2) y |> Prim.reverse [| axis |]
        let re = Prim.concat axis [| x.Re; mirrored x.Re |]
        let im = Prim.concat axis [| x.Im; -(mirrored x.Im) |]
        over (float n) (transform true { Re = re; Im = im }).Re

    // ── cosine transforms (Makhoul 1980) ─────────────────────────────────────────────────────────────────────────
    /// cos and sin of πk/2n.
    let private turn dtype shape n =
        let angle = Prim.times (Math.PI / (2.0 * float n)) (Prim.iota dtype shape (shape.Length - 1))
        cos angle, sin angle

    /// Factors that make the transform of type 2 orthogonal: 1/√4n for k = 0, otherwise 1/√2n.
    let private scale dtype (shape: int[]) n =
        let isFirst = Prim.compareTo Equal (Prim.iota dtype shape (shape.Length - 1)) 0.0
        let filled value = Prim.fill dtype shape value
        Prim.select isFirst (filled (1.0 / sqrt (4.0 * float n))) (filled (1.0 / sqrt (2.0 * float n)))

    let private forward n (x: Tensor) =
        let axis = x.Rank - 1

        let every start =
            let from = Array.init x.Rank (fun i -> if i = axis then min start n else 0)
            Prim.slice from x.Dims (Array.init x.Rank (fun i -> if i = axis then 2 else 1)) x

        let v = Prim.concat axis [| every 0; Prim.reverse [| axis |] (every 1) |]
        let y = transform false { Re = v; Im = Prim.zerosLike v }
        let cosine, sine = turn x.Dtype x.Dims n
        Prim.times 2.0 (y.Re * cosine + y.Im * sine)

    /// The inverse of forward.
    let private backward n (x: Tensor) =
        let axis = x.Rank - 1
        let cosine, sine = turn x.Dtype x.Dims n
        let zero = Prim.zerosLike (Prim.range axis 0 1 x)
        let mirrored = Prim.concat axis [| zero; Prim.reverse [| axis |] (Prim.range axis 1 n x) |]
        let re = x * cosine + mirrored * sine
        let im = x * sine - mirrored * cosine
        let v = over (2.0 * float n) (transform true { Re = re; Im = im }).Re
        let half = (n + 1) / 2
        interleave axis (Prim.range axis 0 half v) (Prim.reverse [| axis |] (Prim.range axis half n v))

    /// <summary>The cosine transform of type 2: yₖ = 2 Σⱼ xⱼ cos(π k (2j + 1) / 2n). If orthonormal, y₀ is multiplied
    /// by 1/√4n and the others by 1/√2n.</summary>
    /// <param name="isOrthonormal">Whether the transform is scaled to an orthogonal matrix.</param>
    /// <param name="x">[batch…; n], floats.</param>
    /// <returns>[batch…; n].</returns>
    /// <exception cref="T:NeuralDE.ShapeException">x has no last axis, or no elements along it.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">x is not a float.</exception>
    let dct (isOrthonormal: bool) (x: Tensor) : Tensor =
        let n = length "dct" x
        let y = forward n x
        if isOrthonormal then y * scale x.Dtype x.Dims n else y

    /// <summary>The inverse of `dct` with the same option. If orthonormal, it is the cosine transform of type
    /// 3.</summary>
    /// <param name="isOrthonormal">Whether the transform is scaled to an orthogonal matrix.</param>
    /// <param name="x">[batch…; n], floats.</param>
    /// <returns>[batch…; n].</returns>
    /// <exception cref="T:NeuralDE.ShapeException">x has no last axis, or no elements along it.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">x is not a float.</exception>
    let idct (isOrthonormal: bool) (x: Tensor) : Tensor =
        let n = length "idct" x
        backward n (if isOrthonormal then x / scale x.Dtype x.Dims n else x)

    /// <summary>The cosine transform of type 3: yₖ = x₀ + 2 Σⱼ xⱼ cos(π j (2k + 1) / 2n) over j ≥ 1, which is 2n times
    /// the inverse of type 2. If orthonormal, it is `idct`.</summary>
    /// <param name="isOrthonormal">Whether the transform is scaled to an orthogonal matrix.</param>
    /// <param name="x">[batch…; n], floats.</param>
    /// <returns>[batch…; n].</returns>
    /// <exception cref="T:NeuralDE.ShapeException">x has no last axis, or no elements along it.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">x is not a float.</exception>
    let dct3 (isOrthonormal: bool) (x: Tensor) : Tensor =
        if isOrthonormal then
            idct true x
        else
            let n = length "dct3" x
            Prim.times (2.0 * float n) (backward n x)
