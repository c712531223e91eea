namespace NeuralDE

open System
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor

/// Einstein summation: letters name axes, and letters that the result lacks are summed over.
[<AutoOpen; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module EinsumVerbs =
    /// A tensor with a distinct letter for each axis.
    type private Lettered = { Letters: char list; Tensor: Tensor }

    let private refuse (rule: string) message : 'a = raise (ShapeException $"einsum \"{rule}\": {message}")

    let private read (rule: string) (operands: Tensor list) =
        let plain = rule.Replace(" ", "")

        let bad = plain.Replace("->", "") |> Seq.tryFind (fun c -> not (Char.IsAsciiLetter c) && c <> ',')

        match bad with
        | Some c ->
            refuse rule $"'{c}' is not a letter. Write a rule such as \"bij,bjk->bik\"; an ellipsis is not supported."
        | None -> ()

        let inputs, output =
            match plain.Split "->" with
            | [| inputs |] -> inputs, None
            | [| inputs; output |] -> inputs, Some(List.ofSeq output)
            | _ -> refuse rule "got more than one ->, expected at most one."

        let inputs = inputs.Split ',' |> Array.toList |> List.map List.ofSeq

        if inputs.Length <> operands.Length then
            refuse
                rule
                $"names {string inputs.Length} operands, got {string operands.Length}. Separate their letters by commas."

        let all = List.concat inputs

        let output =
            match output with
            | Some letters -> letters
            | None -> all |> List.countBy id |> List.filter (fun (_, n) -> n = 1) |> List.map fst |> List.sort

        for c in output do
            if c = ',' then refuse rule "the result is one tensor; got a comma after ->."

            if not (List.contains c all) then
                refuse rule $"letter '{c}' of the result names no axis of an operand."

            if output |> List.filter ((=) c) |> List.length > 1 then
                refuse rule $"letter '{c}' stands twice in the result. Use diag to put elements on a diagonal."

        inputs, output

    let private check rule (inputs: char list list) (operands: Tensor list) =
        let extents = Collections.Generic.Dictionary<char, int>()

        List.zip inputs operands
        |> List.iteri (fun i (letters, x) ->
            Expect.numbers "einsum" x

            if letters.Length <> x.Rank then
                refuse
                    rule
                    $"operand {string i} has shape {Expect.text x}, but {string letters.Length} letters name its axes."

            letters
            |> List.iteri (fun axis c ->
                match extents.TryGetValue c with
                | true, n when n <> x.Dims[axis] ->
                    refuse
                        rule
                        $"letter '{c}' has extent {string n} at first, but {string x.Dims[axis]} in operand {string i} of shape {Expect.text x}."
                | _ -> extents[c] <- x.Dims[axis]))

    /// Replaces axes with equal letters by their diagonal.
    let rec private distinct (t: Lettered) : Lettered =
        match t.Letters |> List.countBy id |> List.tryFind (fun (_, n) -> n > 1) with
        | None -> t
        | Some(c, _) ->
            let places = t.Letters |> List.indexed |> List.filter (fun (_, d) -> d = c) |> List.map fst
            let i, j = places[0], places[1]
            let order = Array.append (Shape.others t.Tensor.Rank [| i; j |]) [| i; j |]

            distinct
                { Letters = (t.Letters |> List.removeAt j |> List.removeAt i) @ [ c ]
                  Tensor = diagonal (Prim.permute order t.Tensor) }

    /// Sums over the letters that are not needed.
    let private keep (needed: char list) (t: Lettered) : Lettered =
        let unneeded =
            t.Letters |> List.indexed |> List.filter (fun (_, c) -> not (List.contains c needed)) |> List.map fst

        { Letters = t.Letters |> List.filter (fun c -> List.contains c needed)
          Tensor = Prim.sumOver (List.toArray unneeded) t.Tensor }

    let private arrange (letters: char list) (t: Lettered) =
        let order = letters |> List.map (fun c -> List.findIndex ((=) c) t.Letters)
        Prim.permute (List.toArray order) t.Tensor

    /// The product of two tensors, summed over the shared letters that are not needed any more.
    let private contract (needed: char list) (a: Lettered) (b: Lettered) : Lettered =
        let a = keep (needed @ b.Letters) a
        let b = keep (needed @ a.Letters) b
        let shared = a.Letters |> List.filter (fun c -> List.contains c b.Letters)
        let batch, summed = shared |> List.partition (fun c -> List.contains c needed)
        let free (t: Lettered) = t.Letters |> List.filter (fun c -> not (List.contains c shared))
        let x = arrange (batch @ free a @ summed) a
        let y = arrange (batch @ summed @ free b) b
        let n, k = batch.Length, summed.Length
        let batchShape = x.Dims[.. n - 1]
        let rows = x.Dims[n .. x.Rank - k - 1]
        let columns = y.Dims[n + k ..]
        let inner = Shape.extent "einsum" (Shape.size x.Dims[x.Rank - k ..])
        let x = Prim.reshape (Array.append batchShape [| Shape.extent "einsum" (Shape.size rows); inner |]) x
        let y = Prim.reshape (Array.append batchShape [| inner; Shape.extent "einsum" (Shape.size columns) |]) y

        { Letters = batch @ free a @ free b
          Tensor = Prim.dot x y |> Prim.reshape (Array.concat [ batchShape; rows; columns ]) }

    /// <summary>Products of tensors summed over axes, in Einstein notation:
    /// `einsum "bij,bjk-&gt;bik" [ a; b ]`.</summary>
    /// <param name="rule">The letters of the operands, separated by commas, and after an arrow those of the result.
    /// Spaces are ignored.</param>
    /// <param name="operands">At least one tensor of numbers; all of one dtype.</param>
    /// <returns>The axes that the rule gives the result, of the dtype of the operands.</returns>
    /// <remarks>Each letter names an axis and has one extent everywhere. The result has its letters' axes in its order;
    /// all other letters are summed over. A repeated letter in an operand takes the diagonal. Without an arrow the
    /// result has the letters that occur once, in alphabetical order. Operands are contracted from left to
    /// right.</remarks>
    /// <exception cref="T:NeuralDE.ShapeException">The rule is invalid, or the operands do not fit it.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">The dtypes differ or are bool.</exception>
    let einsum (rule: string) (operands: Tensor list) : Tensor =
        if operands.IsEmpty then refuse rule "got no operands, expected at least one."

        Expect.oneDtype "einsum" (List.toArray operands)
        let inputs, output = read rule operands
        check rule inputs operands

        let all = List.map2 (fun letters x -> distinct { Letters = letters; Tensor = x }) inputs operands

        let rec reduce (first: Lettered) (rest: Lettered list) =
            match rest with
            | [] -> first
            | next :: later ->
                let needed = output @ (later |> List.collect (fun t -> t.Letters))
                reduce (contract needed first next) later

        reduce all.Head all.Tail |> keep output |> arrange output
