/// A culture with another text for every number. All tests run in it: what the library prints or reads must not care.
module NeuralDE.Tests.Commas

open System.Globalization

/// Commas as in German, a minus as in Swedish, words of its own for what is no number: all that a culture can change.
/// Made here, since a runtime without ICU has no German.
let culture =
    let culture = CultureInfo.InvariantCulture.Clone() :?> CultureInfo
    let numbers, dates = culture.NumberFormat, culture.DateTimeFormat
    numbers.NumberDecimalSeparator <- ","
    numbers.NumberGroupSeparator <- "."
    numbers.NegativeSign <- "−"
    numbers.NaNSymbol <- "keine Zahl"
    numbers.PositiveInfinitySymbol <- "unendlich"
    numbers.NegativeInfinitySymbol <- "minus unendlich"
    dates.DateSeparator <- "."
    dates.TimeSeparator <- "h"
    culture

/// On this thread and all that come.
let set () =
    CultureInfo.DefaultThreadCurrentCulture <- culture
    CultureInfo.CurrentCulture <- culture
