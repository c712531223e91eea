/// The checkout that the tests run from.
module NeuralDE.Tests.Repository.Root

open System
open System.IO

/// The folder that holds NeuralDE.sln, found by walking up from the test assembly.
let path =
    let rec up (folder: DirectoryInfo | null) =
        match folder with
        | null ->
            invalidOp
                $"No NeuralDE.sln above {AppContext.BaseDirectory}, expected the tests inside a checkout. Run them from there."
        | folder when File.Exists(Path.Combine(folder.FullName, "NeuralDE.sln")) -> folder.FullName
        | folder -> up folder.Parent

    up (DirectoryInfo AppContext.BaseDirectory)

/// The full path of a file named relative to the root.
let file (relative: string) = Path.Combine(path, relative)
