/// Makes small changes of the library, one at a time, and says which of them no test notices:
/// dotnet fsi build.fsx mutate [how many] [seed] [numbers of changes]. See CONTRIBUTING.md.
#r "FSharp.Compiler.Service.dll"
#load "Site.fs" "FSharpSites.fs" "CSharpSites.fs" "Draw.fs" "Tree.fs" "Trial.fs"

open System
open System.Diagnostics
open System.IO

/// A folder with the changes still to draw from it.
type Drawn =
    { Folder: Draw.Folder
      Count: int
      mutable Left: (int * Site.Site) list
      mutable Taken: (int * Site.Site) list }

/// The changes that did not compile before, so that a second run need not find out again.
let private misfits = "artifacts/mutate/misfits.tsv"

let private misfit (number: int, site: Site.Site) = $"{number}\t{site.File}:{site.Line}\t{site.Shown}"

/// Takes further changes up to the number that a folder gets.
let private fill (drawn: Drawn) =
    while drawn.Taken.Length < drawn.Count && not drawn.Left.IsEmpty do
        drawn.Taken <- drawn.Taken @ [ drawn.Left.Head ]
        drawn.Left <- drawn.Left.Tail

let private draw count seed (files: string list) =
    let known = if File.Exists misfits then set (File.ReadLines misfits) else Set.empty

    let drawn =
        [ for folder, count in Draw.shares count (Draw.folders files) ->
              // room for those that do not compile
              let order = Draw.order seed folder |> Seq.truncate (3 * count + 20) |> List.ofSeq
              let fit = order |> List.filter (misfit >> known.Contains >> not)
              { Folder = folder; Count = count; Left = fit; Taken = [] } ]

    drawn |> List.iter fill
    drawn

let private taken drawn = drawn |> List.collect _.Taken

/// Builds the tree, with another change in place of each that does not compile. How many there were.
let private build files (drawn: Drawn list) =
    let rec pass dropped (projects: string list) =
        Tree.change files (taken drawn)

        match projects with
        | [] ->
            Tree.setBuilt ()
            dropped
        | _ when Tree.isBuilt () -> dropped
        | project :: later ->
            printfn "building %s" project
            let wrong = Tree.build project

            if wrong.IsEmpty then
                pass dropped later
            else
                for folder in drawn do
                    for change in folder.Taken |> List.filter (fst >> wrong.Contains) do
                        printfn "  does not compile: %s" (misfit change)
                        File.AppendAllLines(misfits, [ misfit change ])

                    folder.Taken <- folder.Taken |> List.filter (fun (number, _) -> not (wrong.Contains number))
                    fill folder

                // a change drawn now may belong to a project that was built
                pass (dropped + wrong.Count) Tree.projects

    pass 0 Tree.projects

let private shown verdict =
    match verdict with
    | Trial.Killed test -> $"killed by {test}"
    | Trial.TimedOut test -> $"timed out in {test}"
    | Trial.Crashed -> "crashed"
    | Trial.Survived -> "SURVIVED"

let private log = "artifacts/mutate/verdicts.tsv"

/// The lines of verdicts on this build that a run left which did not come to its end.
let private former () =
    if Trial.isCurrent log then
        dict [ for line in File.ReadLines log -> int line[.. line.IndexOf '\t' - 1], line ]
    else
        File.Delete log
        dict []

/// The verdicts, each told at once: which changes survive. In an order by chance, so that a part of a run is a fair sample.
let private judge seed tests (changes: (int * Site.Site) list) =
    let changes = List.toArray changes
    Random(seed: int).Shuffle changes
    let former = former ()

    [ for number, site in changes do
          let clock = Stopwatch.StartNew()

          let line =
              match former.TryGetValue number with
              | true, line -> line
              | _ ->
                  let verdict = shown (Trial.judge tests (number, site))
                  let line =
                      $"{number}\t{site.File}:{site.Line}\t{site.Shown}\t{verdict}\t%.1f{clock.Elapsed.TotalSeconds}"
                  File.AppendAllLines(log, [ line ])
                  line

          printfn "%s" (line.Replace("\t", "  "))
          site, line.Contains "\tSURVIVED\t" ]

let private summary (drawn: Drawn list) (verdicts: (Site.Site * bool) list) =
    printfn "\n| folder | lines | drawn | killed |\n|---|---|---|---|"

    for folder in drawn do
        let isHere (site: Site.Site, _) = folder.Taken |> List.exists (fun (_, other) -> other = site)
        let here = verdicts |> List.filter isHere
        let killed = here |> List.filter (snd >> not)
        printfn
            "| `%s` | %d | %d | %d |"
            folder.Folder.Name
            (Draw.linesOf folder.Folder).Length
            here.Length
            killed.Length

    let survivors = verdicts |> List.filter snd
    printfn "\n%d of %d changes killed; these survive:" (verdicts.Length - survivors.Length) verdicts.Length

    for site, _ in survivors do
        printfn "%s:%d  %s" site.File site.Line site.Shown

let private mutate count seed (only: Set<int>) =
    printfn "%d changes, seed %d" count seed
    let files = Tree.files ()
    let drawn = draw count seed files
    Tree.prepare files
    printfn "%d do not compile and make room for others" (build files drawn)
    let changes = taken drawn |> List.filter (fun (number, _) -> only.IsEmpty || only.Contains number)
    let areas = taken drawn |> List.collect (fun (_, site) -> Trial.areaOf site.File) |> List.distinct
    let clock = Stopwatch.StartNew()
    let tests = Trial.baseline areas
    printfn "%d tests pass without a change, in %.0f s" tests.Length clock.Elapsed.TotalSeconds
    judge seed tests changes |> summary drawn

match fsi.CommandLineArgs |> Array.skip 1 |> Array.map int |> List.ofArray with
| count :: seed :: only -> mutate count seed (Set.ofList only)
| got -> failwith $"got {got}, expected the number of changes and the seed. Run `dotnet fsi build.fsx mutate 200 12`."
