/// The element-wise functions of one argument, from the cases of the union, so that tests of all of them include a new
/// one.
module internal NeuralDE.Tests.UnaryCases

open System
open Microsoft.FSharp.Reflection
open NeuralDE.Internal.Graph

let private cases = FSharpType.GetUnionCases(typeof<Unary>, true)

/// Name and functions of each case: one for a case without a parameter, several for others.
let byName: (string * Unary list) list =
    [ for case in cases ->
          let make (fields: objnull[]) = unbox<Unary>(FSharpValue.MakeUnion(case, fields, true))

          let functions =
              match [ for p in case.GetFields() -> p.PropertyType ] with
              | [] -> [ make [||] ]
              | [ t ] when t = typeof<int> -> [ for order in [ 0; 1; 2; 4 ] -> make [| box order |] ]
              | _ -> [ for a in [ -1.5; -1.0; 0.0; 0.5; 1.0; 1.7; 2.0; 3.0 ] -> make [| box a |] ]

          case.Name, functions ]

let all: Unary list = byName |> List.collect snd

/// The float functions with their reference values.
let ofFloats: (Unary * (float -> float)) list =
    [ for u in all do
          match (Unaries.about u).Value with
          | UnaryValue.Floats f
          | UnaryValue.Numbers(f, _) -> yield u, f
          | UnaryValue.Bools _ -> () ]

/// The printed names, without parameters.
let words: string list = all |> List.map (fun u -> (Unaries.about u).Name) |> List.distinct

/// x and f(x), from tables or by hand, to test the reference.
let known: (Unary * (float * float) list) list =
    [ Neg, [ 1.5, -1.5; -2.0, 2.0 ]
      Abs, [ 1.5, 1.5; -2.0, 2.0 ]
      Sign, [ 3.0, 1.0; -0.1, -1.0; 0.0, 0.0 ]
      Sqrt, [ 9.0, 3.0; 2.0, 1.4142135623730951 ]
      Exp, [ 0.0, 1.0; 1.0, Math.E ]
      Expm1, [ 0.0, 0.0; 1.0, 1.718281828459045; 1e-20, 1e-20 ]
      Log, [ 1.0, 0.0; Math.E, 1.0 ]
      Log1p, [ 0.0, 0.0; 1.0, 0.6931471805599453; 1e-20, 1e-20 ]
      Sin, [ 0.0, 0.0; Math.PI / 6.0, 0.5 ]
      Cos, [ 0.0, 1.0; Math.PI / 3.0, 0.5 ]
      Tan, [ Math.PI / 4.0, 1.0 ]
      Asin, [ 1.0, Math.PI / 2.0 ]
      Acos, [ 0.0, Math.PI / 2.0 ]
      Atan, [ 1.0, Math.PI / 4.0 ]
      Sinh, [ 1.0, 1.1752011936438014 ]
      Cosh, [ 1.0, 1.5430806348152437 ]
      Tanh, [ 1.0, 0.7615941559557649; 1e-10, 1e-10 ]
      Asinh, [ 1.0, 0.881373587019543 ]
      Acosh, [ 2.0, 1.3169578969248166 ]
      Atanh, [ 0.5, 0.5493061443340549 ]
      Sigmoid, [ 0.0, 0.5; 1.0, 0.7310585786300049 ]
      Softplus, [ 0.0, 0.6931471805599453; 1.0, 1.3132616875182228 ]
      Erf, [ 0.0, 0.0; 1.0, 0.8427007929497149 ]
      Erfinv, [ 0.0, 0.0; 0.5, 0.4769362762044699 ]
      Lgamma, [ 1.0, 0.0; 0.5, 0.5723649429247001; 5.0, 3.1780538303479458 ]
      Polygamma 0, [ 1.0, -0.5772156649015329 ] // minus Euler's constant
      Polygamma 1, [ 1.0, 1.6449340668482264 ] // π²/6
      Power 2.0, [ 1.5, 2.25; -2.0, 4.0 ]
      Power 0.5, [ 9.0, 3.0 ]
      Power -1.0, [ 4.0, 0.25 ]
      Floor, [ 1.5, 1.0; -1.5, -2.0 ]
      Ceil, [ 1.5, 2.0; -1.5, -1.0 ]
      Round, [ 0.5, 0.0; 1.5, 2.0; 2.5, 2.0; -0.5, -0.0; -1.5, -2.0; 2.4, 2.0 ] ]
