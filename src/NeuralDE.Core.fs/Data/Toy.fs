namespace NeuralDE

open System
open NeuralDE.Internal.Tensor

/// <summary>Small data sets of points: float64 points [n; dimension] and, for sets with classes, int64 labels [n]. The labels
/// cycle through 0, 1, …, 0, 1, …, so all classes have the same size. Equal keys give equal sets.</summary>
/// <remarks>The points of a class are independent draws from one distribution: another key gives held-out points of the same
/// distribution. `noise` is the standard deviation of normal noise. InputException if n or a dimension is below 1, or a
/// deviation is negative or not finite. torchdyn's ToyDataset and FFJORD's toy data use the same names for sets of other
/// sizes and scales.</remarks>
[<RequireQualifiedAccess; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Toy =
    let private check verb (noise: float) (n: int) =
        Expect.positive verb "points" n

        if not (noise >= 0.0 && Double.IsFinite noise) then
            raise (InputException $"{verb}: got a deviation of {string noise}, expected 0 or more.")

    let private checkDimension verb (dimension: int) = Expect.positive verb "dimension" dimension

    /// 0, 1, …, classes − 1, 0, … as floats [n].
    let private rounds (classes: int) (n: int) : Tensor = tensor [ for i in 0 .. n - 1 -> float (i % classes) ]

    let private labels (label: Tensor) : Tensor = cast Dtype.Int64 label
    let private draw part (key: Key) (n: int) : Tensor = rand (Key.fold part key) [ n ]

    let private noisy (noise: float) (key: Key) (points: Tensor) : Tensor =
        if noise = 0.0 then
            points
        else
            points + noise * randn (Key.fold 9 key) (List.ofArray points.Shape)

    let private at (radius: Tensor) (angle: Tensor) : Tensor = stackAlong -1 [ radius * cos angle; radius * sin angle ]

    let private circle (turn: Tensor) : Tensor = 2.0 * Math.PI * turn

    /// <summary>Two interleaved half circles: (cos a, sin a) with label 0 and (1 − cos a, ½ − sin a) with label 1, a uniform
    /// in [0, π], with normal noise.</summary>
    /// <param name="noise">Standard deviation of the noise.</param>
    /// <param name="n">Number of points.</param>
    /// <param name="key">Determines the points.</param>
    /// <returns>Points [n; 2] and labels [n].</returns>
    let moons (noise: float) (n: int) (key: Key) : Tensor * Tensor =
        check "Toy.moons" noise n
        let label, angle = rounds 2 n, Math.PI * draw 0 key n
        let side = 1.0 - 2.0 * label
        stackAlong -1 [ label + side * cos angle; 0.5 * label + side * sin angle ] |> noisy noise key, labels label

    /// <summary>Two spiral arms of one and a half turns: ±r (cos 3πr, sin 3πr), r = √u for u uniform in [0, 1], with normal
    /// noise.</summary>
    /// <param name="noise">Standard deviation of the noise.</param>
    /// <param name="n">Number of points.</param>
    /// <param name="key">Determines the points.</param>
    /// <returns>Points [n; 2] and labels [n].</returns>
    let spirals (noise: float) (n: int) (key: Key) : Tensor * Tensor =
        check "Toy.spirals" noise n
        let label, radius = rounds 2 n, sqrt (draw 0 key n)
        at radius (3.0 * Math.PI * radius + Math.PI * label) |> noisy noise key, labels label

    /// <summary>Two circles of radius ½ (label 0) and 1 (label 1), with uniform angles and normal noise.</summary>
    /// <param name="noise">Standard deviation of the noise.</param>
    /// <param name="n">Number of points.</param>
    /// <param name="key">Determines the points.</param>
    /// <returns>Points [n; 2] and labels [n].</returns>
    let circles (noise: float) (n: int) (key: Key) : Tensor * Tensor =
        check "Toy.circles" noise n
        let label = rounds 2 n
        at (0.5 + 0.5 * label) (circle (draw 0 key n)) |> noisy noise key, labels label

    /// Uniform directions [n; dimension]: normal vectors divided by their lengths.
    let private directions (dimension: int) (n: int) (key: Key) : Tensor =
        let x = randn (Key.fold 1 key) [ n; dimension ]
        x / sqrt (reshape [ n; 1 ] (sumAlong -1 (square x)))

    /// <summary>Two spheres of radius ½ (label 0) and 1 (label 1) in any dimension, uniform on each, with normal
    /// noise.</summary>
    /// <param name="dimension">Dimension of the space.</param>
    /// <param name="noise">Standard deviation of the noise.</param>
    /// <param name="n">Number of points.</param>
    /// <param name="key">Determines the points.</param>
    /// <returns>Points [n; dimension] and labels [n].</returns>
    let spheres (dimension: int) (noise: float) (n: int) (key: Key) : Tensor * Tensor =
        checkDimension "Toy.spheres" dimension
        check "Toy.spheres" noise n
        let label = rounds 2 n
        let points = reshape [ n; 1 ] (0.5 + 0.5 * label) * directions dimension n key
        noisy noise key points, labels label

    /// <summary>A ball (label 0) inside a shell (label 1): uniform directions, radii uniform in [0, ½] and in [1, 3⁄2]. Every
    /// third point belongs to the ball, so in one dimension each of the three pieces has a third of the points.</summary>
    /// <param name="dimension">Dimension of the space.</param>
    /// <param name="n">Number of points.</param>
    /// <param name="key">Determines the points.</param>
    /// <returns>Points [n; dimension] and labels [n].</returns>
    /// <remarks>E. Dupont, A. Doucet, Y. W. Teh, Augmented neural ODEs, NeurIPS 2019: no flow of the same dimension moves the
    /// ball out of the shell.</remarks>
    let rings (dimension: int) (n: int) (key: Key) : Tensor * Tensor =
        checkDimension "Toy.rings" dimension
        check "Toy.rings" 0.0 n
        let label = minimum (rounds 3 n) 1.0
        reshape [ n; 1 ] (label + 0.5 * draw 0 key n) * directions dimension n key, labels label

    let private around verb (count: int) (radius: float) (deviation: float) (n: int) (key: Key) : Tensor * Tensor =
        Expect.positive verb "normal laws" count
        check verb deviation n
        let label = rounds count n
        let centre = at (scalar radius) (circle (label / float count))
        centre + deviation * randn (Key.fold 2 key) [ n; 2 ], labels label

    /// <summary>Normal distributions with the same deviation: `count` means on the circle of radius 1, at equal angles, the
    /// first at (1, 0).</summary>
    /// <param name="count">Number of distributions.</param>
    /// <param name="deviation">Standard deviation of each distribution.</param>
    /// <param name="n">Number of points.</param>
    /// <param name="key">Determines the points.</param>
    /// <returns>Points [n; 2] and labels [n].</returns>
    let gaussians (count: int) (deviation: float) (n: int) (key: Key) : Tensor * Tensor =
        around "Toy.gaussians" count 1.0 deviation n key

    /// <summary>Eight normal distributions of deviation ½ with means on a circle of radius 4; all coordinates are divided by
    /// √2.</summary>
    /// <param name="n">Number of points.</param>
    /// <param name="key">Determines the points.</param>
    /// <returns>Points [n; 2] and labels [n].</returns>
    /// <remarks>The common test set of density models: W. Grathwohl et al., FFJORD, ICLR 2019.</remarks>
    let eightGaussians (n: int) (key: Key) : Tensor * Tensor =
        around "Toy.eightGaussians" 8 (4.0 / sqrt 2.0) (0.5 / sqrt 2.0) n key

    /// <summary>Uniform on the 8 dark squares of a 4 by 4 board over [−4, 4]²: the squares whose row and column numbers, from
    /// 0, have an even sum.</summary>
    /// <param name="n">Number of points.</param>
    /// <param name="key">Determines the points.</param>
    /// <returns>Points [n; 2].</returns>
    let checkerboard (n: int) (key: Key) : Tensor =
        check "Toy.checkerboard" 0.0 n
        let column, row = floor (4.0 * draw 0 key n), floor (2.0 * draw 1 key n)
        let odd = column - 2.0 * floor (column / 2.0)
        let place (square: Tensor) part = -4.0 + 2.0 * (square + draw part key n)
        stackAlong -1 [ place column 2; place (2.0 * row + odd) 3 ]

    /// <summary>Arms of a wheel: (1 + 0.3 a, 0.1 b) with normal a, b, rotated by the angle of the arm, 2π label / arms, and
    /// by ¼ exp(1 + 0.3 a).</summary>
    /// <param name="arms">Number of arms.</param>
    /// <param name="n">Number of points.</param>
    /// <param name="key">Determines the points.</param>
    /// <returns>Points [n; 2] and labels [n].</returns>
    /// <remarks>M. J. Johnson et al., Composing graphical models with neural networks, NeurIPS 2016.</remarks>
    let pinwheel (arms: int) (n: int) (key: Key) : Tensor * Tensor =
        Expect.positive "Toy.pinwheel" "arms" arms
        check "Toy.pinwheel" 0.0 n
        let label = rounds arms n
        let along, across = 1.0 + 0.3 * randn (Key.fold 3 key) [ n ], 0.1 * randn (Key.fold 4 key) [ n ]
        let turn = circle (label / float arms) + 0.25 * exp along
        let points = [ along * cos turn - across * sin turn; along * sin turn + across * cos turn ]
        stackAlong -1 points, labels label

    /// <summary>A rolled strip: r (cos 3πr, sin 3πr), r uniform in [½, 3⁄2], with normal noise.</summary>
    /// <param name="noise">Standard deviation of the noise.</param>
    /// <param name="n">Number of points.</param>
    /// <param name="key">Determines the points.</param>
    /// <returns>Points [n; 2].</returns>
    let swissRoll (noise: float) (n: int) (key: Key) : Tensor =
        check "Toy.swissRoll" noise n
        let radius = 0.5 + draw 0 key n
        at radius (3.0 * Math.PI * radius) |> noisy noise key
