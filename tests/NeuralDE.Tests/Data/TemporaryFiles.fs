/// Files that exist during a test.
module internal NeuralDE.Tests.Data.TemporaryFiles

open System.IO
open Expecto
open NeuralDE.Tests
open NeuralDE

/// Runs the body with a new, empty folder that is deleted afterwards.
let inFolder (body: string -> 'T) : 'T =
    let folder = Directory.CreateTempSubdirectory "neuralde-"

    try
        body folder.FullName
    finally
        folder.Delete true

/// Runs the body with the path of a file of these bytes.
let withFile (name: string) (bytes: byte[]) (body: string -> 'T) : 'T =
    inFolder (fun folder ->
        let path = Path.Combine(folder, name)
        File.WriteAllBytes(path, bytes)
        body path)

/// The call raises a FileException whose message contains the file and all the words.
let refuses (path: string) (words: string list) (call: unit -> 'T) =
    let failure = Expect.thrown<FileException>(fun () -> call () |> ignore)
    Expect.equal failure.Path path "failure.Path"
    Expect.stringContains failure.Message path "failure.Message"

    for word in words do
        Expect.stringContains failure.Message word "failure.Message"
