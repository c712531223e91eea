namespace NeuralDE

/// Which of the two axes a value belongs to.
[<RequireQualifiedAccess>]
type Along =
    | X
    | Y

/// A map from numbers to colours. Numbers outside the range have the colours of its ends. The colour bar beside the plot
/// shows the scale with its label.
type ColourScale = { Map: ColourMap; Low: float; High: float; Scale: AxisScale; Label: string }

/// A rectangle in data units.
[<Struct>]
type Extent = { Left: float; Right: float; Bottom: float; Top: float }

/// A line with its own colour ("#RRGGBB") and a thickness in pixels, with or without an arrow head at its middle.
type Stroke = { X: float[]; Y: float[]; Colour: string; Thickness: float; HasArrow: bool }

/// A part of a plot other than a curve, in data units. A labelled layer has a legend entry.
[<RequireQualifiedAccess>]
type PlotLayer =
    /// A shaded interval of an axis; an infinite end is the edge of the plot.
    | Span of label: string * along: Along * low: float * high: float
    /// Thin lines across the plot at values of an axis, for example at events or boundaries.
    | Rule of label: string * along: Along * at: float[]
    /// Filled rectangles; transparent if there are several layers of bars.
    | Bars of label: string * colour: int * bars: Extent[]
    /// Coloured cells that fill the extent: [rows; columns], the first row at the bottom. NaN is white.
    | Cells of extent: Extent * values: float[,] * colours: ColourScale
    /// An image: the first row at the top, three bytes (red, green, blue) for each pixel.
    | Image of extent: Extent * columns: int * rows: int * pixels: byte[]
    /// A marker at each (x, y), with the colour of its value.
    | Dots of x: float[] * y: float[] * values: float[] * colours: ColourScale
    /// Arrows that start at (x, y) and point along (dx, dy). `longest` is the length of the longest arrow in pixels; lengths
    /// are proportional to the square root of the speed.
    | Arrows of x: float[] * y: float[] * dx: float[] * dy: float[] * longest: float
    /// Lines with individual colours, drawn in order.
    | Strokes of Stroke[]
    /// Words at a point, anchored at "start", "middle" or "end", moved to stay inside the plot.
    | Words of x: float * y: float * anchor: string * words: string
