namespace NeuralDE

/// Which unknowns of a root depend on each other through its residual.
[<RequireQualifiedAccess>]
type RootCoupling =
    /// All unknowns: one system.
    | Joint
    /// The unknowns of one sample: the first axis of every leaf of the root is a batch, and sample k of the residual
    /// depends only on sample k of the root. Each sample has its own system.
    | PerSample

/// Options of GMRES, restarted: Saad and Schultz, SIAM J. Sci. Stat. Comput. 7, 1986.
type GmresOptions =
    {
        /// The relative tolerance: a system is solved when the norm of its residual is at most Rtol times that of the
        /// right side, default 1e-10. It is at least 32 times the rounding error of the dtype.
        Rtol: float
        /// The absolute tolerance, as an alternative; default 0.
        Atol: float
        /// The maximum number of products with the Jacobian; default 1000.
        MaxIterations: int
        /// The number of directions kept before a restart; default 30.
        Restart: int
    }

    static member defaults = { Rtol = 1e-10; Atol = 0.0; MaxIterations = 1000; Restart = 30 }

/// Options of the iteration w ← b + (∂F/∂z) w, which converges where z ← F(z) does.
type SameIterationOptions =
    {
        /// The relative tolerance: a system is solved when the norm of its residual is at most Rtol times that of the
        /// right side, default 1e-10. It is at least 32 times the rounding error of the dtype.
        Rtol: float
        /// The absolute tolerance, as an alternative; default 0.
        Atol: float
        /// The maximum number of products with the Jacobian; default 1000.
        MaxIterations: int
    }

    static member defaults: SameIterationOptions = { Rtol = 1e-10; Atol = 0.0; MaxIterations = 1000 }

/// How the linear systems of a root's derivatives, (∂r/∂z) w = b and (∂r/∂z)ᵀ w = b, are solved.
[<RequireQualifiedAccess; NoEquality; NoComparison>]
type RootSolve<'Z> =
    /// LU factors of the Jacobian, which takes n directional derivatives for n unknowns, in all or in one sample. O(n³)
    /// time, O(n²) memory.
    | Dense
    /// GMRES, by products with the Jacobian, without building the matrix: one directional derivative or pullback per
    /// iteration.
    | Gmres of GmresOptions
    /// The root's own iteration, for a residual z − F(z).
    | SameIteration of SameIterationOptions
    /// A custom solver: from w ↦ A w and b to the w with A w = b. It is accepted if the norm of b − A w is at most rtol
    /// times that of b.
    | Own of rtol: float * solver: (('Z -> 'Z) -> 'Z -> 'Z)

/// How the derivatives of a root are computed.
[<NoEquality; NoComparison>]
type RootOptions<'Z> =
    {
        /// The unknowns that depend on each other; default RootCoupling.Joint.
        Coupling: RootCoupling
        /// The method that solves linear systems; default RootSolve.Dense.
        Solve: RootSolve<'Z>
    }

    static member defaults: RootOptions<'Z> = { Coupling = RootCoupling.Joint; Solve = RootSolve.Dense }

namespace NeuralDE.Internal.Calculus

open System
open NeuralDE

module internal RootOptions =
    let private wrong verb name (got: string) expected =
        raise (InputException $"{verb}: got {name} {got}, expected {expected}.")

    let private limits verb case rtol atol most =
        let isBound x = x >= 0.0 && Double.IsFinite x

        if not (isBound rtol && isBound atol) || (rtol = 0.0 && atol = 0.0) then
            wrong
                verb
                $"{case} with Rtol"
                $"{string rtol} and Atol {string atol}"
                "finite numbers of 0 or more, not both 0"

        if most < 1 then wrong verb $"{case} with MaxIterations" (string most) "1 or more"

    /// Raises InputException for an option out of range.
    let check verb (options: RootOptions<'Z>) : unit =
        if isNull (box options) then nullArg (nameof options)
        if isNull (box options.Coupling) then nullArg "options.Coupling"

        match options.Solve with
        | s when isNull (box s) -> nullArg "options.Solve"
        | RootSolve.Dense -> ()
        | RootSolve.Gmres g ->
            if isNull (box g) then nullArg "options.Solve"
            limits verb "Gmres" g.Rtol g.Atol g.MaxIterations
            if g.Restart < 1 then wrong verb "Gmres with Restart" (string g.Restart) "1 or more"
        | RootSolve.SameIteration s ->
            if isNull (box s) then nullArg "options.Solve"
            limits verb "SameIteration" s.Rtol s.Atol s.MaxIterations
        | RootSolve.Own(rtol, solver) ->
            if isNull (box solver) then nullArg (nameof solver)

            if not (rtol >= 0.0 && Double.IsFinite rtol) then
                wrong verb "Own with rtol" (string rtol) "a finite number of 0 or more"
