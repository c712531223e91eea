// dotnet fsi weaken.fsx FILE VERSION: marks a symbol version that an ELF file needs as weak, in place. The loader then accepts a
// library without that version. It is refused where a relocation uses a symbol of that version: there a weak one would not do.
open System
open System.Buffers.Binary
open System.IO
open System.Text

type Section = { Type: int; Offset: int; Size: int; Link: int; EntrySize: int }

/// A 64-bit, little-endian ELF file.
type Elf(bytes: byte[]) =
    let int16At (at: int) = int (BinaryPrimitives.ReadUInt16LittleEndian(ReadOnlySpan(bytes, at, 2)))
    let int32At (at: int) = int (BinaryPrimitives.ReadUInt32LittleEndian(ReadOnlySpan(bytes, at, 4)))
    let int64At (at: int) = int (BinaryPrimitives.ReadUInt64LittleEndian(ReadOnlySpan(bytes, at, 8)))

    let sections =
        let table, size, count = int64At 0x28, int16At 0x3A, int16At 0x3C

        [ for i in 0 .. count - 1 do
              let at = table + i * size

              { Type = int32At (at + 4)
                Offset = int64At (at + 24)
                Size = int64At (at + 32)
                Link = int32At (at + 40)
                EntrySize = int64At (at + 56) } ]

    member _.Int16 at = int16At at
    member _.Int32 at = int32At at
    member _.Text(at: int) = Encoding.ASCII.GetString(bytes, at, Array.IndexOf(bytes, 0uy, at) - at)
    member _.Section i = sections[i]
    member _.OfType t = sections |> List.filter (fun s -> s.Type = t)

let neededVersions, versionsOfSymbols, relocations = 0x6ffffffe, 0x6fffffff, 4

/// Places of the records of one needed version each (Vernaux).
let records (elf: Elf) (section: Section) : int list =
    /// a chain: each has the distance to the next, 0 at the end
    let chain first next =
        List.unfold
            (Option.map (fun at ->
                let distance = elf.Int32(at + next)
                at, (if distance = 0 then None else Some(at + distance))))
            (Some first)

    chain section.Offset 12 |> List.collect (fun library -> chain (library + elf.Int32(library + 8)) 12)

/// How many relocations use a symbol of the version of this index.
let uses (elf: Elf) (index: int) : int =
    let versions = (elf.OfType versionsOfSymbols).Head
    let symbols =
        set
            [ for i in 0 .. versions.Size / 2 - 1 do
                  if elf.Int16(versions.Offset + 2 * i) = index then i ]

    elf.OfType relocations
    |> List.sumBy (fun s ->
        [ s.Offset .. s.EntrySize .. s.Offset + s.Size - s.EntrySize ]
        |> List.filter (fun at -> symbols.Contains(elf.Int32(at + 12)))
        |> List.length)

let weaken (path: string) (version: string) : int =
    let bytes = File.ReadAllBytes path
    let elf = Elf bytes
    let needed = (elf.OfType neededVersions).Head
    let names = (elf.Section needed.Link).Offset

    match records elf needed |> List.tryFind (fun at -> elf.Text(names + elf.Int32(at + 8)) = version) with
    | None -> 0
    | Some at ->
        match uses elf (elf.Int16(at + 6)) with
        | 0 ->
            BinaryPrimitives.WriteUInt16LittleEndian(Span(bytes, at + 4, 2), uint16 (elf.Int16(at + 4) ||| 2))
            File.WriteAllBytes(path, bytes)
            0
        | n ->
            eprintfn
                "%s: %d relocations use a symbol of %s, expected none; the system needs a newer libstdc++."
                path
                n
                version
            1

match fsi.CommandLineArgs with
| [| _; path; version |] -> exit (weaken path version)
| given ->
    eprintfn
        "Got %d arguments, expected a file and a symbol version: dotnet fsi weaken.fsx FILE VERSION"
        (given.Length - 1)
    exit 1
