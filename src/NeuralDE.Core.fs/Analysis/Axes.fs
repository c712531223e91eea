namespace NeuralDE

/// How a curve is drawn. `Band` draws only the curve's band, none of its points; `Faint` is a pale line, such as the
/// losses behind their running mean.
[<RequireQualifiedAccess>]
type Mark =
    | Line
    | Dashed
    | Faint
    | Points
    | LineAndPoints
    | Band

/// One curve of a plot: Y over X, in data units. NaN, infinities and, on a logarithmic axis, values not above 0 are
/// gaps. The label stands in the legend ("" for none). Curves of the same colour number share a colour; without one
/// a curve takes its place among the curves of its axes as number. Seven colours repeat with other dashes. The band
/// is a lower and an upper bound over X, shaded.
type Curve =
    { Label: string
      X: float[]
      Y: float[]
      Mark: Mark
      Colour: int option
      Band: (float[] * float[]) option }

/// Where the legend stands. `Auto` is where it covers no curve, and where there is no such
/// place right of a wide plot, above a narrow one.
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

/// One plot: its layers, then its curves, drawn in order, the first at the back. Without a range an axis shows all that
/// is drawn, without ticks it finds its own. Labels may hold superscripts and subscripts ("x₁ in s⁻¹"). With IsEqual a
/// unit is as long on both axes; without a frame there are neither axes nor ticks.
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

/// Curves to start from; change one with `{ curve with Colour = Some 0 }`.
module Curve =
    let private curve mark label x y = { Label = label; X = x; Y = y; Mark = mark; Colour = None; Band = None }

    /// A line through (x, y).
    let line label x y = curve Mark.Line label x y

    /// A dashed line through (x, y).
    let dashed label x y = curve Mark.Dashed label x y

    /// A marker at each (x, y).
    let points label x y = curve Mark.Points label x y

    /// The shaded region between lower and upper over x. Raises ArgumentException where the two differ in length.
    let band label x (lower: float[]) (upper: float[]) =
        if lower.Length <> upper.Length then
            invalidArg
                (nameof upper)
                ($"Figure: the band of curve '{label}' has {string lower.Length} lower and {string upper.Length} upper bounds. "
                 + "Give one of each per x.")
        { curve Mark.Band label x lower with Band = Some(lower, upper) }

    /// A curve of the given colour number (0 or more): data and model of one quantity take the same.
    let colour number (curve: Curve) = { curve with Colour = Some number }

    /// A curve with the region between lower and upper shaded behind it.
    let withBand lower upper (curve: Curve) = { curve with Band = Some(lower, upper) }

/// Axes to start from; change them with `{ axes with Title = "…"; YScale = AxisScale.Log }`.
module Axes =
    /// Linear axes without title and labels, showing all of the curves, the legend where it covers none.
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
