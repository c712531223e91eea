namespace NeuralDE

/// Which unknowns of a root depend on each other through its residual.
[<RequireQualifiedAccess>]
type RootCoupling =
    /// All of them: one system.
    | Joint
    /// Those of one sample: the first axis of every leaf of the root is a batch, and sample k of the residual depends on sample k
    /// of the root only. Each sample has a system of its own.
    | PerSample

/// GMRES, restarted: Saad and Schultz, SIAM J. Sci. Stat. Comput. 7, 1986.
type GmresOptions =
    {
        /// A system is solved when its residual's norm is at most this part of the right side's, 1e-10. Below 32 roundings of
        /// the element type, those count.
        Rtol: float
        /// or at most this, 0
        Atol: float
        /// products with the Jacobian, 1000
        MaxIterations: int
        /// directions kept before it starts again from what it has, 30
        Restart: int
    }

    static member defaults = { Rtol = 1e-10; Atol = 0.0; MaxIterations = 1000; Restart = 30 }

/// The iteration w ← b + (∂F/∂z) w, which converges where z ← F(z) does.
type SameIterationOptions =
    {
        /// A system is solved when its residual's norm is at most this part of the right side's, 1e-10. Below 32 roundings of
        /// the element type, those count.
        Rtol: float
        /// or at most this, 0
        Atol: float
        /// products with the Jacobian, 1000
        MaxIterations: int
    }

    static member defaults: SameIterationOptions = { Rtol = 1e-10; Atol = 0.0; MaxIterations = 1000 }

/// How the linear systems of a root's derivatives, (∂r/∂z) w = b and (∂r/∂z)ᵀ w = b, are solved.
[<RequireQualifiedAccess; NoEquality; NoComparison>]
type RootSolve<'Z> =
    /// By LU factors of the Jacobian, made of n directional derivatives: n unknowns in all, or in a sample. O(n³) time, O(n²) memory.
    | Dense
    /// By products with the Jacobian, which is never formed: one directional derivative or pullback an iteration.
    | Gmres of GmresOptions
    /// By the root's own iteration, for a residual z − F(z).
    | SameIteration of SameIterationOptions
    /// By a function of w ↦ A w and b that returns w with A w = b. Accepted where the norm of b − A w is at most rtol times that of b.
    | Own of rtol: float * solver: (('Z -> 'Z) -> 'Z -> 'Z)

/// How the derivatives of a root are computed.
[<NoEquality; NoComparison>]
type RootOptions<'Z> =
    {
        /// RootCoupling.Joint
        Coupling: RootCoupling
        /// RootSolve.Dense
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

    /// Refuses what is out of range.
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
