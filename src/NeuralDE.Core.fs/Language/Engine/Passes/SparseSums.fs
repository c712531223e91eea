namespace NeuralDE.Internal.Engine

open NeuralDE
open NeuralDE.Internal.Graph

/// Rows that an iteration adds to a captured value: updates[b, j] is added to row indices[b, j], with Batch leading
/// axes.
[<NoEquality; NoComparison>]
type internal RowSum =
    {
        /// index among the wanted captured values
        Of: int
        Batch: int
        Indices: Node
        Updates: Node
    }

/// A reverse sweep sums the contributions of all iterations to each captured value. If a contribution is zero except in
/// some rows (those that the iteration gathered), only these rows are added. The cost of a scan's gradient is then
/// linear in the number of steps.
module internal SparseSums =
    /// Sums of more terms are not split.
    let private most = 64

    /// The terms of a sum; the sum itself if there are too many.
    let private termsOf (n: Node) : Node list =
        let rec go (todo: Node list) (found: Node list) (count: int) =
            match todo with
            | _ when count > most -> [ n ]
            | [] -> List.rev found
            | head :: rest ->
                match head.Op with
                | Binary Add -> go (head.Args[0] :: head.Args[1] :: rest) found (count + 1)
                | _ -> go rest (head :: found) (count + 1)

        go [ n ] [] 0

    let private isSparse (n: Node) =
        match n.Op with
        | Scatter(ScatterAdd, _) -> Simplify.isZeros n.Args[0]
        | _ -> false

    /// The sweep whose first outputs are followed by the whole contributions to captured values, then by the indices
    /// and updates of every sum over rows; the captured values with whole contributions, in order; and the sums over
    /// rows.
    let split (sweep: Graph) (first: int) : struct (Graph * int[] * RowSum[]) =
        let parts = sweep.Outputs[first..] |> Array.map (fun n -> List.partition isSparse (termsOf n))

        let rows =
            [| for i, (sparse, _) in Array.indexed parts do
                   for n in sparse do
                       match n.Op with
                       | Scatter(_, batch) -> { Of = i; Batch = batch; Indices = n.Args[1]; Updates = n.Args[2] }
                       | op -> raise (GraphException $"{op} is not a sum over rows") |]

        let whole =
            [| for i, (_, dense) in Array.indexed parts do
                   match dense with
                   | [] -> ()
                   | head :: tail -> i, List.fold (fun sum n -> Intern.node (Binary Add) [| sum; n |]) head tail |]

        if rows.Length = 0 then
            struct (sweep, Array.init parts.Length id, [||])
        else
            let outputs =
                Array.concat
                    [ sweep.Outputs[.. first - 1]
                      Array.map snd whole
                      rows |> Array.collect (fun r -> [| r.Indices; r.Updates |]) ]

            struct (Intern.graph sweep.Inputs outputs, Array.map fst whole, rows)
