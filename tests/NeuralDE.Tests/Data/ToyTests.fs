/// Laws of the small data sets: equal keys give equal points, classes have equal sizes, and the points follow their
/// formulas.
module NeuralDE.Tests.Data.ToyTests

open System
open Expecto
open NeuralDE.Tests
open NeuralDE

let private noLabels (points: Key -> Tensor) (key: Key) = points key, zeros [ 0 ]

/// Every set with n points, its number of classes (0: no labels) and its dimension.
let private sets: (string * int * int * (int -> Key -> Tensor * Tensor)) list =
    [ "moons", 2, 2, Toy.moons 0.1
      "spirals", 2, 2, Toy.spirals 0.02
      "circles", 2, 2, Toy.circles 0.1
      "spheres", 2, 3, Toy.spheres 3 0.1
      "rings", 2, 4, Toy.rings 4
      "gaussians", 7, 2, Toy.gaussians 7 0.1
      "eightGaussians", 8, 2, Toy.eightGaussians
      "pinwheel", 5, 2, Toy.pinwheel 5
      "checkerboard", 0, 2, (fun n -> noLabels (Toy.checkerboard n))
      "swissRoll", 0, 2, (fun n -> noLabels (Toy.swissRoll 0.1 n)) ]

let private names = [ for name, _, _, _ in sets -> name ]
let private named name = sets |> List.find (fun (known, _, _, _) -> known = name)
let private rows (x: Tensor) = x.ToArray() |> Array.chunkBySize x.Shape[1]
let private length (row: float[]) = sqrt (Array.sumBy (fun v -> v * v) row)

/// The rows of each label.
let private byLabel (points: Tensor, labels: Tensor) =
    Array.zip (labels.ToArray()) (rows points)
    |> Array.groupBy fst
    |> Array.sortBy fst
    |> Array.map (snd >> Array.map snd)

let private at (x: float) (y: float) = Array.map2 (-) [| x; y |] >> length

let private within low high what (values: float seq) =
    for v in values do
        Expect.isTrue (v >= low && v <= high) $"{what}: got {v}, expected within [{low}, {high}]"

/// Checks the mean and the mean square of n numbers that are uniform in [0, 1].
let private uniform (values: float[]) =
    let n = float values.Length
    Expect.near (4.0 * sqrt (1.0 / 12.0 / n)) (Array.average values) 0.5 "the mean"
    Expect.near (4.0 * sqrt (4.0 / 45.0 / n)) (Array.averageBy (fun v -> v * v) values) (1.0 / 3.0) "the mean square"

[<Tests>]
let tests =
    testList
        "Data.Toy"
        [ testList
              "equal keys give equal points, other keys others"
              [ for name in names do
                    testCase name (fun () ->
                        let _, classes, dimension, make = named name
                        let points, labels = make 50 (Key 3)
                        Expect.equal points.Shape [| 50; dimension |] "points.Shape"
                        Expect.equal points.Dtype Float64 "points.Dtype"
                        if classes > 0 then Expect.equal labels.Dtype Int64 "labels.Dtype"
                        let again, _ = make 50 (Key 3)
                        Expect.equal (again.ToArray()) (points.ToArray()) "again"
                        let other, _ = make 50 (Key 4)

                        for a, b in Array.zip (rows points) (rows other) do
                            Expect.notEqual a b "a point of another key"

                        Expect.equal (Set(rows points)).Count 50 "different points"
                        Expect.stringContains
                            (Expect.thrown<InputException>(fun () -> make 0 (Key 3) |> ignore)).Message
                            $"Toy.{name}"
                            "with zero points") ]

          testList
              "classes have equal numbers"
              [ for name in names do
                    let _, classes, _, make = named name

                    if classes > 0 && name <> "rings" then
                        testCase name (fun () ->
                            for group in byLabel (make (classes * 6) (Key 1)) do
                                Expect.equal group.Length 6 "group.Length"

                            Expect.equal (byLabel (make (classes + 1) (Key 1))).Length classes "classes") ]

          testCase "moons are half circles around (0, 0) and (1, ½)" (fun () ->
              let groups = byLabel (Toy.moons 0.0 4000 (Key 1))
              within (1.0 - 1e-12) (1.0 + 1e-12) "upper" (groups[0] |> Seq.map (at 0.0 0.0))
              within (1.0 - 1e-12) (1.0 + 1e-12) "lower" (groups[1] |> Seq.map (at 1.0 0.5))
              within 0.0 1.0 "upper" (groups[0] |> Seq.map (fun p -> p[1]))
              within -0.5 0.5 "lower" (groups[1] |> Seq.map (fun p -> p[1]))
              uniform (groups[0] |> Array.map (fun p -> acos p[0] / Math.PI)))

          testCase "spirals are two arms, opposite each other, of uniform area" (fun () ->
              let groups = byLabel (Toy.spirals 0.0 4000 (Key 1))

              for label in 0..1 do
                  for p in groups[label] do
                      let r = length p
                      let angle = 3.0 * Math.PI * r + Math.PI * float label
                      Expect.near 1e-12 (p[0]) (r * cos angle) "x"
                      Expect.near 1e-12 (p[1]) (r * sin angle) "y"

                  uniform (groups[label] |> Array.map (fun p -> (length p) ** 2.0)))

          testCase "circles and spheres have radii ½ and 1 and uniform directions" (fun () ->
              for dimension in [ 1; 2; 3; 5 ] do
                  let groups = byLabel (Toy.spheres dimension 0.0 4000 (Key 1))

                  for label, radius in [ 0, 0.5; 1, 1.0 ] do
                      within (radius - 1e-12) (radius + 1e-12) $"d = {dimension}" (groups[label] |> Seq.map length)

                      for axis in 0 .. dimension - 1 do
                          let x = groups[label] |> Array.map (fun p -> p[axis] / radius)
                          Expect.near (4.0 / sqrt 2000.0) (Array.average x) 0.0 "the mean"
                          Expect.near
                              (4.0 / sqrt 2000.0)
                              (Array.averageBy (fun v -> v * v) x)
                              (1.0 / float dimension)
                              "the mean square"

              let groups = byLabel (Toy.circles 0.0 400 (Key 1))
              within (0.5 - 1e-12) (0.5 + 1e-12) "inner" (groups[0] |> Seq.map length)
              within (1.0 - 1e-12) (1.0 + 1e-12) "outer" (groups[1] |> Seq.map length))

          testCase "rings are a ball of a third of the points, and a shell" (fun () ->
              for dimension in [ 1; 2; 3 ] do
                  let groups = byLabel (Toy.rings dimension 6000 (Key 1))
                  Expect.equal (groups |> Array.map Array.length) [| 2000; 4000 |] "lengths"
                  uniform (groups[0] |> Array.map (fun p -> 2.0 * length p))
                  uniform (groups[1] |> Array.map (fun p -> 2.0 * (length p - 1.0))))

          testCase "gaussians have their means on a circle" (fun () ->
              let check (radius: float) deviation (groups: float[][][]) =
                  groups
                  |> Array.iteri (fun label group ->
                      let angle = 2.0 * Math.PI * float label / float groups.Length

                      for axis, centre in [ 0, radius * cos angle; 1, radius * sin angle ] do
                          let x = group |> Array.map (fun p -> p[axis] - centre)
                          let n = float x.Length
                          Expect.near (4.0 * deviation / sqrt n) (Array.average x) 0.0 "the mean"
                          let variance = Array.averageBy (fun v -> v * v) x
                          Expect.near
                              (6.0 * deviation * deviation / sqrt n)
                              variance
                              (deviation * deviation)
                              "the variance")

              check 1.0 0.1 (byLabel (Toy.gaussians 7 0.1 7000 (Key 1)))
              check (4.0 / sqrt 2.0) (0.5 / sqrt 2.0) (byLabel (Toy.eightGaussians 8000 (Key 1))))

          testCase "a checkerboard has equally many points on each of its eight dark squares" (fun () ->
              let squares =
                  rows (Toy.checkerboard 8000 (Key 1))
                  |> Array.map (fun p -> int (floor ((p[0] + 4.0) / 2.0)), int (floor ((p[1] + 4.0) / 2.0)))

              for column, row in squares do
                  Expect.isTrue (column >= 0 && column < 4 && row >= 0 && row < 4) $"got square ({column}, {row})"
                  Expect.equal ((column + row) % 2) 0 "the sum of column and row"

              let counts = squares |> Array.countBy id |> Array.map snd
              Expect.equal counts.Length 8 "counts.Length"
              within 850.0 1150.0 "points on a square" (counts |> Seq.map float))

          testCase "the arms of a pinwheel are rotated copies" (fun () ->
              let groups = byLabel (Toy.pinwheel 5 10000 (Key 1))
              // back to the axes of the arm: rotated by the angle of its distance along the arm
              for label in 0..4 do
                  let along =
                      groups[label]
                      |> Array.map (fun p ->
                          let r = length p
                          let turn = 2.0 * Math.PI * float label / 5.0 + 0.25 * exp r
                          p[0] * cos turn + p[1] * sin turn)

                  Expect.near 0.03 (Array.average along) 1.0 "the mean along an arm")

          testCase "a Swiss roll turns one and a half times" (fun () ->
              let points = rows (Toy.swissRoll 0.0 4000 (Key 1))
              uniform (points |> Array.map (fun p -> length p - 0.5))

              for p in points do
                  let r = length p
                  Expect.near 1e-12 (p[0]) (r * cos (3.0 * Math.PI * r)) "x"
                  Expect.near 1e-12 (p[1]) (r * sin (3.0 * Math.PI * r)) "y")

          testCase "noise is normal with its standard deviation" (fun () ->
              let clean, _ = Toy.moons 0.0 4000 (Key 1)
              let noisy, _ = Toy.moons 0.2 4000 (Key 1)
              let noise = (noisy - clean).ToArray()
              Expect.near (4.0 * 0.2 / sqrt 8000.0) (Array.average noise) 0.0 "the mean"
              Expect.near (0.04 * 0.1) (Array.averageBy (fun v -> v * v) noise) 0.04 "the variance"

              for mistake in [ -0.1; nan; infinity ] do
                  Expect.stringContains
                      (Expect.thrown<InputException>(fun () -> Toy.moons mistake 4 (Key 1) |> ignore)).Message
                      "Toy.moons: got a deviation"
                      "with invalid noise"

              Expect.stringContains
                  (Expect.thrown<InputException>(fun () -> Toy.spheres 0 0.1 4 (Key 1) |> ignore)).Message
                  "Toy.spheres: got dimension 0"
                  "with dimension 0") ]
