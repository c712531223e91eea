namespace NeuralDE.Internal.Graph

open System
open System.Collections.Generic
open System.Globalization
open System.Text
open NeuralDE

/// The stable text form of graphs: one numbered node per line; the graphs of function nodes follow the graph that uses
/// them.
module internal Print =
    let private list (xs: int[]) = Shape.text xs
    let signature (s: Signature) = $"{s.Dtype} {list s.Shape}"

    let private lower (case: obj) =
        let name = string case
        string (Char.ToLowerInvariant name[0]) + name.Substring 1

    let literal (l: Literal) =
        match l.Dtype with
        | Float32
        | Float64 -> (BitConverter.Int64BitsToDouble l.Bits).ToString("R", CultureInfo.InvariantCulture)
        | Int32
        | Int64 -> string l.Bits
        | Bool -> if l.Bits = 0L then "false" else "true"

    let private flags (mask: bool[]) = String(mask |> Array.map (fun b -> if b then '1' else '0'))

    let private tape t =
        match t with
        | Everything -> "keeps everything"
        | Budget bytes -> $"keeps {string bytes} bytes"

    /// A function node; `name` gives the names of its graphs.
    let fn (name: Graph -> string) (f: Fn) =
        let loop (l: Loop) =
            let stream (s: EmissionStream) =
                let capacity =
                    match s.Capacity with
                    | ValueSome n -> string n
                    | ValueNone -> "any"

                $"{string s.Emits} × {capacity}"

            let streams = l.Streams |> Array.map stream |> String.concat " + "

            $"{name l.Body} batch {list l.Batch} states {string l.States} registers {string l.Registers} emits {streams} {tape l.Tape}"

        match f with
        | Call(g, Inline) -> $"call {name g}"
        | Call(g, Recompute) -> $"call {name g} (recomputed in the reverse sweep)"
        | Custom c -> $"custom {name c.Primal}"
        | Cond(t, e) -> $"cond {name t} {name e}"
        | Loop l -> $"loop {loop l}"
        | Pullback p -> $"pullback of loop {loop p.Of} wanted {flags p.Wanted} given {flags p.Given}"
        | Root r -> $"root solve {name r.Solve} residual {name r.Residual} batch {list r.Batch}"
        | Host h -> $"host {h.Name}"

    /// An operation without its arguments.
    let op (name: Graph -> string) (o: Op) =
        match o with
        | Input i -> $"input {string i}"
        | Constant l -> $"constant {literal l}"
        | Data _ -> "data"
        | Iota(_, axis) -> $"iota axis {string axis}"
        | Unary u ->
            let f = Unaries.about u

            match f.Parameter with
            | ValueSome p -> $"{f.Name} {string p}"
            | ValueNone -> f.Name
        | Binary b -> lower b
        | Compare c -> lower c
        | Select -> "select"
        | Fma -> "fma"
        | Cast d -> $"cast {d}"
        | Reduce(r, axes) -> $"{lower r} over {list axes}"
        | ArgMax axis -> $"argMax axis {string axis}"
        | ArgSort axis -> $"argSort axis {string axis}"
        | CumSum(axis, reverse) ->
            if reverse then $"cumSum axis {string axis} reverse" else $"cumSum axis {string axis}"
        | SearchSorted right -> if right then "searchSorted right" else "searchSorted left"
        | Reshape _ -> "reshape"
        | Permute p -> $"permute {list p}"
        | Broadcast(_, axes) -> $"broadcast to axes {list axes}"
        | Slice s -> $"slice {list s.Start} to {list s.Stop} step {list s.Step}"
        | Pad p -> $"pad {list p.Low} {list p.High} interior {list p.Interior}"
        | Reverse axes -> $"reverse {list axes}"
        | Concat axis -> $"concat axis {string axis}"
        | Gather batch -> $"gather batch {string batch}"
        | Scatter(kind, batch) -> $"{lower kind} batch {string batch}"
        | Dot -> "dot"
        | Op.Conv c ->
            $"conv stride {list c.Stride} pad {list c.Low} {list c.High} dilate input {list c.DilateInput} kernel {list c.DilateKernel}"
        | Fft inverse -> if inverse then "fft inverse" else "fft"
        | Cholesky -> "cholesky"
        | TriangularSolve(lower, transpose, unit) ->
            let half = if lower then "lower" else "upper"
            let turned = if transpose then " transposed" else ""
            let ones = if unit then " unit" else ""
            $"triangularSolve {half}{turned}{ones}"
        | Pivots -> "pivots"
        | Lu -> "lu"
        | Random(kind, _) -> $"random {lower kind}"
        | StopGradient -> "stopGradient"
        | Check _ -> "check"
        | Apply f -> fn name f
        | Output i -> $"output {string i}"

    /// Only the name of the operation.
    let name (o: Op) : string = ((op (fun _ -> "") o).Split ' ')[0]

    let graphsOf (f: Fn) =
        match f with
        | Call(g, _) -> [ g ]
        | Custom c -> [ c.Primal ]
        | Cond(t, e) -> [ t; e ]
        | Loop l -> [ l.Body ]
        | Pullback p -> [ p.Of.Body; p.Sweep.Value ]
        | Root r -> [ r.Solve; r.Residual ]
        | Host _ -> []

    /// The graph and all graphs inside it, each once, named g0, g1, … in order of appearance.
    let graph (top: Graph) =
        let names = Dictionary<Graph, string>(HashIdentity.Reference)
        let queue = Queue<Graph>()

        let name (g: Graph) =
            match names.TryGetValue g with
            | true, known -> known
            | _ ->
                let fresh = $"g{string names.Count}"
                names[g] <- fresh
                queue.Enqueue g
                fresh

        let text = StringBuilder()
        name top |> ignore

        while queue.Count > 0 do
            let g = queue.Dequeue()
            let number = Dictionary<Node, int>(HashIdentity.Reference)
            g.Walk |> Array.iteri (fun i n -> number[n] <- i)

            let reference (n: Node) =
                match n.Op with
                | Input i -> $"x{string i}"
                | _ -> $"%%{string number[n]}"

            let inputs = g.Inputs |> Array.mapi (fun i s -> $"x{string i}: {signature s}") |> String.concat ", "

            text.Append($"{name g} ({inputs})\n") |> ignore

            for n in g.Walk do
                match n.Op with
                | Input _ -> ()
                | _ ->
                    let args = n.Args |> Array.map reference |> String.concat " "
                    text.Append($"  %%{string number[n]} = {op name n.Op} {args} : {signature n.Signature}\n") |> ignore

            let outputs = g.Outputs |> Array.map reference |> String.concat ", "
            text.Append($"  return {outputs}\n") |> ignore

            for n in g.Walk do
                match n.Op with
                | Apply f -> graphsOf f |> List.iter (name >> ignore)
                | _ -> ()

        text.ToString()
