/// A clone builds with any package feed: no tracked file names a package registry or a folder of a machine.
module NeuralDE.Tests.Repository.HostNamesTests

open System
open System.Diagnostics
open System.IO
open System.Text.RegularExpressions
open Expecto
open NeuralDE.Tests

// The forbidden names are assembled here, because this file is tracked too.

let private registries =
    [ [ "nuget"; "org" ]
      [ "npm" + "js"; "org" ]
      [ "npm" + "js"; "com" ]
      [ "pypi"; "org" ]
      [ "pythonhosted"; "org" ]
      [ "deb"; "debian"; "org" ]
      [ "security"; "debian"; "org" ] ]
    |> List.map (String.concat ".")

/// The starts of absolute paths; a folder of the repository or of an address may have the same name.
let private machinePath =
    let folders = [ "work"; "root"; "farm"; "home" ] |> String.concat "|"
    Regex($@"(?<![\w.\-)}}~])/({folders})/")

let private feedAddress = Regex "https?:"

/// The files that git tracks or would track.
let private tracked =
    lazy
        (let info =
            ProcessStartInfo(
                "git",
                [ "ls-files"; "--cached"; "--others"; "--exclude-standard" ],
                WorkingDirectory = Root.path,
                RedirectStandardOutput = true,
                RedirectStandardError = true
            )

         let byGit =
             try
                 use git = nonNull (Process.Start info)
                 let listed = git.StandardOutput.ReadToEnd()
                 git.WaitForExit()
                 if git.ExitCode = 0 then
                     listed.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                 else
                     [||]
             with :? ComponentModel.Win32Exception ->
                 [||]

         // A source archive has no git: then every file counts, except build outputs.
         let byWalking () =
             Directory.GetFiles(Root.path, "*", SearchOption.AllDirectories)
             |> Array.map (fun path -> Path.GetRelativePath(Root.path, path).Replace('\\', '/'))
             |> Array.filter (fun path ->
                 not (Regex.IsMatch(path, @"(^|/)(\.git|bin|obj|artifacts|TestResults|paket-files)(/|$)")))

         let files = if byGit.Length > 0 then byGit else byWalking ()
         files |> Array.filter (Root.file >> File.Exists))

/// Each `file:line: text` of these files that violates the rule.
let private breaches (breaks: string -> bool) files =
    [ for file: string in files do
          for number, line in File.ReadLines(Root.file file) |> Seq.indexed do
              if breaks line then $"{file}:{number + 1}: {line.Trim()}" ]

let private assertNone what mend (found: string list) =
    let list = String.concat "\n  " found
    Expect.isTrue found.IsEmpty $"Got {found.Length} lines with {what}, expected none. {mend}\n  {list}"

[<Tests>]
let tests =
    testList
        "Repository.HostNames"
        [ testCase "git or the walk finds the files" (fun () ->
              Expect.contains tracked.Value "paket.lock" "tracked.Value"
              Expect.contains tracked.Value "NeuralDE.sln" "tracked.Value")

          testCase "no tracked file names the host of a package registry" (fun () ->
              tracked.Value
              |> breaches (fun line ->
                  registries |> List.exists (fun host -> line.Contains(host, StringComparison.OrdinalIgnoreCase)))
              |> assertNone "a registry's host name" "Write %NEURALDE_FEED% or leave the host out.")

          testCase "no package file contains the address of a feed" (fun () ->
              let isPackageFile (path: string) =
                  let name = (nonNull (Path.GetFileName path)).ToLowerInvariant()
                  List.contains
                      name
                      [ "paket.dependencies"; "paket.lock"; "paket.references"; "nuget.config"; "dotnet-tools.json" ]

              tracked.Value
              |> Array.filter isPackageFile
              |> breaches feedAddress.IsMatch
              |> assertNone "an address" "Run `dotnet fsi build.fsx install`, which puts %NEURALDE_FEED% in its place.")

          testCase "no tracked file contains a path of one machine" (fun () ->
              tracked.Value
              |> breaches machinePath.IsMatch
              |> assertNone "an absolute path of a machine" "Write it relative to the repository's root.") ]
