namespace NeuralDE

/// The style of a curve. `Band` draws only the band of the curve; `Faint` is a pale line, such as losses behind their running
/// mean.
[<RequireQualifiedAccess>]
type Mark =
    | Line
    | Dashed
    | Faint
    | Points
    | LineAndPoints
    | Band

/// One curve of a plot: Y over X, in data units. NaN, infinities and, on a logarithmic axis, values that are not positive are
/// gaps. The label is the legend entry ("" for none). Curves with the same colour number share a colour; without a number a
/// curve takes its index among the curves of its axes. After seven colours the colours repeat with other dashes. The band is
/// a lower and an upper bound over X, shaded.
type Curve =
    { Label: string
      X: float[]
      Y: float[]
      Mark: Mark
      Colour: int option
      Band: (float[] * float[]) option }

/// The place of the legend. `Auto` is a place where it covers no curve. If there is none, it is right of a wide plot and
/// above a narrow one.
[<RequireQualifiedAccess>]
type LegendPlace =
    | Auto
    | Hidden
    | OutsideRight
    | Above
    | TopRight
    | TopLeft
    | BottomRight
    | BottomLeft
    | Top
    | Bottom

/// One plot: its layers, then its curves, drawn in order from back to front. Without a range an axis shows all data; without
/// ticks it chooses them. Labels may contain superscripts and subscripts ("x₁ in s⁻¹"). With IsEqual a unit has the same
/// length on both axes; without a frame there are no axes and no ticks.
type Axes =
    { Title: string
      XLabel: string
      YLabel: string
      XScale: AxisScale
      YScale: AxisScale
      XRange: (float * float) option
      YRange: (float * float) option
      XTicks: Tick list option
      YTicks: Tick list option
      IsEqual: bool
      HasFrame: bool
      Legend: LegendPlace
      Layers: PlotLayer list
      Curves: Curve list }

/// Functions that make curves; change a curve with `{ curve with Colour = Some 0 }`.
module Curve =
    let private curve mark label x y = { Label = label; X = x; Y = y; Mark = mark; Colour = None; Band = None }

    /// <summary>A line through the points (x, y).</summary>
    /// <param name="label">The legend entry; "" for none.</param>
    /// <param name="x">The x of the points.</param>
    /// <param name="y">The y of the points.</param>
    /// <returns>The curve.</returns>
    let line label x y = curve Mark.Line label x y

    /// <summary>A dashed line through the points (x, y).</summary>
    /// <param name="label">The legend entry; "" for none.</param>
    /// <param name="x">The x of the points.</param>
    /// <param name="y">The y of the points.</param>
    /// <returns>The curve.</returns>
    let dashed label x y = curve Mark.Dashed label x y

    /// <summary>A marker at each point (x, y).</summary>
    /// <param name="label">The legend entry; "" for none.</param>
    /// <param name="x">The x of the points.</param>
    /// <param name="y">The y of the points.</param>
    /// <returns>The curve.</returns>
    let points label x y = curve Mark.Points label x y

    /// <summary>The shaded region between lower and upper over x. ArgumentException if their lengths differ.</summary>
    /// <param name="label">The legend entry; "" for none.</param>
    /// <param name="x">The x of the points.</param>
    /// <param name="lower">The lower bound over x.</param>
    /// <param name="upper">The upper bound over x.</param>
    /// <returns>The curve.</returns>
    let band label x (lower: float[]) (upper: float[]) =
        if lower.Length <> upper.Length then
            invalidArg
                (nameof upper)
                ($"Figure: the band of curve '{label}' has {string lower.Length} lower and {string upper.Length} upper bounds. "
                 + "Give one of each for each x.")
        { curve Mark.Band label x lower with Band = Some(lower, upper) }

    /// <summary>Gives the curve a colour number (0 or more). Use one number for the data and the model of one
    /// quantity.</summary>
    /// <param name="number">The colour number.</param>
    /// <param name="curve">The curve.</param>
    /// <returns>The curve.</returns>
    let colour number (curve: Curve) = { curve with Colour = Some number }

    /// <summary>Shades the region between lower and upper behind the curve.</summary>
    /// <param name="lower">The lower bound over x.</param>
    /// <param name="upper">The upper bound over x.</param>
    /// <param name="curve">The curve.</param>
    /// <returns>The curve.</returns>
    let withBand lower upper (curve: Curve) = { curve with Band = Some(lower, upper) }

/// Functions that make axes; change axes with `{ axes with Title = "…"; YScale = AxisScale.Log }`.
module Axes =
    /// <summary>Linear axes that show all of the curves, without title and labels. The legend is where it covers no
    /// curve.</summary>
    /// <param name="curves">The curves.</param>
    /// <returns>The axes.</returns>
    let create curves =
        { Title = ""
          XLabel = ""
          YLabel = ""
          XScale = AxisScale.Linear
          YScale = AxisScale.Linear
          XRange = None
          YRange = None
          XTicks = None
          YTicks = None
          IsEqual = false
          HasFrame = true
          Legend = LegendPlace.Auto
          Layers = []
          Curves = curves }
