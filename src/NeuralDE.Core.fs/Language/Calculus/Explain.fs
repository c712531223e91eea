namespace NeuralDE

open System.Runtime.CompilerServices
open System.Threading
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Engine
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Calculus
open NeuralDE.Kernels

/// What the library makes of a function.
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Engine =
    /// How many threads share the work of large operations: as many as there are processor cores, or NEURALDE_THREADS if that
    /// environment variable was set. Results do not depend on it, to the last bit.
    [<MethodImpl(MethodImplOptions.NoInlining)>] // a script knows nothing of the assembly of the kernels
    let threads () : int = ThreadTeam.Threads

    /// Sets how many threads share the work of large operations; 1: only the caller's.
    [<MethodImpl(MethodImplOptions.NoInlining)>]
    let setThreads (count: int) : unit =
        if count < 1 then
            raise (InputException $"Engine.setThreads: got {string count}, expected 1 or more.")
        ThreadTeam.Threads <- count

    /// <summary>Runs f; a solve in it that is under way when the token is cancelled ends before its next step.</summary>
    /// <param name="token">Also reaches into compiled functions, which no token was given to.</param>
    /// <param name="f">Such as fun () -> predict x.</param>
    /// <returns>
    /// What f returns. Solves that were stopped end in the status Cancelled: Ode.solve and compiled functions raise
    /// SolveCancelledException, Ode.trySolve returns what there was.
    /// </returns>
    let cancellable (token: CancellationToken) (f: unit -> 'T) : 'T = Watching.Under(token, ValueNone, f)

    /// <summary>Every stage of a function's way, as text: traced, as it runs, its forward and its reverse derivative, and the plan of its value.</summary>
    /// <remarks>
    /// Each graph is a list of nodes, one a line: number, operation, arguments, dtype and shape. Graphs within it (calls, loop bodies,
    /// branches) follow. Every stage is verified. The plan is a list of instructions in order: element-wise operations
    /// that run in one pass stand on one line, with their count of elements. Equal functions give equal text.
    /// </remarks>
    /// <param name="f">A function of a tree.</param>
    /// <param name="x">An argument, for its structure and shapes.</param>
    let explain (f: 'A -> 'B) (x: 'A) : string =
        let t = TracedFunction.trace "Engine.explain" Hoisted f x
        let wanted = TracedFunction.wanted t (Tree.flatten x)
        let given = Masks.outputSignatures t.Graph |> Array.map (fun s -> s.Dtype.IsFloat)

        let derived = UnderDerivative.graph t.Graph wanted

        let stages =
            [ "traced", t.Graph
              "as it runs", Flatten.graph t.Graph
              "forward derivative: x, tangents → y, tangents", Flatten.graph (Derive.jvpGraph derived wanted)
              "reverse derivative: x, cotangents of y → cotangents of x",
              Flatten.graph (Derive.vjpGraph derived wanted given) ]

        let plan =
            let rec show indent (l: Lowered) : string seq =
                seq {
                    for d in l.Drafts do
                        $"{indent}{d.Name()}"

                        for name, inner in d.Inside do
                            $"{indent}  {name}, {string inner.Size} bytes:"
                            yield! show (indent + "    ") inner
                }

            let lowered = LowerFunctions.graph t.Graph
            let lines = show "  " lowered |> String.concat "\n"
            $"── the plan: {string lowered.Drafts.Length} instructions over {string lowered.Size} bytes ──\n{lines}\n"

        stages
        |> List.map (fun (name, g) ->
            Verify.graph g
            $"── {name} ──\n{Print.graph g}")
        |> fun texts -> texts @ [ plan ]
        |> String.concat "\n"
