/// Which changes a run makes: of each folder of the library, lines drawn with equal chances, and one change of each line.
module Draw

open System
open System.IO

/// A folder of the repository and all changes of its files, numbered through the whole library.
type Folder = { Name: string; Sites: (int * Site.Site) list }

let isFSharp (file: string) = file.EndsWith(".fs", StringComparison.Ordinal)

let languageOf file = if isFSharp file then FSharpSites.language else CSharpSites.language

let private sitesOf file =
    let text = File.ReadAllText file
    if isFSharp file then FSharpSites.ofFile file text else CSharpSites.ofFile file text

/// The folders of the F# library and the kernels, with all their changes.
let folders (files: string list) =
    let isOurs (file: string) =
        (file.StartsWith("src/NeuralDE.Core.fs/", StringComparison.Ordinal) && isFSharp file)
        || (file.StartsWith("src/NeuralDE.Kernels/", StringComparison.Ordinal)
            && file.EndsWith(".cs", StringComparison.Ordinal))

    files
    |> List.filter isOurs
    |> List.sort
    |> List.collect sitesOf
    |> List.mapi (fun i site -> i + 1, site)
    |> List.groupBy (fun (_, site) -> site.File[.. site.File.LastIndexOf '/' - 1])
    |> List.map (fun (name, sites) -> { Name = name; Sites = sites })

/// The lines that hold a change.
let linesOf folder = folder.Sites |> List.groupBy (fun (_, site) -> site.File, site.Line)

/// How many of `count` changes each folder gets: two, or its share of the lines where that is more.
let shares count (folders: Folder list) =
    let lines = [ for folder in folders -> float (linesOf folder).Length ]
    let atLeast = if count >= 2 * folders.Length then 2 else 0
    let over = float (count - atLeast * folders.Length)
    let wanted = [ for n in lines -> over * n / List.sum lines ]
    let whole = wanted |> List.map floor
    let left = int (Math.Round(over - List.sum whole))

    let getsOneMore =
        List.zip wanted whole
        |> List.indexed
        |> List.sortByDescending (fun (_, (share, floor)) -> share - floor)
        |> List.truncate left
        |> List.map fst
        |> Set.ofList

    [ for i, folder in List.indexed folders ->
          folder, atLeast + int whole[i] + (if getsOneMore.Contains i then 1 else 0) ]

/// A seed for a folder that is the same in every process, which String.GetHashCode is not.
let private seedOf seed (name: string) = (seed, name) ||> Seq.fold (fun seed letter -> seed * 31 + int letter)

/// The changes of a folder in the order in which they are drawn: a change that does not fit makes room for the next.
let order seed (folder: Folder) : (int * Site.Site) seq =
    let random = Random(seedOf seed folder.Name)
    let lines = linesOf folder |> List.toArray
    random.Shuffle lines

    seq {
        for _, sites in lines do
            let number, site = sites[random.Next sites.Length]

            if not (isFSharp site.File) || FSharpSites.fits (File.ReadAllText site.File) site then
                yield number, site
    }
