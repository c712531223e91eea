/// The optimisers under test, by name, and PyTorch's numbers for some of them.
module NeuralDE.Tests.Learning.OptimiserCases

open System
open System.IO
open System.Text.Json
open NeuralDE

/// The names of PyTorch's ten steps in optimisers.json.
let published: (string * Optimiser) list =
    let sgd, adam, rmsProp = SgdOptions.defaults, AdamOptions.defaults, RmsPropOptions.defaults
    let adagrad, lion = AdagradOptions.defaults, LionOptions.defaults

    [ "GradientDescent", GradientDescent 0.1
      "Sgd, momentum", Sgd { sgd with Rate = 0.1 }
      "Sgd, dampening, decay", Sgd { sgd with Rate = 0.1; Momentum = 0.8; Dampening = 0.3; WeightDecay = 0.05 }
      "Sgd, Nesterov", Sgd { sgd with Rate = 0.05; IsNesterov = true; WeightDecay = 0.01 }
      "Adam", Adam 0.1
      "Adam, AMSGrad", AdamWith { adam with Rate = 0.1; Beta1 = 0.8; Beta2 = 0.9; Epsilon = 1e-6; IsAmsGrad = true }
      "AdamW", AdamW 0.1
      "AdamW, AMSGrad, decay",
      AdamWith { adam with Rate = 0.03; Beta1 = 0.7; Beta2 = 0.95; WeightDecay = 0.1; IsAmsGrad = true }
      "RmsProp", RmsProp 0.01
      "RmsProp, centered, momentum, decay",
      RmsPropWith
          { rmsProp with
              Rate = 0.02
              Share = 0.9
              Epsilon = 1e-6
              Momentum = 0.5
              IsCentered = true
              WeightDecay = 0.02 }
      "Adagrad", Adagrad 0.1
      "Adagrad, rate decay, initial sum, decay",
      AdagradWith { adagrad with Rate = 0.1; RateDecay = 0.2; InitialSum = 0.3; WeightDecay = 0.04; Epsilon = 1e-8 }
      "Lion, decay", LionWith { lion with Rate = 0.02; WeightDecay = 0.1 } ]

/// Every case of Optimiser, for laws of all optimisers.
let all: (string * Optimiser) list =
    published
    @ [ "Lion", Lion 0.02
        "Frozen", Frozen
        "Adam, scheduled", Adam 0.1 |> Optim.schedule (Schedule.stairs 4 0.3)
        "AdamW, averaged", AdamW 0.1 |> Optim.averaged (MovingAverage 0.9)
        "groups", Optim.groups [ Optim.named "Bias", Adagrad 0.1; Optim.others, RmsProp 0.01 ] ]

let names () = [| for name, _ in all -> name |]
let optimiserNamed name = all |> List.find (fun (known, _) -> known = name) |> snd

let private json =
    lazy
        (let path = Path.Combine(AppContext.BaseDirectory, "Conformance", "optimisers.json")
         (JsonDocument.Parse(File.ReadAllText path)).RootElement)

let private numbers (e: JsonElement) = [| for x in e.EnumerateArray() -> x.GetDouble() |]
let private rows (e: JsonElement) = [ for row in e.EnumerateArray() -> numbers row ]
let property (name: string) = json.Value.GetProperty name

let start () = numbers (property "start")
let gradients () = rows (property "gradients")
let publishedPath (name: string) = rows ((property "optimisers").GetProperty name)
let publishedSchedule (name: string) = numbers ((property "schedules").GetProperty name)
let publishedStairs () = rows (property "Adam with stairs")
