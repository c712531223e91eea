module NeuralDE.Tests.VerbsEinsumTests

open Expecto
open NeuralDE
open NeuralDE.Tests.Expected

/// The sum over every assignment of indices to letters, from the definition.
let private naive (rule: string) (operands: Tensor list) =
    let sides = rule.Split "->"
    let inputs = sides[0].Split ',' |> Array.toList

    let extents =
        List.zip inputs operands
        |> List.collect (fun (letters, x) -> List.zip (List.ofSeq letters) (List.ofArray x.Shape))
        |> Map.ofList

    let output = List.ofSeq sides[1]
    let summed = extents |> Map.keys |> Seq.filter (fun c -> not (List.contains c output)) |> Seq.toList

    let rec assignments letters =
        match letters with
        | [] -> [ Map.empty ]
        | c :: rest ->
            [ for i in 0 .. extents[c] - 1 do
                  for others in assignments rest -> Map.add c i others ]

    let element (at: Map<char, int>) (letters: string) (x: Tensor) =
        let flat = Seq.fold2 (fun flat c n -> flat * n + Map.find c at) 0 letters x.Shape
        x.ToArray()[flat]

    let union a b = Map.fold (fun all c i -> Map.add c i all) a b

    [ for fixedLetters in assignments output ->
          List.sum
              [ for others in assignments summed ->
                    List.fold2
                        (fun product letters x -> product * element (union fixedLetters others) letters x)
                        1.0
                        inputs
                        operands ] ],
    output |> List.map (fun c -> extents[c])

let private rules =
    [ "ij,jk->ik"
      "bij,bjk->bik"
      "ij->ji"
      "ij->"
      "ii->i"
      "ii->"
      "iij->j"
      "iii->i"
      "i,i->"
      "i,j->ij"
      "i,j->ji"
      "ij,ij->ij"
      "ij,jk,kl->il"
      "ij,kl,jl->ki"
      "bi,bj,ijk->bk"
      "ijk,k->ji"
      "ij,kl->"
      "aij,ajj->ia"
      "ijkl,kj->li"
      "i->i" ]

[<Tests>]
let tests =
    testList
        "Tensor.VerbsEinsum"
        [ testCase "contractions equal their definition" (fun () ->
              for rule in rules do
                  forExtents 6 (fun extents seed ->
                      let extent (c: char) = min 3 extents[("abijkl": string).IndexOf c]
                      let inputs = rule.Split("->").[0].Split ','
                      let operands =
                          inputs
                          |> Seq.mapi (fun i letters -> noise (seed + i) [ for c in letters -> extent c ])
                          |> Seq.toList
                      let values, shape = naive rule operands
                      close 1e-12 shape values (einsum rule operands)))

          testCase "without an arrow the letters that occur once are kept in alphabetical order" (fun () ->
              let a, b = noise 1 [ 2; 3 ], noise 2 [ 3; 4 ]
              like 1e-14 (matmul a b) (einsum "ij,jk" [ a; b ])
              like 0.0 (transpose a) (einsum "ba" [ a ])
              like 0.0 (trace (eye 3)) (einsum "ii" [ eye 3 ])
              like 1e-14 (matmul a b) (einsum " ij, jk -> ik " [ a; b ])
              like 0.0 (tensor [ 3; 7 ]) (einsum "Ij->I" [ tensor [ [ 1; 2 ]; [ 3; 4 ] ] ])
              holds [] [ 6.0 ] (einsum ",->" [ scalar 2.0; scalar 3.0 ])
              holds [ 2; 2 ] [ 0.0; 0.0; 0.0; 0.0 ] (einsum "ij,jk->ik" [ zeros [ 2; 0 ]; zeros [ 0; 2 ] ]))

          testCase "errors name the mistake" (fun () ->
              let a = zeros [ 2; 3 ]
              let refused words rule operands =
                  raises<ShapeException> ("einsum" :: words) (fun () -> einsum rule operands)
              refused [ "'j'"; "extent 3"; "2 in operand 1" ] "ij,jk->ik" [ a; a ]
              refused [ "'k'"; "no axis" ] "ij->ik" [ a ]
              refused [ "'i'"; "twice" ] "ij->ii" [ a ]
              refused [ "operand 0"; "[2; 3]"; "3 letters" ] "ijk->i" [ a ]
              refused [ "2 operands, got 1" ] "ij,jk->ik" [ a ]
              refused [ "'.'"; "ellipsis" ] "...i->i" [ a ]
              refused [ "more than one" ] "ij->i->j" [ a ]
              refused [ "no operands" ] "" []
              refused [ "comma" ] "ij->i,j" [ a ]
              raises<DtypeException> [ "einsum"; "cast" ] (fun () -> einsum "ij,ij->" [ a; cast Float32 a ])) ]
