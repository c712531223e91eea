namespace NeuralDE

open System
open System.Globalization

/// The scale of an axis: positions proportional to values, or to their logarithms.
[<RequireQualifiedAccess>]
type AxisScale =
    | Linear
    | Log
    /// Linear with dates as ticks: value 0 is `start`, and value 1 is one `unit` later.
    | Dates of start: DateTime * unit: TimeSpan

/// One tick of an axis: its place in data units, and its label ("" for a minor tick).
[<Struct>]
type Tick = { At: float; Label: string }

/// The ticks of one axis in increasing order, and the part that all labels share: "" (nothing), a factor such as "×10⁹", an
/// offset such as "+ 1,000,000", or both.
type AxisTicks = { Ticks: Tick list; Note: string }

/// Places and labels of the ticks of an axis. Labels use the true minus sign, a comma between thousands from 10,000 on, and
/// superscripts for powers of ten. They do not depend on the culture.
module Ticks =
    let private superscripts = "⁰¹²³⁴⁵⁶⁷⁸⁹"

    let private power (exponent: int) =
        let digits = string (abs exponent) |> String.map (fun digit -> superscripts[int digit - int '0'])
        if exponent < 0 then $"10⁻{digits}" else $"10{digits}"

    /// The decimal number digits × 10^exponent, with as many decimals as the exponent implies.
    let private plain (digits: int64) (exponent: int) =
        let text = if digits = 0L then "0" else string (abs digits) + String('0', max 0 exponent)
        let decimals = max 0 -exponent
        let padded = text.PadLeft(decimals + 1, '0')
        let whole = padded[.. padded.Length - decimals - 1]

        let grouped =
            if whole.Length < 5 then
                whole
            else
                whole
                |> Seq.mapi (fun place digit ->
                    if place > 0 && (whole.Length - place) % 3 = 0 then $",{digit}" else string digit)
                |> String.concat ""

        let sign = if digits < 0L then "−" else ""
        sign + grouped + (if decimals > 0 then "." + padded[padded.Length - decimals ..] else "")

    /// A single number without trailing zeros; a long number is written as a power of ten.
    let rec private alone (digits: int64) (exponent: int) =
        if digits <> 0L && digits % 10L = 0L then
            alone (digits / 10L) (exponent + 1)
        else
            let places = (string (abs digits)).Length - 1
            if digits = 0L then "0"
            elif exponent >= -6 && places + exponent < 12 then plain digits exponent
            else $"{plain digits -places}×{power (exponent + places)}"

    let private valueOf (digits: int64) (exponent: int) =
        Double.Parse(string digits + "e" + string exponent, NumberStyles.Float, CultureInfo.InvariantCulture)

    /// log10 of a power of ten can round to less than an integer, and a fraction of the step to more than 1, 2 or 5. Both slacks are
    /// above these roundings, for exponents up to 308, and far below a visible difference.
    let private logRounding = 1e-12
    let private fractionRounding = 1e-9

    let private orderOf (value: float) = int (floor (log10 value + logRounding))

    let private mustBeRange (low: float) (high: float) =
        if not (Double.IsFinite low && Double.IsFinite high && low < high) then
            invalidArg
                (nameof high)
                ($"Ticks: the range from {string low} to {string high} is empty. Give two finite ends, the smaller first.")

    /// <summary>About `count` ticks, at most `count` + 1, from `low` to `high` in data units, at steps of 1, 2 or 5 times a
    /// power of ten. ArgumentException unless `low` and `high` are finite and `low` is less than `high`.</summary>
    /// <param name="count">The wanted number of ticks.</param>
    /// <param name="low">The lower end of the axis.</param>
    /// <param name="high">The upper end of the axis.</param>
    /// <returns>The ticks.</returns>
    let linear (count: int) (low: float) (high: float) : AxisTicks =
        mustBeRange low high
        let least = (high / 2.0 - low / 2.0) / float (max 1 count) * 2.0
        let order = orderOf least
        let fraction = least / valueOf 1L order
        let unit, order =
            if fraction <= 1.0 + fractionRounding then 1L, order
            elif fraction <= 2.0 + fractionRounding then 2L, order
            elif fraction <= 5.0 + fractionRounding then 5L, order
            else 1L, order + 1

        let step = valueOf unit order
        let all =
            [ for index in int64 (floor (low / step)) - 1L .. int64 (ceil (high / step)) + 1L -> index * unit ]
            |> List.filter (fun digits -> let at = valueOf digits order in low <= at && at <= high)

        let largest = all |> List.fold (fun most digits -> max most (abs digits)) 0L
        // Values that differ only from their sixth digit on are written as the difference from a round number.
        let offset =
            match all with
            | first :: _ when largest / unit >= 100000L ->
                let span = List.last all - first
                let round = Seq.initInfinite (fun zeros -> pown 10L (zeros + 1)) |> Seq.find (fun round -> round > span)
                (if first < 0L then List.last all else first) / round * round
            | _ -> 0L

        let written = all |> List.fold (fun most digits -> max most (abs (digits - offset))) 0L
        let height = if written = 0L then 0 else (string written).Length - 1 + order
        let factor = if height >= 6 || height < -3 then int (floor (float height / 3.0)) * 3 else 0

        { Ticks =
            [ for digits in all ->
                  { At = valueOf digits order
                    Label = if digits = offset then "0" else plain (digits - offset) (order - factor) } ]
          Note =
            [ if factor <> 0 then "×" + power factor
              if offset > 0L then "+ " + alone offset order
              if offset < 0L then "− " + alone -offset order ]
            |> String.concat " " }

    /// <summary>Ticks of a logarithmic axis from `low` to `high`, both positive data units: about `count` labelled powers of
    /// ten (10⁻³), with minor ticks between them. A range with few powers has ticks at 1, 2 and 5 times powers of ten; a
    /// narrower range has linear ticks. ArgumentException as for `linear`, and unless `low` is positive.</summary>
    /// <param name="count">The wanted number of ticks.</param>
    /// <param name="low">The lower end of the axis.</param>
    /// <param name="high">The upper end of the axis.</param>
    /// <returns>The ticks.</returns>
    let log (count: int) (low: float) (high: float) : AxisTicks =
        mustBeRange low high
        if low <= 0.0 then
            invalidArg (nameof low) $"Ticks: a logarithmic axis cannot begin at {string low}. Give a positive range."

        let inside (tick: Tick) = low <= tick.At && tick.At <= high
        let orders = [ orderOf low - 1 .. orderOf high + 1 ]
        let powers = orders |> List.filter (fun order -> inside { At = valueOf 1L order; Label = "" })

        let short digit order =
            if -4 <= order && order < 5 then plain digit order
            elif digit = 1L then power order
            else $"{plain digit 0}×{power order}"

        let few =
            if powers.Length > 2 then
                []
            else
                [ for order in orders do
                      for digit in 1L .. 9L ->
                          { At = valueOf digit order
                            Label = if List.contains digit [ 1L; 2L; 5L ] then short digit order else "" } ]
                |> List.filter inside

        let labelled = few |> List.filter (fun tick -> tick.Label <> "") |> List.length

        if labelled >= 3 && labelled <= count + 2 then
            { Ticks = few; Note = "" }
        elif powers.Length >= 2 then
            let stride =
                [ 1; 2; 3; 5; 10; 20; 50; 100 ]
                |> List.tryFind (fun stride -> powers.Length <= stride * max 2 count)
                |> Option.defaultValue 200

            let minors =
                if stride = 1 then [ 1L .. 9L ]
                elif powers.Length <= 60 then [ 1L ]
                else []
            { Note = ""
              Ticks =
                [ for order in orders do
                      for digit in (if order % stride = 0 then List.distinct (1L :: minors) else minors) ->
                          { At = valueOf digit order
                            Label = if digit = 1L && order % stride = 0 then power order else "" } ]
                |> List.filter inside }
        else
            linear count low high
