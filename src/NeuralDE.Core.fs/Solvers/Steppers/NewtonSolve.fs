namespace NeuralDE.Internal.Steppers

open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor

/// Solves the equation of an implicit stage, z = known + c f(t, z): Newton's method finds the root with a given matrix
/// factor, and the derivative of the root is that of the residual (implicit function theorem).
module internal NewtonSolve =
    [<NoEquality; NoComparison>]
    type Found =
        {
            Z: Tensor
            /// int32
            Iterations: Tensor
            /// bool
            Solved: Tensor
        }

    /// The fraction of the tolerance that the iteration error may have: 1e-1 to 1e-2 in E. Hairer, G. Wanner, Solving
    /// Ordinary Differential Equations II, section IV.8.
    let private kappa = 1e-2

    /// A displacement of z of at most this many rounding errors counts as 0, because float32 cannot reach small tolerances.
    let private roundings = 4.0

    /// Replaces a scale of 0 as a divisor. Above the smallest normal number (1.2e-38 and 2.2e-308), with room for the quotient.
    let private leastScale (dtype: Dtype) = if dtype = Float32 then 1e-30 else 1e-300

    [<NoEquality; NoComparison>]
    type private Search = { Z: Tensor; Last: Tensor; Count: Tensor; IsDone: Tensor; Fails: Tensor }

    /// `scale`: the error of scaled size 1, packed. Scale, factor and guess affect the iteration only, not the root.
    let stage
        (terms: Terms)
        (like: Tensor[])
        (factor: Jacobian.Factor)
        (scale: Tensor)
        (t: Tensor)
        (c: Tensor)
        (known: Tensor)
        (guess: Tensor)
        : Found =
        let residual t (c: Tensor) (known: Tensor) (z: Tensor) =
            z - known - RungeKutta.spread c z * Flat.pack (terms.Field t (Flat.unpack like z))

        // with atol = 0 the scale of a component that is 0 is 0: a displacement of 0 is then accepted, any other is too large
        let scale = Prim.binary Max scale (Prim.fill scale.Dtype scale.Dims (leastScale scale.Dtype))

        let size (x: Tensor) =
            if x.Count = 0 then
                Prim.number 0.0
            else
                let q = x / scale
                sqrt (Prim.times (1.0 / float x.Count) (Prim.cast Float64 (Prim.sum (q * q))))

        let rounding = Prim.times (roundings * known.Dtype.Epsilon) (size (Prim.stop known))

        // stops if the remaining displacement, estimated from the contraction rate, is below κ; fails if displacements grow
        let iterate (s: Search) : Search =
            let dz = -(Jacobian.solve factor (residual t c known s.Z))
            let now = size dz
            let rate = now / s.Last
            let isFirst = Prim.isNumber s.Count 0
            let contracts = Prim.either isFirst (Prim.compareTo Less rate 1.0)
            let left = Prim.select isFirst (Prim.times 10.0 now) (now * rate / (1.0 - rate))
            let isSmall = Prim.both contracts (Prim.compareTo LessEqual left kappa)
            let isDone = Prim.either isSmall (Prim.compare LessEqual now rounding)

            { Z = s.Z + dz
              Last = now
              Count = Prim.plus 1.0 s.Count
              IsDone = isDone
              Fails = Prim.both (Prim.isNot contracts) (Prim.isNot isDone) }

        let search (_: Tensor[]) =
            let no = Prim.literal Bool 0.0
            let goesOn (s: Search) = Prim.isNot (Prim.either s.IsDone s.Fails)

            let start = { Z = guess; Last = Prim.number 1.0; Count = Prim.integer 0; IsDone = no; Fails = no }

            let found = repeatWhile goesOn terms.MostIterations iterate start
            [| found.Z; found.Count; found.IsDone |]

        let ofResidual (z: Tensor) (p: Tensor[]) = residual p[0] p[1] p[2] z
        let found = ImplicitRoots.rootWith "a Newton iteration" search ofResidual [| t; c; known |]

        { Z = found[0]; Iterations = found[1]; Solved = found[2] }
