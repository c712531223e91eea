namespace NeuralDE

open NeuralDE.Compiler

/// What one series of a plot holds: a label, what it stands over, and one column for each channel.
type PlotSeries = { Label: string; X: float[]; Columns: float[][] }

/// How a plot reads its series.
[<RequireQualifiedAccess>]
type PlotKind =
    /// every channel over time
    | Trajectories
    /// the second channel over the first
    | Phase
    /// a number over steps, on a logarithmic axis where all are positive
    | Losses

/// A picture of tensors, to be changed by what follows and saved. The record may be used directly.
type Plot =
    {
        Kind: PlotKind
        Series: PlotSeries list
        /// names of the channels, in order
        Channels: string list
        /// labels of the series drawn as points
        Points: string list
        Title: string
        /// None: what the kind suggests
        XLabel: string option
        YLabel: string option
        Width: int
        Height: int
    }

/// <summary>Pictures of solutions and losses, as SVG.</summary>
/// <remarks>Figure draws whatever else one wants; Plot.axes gives a plot as Axes, to stand beside others in one.</remarks>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Plot =
    let private plot kind series =
        { Kind = kind
          Series = series
          Channels = []
          Points = []
          Title = ""
          XLabel = None
          YLabel = None
          Width = 640
          Height = 420 }

    /// The columns of [time] or [time; channels].
    let private columns (ys: Tensor) =
        let values = (Prim.cast Float64 ys).ToArray()
        let width = if ys.Rank = 1 then 1 else ys.Dims[1]
        Array.init width (fun channel -> Array.init ys.Dims[0] (fun row -> values[row * width + channel]))

    let private some verb (series: 'T list) =
        if series.IsEmpty then
            raise (InputException $"{verb}: there is nothing to draw. Give at least one series.")

    /// <summary>Every channel of each series over time.</summary>
    /// <param name="series">Labels, times [time] and values [time] or [time; channels].</param>
    /// <remarks>
    /// A channel keeps its colour in all series; the second of two lines is dashed. ShapeException names the series that
    /// does not fit.
    /// </remarks>
    let trajectories (series: (string * Tensor * Tensor) list) : Plot =
        some "Plot.trajectories" series

        plot
            PlotKind.Trajectories
            [ for label, ts, ys in series do
                  if ts.Rank <> 1 || ys.Rank < 1 || ys.Rank > 2 || ys.Dims[0] <> ts.Dims[0] then
                      Expect.misfit (
                          $"Plot.trajectories: '{label}' has times {Expect.text ts} and values {Expect.text ys}, expected "
                          + "[time] and [time] or [time; channels]. Pick one sample of a batch, as in ys[0]."
                      )

                  { Label = label; X = (Prim.cast Float64 ts).ToArray(); Columns = columns ys } ]

    /// <summary>The phase portrait: the second channel of each series over its first.</summary>
    /// <param name="series">Labels and values [time; channels]; channels after the second are left out.</param>
    let phase (series: (string * Tensor) list) : Plot =
        some "Plot.phase" series

        plot
            PlotKind.Phase
            [ for label, ys in series do
                  if ys.Rank <> 2 || ys.Dims[1] < 2 then
                      Expect.misfit (
                          $"Plot.phase: '{label}' has shape {Expect.text ys}, expected [time; channels] "
                          + "with two channels or more."
                      )

                  let found = columns ys
                  { Label = label; X = found[0]; Columns = [| found[1] |] } ]

    let private steps (losses: float[]) = Array.init losses.Length float

    /// The losses of several trainings over their steps, on a logarithmic axis where all are positive.
    let lossesOf (series: (string * float[]) list) : Plot =
        some "Plot.lossesOf" series
        plot
            PlotKind.Losses
            [ for label, losses in series -> { Label = label; X = steps losses; Columns = [| losses |] } ]

    /// The losses of one training over its steps, on a logarithmic axis where all are positive.
    let losses (losses: float[]) : Plot = lossesOf [ "", losses ]

    /// Names of the channels, in order: labels read "model hare" instead of "model 1".
    let channels (names: string list) (plot: Plot) = { plot with Channels = names }

    /// Draws the series of this label as points instead of lines: data beside a model.
    let points (label: string) (plot: Plot) =
        let known = plot.Series |> List.map _.Label

        if not (List.contains label known) then
            let known = known |> List.map (fun label -> $"'{label}'") |> String.concat ", "
            raise (InputException $"Plot.points: no series has the label '{label}'. There are: {known}.")

        { plot with Points = label :: plot.Points }

    /// The title above the plot.
    let title (text: string) (plot: Plot) = { plot with Title = text }

    /// What stands along the horizontal axis.
    let xLabel (text: string) (plot: Plot) = { plot with XLabel = Some text }

    /// What stands along the vertical axis.
    let yLabel (text: string) (plot: Plot) = { plot with YLabel = Some text }

    /// Pixels of the whole drawing, 640 by 420 unless said otherwise.
    let size (width: int) (height: int) (plot: Plot) = { plot with Width = width; Height = height }

    /// Each series with its place among all and, if drawn as a line, among the lines; points last, so in front.
    let private placed (plot: Plot) =
        let points, lines =
            plot.Series |> List.indexed |> List.partition (fun (_, s) -> List.contains s.Label plot.Points)

        [ for line, (index, s) in List.indexed lines do
              index, s, Some line
          for index, s in points do
              index, s, None ]

    let private curve mark colour label x y : Curve =
        { Label = label; X = x; Y = y; Mark = mark; Colour = Some colour; Band = None }

    let private channelName (plot: Plot) index =
        match List.tryItem index plot.Channels with
        | Some name -> name
        | None -> string (index + 1)

    let private curvesOverTime (plot: Plot) =
        let width = plot.Series |> List.map _.Columns.Length |> List.max

        [ for index, s, line in placed plot do
              for channel, y in Array.indexed s.Columns do
                  let mark, colour =
                      match line with
                      | None -> Mark.Points, (if width = 1 then index else channel)
                      | Some _ when width = 1 -> Mark.Line, index
                      | Some place -> (if place % 2 = 0 then Mark.Line else Mark.Dashed), channel + width * (place / 2)

                  let isNamed = s.Columns.Length > 1 || channel < plot.Channels.Length
                  let name = if isNamed then channelName plot channel else ""
                  curve mark colour ($"{s.Label} {name}".Trim()) s.X y ]

    let private oneCurveEach (plot: Plot) =
        [ for index, s, line in placed plot do
              let mark = if line.IsNone then Mark.Points else Mark.Line
              curve mark index s.Label s.X s.Columns[0] ]

    /// The plot as axes, to be changed or put beside others with Figure.grid.
    let axes (plot: Plot) : Axes =
        let finite =
            [ for s in plot.Series do
                  for y in s.Columns do
                      yield! y |> Array.filter System.Double.IsFinite ]

        let curves, x, y, scale =
            match plot.Kind with
            | PlotKind.Trajectories -> curvesOverTime plot, "time", "", AxisScale.Linear
            | PlotKind.Phase ->
                let name channel = List.tryItem channel plot.Channels |> Option.defaultValue ""
                oneCurveEach plot, name 0, name 1, AxisScale.Linear
            | PlotKind.Losses ->
                let isPositive = not finite.IsEmpty && List.forall (fun y -> y > 0.0) finite
                oneCurveEach plot, "step", "loss", (if isPositive then AxisScale.Log else AxisScale.Linear)

        { Axes.create curves with
            Title = plot.Title
            XLabel = Option.defaultValue x plot.XLabel
            YLabel = Option.defaultValue y plot.YLabel
            YScale = scale }

    /// The plot as a figure of its own.
    let figure (plot: Plot) : Figure = { Figure.single (axes plot) with Width = plot.Width; Height = plot.Height }

    /// Writes the plot as SVG, creating its folder; a file that is there is replaced at once. IOException if it can't.
    let save (path: string) (plot: Plot) : unit = Figure.save path (figure plot)
