namespace NeuralDE

/// One series of a plot: its label, its x, one column for each channel, and its bands, each with a lower and an upper bound
/// of every channel.
type PlotSeries = { Label: string; X: float[]; Columns: float[][]; Bands: (float[][] * float[][]) list }

/// How a plot uses its series.
[<RequireQualifiedAccess>]
type PlotKind =
    /// every channel over time
    | Trajectories
    /// the second channel over the first
    | Phase
    /// three channels in a box
    | Space
    /// a number over steps, on a logarithmic axis if all are positive
    | Losses
    /// no series: layers only
    | Layers

/// A field that is drawn over a plot: its time, and the distance between streamlines; None for arrows.
[<NoEquality; NoComparison>]
type PlotField = { Field: Tensor -> Tensor -> Tensor; Time: float; Streamlines: float option }

/// A plot of tensors. Functions of Plot change it and save it; you can also change the record directly.
[<NoEquality; NoComparison>]
type Plot =
    {
        Kind: PlotKind
        Series: PlotSeries list
        /// names of the channels, in order
        Channels: string list
        /// labels of the series drawn as points
        Points: string list
        /// the layers behind the series
        Layers: PlotLayer list
        Fields: PlotField list
        /// the number of steps of the running mean of losses; 1: no mean
        Smoothing: int
        /// azimuth and elevation of the viewer in degrees, for a plot of three channels
        View: float * float
        Title: string
        /// None: the default of the kind
        XLabel: string option
        YLabel: string option
        XScale: AxisScale option
        YScale: AxisScale option
        XRange: (float * float) option
        YRange: (float * float) option
        XTicks: Tick list option
        IsEqual: bool
        HasFrame: bool
        Legend: LegendPlace
        Width: int
        Height: int
    }

namespace NeuralDE.Internal.Pictures

open System
open NeuralDE
open NeuralDE.Internal.Tensor

/// Converts tensors to the data of plots; errors name the verb of the plot.
module internal PlotData =
    let plot kind series : Plot =
        { Kind = kind
          Series = series
          Channels = []
          Points = []
          Layers = []
          Fields = []
          Smoothing = 1
          View = (-60.0, 25.0)
          Title = ""
          XLabel = None
          YLabel = None
          XScale = None
          YScale = None
          XRange = None
          YRange = None
          XTicks = None
          IsEqual = false
          HasFrame = true
          Legend = LegendPlace.Auto
          Width = 640
          Height = 420 }

    let some verb (series: 'T list) =
        if series.IsEmpty then
            raise (InputException $"{verb}: there is nothing to draw. Give at least one series.")

    let floats (x: Tensor) : float[] = (Prim.cast Float64 x).ToArray()

    /// The columns of [time] or [time; channels].
    let columns (ys: Tensor) =
        let values = floats ys
        let width = if ys.Rank = 1 then 1 else ys.Dims[1]
        Array.init width (fun channel -> Array.init ys.Dims[0] (fun row -> values[row * width + channel]))

    let series label x columns : PlotSeries = { Label = label; X = x; Columns = columns; Bands = [] }

    /// The finite values of a series, at least one.
    let finite verb label (values: float[]) =
        let found = values |> Array.filter Double.IsFinite
        if found.Length = 0 then
            raise (
                InputException
                    $"{verb}: '{label}' has no finite number among {string values.Length}. Give at least one."
            )
        found

    /// The two columns of points [n; 2].
    let pairs verb label (points: Tensor) =
        if points.Rank <> 2 || points.Dims[1] <> 2 then
            Expect.misfit $"{verb}: '{label}' has shape {Expect.text points}, expected points [n; 2]."
        let found = columns points
        found[0], found[1]

    let misfitOverTime verb label (ts: Tensor) (ys: Tensor) expected =
        Expect.misfit $"{verb}: '{label}' has times {Expect.text ts} and values {Expect.text ys}, expected {expected}"

    let trajectory verb (label, ts: Tensor, ys: Tensor) =
        if ts.Rank <> 1 || ys.Rank < 1 || ys.Rank > 2 || ys.Dims[0] <> ts.Dims[0] then
            misfitOverTime
                verb
                label
                ts
                ys
                "[time] and [time] or [time; channels]. Pick one sample of a batch, as in ys[0]."
        series label (floats ts) (columns ys)

    /// A summary of the samples: `summary` returns the lower bound, the middle and the upper bound.
    let ensemble verb (summary: Tensor -> Tensor * Tensor * Tensor) (label, ts: Tensor, ys: Tensor) =
        if ts.Rank <> 1 || ys.Rank < 2 || ys.Rank > 3 || ys.Dims[1] <> ts.Dims[0] || ys.Dims[0] = 0 then
            misfitOverTime
                verb
                label
                ts
                ys
                "[time] and [samples; time] or [samples; time; channels], one sample or more."
        let lower, middle, upper = summary (Prim.cast Float64 ys)
        { series label (floats ts) (columns middle) with Bands = [ columns lower, columns upper ] }

    /// The ends of cells with these centres, which must be evenly spaced.
    let ends verb name (middles: Tensor) =
        if middles.Rank <> 1 || middles.Count = 0 then
            Expect.misfit $"{verb}: got {name} {Expect.text middles}, expected one number for each cell."
        let at = floats middles
        let count = at.Length
        let step = if count = 1 then 1.0 else (at[count - 1] - at[0]) / float (count - 1)
        let isEven = at |> Array.indexed |> Array.forall (fun (i, x) -> abs (at[0] + float i * step - x) <= 1e-4 * step)
        if not (step > 0.0 && isEven) then
            raise (
                InputException
                    $"{verb}: the {name} from {string at[0]} to {string (at[count - 1])} are not evenly spaced and increasing. Give the centres of equal cells, as linspace does."
            )
        at[0] - step / 2.0, at[count - 1] + step / 2.0

    /// A colour scale for values: CoolWarm, centred at 0, if the largest values on both sides of 0 differ by a factor of at
    /// most 10; otherwise Viridis from the smallest to the largest value.
    let colourScale (values: float[]) : ColourScale =
        let finite = values |> Array.filter (fun value -> abs value <= 1e300)
        let low, high = if finite.Length = 0 then 0.0, 1.0 else Array.min finite, Array.max finite
        let largest = max -low high
        let scale map low high : ColourScale =
            { Map = map; Low = low; High = high; Scale = AxisScale.Linear; Label = "" }
        if low < 0.0 && high > 0.0 && min -low high >= 0.1 * largest then
            scale ColourMap.CoolWarm -largest largest
        elif Drawing.isWide low high then
            scale ColourMap.Viridis low high
        else
            let room = if low = 0.0 then 1.0 else 0.1 * abs low
            scale ColourMap.Viridis (low - room) (high + room)

    /// Changes the colour scales of layers.
    let recolour (change: ColourScale -> ColourScale) layer =
        match layer with
        | PlotLayer.Cells(extent, values, colours) -> PlotLayer.Cells(extent, values, change colours)
        | PlotLayer.Dots(x, y, values, colours) -> PlotLayer.Dots(x, y, values, change colours)
        | PlotLayer.Span _
        | PlotLayer.Rule _
        | PlotLayer.Bars _
        | PlotLayer.Image _
        | PlotLayer.Arrows _
        | PlotLayer.Strokes _
        | PlotLayer.Words _ -> layer

    let cells verb (xs: Tensor) (ys: Tensor) (values: Tensor) =
        let (left, right), (bottom, top) = ends verb "x" xs, ends verb "y" ys
        if values.Rank <> 2 || values.Dims[0] <> ys.Count || values.Dims[1] <> xs.Count then
            Expect.misfit (
                $"{verb}: got values {Expect.text values} for {string xs.Count} x and {string ys.Count} y, expected [y; x] = "
                + $"[{string ys.Count}; {string xs.Count}]. Transpose [x; y] values."
            )
        let found = floats values
        let table = Array2D.init ys.Count xs.Count (fun row column -> found[row * xs.Count + column])
        PlotLayer.Cells({ Left = left; Right = right; Bottom = bottom; Top = top }, table, colourScale found)

    /// Groups of bars, one group at each whole number.
    let groups verb (categories: string list) (bars: (string * float list) list) =
        some verb bars
        let wide = 0.8 / float bars.Length
        for label, values in bars do
            if values.Length <> categories.Length then
                raise (
                    InputException
                        $"{verb}: '{label}' has {string values.Length} values for {string categories.Length} names. Give one of each."
                )
        let layers =
            bars
            |> List.mapi (fun number (label, values) ->
                let rectangles =
                    [| for place, value in List.indexed values do
                           if Double.IsFinite value then
                               let left = float place - 0.4 + wide * (float number + 0.04)
                               { Left = left; Right = left + 0.92 * wide; Bottom = min 0.0 value; Top = max 0.0 value } |]
                PlotLayer.Bars(label, number, rectangles))
        { plot PlotKind.Layers [] with
            Layers = layers
            XTicks = Some(categories |> List.mapi (fun place name -> { At = float place; Label = name }))
            XRange = Some(-0.6, float categories.Length - 0.4) }

    /// The grey or colour pixels of images [n; h; w] or [n; 1 or 3; h; w], three bytes for each pixel.
    let pixels verb (images: Tensor) =
        let images = if images.Rank = 3 then Prim.reshape (Array.insertAt 1 1 images.Dims) images else images
        if images.Rank <> 4 || (images.Dims[1] <> 1 && images.Dims[1] <> 3) || images.Count = 0 then
            Expect.misfit
                $"{verb}: got images {Expect.text images}, expected [n; height; width] or [n; channels; height; width] with 1 channel or 3."
        let channels, height, width = images.Dims[1], images.Dims[2], images.Dims[3]
        let values = floats images
        let finite = values |> Array.filter Double.IsFinite
        let low, high = if finite.Length = 0 then 0.0, 1.0 else Array.min finite, Array.max finite
        let low, high =
            if low >= 0.0 && high <= 1.0 then
                0.0, 1.0
            else
                low, (if high > low then high else low + 1.0)
        let level value =
            if Double.IsNaN value then
                0uy
            else
                byte (round (255.0 * Math.Clamp((value - low) / (high - low), 0.0, 1.0)))
        let size = height * width
        [ for image in 0 .. images.Dims[0] - 1 ->
              [| for pixel in 0 .. size - 1 do
                     for colour in 0..2 do
                         level values[(image * channels + min colour (channels - 1)) * size + pixel] |] ],
        width,
        height
