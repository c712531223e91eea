namespace NeuralDE.Internal.Pictures

open System
open NeuralDE

/// The computations of histograms and density maps.
module internal Statistics =
    let private quantile (sorted: float[]) part =
        let place = part * float (sorted.Length - 1)
        let below = int place
        let above = min (below + 1) (sorted.Length - 1)
        sorted[below] + (place - float below) * (sorted[above] - sorted[below])

    /// The number of bins for finite values, from 5 to 80. The bin width is twice the interquartile range divided by the cube
    /// root of the number of values (D. Freedman and P. Diaconis, 1981).
    let binCount (values: float[]) =
        let sorted = Array.sort values
        let spread = quantile sorted 0.75 - quantile sorted 0.25
        let range = Array.last sorted - sorted[0]
        let wide = 2.0 * spread / Math.Cbrt(float values.Length)
        if range > 0.0 && wide > 0.0 then int (Math.Clamp(ceil (range / wide), 5.0, 80.0)) else 10

    /// The edges of `count` equal bins from the smallest to the largest finite value. If all values are equal the bins
    /// surround them.
    let edges count (values: float[]) =
        let low, high = Array.min values, Array.max values
        let low, high =
            if high > low then
                low, high
            else
                low - 0.5 * max 1e-6 (abs low * 0.1), high + 0.5 * max 1e-6 (abs high * 0.1)
        [| for index in 0..count -> low + (high - low) * float index / float count |]

    /// The number of values in each bin. A value on an edge belongs to the bin above it, a value on the last edge to the last
    /// bin.
    let counts (edges: float[]) (values: float[]) =
        let bins = edges.Length - 1
        let found = Array.zeroCreate<float> bins
        for value in values do
            let bin = int (floor ((value - edges[0]) / (edges[bins] - edges[0]) * float bins))
            let bin = Math.Clamp(bin, 0, bins - 1)
            found[bin] <- found[bin] + 1.0
        found

    let deviation (values: float[]) =
        let mean = Array.average values
        sqrt (values |> Array.averageBy (fun value -> (value - mean) ** 2.0))

    /// Gaussian weights with sum 1, for a standard deviation in cells, truncated at four standard deviations.
    let private kernel (deviation: float) =
        let reach = max 1 (int (ceil (4.0 * deviation)))
        let weights = [| for offset in -reach .. reach -> exp (-0.5 * (float offset / deviation) ** 2.0) |]
        weights |> Array.map (fun weight -> weight / Array.sum weights)

    let private smoothRows (weights: float[]) (values: float[,]) =
        let reach = weights.Length / 2
        let rows, columns = Array2D.length1 values, Array2D.length2 values
        Array2D.init rows columns (fun row column ->
            let mutable sum = 0.0
            for offset in max -reach -column .. min reach (columns - 1 - column) do
                sum <- sum + weights[offset + reach] * values[row, column + offset]
            sum)

    let private turned (values: float[,]) =
        Array2D.init (Array2D.length2 values) (Array2D.length1 values) (fun row column -> values[column, row])

    /// A Gaussian kernel estimate of the density of points on `cells` by `cells` cells, with D. Scott's widths (1992): the
    /// standard deviation divided by the sixth root of the number of points. The points are first counted in the cells.
    let density cells (x: float[]) (y: float[]) : Extent * float[,] =
        let width (values: float[]) =
            let deviation = deviation values
            if deviation > 0.0 then
                deviation / float values.Length ** (1.0 / 6.0)
            else
                max 1e-6 (0.05 * abs values[0])
        let range (values: float[]) = let room = 3.0 * width values in Array.min values - room, Array.max values + room
        let (left, right), (bottom, top) = range x, range y
        let found = Array2D.zeroCreate<float> cells cells
        let cell low high value = Math.Clamp(int (float cells * (value - low) / (high - low)), 0, cells - 1)
        for index in 0 .. x.Length - 1 do
            let row, column = cell bottom top y[index], cell left right x[index]
            found[row, column] <- found[row, column] + 1.0
        let area = (right - left) * (top - bottom) / float (cells * cells)
        let smooth =
            found
            |> smoothRows (kernel (max 0.5 (width x / (right - left) * float cells)))
            |> turned
            |> smoothRows (kernel (max 0.5 (width y / (top - bottom) * float cells)))
            |> turned
        { Left = left; Right = right; Bottom = bottom; Top = top },
        smooth |> Array2D.map (fun count -> count / (area * float x.Length))

    /// The mean of the finite values within half a window of each place; NaN if there are none.
    let runningMean window (places: float[]) (values: float[]) =
        let mutable first, last, sum, count = 0, -1, 0.0, 0
        let change sign index =
            if Double.IsFinite values[index] then
                sum <- sum + float sign * values[index]
                count <- count + sign
        let isRising = places |> Array.pairwise |> Array.forall (fun (place, next) -> place <= next)
        if not isRising then
            values
        else
            Array.map
                (fun place ->
                    while last + 1 < values.Length && places[last + 1] <= place + window / 2.0 do
                        last <- last + 1
                        change 1 last
                    while places[first] < place - window / 2.0 do
                        change -1 first
                        first <- first + 1
                    if count = 0 then nan else sum / float count)
                places
