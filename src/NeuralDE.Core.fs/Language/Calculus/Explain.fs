namespace NeuralDE

open System.Runtime.CompilerServices
open System.Threading
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Engine
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Calculus
open NeuralDE.Kernels

/// Inspection of traced functions, and settings of the engine.
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Engine =
    /// <summary>The number of threads that share the work of large operations: by default the number of processor
    /// cores, or the value of the environment variable NEURALDE_THREADS. The bits of results do not depend on
    /// it.</summary>
    /// <returns>1 or more.</returns>
    [<MethodImpl(MethodImplOptions.NoInlining)>] // scripts do not reference the assembly of the kernels
    let threads () : int = ThreadTeam.Threads

    /// <summary>Sets the number of threads that share the work of large operations; 1: only the calling
    /// thread.</summary>
    /// <param name="count">1 or more.</param>
    /// <exception cref="T:NeuralDE.InputException">count is less than 1.</exception>
    [<MethodImpl(MethodImplOptions.NoInlining)>]
    let setThreads (count: int) : unit =
        if count < 1 then
            raise (InputException $"Engine.setThreads: got {string count}, expected 1 or more.")
        ThreadTeam.Threads <- count

    /// <summary>Runs f. If the token is cancelled, a running solve in f ends before its next step, and so does the backward
    /// pass of its gradient.</summary>
    /// <param name="token">The token. It also applies within compiled functions, which received no token.</param>
    /// <param name="f">Such as fun () -> predict x.</param>
    /// <returns>
    /// The result of f. Cancelled solves end with the status Cancelled: Ode.solve and compiled functions raise
    /// SolveCancelledException; Ode.trySolve returns the part before the cancellation. A cancelled gradient raises
    /// OperationCanceledException: a part of it is no result.
    /// </returns>
    let cancellable (token: CancellationToken) (f: unit -> 'T) : 'T = Watching.Under(token, ValueNone, f)

    /// <summary>All stages of a function as text: its traced graph, the graph that runs, its forward and reverse
    /// derivatives, and the plan of its value.</summary>
    /// <remarks>
    /// Each graph is a list of nodes, one per line: number, operation, arguments, dtype and shape. Inner graphs (calls,
    /// loop bodies, branches) follow. Every stage is verified. The plan is a list of instructions in order;
    /// element-wise operations that run in one pass are on one line, with their number of elements. Equal functions
    /// give equal text.
    /// </remarks>
    /// <param name="f">A function of a tree.</param>
    /// <param name="x">An argument, for its structure and shapes.</param>
    /// <returns>The text, without running f.</returns>
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

    /// <summary>Where the time of a compiled function goes: its plan with the time of each instruction.</summary>
    /// <remarks>
    /// It runs f for 0.8 s, at least twice: first until code is compiled, then with a clock around each instruction, which adds about 50
    /// nanoseconds to each. A loop that runs by lanes has no time in its inner instructions: one compiled kernel has replaced
    /// them. Times are those of the calling thread.
    /// </remarks>
    /// <param name="f">A function of a tree.</param>
    /// <param name="x">The argument of all runs.</param>
    /// <returns>The times of one run; its text is a table.</returns>
    /// <exception cref="T:NeuralDE.InputException">It is called inside a traced function; or the function has no plan, because it
    /// uses the rows of a solve whose number is unknown before the run.</exception>
    /// <exception cref="T:NeuralDE.DeviceException">Tensors are on another device.</exception>
    let profile (f: 'A -> 'B) (x: 'A) : Profile =
        Profiling.ofTraced "Engine.profile" (TracedFunction.trace "Engine.profile" Hoisted f x) (Tree.flatten x)
