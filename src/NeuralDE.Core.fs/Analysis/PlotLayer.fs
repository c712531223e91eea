namespace NeuralDE

/// Which of the two axes a value belongs to.
[<RequireQualifiedAccess>]
type Along =
    | X
    | Y

/// Which numbers get which colours. Numbers beyond the ends get the colours of the ends; a colour bar beside the plot
/// shows the scale, with its label.
type ColourScale = { Map: ColourMap; Low: float; High: float; Scale: AxisScale; Label: string }

/// A rectangle in data units.
[<Struct>]
type Extent = { Left: float; Right: float; Bottom: float; Top: float }

/// A line in a colour of its own ("#RRGGBB"), drawn so many pixels wide, with an arrow head in its middle or without.
type Stroke = { X: float[]; Y: float[]; Colour: string; Thickness: float; HasArrow: bool }

/// What a plot shows besides curves, in data units. What has a label stands in the legend.
[<RequireQualifiedAccess>]
type PlotLayer =
    /// The shaded stretch of an axis between two values; an infinite one is the plot's edge.
    | Span of label: string * along: Along * low: float * high: float
    /// Thin lines across the plot at values of an axis: events, boundaries.
    | Rule of label: string * along: Along * at: float[]
    /// Filled rectangles, see-through where there are several layers of them.
    | Bars of label: string * colour: int * bars: Extent[]
    /// Coloured cells that fill the extent: [rows; columns], the first row at the bottom. NaN stays white.
    | Cells of extent: Extent * values: float[,] * colours: ColourScale
    /// A picture: its first row on top, three bytes (red, green, blue) a pixel.
    | Image of extent: Extent * columns: int * rows: int * pixels: byte[]
    /// A marker at each (x, y) in the colour of its value.
    | Dots of x: float[] * y: float[] * values: float[] * colours: ColourScale
    /// Arrows that start at (x, y) and point along (dx, dy). The longest is as long as said, in pixels; the others are
    /// shorter as the root of their speed.
    | Arrows of x: float[] * y: float[] * dx: float[] * dy: float[] * longest: float
    /// Lines with colours of their own, drawn in order.
    | Strokes of Stroke[]
    /// Words at a place, anchored "start", "middle" or "end", moved so that none leaves the plot.
    | Words of x: float * y: float * anchor: string * words: string
