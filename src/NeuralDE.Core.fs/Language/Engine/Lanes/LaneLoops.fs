namespace NeuralDE.Internal.Engine

open System.Collections.Generic
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Kernels

/// Turns a graph into nodes of a program: the guard is a flag of the lanes for which it is computed; from inputs to outputs.
type internal LaneScalarise = LaneProgram -> int -> Graph -> LaneArray[] -> LaneArray[]

/// Loops inside the body of a row: repeated here if their number of iterations is known and small, otherwise loops of the
/// lanes, which run until the last lane of a vector ends.
module internal LaneLoops =
    /// The most iterations that are repeated here, and the most nodes that they may add.
    let private mostRepeated, mostAdded = 64, 1000

    let private elements (what: string) (x: LaneArray) : int[] =
        match x with
        | Elements xs -> xs
        | Table _
        | Mapped _ -> raise (NotLanesException what)

    let private known (p: LaneProgram) (node: int) : int64 voption =
        match p[node].Op with
        | Known bits -> ValueSome bits
        | _ -> ValueNone

    let private select (p: LaneProgram) (condition: int) (a: int[]) (b: int[]) : int[] =
        Array.map2 (fun a b -> p.Element(ElementOp.Select, 0.0, p[a].Dtype, [| condition; a; b |])) a b

    /// An iteration of a loop that is repeated: the carried values before it, whether it kept its states, and by stream the
    /// number of the row that it wrote, or −1.
    [<NoEquality; NoComparison>]
    type private Turn = { Before: int[][]; Keep: int; Rows: int[] }

    /// The iterations of a loop whose end and writes are known, its carried values at the end and the emissions in turn;
    /// ValueNone for other loops.
    let private repeated (scalarise: LaneScalarise) (p: LaneProgram) guard (l: Loop) (args: LaneArray[]) =
        let n = l.States + l.Registers
        let length, streamOf = p.Length, l.StreamOf
        let struct (nodesBefore, _) = length
        let turns, emitted = List<Turn>(), Array.init l.Emits (fun _ -> List<int[]>())
        let written = Array.zeroCreate l.Streams.Length
        let mutable carried = args[.. n - 1] |> Array.map (elements "a loop that carries a shared array")
        let mutable ended, isKnown = false, true

        while isKnown && not ended do
            let inputs = Array.append (Array.map Elements carried) args[n..]
            let outputs = scalarise p guard l.Body inputs |> Array.map (elements "a loop that returns a shared array")
            let flag k = outputs[n + l.Emits + k][0]
            let writes = l.Streams |> Array.mapi (fun k _ -> known p (flag (1 + k)))
            let isEmitting = l.Emits > 0 && Array.contains (ValueSome 1L) writes

            match known p (flag (l.Flags - 1)) with
            | ValueSome finish when
                (l.Emits = 0 || Array.forall (fun (w: int64 voption) -> w.IsSome) writes)
                && (not isEmitting || known p (flag 0) = ValueSome 1L)
                ->
                let rows = writes |> Array.mapi (fun k w -> if w = ValueSome 1L then written[k] else -1)
                turns.Add { Before = carried; Keep = flag 0; Rows = rows }

                for e in 0 .. l.Emits - 1 do
                    if rows[streamOf[e]] >= 0 then emitted[e].Add outputs[n + e]

                rows |> Array.iteri (fun k row -> if row >= 0 then written[k] <- row + 1)

                carried <-
                    Array.init n (fun i -> if i < l.States then select p (flag 0) outputs[i] carried[i] else outputs[i])

                ended <- finish <> 0L
            | _ -> isKnown <- false

            isKnown <- isKnown && turns.Count <= mostRepeated && p.Nodes.Count - nodesBefore <= mostAdded

        if isKnown then
            ValueSome(struct (turns.ToArray(), carried, emitted))
        else
            p.Truncate length
            ValueNone

    /// The rows of an emission, of which those that were not written are 0; ValueNone if there are too many.
    let private stacked (p: LaneProgram) (l: Loop) (e: int) (rows: List<int[]>) : int[] voption =
        let s = l.Body.Outputs[l.States + l.Registers + e].Signature

        match l.Streams[l.StreamOf[e]].Capacity with
        | ValueSome capacity when rows.Count <= capacity && int64 capacity * Shape.size s.Shape <= int64 mostAdded ->
            let none = Array.create (int (Shape.size s.Shape)) (p.Number(s.Dtype, 0.0))
            ValueSome(Array.init capacity (fun k -> if k < rows.Count then rows[k] else none) |> Array.concat)
        | _ -> ValueNone

    /// A loop of the lanes.
    let private nested (scalarise: LaneScalarise) (p: LaneProgram) guard (l: Loop) (args: LaneArray[]) : int[][] =
        if l.Emits > 0 then raise (NotLanesException "a loop inside with outputs for each iteration")

        let n = l.States + l.Registers
        let inner = LaneProgram()
        let given, slots = List<int>(), Dictionary<int, int>()

        let slotOf node isCarried =
            match slots.TryGetValue node with
            | true, known when not isCarried -> known
            | _ ->
                given.Add node
                if not isCarried then slots[node] <- given.Count - 1
                given.Count - 1

        let input isCarried node =
            match p[node].Op with
            | Known bits when not isCarried -> inner.Bits(p[node].Dtype, bits)
            | OfAll index when not isCarried -> inner.OfAll(p[node].Dtype, index)
            | _ -> inner.OfLane(p[node].Dtype, slotOf node isCarried)

        let inputs =
            args
            |> Array.mapi (fun i arg ->
                match arg with
                | Elements xs -> Elements(Array.map (input (i < n)) xs)
                | Table address -> Table(input false address)
                | Mapped _ -> raise (NotLanesException "a loop inside that reads a computed array"))

        let yes = inner.Bits(Bool, 1L)
        let outputs = scalarise inner yes l.Body inputs |> Array.map (elements "a loop that returns a shared array")
        let next, rest = Array.splitAt n outputs

        let results =
            p.Loop(
                { Program = inner
                  States = next[.. l.States - 1] |> Array.sumBy (fun xs -> xs.Length)
                  Next = Array.concat next
                  Keep = rest[0][0]
                  Finish = rest[l.Flags - 1][0] },
                Array.append [| guard |] (given.ToArray())
            )

        let mutable first = 0

        next
        |> Array.map (fun xs ->
            first <- first + xs.Length
            results[first - xs.Length .. first - 1])

    let private requireUnwatched (l: Loop) =
        if l.Watch.IsSome then raise (NotLanesException "a loop inside that can be cancelled")
        if l.Batch.Length > 0 then raise (NotLanesException "a loop inside that runs by row")

    /// The results of a loop.
    let run (scalarise: LaneScalarise) (p: LaneProgram) guard (l: Loop) (args: LaneArray[]) : int[][] =
        requireUnwatched l
        let length = p.Length

        let whole =
            match repeated scalarise p guard l args with
            | ValueSome(struct (_, carried, emitted)) ->
                let emissions = emitted |> Array.mapi (stacked p l)

                if Array.forall (fun (e: int[] voption) -> e.IsSome) emissions then
                    ValueSome(Array.append carried (emissions |> Array.map (fun e -> e.Value)))
                else
                    ValueNone
            | ValueNone -> ValueNone

        match whole with
        | ValueSome results -> results
        | ValueNone ->
            p.Truncate length
            nested scalarise p guard l args

    let private zeros (p: LaneProgram) (s: Signature) : int[] =
        Array.create (int (Shape.size s.Shape)) (p.Number(s.Dtype, 0.0))

    /// By output: its cotangent, if it is given.
    let private givenOf (back: Pullback) (args: LaneArray[]) : int[] voption[] =
        let mutable next = back.Wanted.Length - 1

        back.Given
        |> Array.map (fun isGiven ->
            if isGiven then
                next <- next + 1
                ValueSome(elements "a cotangent in memory" args[next])
            else
                ValueNone)

    /// The cotangents of what an iteration emitted.
    let private emittedBy (p: LaneProgram) (back: Pullback) (given: int[] voption[]) (turn: Turn) : int[][] =
        let l = back.Of
        let n, streamOf = l.States + l.Registers, l.StreamOf

        [| for e in 0 .. l.Emits - 1 do
               match given[n + e] with
               | ValueSome w when back.ActiveEmits[e] ->
                   let s = l.Body.Outputs[n + e].Signature
                   let size, row = int (Shape.size s.Shape), turn.Rows[streamOf[e]]
                   if row < 0 then zeros p s else w[row * size .. (row + 1) * size - 1]
               | _ -> () |]

    /// The wanted cotangents of a loop that is repeated: state, registers, captured values, given cotangents → cotangents.
    let pullback (scalarise: LaneScalarise) (p: LaneProgram) guard (back: Pullback) (args: LaneArray[]) : int[][] =
        let l = back.Of
        let n, inputs = l.States + l.Registers, back.Wanted.Length
        requireUnwatched l

        match repeated scalarise p guard l args[.. inputs - 1] with
        | ValueNone ->
            raise (NotLanesException "the reverse sweep of a loop inside whose number of iterations is unknown")
        | ValueSome(struct (turns, _, _)) ->
            let given = givenOf back args
            let zeros i = zeros p l.Body.Inputs[i]
            let active = [| 0 .. l.States - 1 |] |> Array.filter (fun i -> back.ActiveStates[i])
            let wanted = [| n .. inputs - 1 |] |> Array.filter (fun i -> back.Wanted[i])
            let mutable cotangents = active |> Array.map (fun i -> given[i] |> ValueOption.defaultValue (zeros i))
            let mutable totals = wanted |> Array.map zeros

            for turn in Array.rev turns do
                let values = Array.concat [ Array.map Elements turn.Before; args[n .. inputs - 1] ]
                let further = Array.append cotangents (emittedBy p back given turn) |> Array.map Elements
                let swept = scalarise p guard back.Sweep.Value (Array.append values further)
                let ofStates, parts =
                    swept |> Array.map (elements "a cotangent in memory") |> Array.splitAt active.Length
                let add sum part = p.Element(ElementOp.Add, 0.0, p[sum].Dtype, [| sum; part |])
                totals <-
                    Array.map2 (fun total part -> select p turn.Keep (Array.map2 add total part) total) totals parts
                cotangents <- Array.map2 (select p turn.Keep) ofStates cotangents

            let ofStates =
                [| for i in 0 .. l.States - 1 do
                       if back.Wanted[i] then
                           match System.Array.IndexOf(active, i) with
                           | -1 -> zeros i
                           | a -> cotangents[a] |]

            Array.append ofStates totals
