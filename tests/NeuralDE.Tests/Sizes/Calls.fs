/// Calls of every public verb with arguments made from the types of its parameters, including the largest and smallest
/// values.
module internal NeuralDE.Tests.Sizes.Calls

open System
open System.Reflection
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Internal.Graph

/// A public function of tensors.
type Verb = { Name: string; Method: MethodInfo; Parameters: Type[] }

/// The modules that `open NeuralDE` opens, except those with functions of functions and those that take numbers one by one.
let private modules =
    let others = [ "TensorMakers"; "CalculusModule"; "ControlFlow" ]

    Library.publicTypes
    |> Array.filter (fun m ->
        m.GetCustomAttributes(typeof<AutoOpenAttribute>, false).Length > 0 && not (List.contains m.Name others))
    |> Array.append [| typeof<Tensor> |]

/// Every public verb, and the members of Tensor.
let all: Verb list =
    [ for m in modules do
          for f in m.GetMethods(BindingFlags.Static ||| BindingFlags.Public ||| BindingFlags.DeclaredOnly) do
              // the compiler makes names with <
              let isOurs = not (f.Name.Contains '<')
              if isOurs && not (f.IsGenericMethodDefinition || f.IsSpecialName && f.Name.StartsWith "get_") then
                  { Name = f.Name
                    Method = f
                    Parameters = f.GetParameters() |> Array.map (fun p -> p.ParameterType) }

      for f in typeof<Tensor>.GetMethods(BindingFlags.Instance ||| BindingFlags.Public ||| BindingFlags.DeclaredOnly) do
          if f.ReturnType = typeof<Tensor> then
              { Name = f.Name
                Method = f
                Parameters =
                  Array.append [| typeof<Tensor> |] (f.GetParameters() |> Array.map (fun p -> p.ParameterType)) } ]

let invoke (verb: Verb) (arguments: objnull[]) : objnull =
    try
        if verb.Method.IsStatic then
            verb.Method.Invoke(null, arguments)
        else
            verb.Method.Invoke(arguments[0], arguments[1..])
    with :? TargetInvocationException as e ->
        raise (nonNull e.InnerException)

// ── arguments ────────────────────────────────────────────────────────────────────────────────────────────────────
let private most = Int32.MaxValue
let private ints = [| Int32.MinValue; -1; 0; 1; 2; 3; 65536; most |]

let private lists =
    [ []
      [ 3 ]
      [ 65536; 65536 ]
      [ 65537; 65537; 0 ]
      [ most ]
      [ most; 0 ]
      [ most; most; most ]
      [ most; most; most; 0 ]
      [ -1 ]
      [ -1; 65536 ]
      [ Int32.MinValue ]
      [ 1; 0; 2 ]
      [ 0; 1 ]
      [ 1; 0 ] ]

let private widths =
    [ []
      [ most, most ]
      [ 1, 1 ]
      [ 0, most; most, 0 ]
      [ 65536, 65536; 65536, 65536 ]
      [ 0, 0; most, 1 ]
      [ 0, 0; 0, 0; most, most ]
      [ 0, 0; 0, 0; 2, 1 ] ]

let private convolutions =
    let usual = ConvOptions.Default

    [ usual
      { usual with Padding = [ most ] }
      { usual with Dilation = [ 1 <<< 30 ] }
      { usual with Dilation = [ most ]; Padding = [ most ] }
      { usual with Stride = [ most ] }
      { usual with Stride = [ 1 <<< 30 ]; OutputPadding = [ most ] }
      { usual with Padding = [ 1; 1 ]; Stride = [ 65536; 65536 ] }
      { usual with OutputPadding = [ most ] }
      { usual with Groups = most } ]

let private rules =
    [ "ij,jk->ik"; "i,j->ij"; "ij->ji"; "ii->i"; "ij,ij->"; "i,j,k->ijk"; "bij,bjk->bik"; "ij,kl->ijkl" ]

/// An argument of a type; tensors come from the pool.
let rec private argument (r: System.Random) (pool: Tensor[]) (kind: Type) : objnull =
    let oneOf (values: 'T seq) = let values = Array.ofSeq values in box values[r.Next values.Length]

    if kind = typeof<Tensor> then
        oneOf pool
    elif kind = typeof<int> then
        oneOf ints
    elif kind = typeof<float> then
        oneOf [ 0.0; 0.5; 1.0; -1e300; 1e18; nan; infinity ]
    elif kind = typeof<float32> then
        oneOf [ 0.0f; 0.5f; 1e30f ]
    elif kind = typeof<int64> then
        oneOf [ 0L; Int64.MinValue; Int64.MaxValue ]
    elif kind = typeof<bool> then
        oneOf [ true; false ]
    elif kind = typeof<int list> then
        oneOf lists
    elif kind = typeof<(int * int) list> then
        oneOf widths
    elif kind = typeof<string> then
        oneOf rules
    elif kind = typeof<Dtype> then
        oneOf [ Float32; Float64; Int32; Int64; Bool ]
    elif kind = typeof<ConvOptions> then
        oneOf convolutions
    elif kind = typeof<Key> then
        box (Key 1)
    elif kind = typeof<Device> then
        box Device.cpu
    elif kind = typeof<Subscript[]> then
        let one () : Subscript =
            match r.Next 5 with
            | 0 -> Subscript.op_Implicit (ints[r.Next ints.Length])
            | 1 -> Subscript.op_Implicit (Index(r.Next 4, true))
            | 2 -> Subscript.op_Implicit (Index most)
            | 3 -> Subscript.op_Implicit Range.All
            | _ -> Subscript.op_Implicit (Range(Index 1, Index(1, true)))

        box [| for _ in 1 .. r.Next(1, 4) -> one () |]
    elif kind = typeof<int option> then
        oneOf [ None; Some most; Some Int32.MinValue; Some 0; Some 1 ]
    elif kind = typeof<Tensor list> then
        box [ for _ in 1 .. r.Next(0, 4) -> pool[r.Next pool.Length] ]
    elif kind = typeof<ComplexTensor> then
        box { Re = pool[r.Next pool.Length]; Im = pool[r.Next pool.Length] }
    elif kind = typeof<Tensor -> Tensor -> Tensor> then
        box (fun (a: Tensor) (b: Tensor) -> a * b)
    else
        failwith $"got a parameter of {kind}, expected a type with known arguments: add some to Calls"

let arguments (r: System.Random) (pool: Tensor[]) (verb: Verb) : objnull[] =
    verb.Parameters |> Array.map (argument r pool)

/// The tensors in a result.
let rec tensorsOf (result: objnull) : Tensor list =
    match result with
    | :? Tensor as t -> [ t ]
    | :? ComplexTensor as c -> [ c.Re; c.Im ]
    | :? (Tensor list) as list -> list
    | :? (Tensor * Tensor) as pair -> [ fst pair; snd pair ]
    | _ -> []

let text (arguments: objnull[]) =
    let one (a: objnull) =
        match a with
        | :? Tensor as t -> $"{t.Dtype} {Shape.text t.Dims}"
        | :? (Tensor list) as list -> $"{list |> List.map (fun t -> Shape.text t.Dims)}"
        | a -> $"%A{a}"

    arguments |> Array.map one |> String.concat " "
