/// The library prints, writes and reads the same in every culture.
module NeuralDE.Tests.Pictures.CultureTests

open System
open System.Globalization
open System.IO
open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Internal.Training
open NeuralDE.Tests.Data.TemporaryFiles

let private under (culture: CultureInfo) (f: unit -> 'T) =
    let before = CultureInfo.CurrentCulture
    CultureInfo.CurrentCulture <- culture

    try
        f ()
    finally
        CultureInfo.CurrentCulture <- before

type Layer = { Rate: float; Count: int; Size: float32; Day: DateTime; Limit: decimal; Weight: Tensor }

let private model =
    { Rate = -1.5
      Count = -3
      Size = 0.25f
      Day = DateTime(2024, 5, 6, 7, 8, 9)
      Limit = 1.5m
      Weight = tensor [ -1.5; 2.25 ] }

/// The message of a refused call.
let private refused (call: unit -> 'T) =
    try
        call () |> ignore
        failwith "Got a result, expected an exception."
    with
    | :? ShapeException
    | :? DtypeException
    | :? InputException
    | :? FileException
    | :? TreeException
    | :? SolveException as e -> e.Message

let private written (name: string) (write: string -> unit) =
    inFolder (fun folder ->
        let path = Path.Combine(folder, name)
        write path
        File.ReadAllText(path, Text.Encoding.Latin1))

let private progress () =
    use output = new StringWriter()
    let line = ProgressLine(output, true)
    let at =
        { Step = 1
          Steps = 30
          Loss = -0.125
          GradientNorm = 1.0
          Skipped = 0
          Shortened = 0
          Seconds = 1.5 }

    line.Write(at, ValueSome 0.5)
    output.ToString()

let private blowUp () =
    Ode.problem (fun _ (y: Tensor) -> 100.0 * square y) (scalar 1.0) (0.0, 1.0) |> Ode.maxSteps 20 |> Ode.solve

/// Texts by name, each computed at the call.
let private texts: (string * (unit -> string)) list =
    [ "a tensor", (fun () -> string (tensor [ 1.5; -2.0; nan; infinity; -infinity; 1e-300; 1234567.0 ]))
      "a tensor of float32", (fun () -> string (tensor [ 1.5f; -2.25f ]))
      "a tensor of int64", (fun () -> string (tensor [ -5L; 1234567L ]))
      "a tensor in a value", (fun () -> sprintf "%A" [ tensor [ -1.5 ] ])
      "a key", (fun () -> string (Key -3))
      "a graph",
      (fun () -> Engine.explain (fun x -> sum (-1.5 * pad [ 1, 1 ] x + pad [ 1, 1 ] (sin x))) (tensor [ 1.0; 2.0 ]))
      "a tree", (fun () -> refused (fun () -> Tree.map2 (+) model { model with Count = -4 }))
      "a shape that does not fit", (fun () -> refused (fun () -> reshape [ -2; 3 ] (ones [ 4 ])))
      "an index", (fun () -> refused (fun () -> (ones [ 3 ])[-7]))
      "a number beside integers", (fun () -> refused (fun () -> tensor [ 1; 2 ] * -1.5))
      "an option out of range", (fun () -> refused (fun () -> Optim.init (Adam -1.5) (ones [ 2 ])))
      "tolerances",
      (fun () ->
          refused (fun () ->
              Lbfgs.minimiseWith { LbfgsOptions.defaults with FirstStep = -1.5 } ignore sum (ones [ 2 ])))
      "a solve that stops", (fun () -> refused blowUp)
      "its statistics",
      (fun () -> string (Ode.problem (fun _ (y: Tensor) -> -y) (scalar 1.0) (0.0, 1.5) |> Ode.solve).Stats)
      "a table",
      (fun () -> written "a.csv" (fun path -> Csv.write path [ "x"; "y" ] (tensor [ [ -1.5; 1e-9 ]; [ nan; 1e21 ] ])))
      "an array", (fun () -> written "a.npy" (fun path -> Npy.write path (tensor [ [ -1.5 ] ])))
      "a checkpoint", (fun () -> written "a.safetensors" (fun path -> Checkpoint.save path model))
      "the line of progress", progress
      "a page",
      (fun () ->
          Report.start "Title"
          |> Report.figure "A line." (Plot.trajectories [ "a", linspace -1.5 1.5 5, linspace -1e-3 1e-3 5 ])
          |> Report.table [ "error" ] [ [ string -1.5 ] ]
          |> Report.environment (DateTime(2024, 5, 6, 7, 8, 9))
          |> Report.html)
      for name, plot in Gallery.plots do
          $"the picture {name}", (fun () -> Plot.svg (plot ())) ]

let private names = List.map fst texts

[<Tests>]
let tests =
    testList
        "Pictures.Culture"
        [ testList
              "a text is the same in a culture with decimal commas"
              [ for name in names do
                    testCase name (fun () ->
                        let text = texts |> List.find (fst >> (=) name) |> snd
                        Expect.equal
                            (under Commas.culture text)
                            (under CultureInfo.InvariantCulture text)
                            "under Commas.culture text") ]

          testCase "the test's culture has decimal commas, and a tensor prints decimal points in it" (fun () ->
              under Commas.culture (fun () ->
                  Expect.equal ((-1.5).ToString()) "−1,5" "(-1.5).ToString()"
                  Expect.equal
                      (string (tensor [ -1.5; nan ]))
                      "tensor [-1.5; NaN] float64 [2]"
                      "string (tensor [ -1.5; nan ])"))

          testCase "a file written in one culture is read in another" (fun () ->
              let table = tensor [ [ -1.5; 1e-9 ]; [ 2.25; 1e21 ] ]

              for writing, reading in
                  [ Commas.culture, CultureInfo.InvariantCulture; CultureInfo.InvariantCulture, Commas.culture ] do
                  inFolder (fun folder ->
                      let path (name: string) = Path.Combine(folder, name)

                      under writing (fun () ->
                          Csv.write (path "a.csv") [ "x"; "y" ] table
                          Npy.write (path "a.npy") table
                          Checkpoint.save (path "a.safetensors") model)

                      under reading (fun () ->
                          let numbers = table.ToArray()
                          Expect.equal
                              ((Csv.read (path "a.csv") |> Csv.columns [ "x"; "y" ]).ToArray())
                              numbers
                              "(Csv.read (path 'a.csv') |> Csv.columns [ 'x'; 'y' ]).ToArray()"
                          Expect.equal
                              ((Npy.read (path "a.npy")).ToArray())
                              numbers
                              "(Npy.read (path 'a.npy')).ToArray()"
                          let loaded = Checkpoint.load (path "a.safetensors") { model with Weight = zeros [ 2 ] }
                          Expect.equal (loaded.Weight.ToArray()) (model.Weight.ToArray()) "loaded.Weight.ToArray()"))) ]
