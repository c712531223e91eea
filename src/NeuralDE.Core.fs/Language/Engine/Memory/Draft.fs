namespace NeuralDE.Internal.Engine

open System.Collections.Generic
open NeuralDE
open NeuralDE.Internal.Graph

/// A graph that no plan can run.
type internal UnplannedException(message: string) =
    inherit System.Exception(message)

/// Sees every instruction that a plan makes, and may run another in its place.
[<AbstractClass>]
type internal InstructionProbe() =
    abstract Make: name: (unit -> string) * make: (unit -> Instruction) -> Instruction

/// The state of a plan under construction: it assigns places to constants, tapes and emissions.
[<Sealed>]
type internal PlanMaker(constantsAt: int64, probe: InstructionProbe voption) =
    let constants = List<struct (int64 * NdArray)>()
    let known = Dictionary<struct (Dtype * int64), int64>()
    let arrays = Dictionary<NdArray, int64>(HashIdentity.Reference)
    let guards = List<int64>()
    let mutable next = constantsAt
    let mutable tapes = 0
    let mutable emissions = 0

    let placeGuarded (a: NdArray) =
        let struct (at, stop) = Guarding.place guards next (int64 a.Length * int64 a.Dtype.Size)
        constants.Add(struct (at, a))
        next <- stop
        at

    let placeBehind (a: NdArray) =
        let at = next
        constants.Add(struct (at, a))
        next <- (next + int64 a.Length * int64 a.Dtype.Size + 63L) / 64L * 64L
        at

    let place (a: NdArray) = if Guarding.isOn () then placeGuarded a else placeBehind a

    member _.Probe = probe

    /// Protected pages.
    member _.Guards = guards

    /// The offset of a constant; equal constants share one place.
    member _.Constant(a: NdArray) : int64 =
        if a.Length = 1 then
            let bits =
                if a.Dtype.IsFloat then
                    System.BitConverter.DoubleToInt64Bits a.Floats[0]
                else
                    a.Integers[0]

            let key = struct (a.Dtype, bits)

            match known.TryGetValue key with
            | true, at -> at
            | _ ->
                let at = place a
                known[key] <- at
                at
        else
            match arrays.TryGetValue a with
            | true, at -> at
            | _ ->
                let at = place a
                arrays[a] <- at
                at

    member _.NewTape() =
        tapes <- tapes + 1
        tapes - 1

    member _.NewEmission() =
        emissions <- emissions + 1
        emissions - 1

    member _.Size = next
    member _.Tapes = tapes
    member _.Emissions = emissions
    member _.Constants = constants.ToArray()

/// The placement of a graph in a plan: the start of its memory and the places of its arguments.
[<Sealed>]
type internal Scope(maker: PlanMaker, start: int64, arguments: int64[]) =
    let tapes = Dictionary<Node, int>(HashIdentity.Reference)
    let emissions = Dictionary<struct (Node * int), int>()
    let shared = Dictionary<struct (Node * string), obj | null>()
    member _.Maker = maker

    /// What the instructions of a loop and of its reverse sweeps share under a name, made by the first of them.
    member _.Share(loop: struct (Node * string), make: unit -> 'T) : 'T when 'T: not null and 'T: not struct =
        match shared.TryGetValue loop with
        | true, (:? 'T as found) -> found
        | _ ->
            let made = make ()
            shared[loop] <- box made
            made

    member _.Offset(b: Storage) : int64 =
        match b.Home with
        | Own -> start + b.Offset
        | Argument k -> arguments[k]
        | Constants a -> maker.Constant a
        | Emission _ ->
            raise (UnplannedException "the number of rows that a loop writes is not known when a plan is made")

    /// The offset of a view's first element.
    member x.Offset(v: View) : int64 = x.Offset v.Storage + v.Start * int64 v.Dtype.Size

    /// The index of the tape that a loop records for its pullback.
    member _.Tape(loop: Node) : int =
        match tapes.TryGetValue loop with
        | true, tape -> tape
        | _ ->
            let tape = maker.NewTape()
            tapes[loop] <- tape
            tape

    /// The index of the workspace emission to which the loop's e-th emission is written.
    member _.Emission(loop: Node, e: int) : int =
        let key = struct (loop, e)

        match emissions.TryGetValue key with
        | true, index -> index
        | _ ->
            let index = maker.NewEmission()
            emissions[key] <- index
            index

/// A row-wise instruction, ready to run on some of its rows on the calling thread.
[<AbstractClass>]
type internal RowInstruction() =
    /// Computes rows first to last − 1. Arrays that exist for one tile only start in `tile` with row `first`.
    abstract Run: memory: nativeint * tile: nativeint * first: int * last: int -> unit

/// Where the rows of an array are stored.
[<Struct>]
type internal RowPlace =
    /// all rows, from this offset of the memory on
    | InMemory of offset: int64
    /// the rows of the tile, from this offset of the tile's memory on
    | InTile of tileOffset: int64

    /// The address of the tile's first row, which has this many bytes of the array before it.
    member p.Address(memory: nativeint, tile: nativeint, before: int64) : nativeint =
        match p with
        | InMemory offset -> memory + nativeint (offset + before)
        | InTile offset -> tile + nativeint offset

/// A row-wise instruction: row r of its results depends on row r of the row-wise arguments and on all of the other
/// ones.
[<NoEquality; NoComparison>]
type internal RowWise =
    {
        /// the number of rows; 0: any number that divides Elements
        Rows: int
        Elements: int64
        ByRow: View[]
        Whole: Storage[]
        /// estimated work of all rows
        Nanoseconds: float
        Make: int -> (View -> RowPlace) -> RowInstruction
    }

/// A draft of an instruction: the memory it touches, the graphs it runs, and a function that makes it once all places
/// are known.
[<NoEquality; NoComparison>]
type internal Draft =
    {
        /// a readable name, computed on demand
        Name: unit -> string
        Touches: Storage[]
        /// everything that it may write
        Writes: Storage[]
        Rows: RowWise voption
        Inside: (string * Lowered)[]
        Make: Scope -> Instruction
    }

/// A graph as drafts with memory of its own, at an offset still unknown.
and [<NoEquality; NoComparison>] internal Lowered =
    {
        Drafts: Draft[]
        /// bytes
        Size: int64
        /// contiguous
        Outputs: View[]
        /// protected pages of its memory
        Guards: int64[]
    }

module internal Draft =
    /// An instruction with known reads and writes; with `rows` if it can run row by row.
    let from (name: unit -> string) (reads: Storage seq) (writes: Storage[]) (rows: RowWise voption) make : Draft =
        { Name = name
          Touches = Seq.append reads writes |> Seq.distinct |> Seq.toArray
          Writes = writes
          Rows = rows
          Inside = [||]
          Make = make }

module internal Lowered =
    let instantiate (maker: PlanMaker) (start: int64) (arguments: int64[]) (l: Lowered) : Scope * Instruction[] =
        let scope = Scope(maker, start, arguments)

        for guard in l.Guards do
            maker.Guards.Add(start + guard)

        let instruction (d: Draft) =
            match maker.Probe with
            | ValueSome probe -> probe.Make(d.Name, fun () -> d.Make scope)
            | ValueNone -> d.Make scope

        scope, l.Drafts |> Array.map instruction

    /// Places the buffers one after another; the place of a buffer is reused after its last use.
    let layOut (buffers: Storage seq) (drafts: Draft[]) (outputs: View[]) : int64 =
        let first = Dictionary<Storage, int>(HashIdentity.Reference)
        let last = Dictionary<Storage, int>(HashIdentity.Reference)

        let touch at (b: Storage) =
            if not (first.ContainsKey b) then first[b] <- at

            last[b] <- at

        drafts |> Array.iteri (fun i d -> Array.iter (touch i) d.Touches)
        outputs |> Array.iter (fun v -> touch drafts.Length v.Storage)

        let owned =
            buffers
            |> Seq.filter (fun b ->
                match b.Home with
                | Own -> first.ContainsKey b
                | Argument _
                | Constants _
                | Emission _ -> false)
            |> Seq.sortBy (fun b -> first[b])

        let living = PriorityQueue<Storage, int>()
        let free = FreeMemory()
        let mutable size = 0L
        let roomOf (b: Storage) = (b.Bytes + 63L) / 64L * 64L |> max 64L

        for b in owned do
            while living.Count > 0 && last[living.Peek()] < first[b] do
                let dead = living.Dequeue()
                free.Give(dead.Offset, roomOf dead)

            b.Offset <- free.Take(roomOf b)
            living.Enqueue(b, last[b])
            size <- max size (b.Offset + roomOf b)

        size
