/// Large results lie outside the managed heap; its limit counts them all the same.
module NeuralDE.Tests.Sizes.KeptResults

open System
open System.Runtime.CompilerServices
open NeuralDE

let private next = compile (fun (x: Tensor) -> x + 1.0)

/// Keeps results until there is no room; the number of those kept, or a failure.
[<MethodImpl(MethodImplOptions.NoInlining)>]
let private fill (x: Tensor) (most: int) : Result<int, string> =
    let kept = Collections.Generic.List<Tensor>()

    try
        while kept.Count < most do
            kept.Add(next x)

        Error $"{most} results of {8L * x.LongCount} bytes were kept, expected a ShapeException"
    with :? ShapeException ->
        Ok kept.Count

/// Fills the memory with results of one size, then of another size: the unused memory of the first ones makes room.
let tryMany (count: int) (rounds: int) : string[] =
    let one = zeros [ count ]
    let other = zeros [ count / 3 * 4 ]
    let most = 2 * int (GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 8L / int64 count)

    [| for round in 1..rounds do
           for x in [ one; other ] do
               match fill x most with
               | Error text -> $"round {round}: {text}"
               | Ok kept when kept < most / 5 -> $"round {round}: {kept} results were kept, expected {most / 5} or more"
               | Ok _ -> ()

       if (next one).ToArray()[count - 1] <> 1.0 then "a small result is wrong after the memory was full" |]
