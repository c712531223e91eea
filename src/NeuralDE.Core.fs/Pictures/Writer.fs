namespace NeuralDE

open System
open System.Diagnostics
open System.IO

/// Saves texts in files and opens them.
module internal Writer =
    /// Saves a file. Creates its folder; atomically replaces an existing file.
    let save (path: string) (text: string) =
        let target = Path.GetFullPath path
        let folder = Path.GetDirectoryName target |> Option.ofObj |> Option.defaultValue "."
        Directory.CreateDirectory folder |> ignore
        let aside = Path.Combine(folder, $".{Path.GetFileName target}.{Guid.NewGuid():N}")
        try
            File.WriteAllText(aside, text)
            File.Move(aside, target, true)
        finally
            File.Delete aside

    /// The program that opens a file with the user's default application; none without a screen.
    let private opener (path: string) =
        if OperatingSystem.IsWindows() then
            Some(ProcessStartInfo(path, UseShellExecute = true))
        elif OperatingSystem.IsMacOS() then
            Some(ProcessStartInfo("open", [ path ]))
        elif
            [ "DISPLAY"; "WAYLAND_DISPLAY" ]
            |> List.exists (fun name -> not (String.IsNullOrEmpty(Environment.GetEnvironmentVariable name)))
        then
            Some(ProcessStartInfo("xdg-open", [ path ], RedirectStandardOutput = true, RedirectStandardError = true))
        else
            None

    let private openIt path =
        match opener path with
        | None -> false
        | Some info ->
            try
                use _ = Process.Start info
                true
            with :? ComponentModel.Win32Exception ->
                false

    /// Writes a file to the temporary folder and opens it; prints its path if it was not opened.
    let showBy (isOpened: string -> bool) (say: string -> unit) (extension: string) (text: string) =
        let path = Path.Combine(Path.GetTempPath(), "neuralde", $"picture-{Guid.NewGuid():N}.{extension}")
        save path text
        if not (isOpened path) then say $"The picture is in {path}"

    let show extension text = showBy openIt Console.WriteLine extension text
