module NeuralDE.Tests.Learning.CheckpointTests

open System
open System.IO
open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Tests.Data.TemporaryFiles
open NeuralDE.Tests.Data.Mutations
open NeuralDE.Tests.Repository

type Kind =
    | Relu
    | Power of exponent: float

type Settings =
    { Rate: float
      Name: string
      Kind: Kind
      Widths: int list
      Day: DayOfWeek
      Limit: (int * float32) option
      Apply: Tensor -> Tensor
      Blend: Tensor -> Tensor -> Tensor }

type Part =
    | Dense of Linear
    | Scale of factor: Tensor * offset: Tensor
    | Nothing

type Model =
    { Net: Mlp
      Parts: Part list
      ByName: Map<string, Tensor>
      Bias: Tensor option
      Counts: Tensor[]
      Noise: Key
      Mask: Tensor
      Settings: Settings
      Pair: struct (Tensor * int) }

let private settings =
    let share = Random.Shared.NextDouble()

    { Rate = 0.1 + 0.2
      Name = "a \"net\""
      Kind = Power 2.0
      Widths = [ 2; 3 ]
      Day = DayOfWeek.Friday
      Limit = Some(1, 0.5f)
      Apply = tanh
      Blend = fun a b -> share * a + (1.0 - share) * b }

let private model (seed: int) =
    let key = Key seed
    { Net = Mlp.init key [ 2; 3; 1 ]
      Parts = [ Dense(Linear.init key 2 2); Scale(ones [ 1 ], full [ 2 ] (float seed)); Nothing ]
      ByName = Map [ "a", randn key [ 2 ]; "b.c", randn key [ 1; 2 ] ]
      Bias = Some(randn key [ 2 ] |> cast Float32)
      Counts = [| scalar seed; scalar (int64 seed) |]
      Noise = key
      Mask = tensor [ seed % 2 = 0; true ]
      Settings = settings
      Pair = struct (randn key [ 2 ], 7) }

let private same (a: 'T) (b: 'T) =
    Expect.equal (Tree.signature b) (Tree.signature a) "Tree.signature b"
    Array.iter2 (Expected.like 0.0) (Tree.flatten a) (Tree.flatten b)

/// The path of a saved tree in a new folder.
let private saved (tree: 'T) (body: string -> unit) =
    inFolder (fun folder ->
        let path = Path.Combine(folder, "model.safetensors")
        Checkpoint.save path tree
        body path)

let private differing: (string * (Model -> Model) * string) list =
    let change f (m: Model) = { m with Settings = f m.Settings }
    let big = String('x', 100_000)

    [ "a number",
      change (fun s -> { s with Rate = 0.3 }),
      "Settings.Rate is 0.30000000000000004 in the file and 0.3 in the tree."
      "a text", change (fun s -> { s with Name = big }), "Settings.Name is \"a \\\"net\\\"\" in the file and \"xxx"
      "a case", change (fun s -> { s with Kind = Relu }), "Settings.Kind is Power in the file and Relu in the tree"
      "a field of a case",
      change (fun s -> { s with Kind = Power 3.0 }),
      "Settings.Kind.exponent is 2 in the file and 3 in the tree."
      "a list of numbers",
      change (fun s -> { s with Widths = [ 2 ] }),
      "Settings.Widths is [2; 3] in the file and [2] in the tree."
      "an enum",
      change (fun s -> { s with Day = DayOfWeek.Monday }),
      "Settings.Day is Friday in the file and Monday in the tree."
      "an option", change (fun s -> { s with Limit = None }), "Settings.Limit is None in the tree and not in the file"
      "a static of a tuple",
      (fun m -> let struct (x, _) = m.Pair in { m with Pair = struct (x, 8) }),
      "Pair.Item2 is 7 in the file and 8 in the tree."
      "an optional part that is None",
      (fun m -> { m with Bias = None }),
      "Bias is None in the tree and not in the file; \"Bias\" [2] is only in the file."
      "a case with tensors",
      (fun m -> { m with Parts = List.rev m.Parts }),
      "Parts[0] is Dense in the file and Nothing in the tree"
      "a length",
      (fun m -> { m with Parts = m.Parts.Tail }),
      "Parts is 3 elements in the file and 2 elements in the tree"
      "a key of a map",
      (fun m -> { m with ByName = Map [ "a", ones [ 2 ] ] }),
      "ByName is [\"a\"; \"b.c\"] in the file and [\"a\"] in the tree"
      "a shape",
      (fun m -> { m with Bias = Some(ones [ 3 ] |> cast Float32) }),
      "Bias has shape [2] in the file, and [3] in the tree."
      "a float dtype",
      (fun m -> { m with Bias = Some(ones [ 2 ]) }),
      "Bias is float32 in the file, and float64 in the tree (CastFloats casts)."
      "an integer dtype",
      (fun m -> { m with Counts = Array.rev m.Counts }),
      "Counts[0] is int32 in the file, and int64 in the tree;" ]

let private differingNames = differing |> List.map (fun (name, _, _) -> name)

// ---- PyTorch: make.py of its folder wrote torch-sequential.safetensors --------------------------------------------

type Torch = { Net: Mlp; Input: Tensor; Output: Tensor }

let private torch = Root.file "tests/NeuralDE.Tests/Data/files/torch-sequential.safetensors"

let private torchLike =
    { Net = Mlp.init (Key 0) [ 3; 5; 4; 2 ]; Input = zeros [ 6; 3 ]; Output = zeros [ 6; 2 ] }
    |> Tree.cast Float32

/// Sequential also counts activations, so its layers are 0, 2, 4.
let private ofTorch (path: string) =
    match path with
    | "Input" -> Named "input"
    | "Output" -> Named "output"
    | layer when layer.EndsWith "Weight" -> Transposed $"{2 * int (layer.Substring(11, 1))}.weight"
    | layer -> Named $"{2 * int (layer.Substring(11, 1))}.bias"

[<Tests>]
let tests =
    testList
        "Learning.Checkpoint"
        [ testCase "a tree of all types is loaded with all its numbers" (fun () ->
              saved (model 1) (fun path ->
                  let loaded = Checkpoint.load path (model 2)
                  same (model 1) loaded
                  Expect.equal (loaded.Noise.ToString()) ((model 1).Noise.ToString()) "loaded.Noise.ToString()"))

          testCase "a tensor, a key, a tuple with the state of an optimiser, and an empty tree are trees too" (fun () ->
              saved (ones [ 2; 3 ]) (fun path -> same (ones [ 2; 3 ]) (Checkpoint.load path (zeros [ 2; 3 ])))
              saved (Key 5) (fun path -> same (Key 5) (Checkpoint.load path (Key 1)))
              saved 3 (fun path -> Expect.equal (Checkpoint.load path 3) 3 "Checkpoint.load path 3")
              let net = Mlp.init (Key 1) [ 2; 3; 1 ]
              let state = Optim.init (Adam 0.1) net
              saved (net, state) (fun path ->
                  let other = Mlp.init (Key 2) [ 2; 3; 1 ]
                  same (net, state) (Checkpoint.load path (other, Optim.init (Adam 0.1) other))))

          testCase "the pipeline of the tour" (fun () ->
              inFolder (fun folder ->
                  let path = Path.Combine(folder, "spiral.safetensors")
                  let start = Mlp.init (Key 0) [ 1; 2; 1 ]
                  let loss net = sum (square (Mlp.apply net (ones [ 1 ])))
                  let fit = Train.start start (Adam 1e-2) |> Train.steps 3 |> Train.run loss
                  fit.Model |> Checkpoint.save path
                  same fit.Model (start |> Checkpoint.load path)))

          testCase "tensors are named by their paths, other fields are text" (fun () ->
              saved (model 1) (fun path ->
                  let file = Safetensors.read path
                  Expect.equal
                      (List.map fst file.Tensors)
                      (List.map fst (Tree.leaves (model 1)))
                      "List.map fst file.Tensors"
                  let text name = file.Metadata[name]
                  Expect.equal (text "format") "neuralde 1" "text 'format'"
                  Expect.equal (text "tree:Settings.Rate") "0.30000000000000004" "text 'tree:Settings.Rate'"
                  Expect.equal (text "tree:Settings.Name") "\"a \\\"net\\\"\"" "text 'tree:Settings.Name'"
                  Expect.equal (text "tree:Settings.Kind") "Power" "text 'tree:Settings.Kind'"
                  Expect.equal (text "tree:Settings.Kind.exponent") "2" "text 'tree:Settings.Kind.exponent'"
                  Expect.equal (text "tree:Settings.Widths") "[2; 3]" "text 'tree:Settings.Widths'"
                  Expect.equal (text "tree:Settings.Day") "Friday" "text 'tree:Settings.Day'"
                  Expect.equal (text "tree:Settings.Limit.Item2") "0.5" "text 'tree:Settings.Limit.Item2'"
                  Expect.equal (text "tree:Settings.Apply") "a function" "text 'tree:Settings.Apply'"
                  Expect.equal (text "tree:Settings.Blend") "a function" "text 'tree:Settings.Blend'"
                  Expect.equal (text "tree:Parts") "3 elements" "text 'tree:Parts'"
                  Expect.equal (text "tree:Parts[2]") "Nothing" "text 'tree:Parts[2]'"
                  Expect.equal (text "tree:ByName") "[\"a\"; \"b.c\"]" "text 'tree:ByName'"
                  Expect.equal (text "tree:Noise") "Key" "text 'tree:Noise'"
                  Expect.equal (text "tree:Pair.Item2") "7" "text 'tree:Pair.Item2'"))

          testList
              "differences are named by path, with both values"
              [ for name in differingNames do
                    testCase name (fun () ->
                        let _, change, words = differing |> List.find (fun (n, _, _) -> n = name)
                        saved (model 1) (fun path ->
                            refuses path [ "Checkpoint.load: "; words ] (fun () ->
                                Checkpoint.load path (change (model 2))))) ]

          testCase "a long list of differences is shortened" (fun () ->
              saved (Mlp.init (Key 1) (List.replicate 8 2)) (fun path ->
                  let like = Mlp.init (Key 1) (List.replicate 8 3)
                  refuses path [ "Layers[0].Weight has shape [2; 2]"; "and 6 more." ] (fun () ->
                      Checkpoint.load path like)))

          testCase "long names and texts of a hostile file are shortened in the message" (fun () ->
              inFolder (fun folder ->
                  let path, long = Path.Combine(folder, "model"), String('x', 1_000_000)
                  Safetensors.write path [ "format", "neuralde 1"; "tree:" + long, long ] [ long, ones [ 1 ] ]
                  let e = Expect.thrown<FileException>(fun () -> Checkpoint.load path (ones [ 1 ]) |> ignore)
                  Expect.inRange e.Message.Length (200, 2000) "e.Message.Length"))

          testCase "options ignore their differences and no others" (fun () ->
              saved (model 1) (fun path ->
                  let changed = { model 2 with Settings = { settings with Rate = 9.0 } }
                  let options = { CheckpointOptions.defaults with IgnoreStatics = true }
                  let loaded = Checkpoint.loadWith options path changed
                  Expect.equal loaded.Settings.Rate 9.0 "loaded.Settings.Rate"
                  same (model 1).Net loaded.Net
                  let narrow = Tree.cast Float32 (model 2)
                  refuses path [ "CastFloats" ] (fun () -> Checkpoint.loadWith options path narrow)
                  let casting = { CheckpointOptions.defaults with CastFloats = true }
                  let loaded = Checkpoint.loadWith casting path narrow
                  same (Tree.cast Float32 (model 1)) loaded
                  let other = { casting with Partial = true }
                  let wide = { model 2 with Bias = Some(ones [ 3 ]) }
                  refuses path [ "Bias has shape" ] (fun () -> Checkpoint.loadWith other path wide))

              // a part of a larger model, and a model with a part that the file lacks
              saved {| A = ones [ 2 ]; B = ones [ 3 ] |} (fun path ->
                  let like = {| B = zeros [ 3 ]; C = zeros [ 1 ] |}
                  let both = [ "C [1] is not in the file"; "\"A\" [2] is only in the file" ]
                  refuses path both (fun () -> Checkpoint.load path like)
                  let loaded = Checkpoint.loadWith { CheckpointOptions.defaults with Partial = true } path like
                  same {| B = ones [ 3 ]; C = zeros [ 1 ] |} loaded))

          testCase "a tree that cannot be written is refused, and the old file is kept" (fun () ->
              saved (ones [ 1 ]) (fun path ->
                  let old = File.ReadAllBytes path
                  let clash = {| ``A.B`` = ones [ 1 ]; A = {| B = ones [ 1 ] |} |}
                  let e = Expect.thrown<InputException>(fun () -> Checkpoint.save path clash)
                  Expect.stringContains e.Message "Checkpoint.save: got two tensors named \"A.B\"" "e.Message"
                  let spy (x: Tensor) =
                      Checkpoint.save path x
                      sum x
                  Expect.thrown<TraceException>(fun () -> grad spy (ones [ 1 ]) |> ignore) |> ignore
                  Expect.equal (File.ReadAllBytes path) old "File.ReadAllBytes path"
                  Expect.single
                      (Directory.GetFiles(Path.GetDirectoryName path |> nonNull))
                      "Directory.GetFiles(Path.GetDirectoryName path |> nonNull)"
                  |> ignore))

          testCase "a write deletes what a killed write of the same file left, if it is older than a day" (fun () ->
              saved (ones [ 1 ]) (fun path ->
                  let folder, name = nonNull (Path.GetDirectoryName path), nonNull (Path.GetFileName path)

                  let leave (name: string) (days: float) =
                      let left = Path.Combine(folder, name)
                      File.WriteAllText(left, "left")
                      File.SetLastWriteTimeUtc(left, DateTime.UtcNow - TimeSpan.FromDays days)
                      left

                  let killed (name: string) = $".{name}.{Guid.NewGuid():N}"
                  let stale = leave (killed name) 1.1
                  let kept = // of a write that may still run, of other files, and of users
                      [ leave (killed name) 0.9
                        leave (killed ("a" + name)) 9.0
                        leave (killed name + "0") 9.0
                        leave $".{name}.notes" 9.0
                        leave $"{name}.{Guid.NewGuid():N}" 9.0 ]

                  Checkpoint.save path (zeros [ 1 ])
                  Expect.isFalse (File.Exists stale) "the stale file"
                  Expect.all kept File.Exists "the other files"
                  same (zeros [ 1 ]) (Checkpoint.load path (ones [ 1 ]))))

          testCase "a damaged file is refused, or loaded with the structure of the tree" (fun () ->
              let like = model 2

              saved (model 1) (fun path ->
                  let signature = Tree.signature like

                  let attempt (bytes: byte[]) =
                      File.WriteAllBytes(path, bytes)
                      boundedBy 64L bytes (fun () ->
                          Expect.equal
                              (Tree.signature (Checkpoint.load path like))
                              signature
                              "Tree.signature (Checkpoint.load path like)")

                  let valid = File.ReadAllBytes path
                  Expect.isTrue (attempt valid) "attempt valid"
                  let accepted = damage 500 valid |> Seq.filter attempt |> Seq.length
                  Expect.inRange accepted (1, 499) "accepted"))

          testCase "weights that PyTorch wrote give PyTorch's outputs" (fun () ->
              let loaded = torchLike |> Checkpoint.loadMapped torch ofTorch
              Expected.like 1e-6 loaded.Output (Mlp.apply loaded.Net loaded.Input)
              Expect.notEqual (float (std loaded.Output)) 0.0 "float (std loaded.Output)"
              let casting = { CheckpointOptions.defaults with CastFloats = true }
              let wide = Tree.cast Float64 torchLike |> Checkpoint.loadMappedWith casting torch ofTorch
              Expected.like 1e-6 wide.Output (Mlp.apply wide.Net wide.Input))

          testCase "tensors that a name map does not use or does not find are named" (fun () ->
              let load map () = torchLike |> Checkpoint.loadMapped torch map
              let except (at: string) source path = if path = at then source else ofTorch path
              refuses
                  torch
                  [ "Checkpoint.loadMapped"; "\"input\" [6; 3] is only in the file." ]
                  (load (except "Input" Kept))

              refuses
                  torch
                  [ "Net.Layers[0].Weight has shape [5; 3] in the file, \"0.weight\", and [3; 5] in the tree." ]
                  (load (except "Net.Layers[0].Weight" (Named "0.weight")))

              refuses
                  torch
                  [ "Net.Layers[0].Bias needs \"0.bias\" transposed, which has shape [5] in the file" ]
                  (load (except "Net.Layers[0].Bias" (Transposed "0.bias")))

              refuses
                  torch
                  [ "Input needs \"inputs\", which is not in the file; \"input\" [6; 3] is only in the file." ]
                  (load (except "Input" (Named "inputs")))

              let wide () = Tree.cast Float64 torchLike |> Checkpoint.loadMapped torch ofTorch
              refuses
                  torch
                  [ "Net.Layers[0].Weight is float32 in the file, \"0.weight\" transposed, and float64 in the tree" ]
                  wide)

          testCase "a source can be computed, kept or unused" (fun () ->
              let half (x: Tensor) = x[0..1]
              let like = {| Rows = zeros [ 2; 3 ]; Own = full [ 1 ] 7.0 |}

              let map path =
                  match path with
                  | "Rows" -> Computed("input", half)
                  | _ -> Kept

              let options = { CheckpointOptions.defaults with Partial = true; CastFloats = true }
              let loaded = like |> Checkpoint.loadMappedWith options torch map
              let input = (Safetensors.read torch).Tensors |> List.find (fun (name, _) -> name = "input") |> snd
              Expected.holds [ 2; 3 ] (input.ToArray()[..5]) loaded.Rows
              Expected.holds [ 1 ] [ 7.0 ] loaded.Own)

          testCase "a file of another program is loaded by the paths of the tree, without its static fields" (fun () ->
              inFolder (fun folder ->
                  let path = Path.Combine(folder, "by hand")
                  Safetensors.write path [ "format", "pt" ] [ "Weight", ones [ 2; 1 ]; "Bias", ones [ 1 ] ]
                  same { Weight = ones [ 2; 1 ]; Bias = ones [ 1 ] } (Checkpoint.load path (Linear.init (Key 1) 2 1)))) ]
