namespace NeuralDE.Internal.Calculus

open System.Collections.Concurrent
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor

/// Matrix-free solvers of linear systems A w = b, given the map w ↦ A w. b and w are [rows; n]: each row is a system
/// with its own tolerance and stopping test. A system that is not solved raises after the run; NaN gives NaN.
module internal LinearSolves =
    [<NoEquality; NoComparison>]
    type private Found =
        {
            W: Tensor
            /// [rows]: the norm of b − A w
            Norm: Tensor
            /// [rows], int32
            Count: Tensor
        }

    /// The smallest rtol, in units of the dtype's rounding error: sums of a few hundred terms leave such a residual.
    let private leastRoundings = 32.0

    let private epsilon (x: Tensor) = x.Dtype.Epsilon
    let private over (shape: int[]) axes (x: Tensor) = Prim.broadcast shape axes x
    /// Broadcasts one number per row to [rows; n].
    let private beside (x: Tensor) (v: Tensor) = over x.Dims [| 0 |] v
    let private largest (x: Tensor) = Prim.reduce Maximum [| 1 |] (abs x)

    /// The Euclidean norm of each row, scaled so that squares neither overflow nor underflow.
    let private lengths (x: Tensor) =
        let most = largest x
        let isScale = Prim.both (isFinite most) (Prim.compareTo Greater most 0.0)
        let scale = Prim.select isScale most (Prim.onesLike most)
        let unit = x / beside x scale
        scale * sqrt (Prim.sumOver [| 1 |] (unit * unit))

    let private isAny (flags: Tensor) = Prim.compareTo Greater (Prim.sum (Prim.cast Int32 flags)) 0.0
    let private column (x: Tensor) = Prim.reshape (Array.append x.Dims [| 1 |]) x
    let private flat (x: Tensor) = Prim.reshape x.Dims[.. x.Rank - 2] x
    /// x where the flag is true, otherwise y.
    let private keep (flag: Tensor) (x: Tensor) (y: Tensor) = Prim.select (over x.Dims [| 0 |] flag) x y
    let private orZero (flag: Tensor) (x: Tensor) = Prim.select flag x (Prim.zerosLike x)

    // ── unsolved systems ─────────────────────────────────────────────────────────────────────────────────────────
    let private bySample = "LU by sample"

    let private mends =
        Map
            [ "GMRES", "Raise MaxIterations or Restart, or Rtol; where ∂r/∂z is singular there is no derivative."
              "SameIteration",
              "Write the residual as z − F(z) where z ← F(z) converges, raise MaxIterations or Rtol, or use Gmres."
              "your own solver", "Let it solve to rtol, or give a larger one."
              bySample,
              "Samples depend on each other, or ∂r/∂z is nearly singular: for RootCoupling.PerSample, sample k of the residual depends on sample k of the root alone. Use RootCoupling.Joint." ]

    let private failure (name: string) (args: NdArray[]) : exn voption =
        let numbers k = (args[k]: NdArray).Floats
        let norms, limits, counts = numbers 1, numbers 2, numbers 3

        match Seq.tryFindIndex (fun k -> not (norms[k] <= limits[k])) (seq { 0 .. norms.Length - 1 }) with
        | None -> ValueNone
        | Some k ->
            let which = if norms.Length = 1 then "" else $" of system {string k}"
            let after = if counts[k] = 0.0 then "" else $" after {string counts[k]} iterations"
            let samples =
                if norms.Length = 1 || name = bySample then
                    ""
                else
                    " Where systems are by sample, samples must not depend on each other."

            ValueSome(
                DerivativeException
                    $"implicitRoot: {name} did not solve the linear system of the root's derivative: the residual's norm{which} is {string norms[k]}{after}, expected at most {string limits[k]}. {mends[name]}{samples}"
            )

    /// One check object per solver, so that a second trace gives the same graph.
    let private checks = ConcurrentDictionary<string, Check>()

    /// w, checked that each row's norm is within its limit.
    let private checkedBy name (w: Tensor) (isWell: Tensor) (norm: Tensor) (limit: Tensor) (count: Tensor) : Tensor =
        let check = checks.GetOrAdd(name, (fun name -> { Look = failure name; Flagged = true }))

        let wide = Prim.cast Float64
        Tensor.Apply(Check check, [| w; isWell; wide norm; wide limit; wide count |])

    /// w found by `run` for b within limits [rows] of the norm. A row that is not finite has no solution.
    let private limited name rtol atol apply (b: Tensor) (run: Tensor -> Tensor -> Found) : Tensor =
        let isKnown = isFinite (largest b)
        let known = orZero (beside b isKnown) b
        let rtol = max rtol (leastRoundings * epsilon b)
        let relative = Prim.times rtol (lengths known)
        let limit = Prim.binary Max relative (Prim.fill b.Dtype relative.Dims atol)
        let found = run known limit
        // compute the residual of rows that ended early once more: if rows depend on each other, it is no longer small
        let norm = if b.Dims[0] = 1 then found.Norm else lengths (known - apply found.W)
        let isWell = Prim.either (Prim.compare LessEqual norm limit) (Prim.isNot isKnown)
        let w = checkedBy name found.W isWell norm limit found.Count
        keep isKnown w (Prim.fill b.Dtype b.Dims nan)

    // ── GMRES ────────────────────────────────────────────────────────────────────────────────────────────────────
    [<NoEquality; NoComparison>]
    type private Cycle =
        {
            /// [rows; m + 1; n]: orthonormal; 0 for directions not yet computed
            Basis: Tensor
            /// [rows; n]: the latest direction
            Last: Tensor
            /// [rows; m + 1; m + 1]: the product of all Givens rotations
            Turns: Tensor
            /// [rows; m; m]: the rotated Hessenberg matrix; identity in columns not yet computed
            Triangle: Tensor
            /// [rows], int32: the number of its columns
            Columns: Tensor
            /// int32
            Step: Tensor
            /// [rows], bool: whether the row continues
            Goes: Tensor
        }

    /// Adds one direction: classical Gram–Schmidt, twice (Giraud, Langou, Rozložník, van den Eshof 2005), then one
    /// rotation.
    let private arnoldi (apply: Tensor -> Tensor) (beta: Tensor) (limit: Tensor) (c: Cycle) : Cycle =
        let rows, width, n = c.Basis.Dims[0], c.Basis.Dims[1], c.Basis.Dims[2]
        let m = width - 1
        let at k (shape: int[]) axis = Prim.compare Equal (Prim.iota Int32 shape axis) (over shape [||] k)
        let now, next = c.Step, Prim.plus 1.0 c.Step
        let isNow, isNext = at now [| rows; width |] 1, at next [| rows; width |] 1
        let pick flag x = Prim.sumOver [| 1 |] (orZero flag x)

        let w0 = apply c.Last
        let project w = Prim.dot c.Basis (column w)
        let without w h = w - flat (Prim.dot (Prim.swapLast c.Basis) h)
        let h1 = project w0
        let w1 = without w0 h1
        let h2 = project w1
        let w2 = without w1 h2
        let size = lengths w2
        // after two passes only rounding error is left if the Krylov space is complete
        let isNew = Prim.compare Greater size (Prim.times (epsilon w0) (lengths w0))
        let goes = Prim.both c.Goes isNew
        let direction = orZero (beside w2 goes) (w2 / beside w2 (Prim.select isNew size (Prim.onesLike size)))
        let h = flat (h1 + h2)
        let h = Prim.select isNext (over h.Dims [| 0 |] (orZero isNew size)) h

        let turned = flat (Prim.dot c.Turns (column h))
        let a, d = pick isNow turned, pick isNext turned
        let radius = sqrt (a * a + d * d)
        let isRegular = Prim.both c.Goes (Prim.compareTo Greater radius 0.0)
        let safe = Prim.select isRegular radius (Prim.onesLike radius)
        let cosine, sine = Prim.select isRegular (a / safe) (Prim.onesLike a), orZero isRegular (d / safe)
        let square = [| rows; width; width |]
        let rowOf flag = Prim.sumOver [| 1 |] (orZero (over square [| 0; 1 |] flag) c.Turns)
        let q0, q1 = rowOf isNow, rowOf isNext
        let first, second = beside q0 cosine * q0 + beside q0 sine * q1, beside q0 cosine * q1 - beside q0 sine * q0
        let spread q = over square [| 0; 2 |] q
        let other = Prim.select (over square [| 0; 1 |] isNext) (spread second) c.Turns
        let turns = Prim.select (over square [| 0; 1 |] isNow) (spread first) other
        let turns = keep isRegular turns c.Turns

        let isBefore = Prim.compare Less (Prim.iota Int32 [| rows; width |] 1) (over [| rows; width |] [||] now)
        let entries = Prim.select isNow (over [| rows; width |] [| 0 |] radius) (orZero isBefore turned)
        let triangle = c.Triangle.Dims
        let isColumn = Prim.both (at now triangle 2) (over triangle [| 0 |] isRegular)
        let corner = flat (Prim.range 2 0 1 turns)
        let left = beta * abs (pick isNext corner)

        { Basis = Prim.select (at next [| rows; width; n |] 1) (over [| rows; width; n |] [| 0; 2 |] direction) c.Basis
          Last = direction
          Turns = turns
          Triangle = Prim.select isColumn (over triangle [| 0; 1 |] (Prim.range 1 0 m entries)) c.Triangle
          Columns = c.Columns + Prim.cast Int32 isRegular
          Step = next
          Goes = Prim.both (Prim.both goes isRegular) (Prim.compare Greater left limit) }

    /// The correction computed by a cycle, [rows; n].
    let private correction (beta: Tensor) (c: Cycle) : Tensor =
        let rows, m = c.Triangle.Dims[0], c.Triangle.Dims[1]
        let corner = Prim.range 1 0 m (flat (Prim.range 2 0 1 c.Turns))
        let isIn = Prim.compare Less (Prim.iota Int32 [| rows; m |] 1) (beside corner c.Columns)
        let right = orZero isIn (beside corner beta * corner)
        let y = Prim.triangular false false false c.Triangle (column right)
        flat (Prim.dot (Prim.swapLast (Prim.range 1 0 m c.Basis)) y)

    [<NoEquality; NoComparison>]
    type private Search = { W: Tensor; R: Tensor; Norm: Tensor; Count: Tensor; Goes: Tensor }

    let private start (b: Tensor) (limit: Tensor) : Search =
        let norm = lengths b
        let rows = b.Dims[0]

        { W = Prim.zerosLike b
          R = b
          Norm = norm
          Count = Prim.fill Int32 [| rows |] 0.0
          Goes = Prim.compare Greater norm limit }

    let gmres (options: GmresOptions) (apply: Tensor -> Tensor) (b: Tensor) : Tensor =
        let rows, n = b.Dims[0], b.Dims[1]
        let m = min options.Restart n
        let width = m + 1

        let run (b: Tensor) (limit: Tensor) =
            let cycle (s: Search) : Search =
                let isLong = Prim.compareTo Greater s.Norm 0.0
                let unit = orZero (beside b s.Goes) (s.R / beside b (Prim.select isLong s.Norm (Prim.onesLike s.Norm)))

                let first =
                    { Basis = Prim.pad [| 0; 0; 0 |] [| 0; m; 0 |] [| 0; 0; 0 |] (Prim.reshape [| rows; 1; n |] unit)
                      Last = unit
                      Turns = Prim.identity b.Dtype [| rows; width; width |]
                      Triangle = Prim.identity b.Dtype [| rows; m; m |]
                      Columns = Prim.fill Int32 [| rows |] 0.0
                      Step = Prim.integer 0
                      Goes = s.Goes }

                let isLeft (c: Cycle) =
                    Prim.both c.Goes (Prim.compareTo Less (s.Count + c.Columns) (float options.MaxIterations))

                let c = repeatWhile (fun c -> isAny (isLeft c)) m (arnoldi apply s.Norm limit) first
                let w = s.W + correction s.Norm c
                let r = b - apply w
                let norm = lengths r
                // without progress the next cycle would be the same
                let isBetter = Prim.both s.Goes (Prim.compare Less norm s.Norm)
                let count = s.Count + c.Columns
                let isOpen = Prim.compareTo Less count (float options.MaxIterations)
                let isFar = Prim.compare Greater norm limit

                { W = keep isBetter w s.W
                  R = keep isBetter r s.R
                  Norm = Prim.select isBetter norm s.Norm
                  Count = count
                  Goes = Prim.both isBetter (Prim.both isFar isOpen) }

            let s = repeatWhile (fun s -> isAny s.Goes) options.MaxIterations cycle (start b limit)
            { W = s.W; Norm = s.Norm; Count = s.Count }

        limited "GMRES" options.Rtol options.Atol apply b run

    // ── the same iteration ───────────────────────────────────────────────────────────────────────────────────────
    /// w ← w + (b − A w), which equals b + (∂F/∂z) w for A = 1 − ∂F/∂z.
    let sameIteration (options: SameIterationOptions) (apply: Tensor -> Tensor) (b: Tensor) : Tensor =
        let run (b: Tensor) (limit: Tensor) =
            let step (s: Search) : Search =
                let w = s.W + s.R
                let r = b - apply w
                let norm = lengths r
                let count = Prim.plus 1.0 s.Count
                let isOpen = Prim.compareTo Less count (float options.MaxIterations)
                let isFar = Prim.both (isFinite norm) (Prim.compare Greater norm limit)

                { W = keep s.Goes w s.W
                  R = keep s.Goes r s.R
                  Norm = Prim.select s.Goes norm s.Norm
                  Count = Prim.select s.Goes count s.Count
                  Goes = Prim.both s.Goes (Prim.both isFar isOpen) }

            let s = repeatWhile (fun s -> isAny s.Goes) options.MaxIterations step (start b limit)
            { W = s.W; Norm = s.Norm; Count = s.Count }

        limited "SameIteration" options.Rtol options.Atol apply b run

    // ── solvers from outside, and by blocks ──────────────────────────────────────────────────────────────────────
    /// The solution of a user's solver, with its residual checked.
    let own (rtol: float) (solve: Tensor -> Tensor) (apply: Tensor -> Tensor) (b: Tensor) : Tensor =
        let run (b: Tensor) (_: Tensor) =
            let w = solve b

            { W = w; Norm = lengths (b - apply w); Count = Prim.fill Int32 b.Dims[..0] 0.0 }

        limited "your own solver" rtol 0.0 apply b run

    /// The tolerated residual of the whole system when only its diagonal blocks are solved, relative to its terms:
    /// weaker coupling is not detected, and rounding in the factors of an ill-conditioned matrix leaves as much.
    let private coupled (x: Tensor) = if x.Dtype = Float32 then 1e-3 else 1e-6

    /// Solves by one block per row, [rows; n; n]; `apply` is the whole map, to check that there is nothing outside the
    /// blocks.
    let byBlocks (blocks: Tensor) (apply: Tensor -> Tensor) (b: Tensor) : Tensor =
        let w = flat (Prim.solve blocks (column b))
        let row = Prim.reduce Maximum [| 1 |] (Prim.sumOver [| 2 |] (abs blocks))
        let left = largest (b - apply w)
        let limit = Prim.times (coupled b) (row * largest w + largest b)
        // values that are not finite show by themselves
        let isWell = Prim.either (Prim.compare LessEqual left limit) (Prim.isNot (isFinite (largest w)))
        checkedBy bySample w isWell left limit (Prim.fill Int32 b.Dims[..0] 0.0)
