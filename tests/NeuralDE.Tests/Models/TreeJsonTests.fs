/// Trees in JSON: what is read has the bits of what was written, and bad documents are refused where they are bad.
module NeuralDE.Tests.Models.TreeJsonTests

open System
open System.Text
open System.Text.Json
open Expecto
open Microsoft.FSharp.Reflection
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Tests.Data.Mutations

type Kind =
    | Relu
    | Power of exponent: float
    | Both of Tensor * weight: Tensor
    | One of Tensor

type Everything =
    { Net: Mlp
      Kinds: Kind list
      ByName: Map<string, Tensor>
      ByNumber: Map<int, Tensor>
      Bias: Tensor option
      Missing: Tensor option
      Counts: Tensor[]
      Noise: Key
      Rate: float
      Worst: float32
      Name: string
      Day: DayOfWeek
      At: DateTime
      Limit: int64 voption
      Apply: Tensor -> Tensor
      Pair: struct (Tensor * int)
      Many: Tensor * Tensor * int * int * int * int * int * int }

type Hiding =
    { Shown: Tensor
      [<Serialization.JsonIgnore>]
      Secret: string }

let private apply = tanh: Tensor -> Tensor

let private everything =
    { Net = Mlp.init (Key 3) [ 2; 3; 1 ] |> Mlp.withActivation (Activation.LeakyRelu 0.1)
      Kinds = [ Relu; Power nan; Both(ones [ 2 ], scalar 0.5); One(scalar 1.0f) ]
      ByName = Map [ "a", ones [ 2 ]; "b.c \"", randn (Key 1) [ 1; 2 ] ]
      ByNumber = Map [ -3, ones [ 1 ]; 7, zeros [ 2 ] ]
      Bias = Some(randn (Key 2) [ 2 ] |> cast Float32)
      Missing = None
      Counts = [| scalar 1; scalar 2L |]
      Noise = Key.fold 3 (Key 1)
      Rate = 0.1 + 0.2
      Worst = -infinityf
      Name = "a \"net\" é"
      Day = DayOfWeek.Friday
      At = DateTime(2026, 11, 30, 1, 2, 3, DateTimeKind.Utc)
      Limit = ValueSome Int64.MinValue
      Apply = apply
      Pair = struct (randn (Key 4) [ 2 ], 7)
      Many = (scalar 1.0, scalar 2.0, 3, 4, 5, 6, 7, 8) }

let private bits (x: Tensor) : int64[] =
    match x.Dtype with
    | Float64 -> x.ToArray() |> Array.map BitConverter.DoubleToInt64Bits
    | Float32 -> x.ToFloat32Array() |> Array.map (BitConverter.SingleToInt32Bits >> int64)
    | Int32
    | Int64 -> x.ToInt64Array()
    | Bool -> x.ToBoolArray() |> Array.map (fun b -> if b then 1L else 0L)

/// Everything but the bits: dtypes, shapes, static fields, cases; functions by their code.
let private same (a: 'T) (b: 'T) =
    Expect.equal (Tree.signature b) (Tree.signature a) "the signature of what was read"
    Array.iter2 (fun x y -> Expect.equal (bits y) (bits x) "the bits of a leaf") (Tree.flatten a) (Tree.flatten b)

let private reads (tree: 'T) = TreeJson.write tree |> TreeJson.read<'T> |> same tree
let private readsLike (tree: 'T) = TreeJson.write tree |> TreeJson.readLike (Tree.zerosLike tree) |> same tree

let private refused (words: string list) (read: unit -> 'T) =
    match
        (try
            Choice1Of2(read ())
         with e ->
             Choice2Of2 e)
    with
    | Choice2Of2(:? JsonException as e) ->
        for word in words do
            Expect.stringContains e.Message word "the message"
    | Choice2Of2 e -> failtest $"got {e}, expected a JsonException"
    | Choice1Of2 _ -> failtest "got a value, expected a JsonException"

// ── what is written and read ─────────────────────────────────────────────────────────────────────────────────────

let private key = Key 5
let private padded = { ConvOptions.Default with Padding = [ 1 ] }

/// A network with every layer that is data.
let private layers: Layer list =
    [ Layer.Linear(Linear.init key 3 2)
      Layer.Conv1d(Conv1d.init padded key 2 3 3)
      Layer.Conv2d(Conv2d.init padded key 2 3 [ 3 ])
      Layer.ConvTranspose1d(ConvTranspose1d.init padded key 2 3 3)
      Layer.ConvTranspose2d(ConvTranspose2d.init padded key 2 3 [ 2 ])
      Layer.LayerNorm(LayerNorm.init [ 4 ])
      Layer.GroupNorm(GroupNorm.init 2 4)
      Layer.FourierFeatures(FourierFeatures.init 0.3 key 3 4)
      Layer.Power 0.1
      Layer.Time 2
      Layer.Dropout 0.3
      Layer.AveragePool2d(2, 1)
      Layer.MaxPool2d(3, 2)
      Layer.GlobalAveragePool 1
      Layer.Flatten ]
    @ [ for a in Activation.all -> Layer.Activation a ]

let private nested = layers @ [ Layer.Residual layers ]

let private tried (name: string) (tree: 'T) = testCase name (fun () -> reads tree)

let private parts =
    [ tried "Linear" (Linear.init key 3 2)
      tried "Mlp" (Mlp.init key [ 3; 4; 2 ])
      tried "Elman" (Elman.init key 2 3 2)
      tried "Gru" (Gru.init key 2 3 2)
      tried "Lstm" (Lstm.init key 2 3 2)
      tried "BatchNorm" (BatchNorm.init 2, BatchNormState.init 2)
      tried "Attention" (MultiHeadAttention.init key 4 2)
      tried "Embedding" (Embedding.init key 4 3)
      tried "layers" nested
      tried "a tensor" (randn key [ 2; 3 ])
      tried "keys" (Key.splitN 3 key)
      tried "an option" (Some(ones [ 2 ]))
      tried "no option" (None: Tensor option)
      tried "a result" [ Ok(ones [ 2 ]); Error "none" ]
      tried "an anonymous record" {| A = ones [ 1 ]; B = 3 |}
      tried "a series" (Series.create (linspace 0.0 1.0 3) (ones [ 3; 2 ]))
      tried "a normaliser" (Normaliser.fit Normalisation.Standard (randn key [ 4; 2 ])) ]

let private special: (string * Tensor) list =
    [ "float64",
      tensor
          [ 0.0
            -0.0
            0.1
            nan
            infinity
            -infinity
            Double.Epsilon
            -Double.Epsilon
            Double.MaxValue
            1.0 / 3.0
            5e-324
            1e22 ]
      "float32",
      tensor
          [ 0.0f; -0.0f; 0.1f; nanf; infinityf; -infinityf; Single.Epsilon; Single.MaxValue; 16777217.0f; 1.0f / 3.0f ]
      "int64", tensor [ Int64.MinValue; Int64.MaxValue; 0L; 9007199254740993L; -9007199254740993L; 9007199254740992L ]
      "int32", tensor [ Int32.MinValue; Int32.MaxValue; 0; -1 ]
      "bool", tensor [ true; false ]
      "a scalar", scalar 2.5
      "no element", zeros [ 3; 0; 2 ]
      "five axes", reshape [ 1; 2; 1; 3; 1 ] (arange 0.0 6.0 1.0) ]

let private roundTrips =
    [ testList "numbers keep their bits" [ for name, x in special -> tried name x ]

      testCase "random bits of float64 and float32 keep them" (fun () ->
          let random = Random 3
          let raw =
              Array.init 20000 (fun _ ->
                  BitConverter.Int64BitsToDouble(random.NextInt64(Int64.MinValue, Int64.MaxValue)))
          // every NaN is read as one
          let finite = raw |> Array.filter (Double.IsNaN >> not)
          reads (tensor finite)
          let raw =
              Array.init 20000 (fun _ -> BitConverter.Int32BitsToSingle(random.Next(Int32.MinValue, Int32.MaxValue)))
          reads (raw |> Array.filter (Single.IsNaN >> not) |> tensor))

      testList "parts of models" parts

      testCase "every layer that is data is among them" (fun () ->
          let names = nested |> List.map (fun l -> (fst (FSharpValue.GetUnionFields(l, typeof<Layer>))).Name) |> set
          let all = FSharpType.GetUnionCases typeof<Layer> |> Array.map _.Name |> set
          Expect.equal (all - names) (set [ "Own" ]) "the cases that are not tried")

      testList
          "neural ODEs, by an example"
          [ for name, model in NeuralOdeLaws.kinds @ NeuralPartTests.models -> testCase name (fun () -> readsLike model) ]

      testCase "ODE-Net" (fun () ->
          let net = OdeNet.init (Key 1)
          readsLike net)

      testCase "a tree of everything, by an example; a function is the example's" (fun () ->
          readsLike everything
          let got = TreeJson.write everything |> TreeJson.readLike { everything with Rate = 1.0; Kinds = [] }
          Expect.equal got.Rate everything.Rate "the number of the text"
          Expect.isTrue (obj.ReferenceEquals(got.Apply, everything.Apply)) "the function of the example"
          Expect.equal got.Kinds.Length 4 "the cases of the text"
          refused [ "Apply"; "readLike" ] (fun () -> TreeJson.write everything |> TreeJson.read<Everything>)) ]

// ── the form ─────────────────────────────────────────────────────────────────────────────────────────────────────

let private form =
    [ testCase "the form of a tensor, of cases and of options" (fun () ->
          let expected = """{"dtype":"float64","shape":[2,2],"data":[1,-0,"NaN","-Infinity"]}"""
          Expect.equal (TreeJson.write (tensor [ [ 1.0; -0.0 ]; [ nan; -infinity ] ])) expected "a tensor"
          let one = """{"dtype":"int64","shape":[],"data":["9007199254740993"]}"""
          Expect.equal (TreeJson.write (scalar 9007199254740993L)) one "an integer that float64 lacks"
          let cases = TreeJson.write [ Relu; Power 2.0; One(scalar true) ]
          let expected = """["Relu",{"Power":{"exponent":2}},{"One":{"dtype":"bool","shape":[],"data":[true]}}]"""
          Expect.equal cases expected "cases"
          Expect.equal (TreeJson.write (Map [ "a", Relu ])) """{"a":"Relu"}""" "one name"
          Expect.equal (TreeJson.write Status.Success) "\"Success\"" "a status")

      testCase "the parts of a tensor come in any order" (fun () ->
          let x = TreeJson.read<Tensor> """{"data":[1,2],"shape":[2],"dtype":"int32"}"""
          same (tensor [ 1; 2 ]) x)

      testCase "names follow the policy of the options, and case is ignored where they say so" (fun () ->
          let web = JsonSerializerOptions(JsonSerializerDefaults.Web)
          web.Converters.Add(TreeJsonConverter())
          let net = Mlp.init key [ 1; 1 ]
          let text = JsonSerializer.Serialize(net, web)
          Expect.stringContains text "\"weight\":" "names of the web"
          same net (nonNull (JsonSerializer.Deserialize<Mlp>(text, web)))
          same net (nonNull (JsonSerializer.Deserialize<Mlp>(TreeJson.write net, web))))

      testCase "a solution is written, with what became of it" (fun () ->
          let solve t1 = Ode.problem (fun _ y -> y * y) (tensor [ 1.0 ]) (0.0, t1) |> Ode.trySolve
          let text = TreeJson.write (solve 0.5)
          use document = JsonDocument.Parse text
          let root = document.RootElement
          Expect.equal (root.GetProperty("Status").GetString()) "Success" "the status"
          let y1 = root.GetProperty("Y1").GetRawText() |> TreeJson.read<Tensor>
          same (solve 0.5).Y1 y1
          Expect.isTrue (root.GetProperty("Stats").GetProperty("Steps").GetInt32() > 0) "steps"
          let failed = TreeJson.write (solve 2.0)
          Expect.stringContains failed "\"Message\":\"Ode.solve: stopped at" "the message"
          refused [ "Solution" ] (fun () -> TreeJson.read<Solution<Tensor>> text)) ]

// ── what is refused ──────────────────────────────────────────────────────────────────────────────────────────────

let private bad: (string * string * string list) list =
    [ "no tensor", "[1,2]", [ "the value is an array"; "dtype, shape and data" ]
      "a dtype that is none", """{"dtype":"float16","shape":[1],"data":[1]}""", [ "\"float16\""; "float32" ]
      "a shape that is none", """{"dtype":"float64","shape":[1.5],"data":[1]}""", [ "1.5"; "shape" ]
      "an extent below 0", """{"dtype":"float64","shape":[-1],"data":[1]}""", [ "-1" ]
      "too many axes",
      "{\"dtype\":\"bool\",\"shape\":[" + String.Join(",", Array.create 33 "1") + "],\"data\":[true]}",
      [ "32" ]
      "fewer numbers", """{"dtype":"float64","shape":[2,3],"data":[1]}""", [ "1 numbers"; "6"; "[2; 3]" ]
      "a text for a number", """{"dtype":"float64","shape":[1],"data":["nan"]}""", [ "\"nan\""; "position 0" ]
      "a number too large", """{"dtype":"float64","shape":[2],"data":[1,1e400]}""", [ "1e400"; "position 1" ]
      "a number too large for float32", """{"dtype":"float32","shape":[1],"data":[1e39]}""", [ "1e39" ]
      "an integer with a fraction", """{"dtype":"int32","shape":[1],"data":[1.0]}""", [ "1.0"; "int32" ]
      "an integer too large", """{"dtype":"int32","shape":[1],"data":[2147483648]}""", [ "2147483648" ]
      "an integer beyond int64", """{"dtype":"int64","shape":[1],"data":["9223372036854775808"]}""", [ "int64" ]
      "a number for a bool", """{"dtype":"bool","shape":[1],"data":[1]}""", [ "true or false" ]
      "data missing", """{"dtype":"bool","shape":[1]}""", [ "no \"data\"" ]
      "data twice", """{"dtype":"bool","shape":[1],"data":[true],"data":[true]}""", [ "twice" ]
      "a further member", """{"dtype":"bool","shape":[1],"data":[true],"x":1}""", [ "\"x\"" ]
      "an enormous shape with an extent of 0",
      """{"dtype":"bool","shape":[2147483647,2147483647,2147483647,0],"data":[]}""",
      [ "[2147483647; 2147483647; 2147483647; 0]" ]
      "an enormous shape", """{"dtype":"bool","shape":[2000000000,2000000000,2000000000],"data":[]}""", [ "16777216" ]
      "half a letter", """{"dtype":"\ud800","shape":[1],"data":[true]}""", [ "" ]
      "null", "null", [ "null" ]
      "no document", "{", [ "" ] ]

let private refusals =
    [ testList
          "a tensor that is none is refused, with what was got"
          [ for name, text, words in bad ->
                testCase name (fun () -> refused words (fun () -> TreeJson.read<Tensor> text)) ]

      testCase "the path of a bad part is in the message" (fun () ->
          let text = (TreeJson.write everything).Replace("\"LeakyRelu\"", "\"LeakyRely\"")
          refused [ "Net."; "LeakyRely"; "Softplus" ] (fun () -> TreeJson.readLike everything text)
          let text = (TreeJson.write nested).Replace("\"Weight\"", "\"Wait\"")
          refused [ "[0].Linear.Weight is missing" ] (fun () -> TreeJson.read<Layer list> text))

      testCase "the path of the document is in the exception" (fun () ->
          let good = """{"dtype":"bool","shape":[1],"data":[true]}"""
          let bad = """{"dtype":"bool","shape":[2],"data":[true]}"""
          let read () = JsonSerializer.Deserialize<Tensor[]>($"[{good},{bad}]", TreeJson.options) |> ignore
          Expect.equal (Expect.thrownAny<JsonException> read).Path "$[1]" "the path")

      testCase "a static number that is too large is not read as infinity" (fun () ->
          let read (rate: string) =
              TreeJson.read<{| Rate: float; Rates: float32[]; X: Tensor |}>(
                  (TreeJson.write {| Rate = 0.5; Rates = [| 1.0f; infinityf |]; X = ones [ 1 ] |})
                      .Replace("0.5", rate)
                      .Replace("[1,", $"[{rate},")
              )

          refused [ "Rate is 1e400"; "finite float" ] (fun () -> read "1e400")
          refused [ "Rates is 1e39"; "finite float32" ] (fun () -> read "1e39")
          Expect.equal (read "2").Rates [| 2.0f; infinityf |] "Infinity in words")

      testCase "a text with half a letter is not written, because another one would be read" (fun () ->
          let half = String(char 0xD800, 1)
          refused [ "Name"; "surrogate" ] (fun () -> TreeJson.write {| Name = "a" + half; X = ones [ 1 ] |})
          refused [ "Names"; "surrogate" ] (fun () -> TreeJson.write {| Names = [| "a"; half |]; X = ones [ 1 ] |})
          refused [ "surrogate" ] (fun () -> TreeJson.write (Map [ (half, ones [ 1 ]) ]))
          reads {| Name = "\U0001F600"; X = ones [ 1 ] |})

      testCase "a map with the key null is neither written nor read" (fun () ->
          let none: string = Unchecked.defaultof<string>
          refused [ "key null" ] (fun () -> TreeJson.write (Map [ (none, ones [ 1 ]) ]))
          let text = $"""[{{"key":null,"value":{TreeJson.write (ones [ 1 ])}}}]"""
          refused [ "key" ] (fun () -> TreeJson.read<Map<string, Tensor>> text))

      testCase "a part with JsonIgnore is the example's" (fun () ->
          let secret = { Shown = ones [ 1 ]; Secret = "a secret" }
          let text = TreeJson.write secret
          Expect.isFalse (text.Contains "ecret") text
          refused [ "Secret"; "readLike" ] (fun () -> TreeJson.read<Hiding> text)
          Expect.equal (TreeJson.readLike secret text).Secret "a secret" "the part of the example")

      testCase "a placeholder, Some None and too many numbers are not written" (fun () ->
          refused [ "placeholder" ] (fun () ->
              grad
                  (fun (x: Tensor) ->
                      (TreeJson.write x |> ignore
                       x))
                  (scalar 1.0))
          refused [ "None" ] (fun () -> TreeJson.write [ Some(None: Tensor option) ])
          let options = JsonSerializerOptions()
          options.Converters.Add(TreeJsonConverter 3L)
          refused [ "x"; "4 numbers"; "at most 3" ] (fun () -> JsonSerializer.Serialize({| x = ones [ 4 ] |}, options))
          let text = TreeJson.write (ones [ 4 ])
          refused [ "at most 3" ] (fun () -> JsonSerializer.Deserialize<Tensor>(text, options))
          Expect.thrown<InputException>(fun () -> TreeJsonConverter 0L |> ignore) |> ignore)

      testCase "a tree too deep is refused" (fun () ->
          let deep = Seq.fold (fun layer _ -> Layer.Residual [ layer ]) Layer.Flatten (seq { 1..200 })
          refused [ "levels deep" ] (fun () -> TreeJson.write deep))

      testCase "damaged documents are read, or refused by a JsonException" (fun () ->
          let valid = Encoding.UTF8.GetBytes(TreeJson.write everything)
          let read (text: string) = TreeJson.readLike everything text |> ignore
          let mutable accepted = 0

          for bytes in damage 3000 valid do
              try
                  read (Encoding.UTF8.GetString bytes)
                  accepted <- accepted + 1
              with :? JsonException ->
                  ()

          Expect.isTrue (accepted > 20 && accepted < 2500) $"Got {accepted} of 3000 documents read.") ]

[<Tests>]
let tests = testList "Models.TreeJson" (roundTrips @ form @ refusals)
