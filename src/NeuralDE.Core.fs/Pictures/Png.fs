namespace NeuralDE

open System
open System.Buffers.Binary
open System.IO
open System.IO.Compression
open System.Text

/// Pixels as a PNG image within text (W3C, Portable Network Graphics, second edition, 2003).
module internal Png =
    let private remainders =
        [| for index in 0u .. 255u ->
               let mutable rest = index
               for _ in 1..8 do
                   rest <- if rest &&& 1u = 1u then 0xEDB88320u ^^^ (rest >>> 1) else rest >>> 1
               rest |]

    /// The checksum of a chunk, CRC-32.
    let crc (bytes: byte[]) =
        let mutable sum = 0xFFFFFFFFu
        for each in bytes do
            sum <- remainders[int ((sum ^^^ uint32 each) &&& 255u)] ^^^ (sum >>> 8)
        ~~~sum

    let private word (number: uint32) =
        let bytes = Array.zeroCreate<byte> 4
        BinaryPrimitives.WriteUInt32BigEndian(bytes, number)
        bytes

    let private chunk (name: string) (data: byte[]) =
        let named = Array.append (Encoding.ASCII.GetBytes name) data
        Array.concat [ word (uint32 data.Length); named; word (crc named) ]

    let private compressed (data: byte[]) =
        use memory = new MemoryStream()
        (use packer = new ZLibStream(memory, CompressionLevel.SmallestSize, true)
         packer.Write(data, 0, data.Length))
        memory.ToArray()

    /// A PNG file of rows of pixels, top row first. Kind 2 has 3 bytes for each pixel, kind 3 an index into the palette.
    let private file kind bytesAPixel (palette: byte[]) width height (pixels: byte[]) =
        let wide = width * bytesAPixel
        // each row is preceded by its filter: none
        let rows = [| for row in 0 .. height - 1 -> Array.append [| 0uy |] pixels[row * wide .. (row + 1) * wide - 1] |]
        Array.concat
            [ [| 137uy; 80uy; 78uy; 71uy; 13uy; 10uy; 26uy; 10uy |]
              chunk "IHDR" (Array.concat [ word (uint32 width); word (uint32 height); [| 8uy; kind; 0uy; 0uy; 0uy |] ])
              if palette.Length > 0 then chunk "PLTE" palette
              chunk "IDAT" (compressed (Array.concat rows))
              chunk "IEND" [||] ]

    /// An image with 3 bytes for each pixel: red, green, blue.
    let colours width height pixels = file 2uy 3 [||] width height pixels

    /// An image with one byte for each pixel, an index into the palette.
    let indexed (palette: byte[][]) width height pixels = file 3uy 1 (Array.concat palette) width height pixels

    let address (file: byte[]) = "data:image/png;base64," + Convert.ToBase64String file
