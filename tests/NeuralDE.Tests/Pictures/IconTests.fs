/// The icon of the packages: the library draws it, and NEURALDE_APPROVE=1 writes it.
module NeuralDE.Tests.Pictures.IconTests

open System
open System.IO
open System.IO.Compression
open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Tests.Repository

let private size = 128
let private file = Root.file "src/icon.png"

/// A spiral into the middle: the points of a solve, in pixels.
let private spiral =
    lazy
        (let field _ (u: Tensor) = stack [ -0.22 * u[0] + 2.0 * u[1]; -2.0 * u[0] - 0.22 * u[1] ]

         let ys = Ode.problem field (tensor [ 1.0; 0.0 ]) (0.0, 9.0) |> Ode.saveAt (linspace 0.0 9.0 400) |> Ode.solveYs

         ys.ToArray() |> Array.chunkBySize 2 |> Array.map (fun p -> 64.0 + 48.0 * p[0], 64.0 - 48.0 * p[1]))

/// A line of half this width about the points: 1 on it, 0 off it, between at its edge.
let private cover halfWidth (x: float, y: float) =
    let nearest =
        spiral.Value |> Array.map (fun (px, py) -> Math.Sqrt((px - x) ** 2.0 + (py - y) ** 2.0)) |> Array.min
    Math.Clamp(halfWidth + 0.5 - nearest, 0.0, 1.0)

/// A square with round corners.
let private inside (x: float, y: float) =
    let beyond v = max 0.0 (abs (v - 64.0) - 40.0)
    Math.Clamp(24.5 - Math.Sqrt(beyond x ** 2.0 + beyond y ** 2.0), 0.0, 1.0)

let private pixels =
    lazy
        (let mix share (a: float[]) (b: float[]) = Array.map2 (fun a b -> a + share * (b - a)) a b
         let paper, ground, line, point =
             [| 255.0; 255.0; 255.0 |], [| 31.0; 58.0; 95.0 |], [| 255.0; 209.0; 102.0 |], [| 239.0; 71.0; 111.0 |]

         [| for row in 0 .. size - 1 do
                for column in 0 .. size - 1 do
                    let at = float column + 0.5, float row + 0.5
                    let startX, startY = spiral.Value[0]
                    let fromStart = Math.Sqrt((fst at - startX) ** 2.0 + (snd at - startY) ** 2.0)

                    let colour =
                        mix (inside at) paper ground
                        |> fun c -> mix (cover 2.6 at) c line
                        |> fun c -> mix (Math.Clamp(7.5 - fromStart, 0.0, 1.0)) c point

                    yield! colour |> Array.map (fun v -> byte (Math.Round v)) |])

/// The rows of a PNG file of one IDAT chunk without filters, as colours are written here.
let private unpack (bytes: byte[]) =
    let word at =
        (int bytes[at] <<< 24) ||| (int bytes[at + 1] <<< 16) ||| (int bytes[at + 2] <<< 8) ||| int bytes[at + 3]
    Expect.equal (word 16, word 20) (size, size) "the size of the icon"
    // after the signature and IHDR
    let length = word 33
    use data = new ZLibStream(new MemoryStream(bytes, 41, length), CompressionMode.Decompress)
    use rows = new MemoryStream()
    data.CopyTo rows
    rows.ToArray() |> Array.chunkBySize (1 + 3 * size) |> Array.collect Array.tail

[<Tests>]
let tests =
    testList
        "Pictures.Icon"
        [ testCase "the icon of the packages is what the library draws" (fun () ->
              let drawn = pixels.Value

              if Environment.GetEnvironmentVariable "NEURALDE_APPROVE" = "1" then
                  File.WriteAllBytes(file, Png.colours size size drawn)

              let stored = unpack (File.ReadAllBytes file)
              let most = Array.map2 (fun (a: byte) b -> abs (int a - int b)) drawn stored |> Array.max
              Expect.isTrue (most <= 2) $"Got colours that differ by {most} of 255, expected 2 at most.") ]
