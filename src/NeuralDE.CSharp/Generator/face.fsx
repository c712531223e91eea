// Writes the generated files of the face: dotnet fsi build.fsx face, which builds the core first and formats what is written.

#load "Types.fs" "Docs.fs" "Rules.fs" "Members.fs" "Names.fs" "Files.fs"

open System.IO
open System.Reflection

let face = Path.GetDirectoryName __SOURCE_DIRECTORY__
let core = Path.Combine(face, "../NeuralDE.Core.fs/bin/Release/net10.0")

let assemblies =
    [ for name in [ "NeuralDE.Language"; "NeuralDE.Solvers"; "NeuralDE.Core" ] ->
          Assembly.LoadFrom(Path.GetFullPath(Path.Combine(core, name + ".dll"))) ]

let files = NeuralDE.Face.Files.all assemblies
let generated = Path.Combine(face, "Generated")
if Directory.Exists generated then Directory.Delete(generated, true)

for path, text in files do
    let file = Path.Combine(face, path)
    Directory.CreateDirectory(Path.GetDirectoryName file) |> ignore
    File.WriteAllText(file, text)

for line in NeuralDE.Face.Files.stale assemblies do
    printfn "Got `%s` in the rules, which the core lacks. Delete this line." line
