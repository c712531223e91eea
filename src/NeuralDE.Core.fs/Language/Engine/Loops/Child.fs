namespace NeuralDE.Internal.Engine

open System
open System.Collections.Generic
open NeuralDE
open NeuralDE.Internal.Graph

/// A graph inside another: its memory and its arguments.
[<NoEquality; NoComparison>]
type internal Child = { Lowered: Lowered; Memory: Storage; Arguments: View[] }

module internal Child =
    let touches (c: Child) = Seq.append [ c.Memory ] (c.Arguments |> Seq.map (fun v -> v.Storage))

    let instantiate (c: Child) (scope: Scope) : Scope * Instruction[] =
        Lowered.instantiate scope.Maker (scope.Offset c.Memory) (c.Arguments |> Array.map scope.Offset) c.Lowered

    /// Converts a view of the child to a view of the parent.
    let outward (c: Child) (v: View) : View =
        match v.Storage.Home with
        | Own -> { v with Storage = c.Memory; Start = v.Start + v.Storage.Offset / int64 v.Dtype.Size }
        | StorageHome.Argument k ->
            let a = c.Arguments[k]
            { v with Storage = a.Storage; Start = v.Start + a.Start }
        | Constants _
        | Emission _ -> v

    let slot (scope: Scope) (v: View) : Slot = { At = scope.Offset v; Bytes = ArrayMemory.bytes v.Dtype v.Shape }

    let storagesOf (views: View seq) = views |> Seq.map (fun v -> v.Storage)

/// The arrays of a loop that both a run and a replay need, as views of the parent.
[<NoEquality; NoComparison>]
type internal LoopViews =
    {
        Carried: View[]
        Body: Child
        /// by index of the carried value: the body's output, and the array to which it is saved
        Aside: struct (int * View * View)[]
        /// live, moved, then for each stream the rows that wrote
        Flags: View[]
        /// by stream
        Counts: View[]
    }

module internal LoopViews =
    let flagsOf rows : Signature = { Dtype = Bool; Shape = [| rows |] }
    let countsOf rows : Signature = { Dtype = Int32; Shape = [| rows |] }

    /// The pairs of a graph, in the order in which a plan runs it: for each pullback, the loop whose tape it reads.
    let pairs (g: Graph) : Dictionary<Node, Node> = g.Memo("pairs", fun () -> LoopPairs.inOrder g.Walk)

    /// The loops that record a tape.
    let taped (g: Graph) : HashSet<Node> =
        g.Memo("taped", fun () -> HashSet<Node>((pairs g).Values, HashIdentity.Reference))

    let touches (v: LoopViews) =
        Seq.concat
            [ Child.touches v.Body
              Child.storagesOf v.Carried
              v.Aside |> Seq.collect (fun (struct (_, a, b)) -> [ a.Storage; b.Storage ])
              Child.storagesOf v.Flags
              Child.storagesOf v.Counts ]

    /// The most bytes of the body's values, where the gradient has no budget.
    let private mostValues = 268435456L

    /// The most frames, and the most bytes of the body's values: half of the gradient's budget, if there are any.
    let private shares (l: Loop) (valueBytes: int64) : struct (int * int64) =
        let frames = Recording.LimitOf l

        match l.Tape with
        | _ when valueBytes = 0L -> struct (frames, 0L)
        | Everything -> struct (frames, mostValues)
        | Budget bytes -> struct (max 2 (frames / 2), bytes / 2L)

    /// `targets`: by emission where it is written; without them nothing is written.
    let plan (l: Loop) (v: LoopViews) (scope: Scope) (targets: EmissionTarget[] voption) tape watch : LoopPlan =
        let inner, instructions = Child.instantiate v.Body scope
        let n = l.States + l.Registers
        let out = v.Body.Lowered.Outputs |> Array.map (Child.slot inner)
        let aside = v.Aside |> Array.map (fun (struct (i, a, b)) -> struct (i, Child.slot scope a, Child.slot scope b))

        for struct (i, _, b) in aside do
            out[i] <- b

        let carried = v.Carried |> Array.map (Child.slot scope)
        let rows = Shape.extent "loop" (Shape.size l.Batch)
        let streamOf = l.StreamOf

        let stream k : StreamPlan =
            let mine, into =
                match targets with
                | ValueSome targets -> [| 0 .. l.Emits - 1 |] |> Array.filter (fun e -> streamOf[e] = k), targets
                | ValueNone -> [||], [||]

            { Emit = mine |> Array.map (fun e -> out[n + e])
              Targets = mine |> Array.map (fun e -> into[e])
              Write = out[n + l.Emits + 1 + k]
              Wrote = Child.slot scope v.Flags[2 + k]
              Count = Child.slot scope v.Counts[k] }

        let states, registers = carried[.. l.States - 1], carried[l.States ..]
        let controls = Array.append registers (Array.append v.Flags v.Counts |> Array.map (Child.slot scope))

        let values = out[n + l.Emits + l.Flags ..]
        let valueBytes = values |> Array.sumBy _.Bytes
        let struct (limit, mostValues) = shares l valueBytes

        { Rows = rows
          States = states
          Registers = registers
          Aside = aside
          Body = instructions
          NextStates = out[.. l.States - 1]
          NextRegisters = out[l.States .. n - 1]
          Streams = Array.init l.Streams.Length stream
          Keep = out[n + l.Emits]
          Finish = out[n + l.Emits + l.Flags - 1]
          Live = Child.slot scope v.Flags[0]
          Moved = Child.slot scope v.Flags[1]
          Controls = controls
          StateBytes = states |> Array.sumBy _.Bytes
          ControlBytes = controls |> Array.sumBy _.Bytes
          Tape = tape
          Limit = limit
          Values = values
          ValueBytes = valueBytes
          MostValues = mostValues
          Watch = watch
          Faster = ValueNone }

    /// Of the reverse sweep of a loop, and of a replay for it: it raises if the caller cancels.
    let sweepWatchOf (l: Loop) : (Workspace -> bool) voption =
        l.Watch
        |> ValueOption.map (fun _ _ ->
            Watching.RequireGoesOn Watching.Current
            true)

    /// Reports the registers of a running loop, and returns whether it continues.
    let watchOf (l: Loop) (registers: View[]) (scope: Scope) : (Workspace -> bool) voption =
        match l.Watch with
        | ValueNone -> ValueNone
        | ValueSome Cancellable -> ValueSome(fun _ -> Watching.GoesOn())
        | ValueSome Reporting ->
            let places = registers |> Array.map scope.Offset

            let read (work: Workspace) () =
                Array.map2
                    (fun (v: View) (at: int64) -> ArrayMemory.read v.Dtype v.Shape (work.Memory + nativeint at))
                    registers
                    places

            ValueSome(fun work ->
                Watching.Show(read work)
                Watching.GoesOn())
