namespace NeuralDE.Internal.Data

open System
open System.IO
open NeuralDE

/// The verb and the file, for messages.
type internal Place = { Verb: string; Path: string }

/// Files as streams. Every failure is a FileException. A write is atomic: the file appears complete or not at all.
module internal Files =
    /// Raises a FileException. The sentence states the value found, the value expected and the fix.
    let refuse (place: Place) (sentence: string) : 'a =
        raise (FileException(place.Path, $"{place.Verb}: {place.Path}: {sentence}"))

    let private explain (place: Place) (e: exn) =
        let sentence =
            match e with
            | :? FileNotFoundException
            | :? DirectoryNotFoundException -> "there is no such file. Check its name and folder."
            | :? UnauthorizedAccessException ->
                "access denied. Check that it is not a folder, and check its permissions."
            | :? EndOfStreamException -> "the file ends within its numbers. It is truncated, or is still being written."
            | :? InvalidDataException -> $"the file is damaged: {e.Message}"
            | _ -> $"system error: {e.Message}"

        FileException(place.Path, $"{place.Verb}: {place.Path}: {sentence}", e)

    /// Raises a FileException unless the stream is at its end.
    let expectEnd (place: Place) (stream: Stream) =
        if stream.ReadByte() >= 0 then
            refuse place "the file has further data after its numbers, expected its end."

    /// Runs the body; converts exceptions of the system and of decompressors to FileException.
    let private guarded (place: Place) (body: unit -> 'T) : 'T =
        try
            body ()
        with
        | :? FileException -> reraise ()
        | :? InvalidDataException
        | :? IOException
        | :? UnauthorizedAccessException as e -> raise (explain place e)

    let private checkName (place: Place) =
        if String.IsNullOrWhiteSpace place.Path || place.Path.Contains '\000' then
            raise (InputException $"{place.Verb}: got the path \"{place.Path}\", expected the name of a file.")

    /// Runs the body with a seekable stream: the content of a pipe is read into memory first.
    let readStream (place: Place) (stream: Stream) (body: Stream -> 'T) : 'T =
        guarded place (fun () ->
            if stream.CanSeek then
                body stream
            else
                use copy = new MemoryStream()
                stream.CopyTo copy
                copy.Position <- 0L
                body copy)

    /// Runs the body with a file opened for reading.
    let read (place: Place) (body: Stream -> 'T) : 'T =
        checkName place

        guarded place (fun () ->
            use stream = new FileStream(place.Path, FileMode.Open, FileAccess.Read, FileShare.Read)
            readStream place stream body)

    /// Whether an existing target is a file. A pipe or a device has no length that can be set; it must not be replaced by a file.
    let private isFile (target: string) =
        try
            use stream = new FileStream(target, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, 0)
            stream.SetLength stream.Length
            true
        with
        | :? UnauthorizedAccessException -> true // it may be replaced, though not be written
        | :? NotSupportedException
        | :? ArgumentException
        | :? IOException -> false

    let private folderOf (target: string) = Path.GetDirectoryName target |> Option.ofObj |> Option.defaultValue target

    let private asideOf (target: string) =
        Path.Combine(folderOf target, $".{Path.GetFileName target}.{Guid.NewGuid():N}")

    let private staleAfter = TimeSpan.FromDays 1.0

    /// Whether a file is a temporary one of the target, left by a process that was killed while it wrote.
    let private isStale (target: string) (file: FileInfo) =
        let start = $".{Path.GetFileName target}."

        file.Name.StartsWith(start, StringComparison.Ordinal)
        && fst (Guid.TryParseExact(file.Name.Substring start.Length, "N"))
        && DateTime.UtcNow - file.LastWriteTimeUtc > staleAfter

    /// Deletes the stale temporary files of a target. The target is complete by then, so a failure does not matter.
    let private deleteStale (target: string) =
        try
            for file in DirectoryInfo(folderOf target).EnumerateFiles() do
                if isStale target file then file.Delete()
        with
        | :? IOException
        | :? UnauthorizedAccessException
        | :? Security.SecurityException -> ()

    let private isDevice (target: string) = File.Exists target && not (isFile target)

    let private refuseFolder (place: Place) (target: string) =
        if Directory.Exists target then refuse place "it is a folder, expected the name of a file."

    /// Whether there is a file. Raises an exception for a folder, and for a path that no file can have.
    let exists (place: Place) : bool =
        checkName place
        refuseFolder place (Path.GetFullPath place.Path)
        File.Exists place.Path

    /// Writes a temporary file in the same folder, flushes it to the disk, then renames it to the target. Creates the folder
    /// if it does not exist. Writes directly into a pipe or a device. Deletes temporary files of the same target that are
    /// older than a day.
    let write (place: Place) (body: Stream -> unit) : unit =
        checkName place

        guarded place (fun () ->
            let target = Path.GetFullPath place.Path
            refuseFolder place target

            if isDevice target then
                use stream = new FileStream(target, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, 1 <<< 16)
                body stream
                stream.Flush()
            else
                Directory.CreateDirectory(folderOf target) |> ignore
                let aside = asideOf target

                try
                    let save () =
                        use stream =
                            new FileStream(aside, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 <<< 16)
                        body stream
                        stream.Flush true

                    save ()
                    File.Move(aside, target, true)
                finally
                    File.Delete aside

                deleteStale target)

    /// Raises a FileException if the file cannot be written, as far as this is known before writing.
    let rehearse (place: Place) : unit =
        checkName place

        guarded place (fun () ->
            let target = Path.GetFullPath place.Path
            refuseFolder place target

            if not (isDevice target) then
                Directory.CreateDirectory(folderOf target) |> ignore
                let aside = asideOf target

                try
                    (new FileStream(aside, FileMode.CreateNew, FileAccess.Write, FileShare.None)).Dispose()
                finally
                    File.Delete aside)
