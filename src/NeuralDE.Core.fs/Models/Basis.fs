namespace NeuralDE

open System
open NeuralDE.Internal.Tensor

/// Functions of the depth s, which goes from 0 at the start of a solve to 1 at its end. The first function is the constant 1.
[<RequireQualifiedAccess>]
type Basis =
    /// 1, cos 2πks, sin 2πks for k = 1 … harmonics
    | Fourier of harmonics: int
    /// T_k(2s − 1) for k = 0 … degree
    | Chebyshev of degree: int
    /// s^k for k = 0 … degree
    | Polynomial of degree: int
    /// 1, and `bumps` functions exp(−((s − c) / w)² / 2), with centres c evenly spaced over [0, 1] at a distance of w
    | RadialBasis of bumps: int

    /// <summary>The number of functions.</summary>
    /// <param name="basis">The basis.</param>
    /// <returns>A number, at least 1.</returns>
    static member count(basis: Basis) : int =
        let n =
            match basis with
            | Fourier harmonics -> 2 * harmonics
            | Chebyshev n
            | Polynomial n
            | RadialBasis n -> n

        Expect.count "Basis" "degree" n
        n + 1

    /// <summary>The values of all functions at s, a float tensor []: [count], in the dtype of s.</summary>
    /// <param name="basis">The basis.</param>
    /// <param name="s">A float tensor [].</param>
    /// <returns>[count], in the dtype of s.</returns>
    /// <remarks>ShapeException unless s has the shape []; DtypeException unless s is a float tensor.</remarks>
    static member values (basis: Basis) (s: Tensor) : Tensor =
        Expect.floats "Basis.values" s
        Expect.rank "Basis.values" 0 "the depth" s
        let one = Prim.onesLike s

        let others =
            match basis with
            | Fourier harmonics ->
                [ for k in 1..harmonics do
                      let angle = (2.0 * Math.PI * float k) * s
                      cos angle
                      sin angle ]
            | Chebyshev degree ->
                // T_{k+1}(x) = 2 x T_k(x) − T_{k−1}(x)
                let x = 2.0 * s - 1.0
                List.unfold
                    (fun (k, t, next) -> if k > degree then None else Some(next, (k + 1, next, 2.0 * x * next - t)))
                    (1, one, x)
            | Polynomial degree ->
                List.unfold (fun (k, power) -> if k > degree then None else Some(power, (k + 1, power * s))) (1, s)
            | RadialBasis bumps ->
                let width = 1.0 / float (max 1 (bumps - 1))

                [ for i in 0 .. bumps - 1 do
                      let centre = if bumps = 1 then 0.5 else float i * width
                      exp (-0.5 * square ((s - centre) / width)) ]

        Basis.count basis |> ignore
        stack (one :: others)

    /// One basis of each kind, for tests of laws that hold for all of them. Use `Basis.Fourier 2`,
    /// `Basis.Polynomial 3`, … for a single basis.
    static member all = [ Fourier 2; Chebyshev 4; Polynomial 3; RadialBasis 3 ]
