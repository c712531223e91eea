namespace NeuralDE.Compiler

open System
open System.IO
open NeuralDE

/// Which verb works on which file, for messages.
type internal Place = { Verb: string; Path: string }

/// Files as streams. Whatever goes wrong is a FileException; what is written appears whole or not at all.
module internal Files =
    /// What was found, what was expected, and how to mend it.
    let refuse (place: Place) (sentence: string) : 'a =
        raise (FileException(place.Path, $"{place.Verb}: {place.Path}: {sentence}"))

    let private explain (place: Place) (e: exn) =
        match e with
        | :? FileNotFoundException
        | :? DirectoryNotFoundException -> "there is no such file. Check its name and folder."
        | :? UnauthorizedAccessException -> "the system denies access. Is it a folder, or someone else's file?"
        | :? EndOfStreamException -> "the file ended while it was read. Does something else write it?"
        | e -> $"the system says: {e.Message}"
        |> fun sentence -> FileException(place.Path, $"{place.Verb}: {place.Path}: {sentence}", e)

    /// Runs the body; what the system has against it becomes a FileException.
    let private guarded (place: Place) (body: unit -> 'T) : 'T =
        if String.IsNullOrWhiteSpace place.Path || place.Path.Contains '\000' then
            raise (InputException $"{place.Verb}: got the path \"{place.Path}\", expected the name of a file.")

        try
            body ()
        with
        | :? FileException -> reraise ()
        | :? IOException
        | :? UnauthorizedAccessException as e -> raise (explain place e)

    /// The body with a stream whose length is known: a pipe is read into memory first.
    let whole (stream: Stream) (body: Stream -> 'T) : 'T =
        if stream.CanSeek then
            body stream
        else
            use copy = new MemoryStream()
            stream.CopyTo copy
            copy.Position <- 0L
            body copy

    /// The body with a file opened to be read.
    let read (place: Place) (body: Stream -> 'T) : 'T =
        guarded place (fun () ->
            use stream = new FileStream(place.Path, FileMode.Open, FileAccess.Read, FileShare.Read)
            whole stream body)

    /// Writes a new file beside the old one, has the disk keep it, and only then takes the old one's name.
    /// Its folder is made where there is none.
    let write (place: Place) (body: Stream -> unit) : unit =
        guarded place (fun () ->
            let target = Path.GetFullPath place.Path
            let folder = Path.GetDirectoryName target |> Option.ofObj |> Option.defaultValue target
            Directory.CreateDirectory folder |> ignore
            let aside = Path.Combine(folder, $".{Path.GetFileName target}.{Guid.NewGuid():N}")

            try
                let save () =
                    use stream = new FileStream(aside, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 <<< 16)
                    body stream
                    stream.Flush true

                save ()
                File.Move(aside, target, true)
            finally
                File.Delete aside)
