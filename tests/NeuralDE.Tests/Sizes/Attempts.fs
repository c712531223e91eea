/// Shapes that no array can have: every verb returns a value or raises an error with a clear message, and the process
/// survives.
module NeuralDE.Tests.Sizes.Attempts

open System
open System.Diagnostics
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Engine
open NeuralDE.Internal.Tensor

/// The exceptions that users may get. A GraphException would be a defect of the library.
let private isTyped (e: exn) =
    match e with
    | :? ShapeException
    | :? InputException
    | :? DtypeException
    | :? TreeException
    | :? TraceException
    | :? DerivativeException -> true
    | _ -> false

/// The failure as text; none if the action ended in time, successfully or with an exception for users.
let private fault (what: unit -> string) (action: unit -> unit) : string option =
    let clock = Stopwatch.StartNew()

    let said =
        try
            action ()
            None
        with
        | e when isTyped e -> None
        | e -> Some $"{what ()}: {e.GetType().Name}: {e.Message}\n{e.StackTrace}"

    match said with
    | None when clock.Elapsed.TotalSeconds > 20.0 -> Some $"{what ()}: took {clock.Elapsed.TotalSeconds:F0} s"
    | said -> said

// ── calls on numbers ─────────────────────────────────────────────────────────────────────────────────────────────
let private small =
    lazy
        [| scalar 2.0
           scalar 2
           tensor [ 1.0; 2.0; 3.0 ]
           tensor [ 1; 0; 2 ]
           tensor [ Int64.MinValue; 0L; Int64.MaxValue ]
           ones [ 3; 3 ]
           ones [ 1; 1; 4 ]
           ones [ 1; 1; 4; 4 ]
           cast Float32 (ones [ 2; 3 ])
           ones [ 0; 3 ]
           zeros [ 536870912; 1073741823; 0 ]
           ones [ 3 ] .> 0.0 |]

let private onNumbers count seed (verb: Calls.Verb) : string option =
    let r = System.Random(seed: int)

    Seq.init count (fun _ -> Calls.arguments r small.Value verb)
    |> Seq.tryPick (fun arguments ->
        fault (fun () -> $"{verb.Name} {Calls.text arguments}") (fun () ->
            for t in Calls.tensorsOf (Calls.invoke verb arguments) do
                if t.LongCount < 1000000L then t.Numbers |> ignore))

// ── calls within a trace ─────────────────────────────────────────────────────────────────────────────────────────
let private most = Int32.MaxValue

/// Each has less than 2⁶⁰ elements; results may have more.
let private huge: Signature[] =
    [| for shape in
           [ [| 65536; 65536 |]
             [| 65537; 65537 |]
             [| 70000; 1 |]
             [| 1; 70000 |]
             [| most |]
             [| most; 1; 3 |]
             [| 1; 1; most |]
             [| 1; 1; 65536; 65536 |]
             [| 1073741824; 1073741823 |]
             [| 2; 16384; 1 |]
             [| 2; 1; 16384 |]
             [| 1048576; 1048576; 1048575 |]
             [| 536870912; 1073741823; 0 |] ] do
           { Dtype = Float64; Shape = shape }
       { Dtype = Float32; Shape = [| 65536; 65537 |] }
       { Dtype = Int64; Shape = [| 65536; 65536 |] }
       { Dtype = Int32; Shape = [| most |] }
       { Dtype = Bool; Shape = [| 65536; 65537 |] }
       { Dtype = Int64; Shape = [||] }
       { Dtype = Int64; Shape = [| 3 |] } |]

/// Traces a call and makes its graph, plan, derivative and batch, without running them.
let private inTrace count seed (verb: Calls.Verb) : string option =
    let attempt (r: System.Random) =
        let mutable said = ""
        let start = r.Next()

        let call (pool: Tensor[]) =
            let arguments = Calls.arguments (System.Random start) pool verb
            said <- $"{verb.Name} {Calls.text arguments}"
            Calls.tensorsOf (Calls.invoke verb arguments) |> List.toArray

        let plan (g: Graph) = Plan.ofGraph g |> ignore

        let graph () = fst (Tracing.trace "sizes" Hoisted huge call)

        let derivative () =
            Tracing.trace "sizes" Hoisted huge (fun holes ->
                let f (x: Tensor) =
                    let y =
                        call (
                            Array.map
                                (fun (h: Tensor) -> if Shape.same h.Dims x.Dims && h.Dtype = x.Dtype then x else h)
                                holes
                        )
                    y
                    |> Array.filter (fun t -> t.Dtype.IsFloat)
                    |> Array.fold (fun total t -> total + cast Float64 (sum t)) (scalar 0.0)

                [| grad f holes[r.Next 13] |])
            |> fst

        let batch () =
            let rows = { Dtype = Float64; Shape = [| 70000; 65536 |] }

            Tracing.trace "sizes" Hoisted (Array.append [| rows |] huge) (fun holes ->
                [| vmap
                       (fun row ->
                           call (Array.append [| row |] holes[1..]) |> Array.tryHead |> Option.defaultValue row)
                       holes[0] |])
            |> fst

        [ graph; derivative; batch ] |> List.tryPick (fun make -> fault (fun () -> said) (fun () -> plan (make ())))

    let r = System.Random(seed: int)
    Seq.init count (fun _ -> attempt r) |> Seq.tryPick id

/// Calls every verb on numbers, and within a trace; returns a line for each failure.
let tryMany (count: int) (seed: int) : string[] =
    [| for verb in Calls.all do
           match onNumbers count seed verb with
           | Some said -> said
           | None -> ()

           match inTrace (count / 4) seed verb with
           | Some said -> said
           | None -> () |]
