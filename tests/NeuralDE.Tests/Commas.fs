/// A culture with unusual text for every number. All tests run in it, because printing and reading must not depend on
/// the culture.
module NeuralDE.Tests.Commas

open System.Globalization

/// Decimal commas as in German, a minus sign as in Swedish, own names for NaN and infinity. Defined here, because a
/// runtime without ICU has no German culture.
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

/// Sets the culture of this thread and of all later ones.
let set () =
    CultureInfo.DefaultThreadCurrentCulture <- culture
    CultureInfo.CurrentCulture <- culture
