namespace NeuralDE

open System
open System.Globalization
open System.IO
open System.Text
open System.Text.RegularExpressions
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Data

/// NumPy files of one array: numpy.lib.format, versions 1 to 3.
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Npy =
    /// NumPy's own limit for untrusted files.
    let private mostHeader = 10_000

    /// NumPy's types by kind and size.
    let private typeNames =
        [ "f8", StoredType.F64
          "f4", StoredType.F32
          "f2", StoredType.F16
          "i8", StoredType.I64
          "i4", StoredType.I32
          "i2", StoredType.I16
          "i1", StoredType.I8
          "u4", StoredType.U32
          "u2", StoredType.U16
          "u1", StoredType.U8
          "b1", StoredType.Bool ]

    let private byName = dict typeNames
    let private magic = [| 0x93uy; byte 'N'; byte 'U'; byte 'M'; byte 'P'; byte 'Y' |]

    /// A Python dictionary of three entries in any order. The matching time is linear in the length of the text.
    let private dictionary =
        let entry name value = $@"\s*['""]{name}['""]\s*:\s*{value}\s*,?"
        let descr = entry "descr" @"['""](?<descr>[^'""]*)['""]"
        let order = entry "fortran_order" "(?<order>True|False)"
        let shape = entry "shape" @"\((?<shape>[0-9, L]*)\)"
        Regex($@"^\{{({descr}|{order}|{shape})*\s*\}}\s*$", RegexOptions.NonBacktracking)

    /// The type of the numbers, whether they are big-endian, whether the order is Fortran's (first axis fastest), and the
    /// shape.
    let private parse (place: Place) (text: string) =
        let found = dictionary.Match text
        let group (name: string) = found.Groups[name]

        if not (found.Success && Seq.forall (fun name -> (group name).Success) [ "descr"; "order"; "shape" ]) then
            let shown = if text.Length <= 200 then text.Trim() else text.Substring(0, 200) + "…"
            let mend = "Structured arrays are not supported: save each field as an array of numbers"
            Files.refuse place $"the header is {shown}, expected descr, fortran_order and shape. {mend}."

        let name = (group "descr").Value

        let stored =
            match byName.TryGetValue(name.TrimStart('<', '>', '|', '=')) with
            | true, stored -> stored
            | _ ->
                let known = String.Join(", ", List.map fst typeNames)
                Files.refuse place $"the dtype is {name}, expected one of {known}. Convert it in Python with astype."

        let extents =
            (group "shape").Value.Split(',', StringSplitOptions.RemoveEmptyEntries ||| StringSplitOptions.TrimEntries)
            |> Array.map (fun text ->
                match Int64.TryParse(text.TrimEnd 'L', CultureInfo.InvariantCulture) with
                | true, extent -> extent
                | _ -> -1L)

        stored, name.StartsWith '>', (group "order").Value = "True", extents

    /// Reads the array of a stream, up to the end of its numbers.
    let internal readFrom (place: Place) (stream: Stream) : Tensor =
        let start = Stored.take<byte> stream false 8

        if not (start.AsSpan().StartsWith(ReadOnlySpan magic)) then
            Files.refuse place "the file does not begin with \\x93NUMPY. Is it an .npy file?"

        let length =
            match start[6] with
            | 1uy -> int64 (Stored.take<uint16> stream false 1 |> Array.head)
            | 2uy
            | 3uy -> int64 (Stored.take<uint32> stream false 1 |> Array.head)
            | version -> Files.refuse place $"the format has version {string version}, expected 1 to 3."

        if length > int64 mostHeader then
            Files.refuse place $"the header has {string length} bytes, expected at most {string mostHeader}."

        let text = Encoding.UTF8.GetString(Stored.take<byte> stream false (int length))
        let stored, isBigEndian, isFortran, extents = parse place text

        let count =
            match Stored.count extents with
            | Some count -> count
            | None ->
                let got = String.Join("; ", extents |> Array.truncate 8 |> Array.map string)
                Files.refuse place $"the shape is [{got}], more than a tensor can hold."

        Stored.expectLength place (int64 count * int64 stored.Size) stream
        let shape = Array.map int extents

        if isFortran then
            let reversed = Stored.read place "the array" stored isBigEndian (Array.rev shape) stream
            Prim.permute (Array.rev (Shape.axes shape.Length)) reversed
        else
            Stored.read place "the array" stored isBigEndian shape stream

    /// Writes an array to a stream, in the format of numpy.save.
    let internal writeTo (x: Tensor) (stream: Stream) : unit =
        let numbers = x.Numbers
        let stored = StoredType.Of numbers.Dtype
        let name = typeNames |> List.find (fun (_, t) -> t = stored) |> fst
        let order = if stored.Size = 1 then "|" else "<"

        let shape =
            match numbers.Shape with
            | [| extent |] -> $"({string extent},)"
            | extents -> "(" + String.Join(", ", Seq.map string extents) + ")"

        let text = $"{{'descr': '{order}{name}', 'fortran_order': False, 'shape': {shape}, }}"
        // pad with spaces so that the numbers begin at a multiple of 64 bytes
        let padding = (64 - (10 + text.Length + 1) % 64) % 64
        let header = Encoding.ASCII.GetBytes(text + String(' ', padding) + "\n")
        let start = Array.append magic [| 1uy; 0uy; byte header.Length; byte (header.Length >>> 8) |]
        stream.Write(ReadOnlySpan start)
        stream.Write(ReadOnlySpan header)
        Stored.write stream numbers

    /// <summary>Reads an array that numpy.save wrote, in C or Fortran order.</summary>
    /// <param name="path">The file.</param>
    /// <returns>A tensor with the shape of the file.</returns>
    /// <remarks>float64, float32, int64, int32 and bool keep their type; float16 becomes float32; int16, int8, uint16 and
    /// uint8 become int32; uint32 becomes int64. Objects are never unpickled. FileException for a file that is missing,
    /// truncated, damaged or of another dtype.</remarks>
    let read (path: string) : Tensor =
        let place = { Verb = "Npy.read"; Path = path }
        Files.read place (readFrom place)

    /// <summary>Writes an array for numpy.load. Replaces an existing file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="x">The array.</param>
    let write (path: string) (x: Tensor) : unit =
        x.Numbers |> ignore // a placeholder has none
        Files.write { Verb = "Npy.write"; Path = path } (writeTo x)
