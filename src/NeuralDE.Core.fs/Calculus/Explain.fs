namespace NeuralDE

open NeuralDE.Compiler

/// What the library makes of a function.
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Engine =
    /// <summary>Every stage of a function's way, as text: traced, as it runs, its forward and its reverse derivative.</summary>
    /// <remarks>
    /// Each graph is a list of nodes, one a line: number, operation, arguments, dtype and shape. Graphs within it (calls, loop bodies,
    /// branches) follow. Every stage is verified. Equal functions give equal text.
    /// </remarks>
    /// <param name="f">A function of a tree.</param>
    /// <param name="x">An argument, for its structure and shapes.</param>
    let explain (f: 'A -> 'B) (x: 'A) : string =
        let t = Function.trace "Engine.explain" Hoisted f x
        let wanted = Function.wanted t (Tree.flatten x)
        let given = Masks.outputSignatures t.Graph |> Array.map (fun s -> s.Dtype.IsFloat)

        let stages =
            [ "traced", t.Graph
              "as it runs", Flatten.graph t.Graph
              "forward derivative: x, tangents → y, tangents", Flatten.graph (Derive.jvpGraph t.Graph wanted)
              "reverse derivative: x, cotangents of y → cotangents of x",
              Flatten.graph (Derive.vjpGraph t.Graph wanted given) ]

        stages
        |> List.map (fun (name, g) ->
            Verify.graph g
            $"── {name} ──\n{Print.graph g}")
        |> String.concat "\n"
