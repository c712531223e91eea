namespace NeuralDE.Tests

open System
open Expecto

/// Additions to Expecto's Expect; `open NeuralDE.Tests` stands below `open Expecto`, so that these functions take
/// precedence. `equal` and `notEqual` treat NaN as equal to NaN, and show numbers with all their digits.
module Expect =
    let private isSame (actual: 'a) (expected: 'a) =
        LanguagePrimitives.GenericEqualityERComparer.Equals(box actual, box expected)
        || Object.Equals(actual, expected)

    /// A number with all its digits, other values as F# prints them.
    let private shown (value: objnull) =
        match value with
        | :? float as x -> x.ToString "R"
        | :? float32 as x -> x.ToString "R" + "f"
        | value -> $"%A{value}"

    /// A text for the first difference of two arrays.
    let private firstDifference (actual: Array) (expected: Array) =
        seq {
            for i in 0 .. min actual.Length expected.Length - 1 do
                let a, e = actual.GetValue i, expected.GetValue i
                if not (isSame a e) then $"element {i} is {shown a}, expected {shown e}"

            if actual.Length <> expected.Length then $"got {actual.Length} elements, expected {expected.Length}"
        }
        |> Seq.head

    /// The message for a failed condition: the condition itself if it is a sentence with "expected".
    let private said (condition: string) (value: string) =
        failtest (if condition.Contains "expected" then condition else $"{condition}: got {value}.")

    let isTrue (condition: bool) (message: string) = if not condition then said message "false"
    let isFalse (condition: bool) (message: string) = if condition then said message "true"

    let equal (actual: 'a) (expected: 'a) (message: string) =
        if not (isSame actual expected) then
            match box actual, box expected with
            | (:? Array as a), (:? Array as e) when a.Rank = 1 && e.Rank = 1 ->
                failtest $"{message}: {firstDifference a e}.\ngot      %A{actual}\nexpected %A{expected}"
            | (:? string as a), (:? string as e) -> Expecto.Expect.equal a e message
            | a, e -> failtest $"{message}: got {shown a}, expected {shown e}."

    let notEqual (actual: 'a) (other: 'a) (message: string) =
        if isSame actual other then failtest $"{message}: got {shown actual}, expected something else."

    /// |actual − expected| ≤ tolerance; NaN is near NaN, and an infinity near itself.
    let near (tolerance: float) (actual: float) (expected: float) (message: string) =
        if not (actual.Equals expected || abs (actual - expected) <= tolerance) then
            failtest $"{message}: got {shown actual}, expected {shown expected} ± {tolerance}."

    /// low ≤ actual ≤ high
    let inRange (actual: 'a) (low: 'a, high: 'a) (message: string) =
        if not (low <= actual && actual <= high) then
            failtest $"{message}: got {shown actual}, expected {shown low} to {shown high}."

    /// The same object, not only an equal one.
    let same (actual: 'a) (expected: 'a) (message: string) =
        if not (Object.ReferenceEquals(actual, expected)) then
            failtest $"{message}: got another object than the expected one.\ngot      {actual}\nexpected {expected}"

    /// Returns the only element.
    let single (elements: 'a seq) (message: string) : 'a =
        match List.ofSeq elements with
        | [ one ] -> one
        | found -> failtest $"{message}: got {found.Length} elements, expected one: %A{found}"

    /// No element equals the part.
    let lacks (elements: 'a seq) (part: 'a) (message: string) =
        if Seq.exists (isSame part) elements then
            failtest $"{message}: got {shown part} among %A{elements}, expected it not to be there."

    /// No element satisfies the condition.
    let none (elements: 'a seq) (condition: 'a -> bool) (message: string) =
        match Seq.tryFind condition elements with
        | Some found -> failtest $"{message}: got {found}, expected nothing of the kind."
        | None -> ()

    let stringLacks (text: string) (part: string) (message: string) =
        if text.Contains part then failtest $"{message}: expected no '{part}' in '{text}'."

    /// Returns the exception that the action raises, of this type or a derived one.
    let thrownAny<'E when 'E :> exn> (action: unit -> unit) : 'E =
        let raised =
            try
                action ()
                None
            with error ->
                Some error

        match raised with
        | Some(:? 'E as error) -> error
        | Some error ->
            failtest $"got {error.GetType().Name}, expected {typeof<'E>.Name}: {error.Message}\n{error.StackTrace}"
        | None -> failtest $"got no exception, expected {typeof<'E>.Name}."

    /// Returns the exception that the action raises, of exactly this type.
    let thrown<'E when 'E :> exn> (action: unit -> unit) : 'E =
        let error = thrownAny<'E> action

        if error.GetType() <> typeof<'E> then
            failtest $"got {error.GetType().Name}, expected {typeof<'E>.Name}: {error.Message}"

        error
