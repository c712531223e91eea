/// Two builds compared by pairs of runs of the benchmarks: the ratio new / old of each row.
module Compare

open System
open System.IO
open System.Text.Json

/// The rows of a run: name and median.
let private rowsOf (path: string) =
    use document = JsonDocument.Parse(File.ReadAllText path)

    [ for row in document.RootElement.GetProperty("rows").EnumerateArray() do
          (row.GetProperty "name").GetString(), (row.GetProperty "ours").GetDouble() ]

/// Bytes may be 0 on both sides.
let private ratio (older: float) (newer: float) = if older = newer then 1.0 else newer / older

let private median (sorted: float[]) =
    let n = sorted.Length
    0.5 * (sorted[(n - 1) / 2] + sorted[n / 2])

/// The chance that an interval from the k-th smallest of n to the k-th largest misses the median of what they are drawn
/// from: 2 P(fewer than k of n lie below it). It assumes no distribution.
let private misses n k =
    let chances = (0.5 ** float n, [ 1 .. k - 1 ]) ||> List.scan (fun c i -> c * float (n - i + 1) / float i)
    if k = 0 then 0.0 else 2.0 * List.sum chances

/// The narrowest of these intervals that holds the median with a chance of 95 % or more; of fewer than 6 numbers none does.
let private interval (sorted: float[]) =
    let n = sorted.Length

    match [ 1 .. n / 2 ] |> List.filter (fun k -> misses n k <= 0.05) |> List.tryLast with
    | Some k -> sorted[k - 1], sorted[n - k]
    | None -> 0.0, infinity

/// Prints a line for each row that both builds have: the median ratio, its interval, and whether the new build is slower, by
/// more than 3 % and with an interval above 1. How many are.
let print (pairs: (string * string) list) : int =
    let runs = [ for older, newer in pairs -> Map.ofList (rowsOf older), Map.ofList (rowsOf newer) ]
    let common = rowsOf (snd pairs.Head) |> List.map fst |> List.filter (fst runs.Head).ContainsKey
    printfn "%-32s %9s   %-17s" "row" "new / old" "interval"

    let slower =
        [ for row in common do
              let ratios = [| for older, newer in runs -> ratio older[row] newer[row] |] |> Array.sort
              let lower, upper = interval ratios
              let isSlower = median ratios > 1.03 && lower > 1.0
              let verdict = if isSlower then "slower" else ""
              printfn "%-32s %9.3f   %.3f to %.3f   %s" row (median ratios) lower upper verdict
              if isSlower then row ]

    printfn "\n%d rows of %d slower by more than 3 %%, of %d pairs" slower.Length common.Length pairs.Length
    slower.Length
