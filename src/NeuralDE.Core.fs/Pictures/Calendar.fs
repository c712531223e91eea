namespace NeuralDE

open System
open System.Globalization

/// Ticks of a date axis: at the starts of years, months, days, hours, minutes or seconds.
module internal Calendar =
    /// The distance between two ticks, as a number of calendar units.
    type private Stride =
        | Years of int
        | Months of int
        | Days of int
        | Seconds of int

    let private day = 86400.0

    /// The natural strides with their approximate lengths in seconds, in increasing order.
    let private strides =
        [ for count in [ 1; 2; 5; 10; 15; 30 ] -> Seconds count, float count
          for count in [ 1; 2; 5; 10; 15; 30 ] -> Seconds(60 * count), 60.0 * float count
          for count in [ 1; 2; 3; 6; 12 ] -> Seconds(3600 * count), 3600.0 * float count
          for count in [ 1; 2; 5; 10 ] -> Days count, day * float count
          for count in [ 1; 3; 6 ] -> Months count, 30.4 * day * float count
          for count in [ 1; 2; 5; 10; 20; 50; 100; 200; 500; 1000 ] -> Years count, 365.25 * day * float count ]

    /// The ticks of a stride around a time range; days are counted from the first of each month.
    let private instants stride (first: DateTime) (last: DateTime) =
        match stride with
        | Years count ->
            [ for year in first.Year / count * count .. count .. last.Year do
                  if year >= 1 then DateTime(year, 1, 1) ]
        | Months count ->
            let month (date: DateTime) = 12 * (date.Year - 1) + date.Month - 1
            [ for index in month first / count * count .. count .. month last ->
                  DateTime(index / 12 + 1, index % 12 + 1, 1) ]
        | Days count ->
            let months = 12 * (last.Year - first.Year) + last.Month - first.Month
            [ for index in 0..months do
                  let start = DateTime(first.Year, first.Month, 1).AddMonths index
                  for number in 1..count .. DateTime.DaysInMonth(start.Year, start.Month) do
                      // a tick just before the first of the next month would be too close to it
                      if count = 1 || 2 * (DateTime.DaysInMonth(start.Year, start.Month) - number + 1) > count then
                          start.AddDays(float (number - 1)) ]
        | Seconds count ->
            let step = int64 count * TimeSpan.TicksPerSecond
            [ for index in first.Ticks / step .. last.Ticks / step -> DateTime(index * step) ]

    let private between (name: string) (first: DateTime) (last: DateTime) =
        let write (date: DateTime) = date.ToString(name, CultureInfo.InvariantCulture)
        if write first = write last then write first else $"{write first} – {write last}"

    /// The label format of a stride, and the note with the part that all labels share.
    let private writing stride first last =
        match stride with
        | Years _ -> "yyyy", ""
        | Months _ -> "MMM yyyy", ""
        | Days _ -> "MMM d", between "yyyy" first last
        | Seconds count when count % 60 = 0 -> "HH:mm", between "MMM d, yyyy" first last
        | Seconds _ -> "HH:mm:ss", between "MMM d, yyyy" first last

    /// About `count` ticks at most, from low to high, in units after the start. None if the calendar has no such dates or the
    /// range is shorter than two seconds; use numbers then.
    let ticks count (start: DateTime) (unit: TimeSpan) (low: float) (high: float) : AxisTicks option =
        let seconds value = value * unit.TotalSeconds
        let isDate value =
            let after = seconds value
            (DateTime.MinValue - start).TotalSeconds + day < after
            && after < (DateTime.MaxValue - start).TotalSeconds - day
        if not (isDate low && isDate high) || seconds (high - low) < 2.0 then
            None
        else
            let date value = start + TimeSpan.FromSeconds(seconds value)
            let first, last = date low, date high
            let enough (_, length) = seconds (high - low) / length <= float (max 1 count)
            let stride, _ = strides |> List.tryFind enough |> Option.defaultValue (List.last strides)
            let format, note = writing stride first last
            Some
                { Note = note
                  Ticks =
                    [ for instant in instants stride first last do
                          let at = (instant - start).TotalSeconds / unit.TotalSeconds
                          if low <= at && at <= high then
                              { At = at; Label = instant.ToString(format, CultureInfo.InvariantCulture) } ] }
