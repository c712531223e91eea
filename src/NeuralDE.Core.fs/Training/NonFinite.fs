namespace NeuralDE.Internal.Training

open System
open System.Collections.Generic
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Calculus

/// The origin of a number that is not finite. Runs a function again, operation by operation.
module internal NonFinite =
    let private isBad (x: Tensor) = x.Dtype.IsFloat && not (Array.forall Double.IsFinite x.Numbers.Floats)

    let private firstBad (x: Tensor) = x.Numbers.Floats |> Array.find (Double.IsFinite >> not)

    /// The path of the first leaf with a number that is not finite, and that number.
    let leaf (tree: 'T) : (string * float) option =
        Tree.leaves tree |> List.tryPick (fun (path, x) -> if isBad x then Some(path, firstBad x) else None)

    let private text (x: Tensor) = $"{x.Dtype} {Expect.text x}"

    /// The name of an operation in messages.
    let private name (op: Op) =
        match op with
        | Apply(Loop _) -> "a loop (a solve, scan or iteration)"
        | Apply(Pullback _) -> "the reverse sweep of a loop"
        | Apply(Cond _) -> "cond"
        | Apply(Root _) -> "implicitRoot"
        | Apply(Custom _) -> "a function with a custom gradient"
        | Apply(Host host) -> host.Name
        | op -> Print.op (fun _ -> "") op

    /// The operation with finite arguments and a result that is not finite, found by going back from the output.
    let rec private culprit (graph: Graph) (args: Tensor[]) (output: int) : string option =
        let values = Dictionary<Node, Tensor[]>(HashIdentity.Reference)

        let value (n: Node) = values[n][0]

        for n in graph.Walk do
            values[n] <-
                match n.Op with
                | Input i -> [| args[i] |]
                | Output i -> [| values[n.Args[0]][i] |]
                | Apply fn -> Tensor.ApplyFn(fn, n.Args |> Array.map value)
                | op -> [| Tensor.Apply(op, n.Args |> Array.map value) |]

        // the first node that is not finite: follow the arguments that are not finite
        let mutable n, result = graph.Outputs[output], 0
        let mutable isBack = true

        while isBack do
            match n.Op with
            | Output i ->
                result <- i
                n <- n.Args[0]
            | _ ->
                match n.Args |> Array.tryFind (value >> isBad) with
                | Some worse ->
                    result <- 0
                    n <- worse
                | None -> isBack <- false

        let arguments = n.Args |> Array.map value
        let got = values[n][result]

        match n.Op with
        | Apply(Call(inner, _)) -> culprit inner arguments result
        | Input _ -> Some $"The loss captures a {text got} with the number {string (firstBad got)}."
        | _ when arguments.Length = 0 -> Some $"The loss contains the number {string (firstBad got)}."
        | op ->
            let given =
                match op with
                | Apply _ -> "" // its arguments include captured values
                | _ -> " of " + (arguments |> Array.map text |> String.concat ", ")

            let found = "The first operation whose result is not finite is"
            Some $"{found} {name op}{given}: it returns {string (firstBad got)}."

    /// A sentence about the first operation whose result is not finite, in f at x; None if there is none.
    let operation (f: 'A -> Tensor) (x: 'A) : string option =
        let traced = TracedFunction.trace "Train.run" Hoisted f x
        let args = Array.append (Tree.flatten x) traced.Captured

        // an error in this search must not hide the original failure
        try
            culprit traced.Graph args 0
        with _ ->
            None
