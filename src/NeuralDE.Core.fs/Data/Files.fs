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
        let sentence =
            match e with
            | :? FileNotFoundException
            | :? DirectoryNotFoundException -> "there is no such file. Check its name and folder."
            | :? UnauthorizedAccessException -> "the system denies access. Is it a folder, or someone else's file?"
            | :? EndOfStreamException -> "the file ends within its numbers. It was cut, or is still being written."
            | :? InvalidDataException -> $"the file is damaged: {e.Message}"
            | _ -> $"the system says: {e.Message}"

        FileException(place.Path, $"{place.Verb}: {place.Path}: {sentence}", e)

    /// Refuses what follows where the end should be.
    let expectEnd (place: Place) (stream: Stream) =
        if stream.ReadByte() >= 0 then refuse place "the file goes on after its numbers, expected its end."

    /// Runs the body; what the system or a decompressor has against it becomes a FileException.
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

    /// The body with a stream whose length is known: a pipe is read into memory first.
    let readStream (place: Place) (stream: Stream) (body: Stream -> 'T) : 'T =
        guarded place (fun () ->
            if stream.CanSeek then
                body stream
            else
                use copy = new MemoryStream()
                stream.CopyTo copy
                copy.Position <- 0L
                body copy)

    /// The body with a file opened to be read.
    let read (place: Place) (body: Stream -> 'T) : 'T =
        checkName place

        guarded place (fun () ->
            use stream = new FileStream(place.Path, FileMode.Open, FileAccess.Read, FileShare.Read)
            readStream place stream body)

    /// Writes a new file beside the old one, has the disk keep it, and only then takes the old one's name.
    /// Its folder is made where there is none.
    let write (place: Place) (body: Stream -> unit) : unit =
        checkName place

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
