namespace NeuralDE.Internal.Engine

open System.Collections.Generic
open NeuralDE
open NeuralDE.Internal.Graph

/// A graph that no plan can run.
type internal UnplannedException(message: string) =
    inherit System.Exception(message)

/// What a plan is made of while it is being made: constants, tapes and emissions get their places here.
[<Sealed>]
type internal PlanMaker(constantsAt: int64) =
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

    /// Pages that may not be touched.
    member _.Guards = guards

    /// Where a constant lies; equal numbers lie in one place.
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

/// A graph's place in a plan: where its memory starts and where its arguments lie.
[<Sealed>]
type internal Scope(maker: PlanMaker, start: int64, arguments: int64[]) =
    let tapes = Dictionary<Node, int>(HashIdentity.Reference)
    let emissions = Dictionary<struct (Node * int), int>()
    member _.Maker = maker

    member _.Offset(b: Storage) : int64 =
        match b.Home with
        | Own -> start + b.Offset
        | Argument k -> arguments[k]
        | Constants a -> maker.Constant a
        | Emission _ ->
            raise (UnplannedException "the number of rows that a loop writes is not known while a plan is made")

    /// The place of a view's first element.
    member x.Offset(v: View) : int64 = x.Offset v.Storage + v.Start * int64 v.Dtype.Size

    /// The tape that a loop's run leaves to its pullback.
    member _.Tape(loop: Node) : int =
        match tapes.TryGetValue loop with
        | true, tape -> tape
        | _ ->
            let tape = maker.NewTape()
            tapes[loop] <- tape
            tape

    /// The frame's emission that a loop's e-th goes to.
    member _.Emission(loop: Node, e: int) : int =
        let key = struct (loop, e)

        match emissions.TryGetValue key with
        | true, index -> index
        | _ ->
            let index = maker.NewEmission()
            emissions[key] <- index
            index

/// A row-wise instruction ready to run on some of its rows, on the calling thread.
[<AbstractClass>]
type internal RowInstruction() =
    /// Rows first to last − 1; what lives within a tile lies in `tile`, from its row `first` on.
    abstract Run: memory: nativeint * tile: nativeint * first: int * last: int -> unit

/// Where the rows of an array lie.
[<Struct>]
type internal RowPlace =
    /// all of them, from a place in the memory on
    | InMemory of offset: int64
    /// those of the tile, from a place in the tile's memory on
    | InTile of tileOffset: int64

/// How an instruction goes row by row: row r of what it writes follows from row r of what it reads so and from all of the rest.
[<NoEquality; NoComparison>]
type internal RowWise =
    {
        /// how many rows it has; 0: any number that divides Elements
        Rows: int
        Elements: int64
        ByRow: View[]
        Whole: Storage[]
        /// a guess at the work of all rows
        Nanoseconds: float
        Make: int -> (View -> RowPlace) -> RowInstruction
    }

/// An instruction to be: the memory it touches, the graphs it runs, and how it is made once all has places.
[<NoEquality; NoComparison>]
type internal Draft =
    {
        /// for people, made only when they look
        Name: unit -> string
        Touches: Storage[]
        /// all that it may write
        Writes: Storage[]
        Rows: RowWise voption
        Inside: (string * Lowered)[]
        Make: Scope -> Instruction
    }

/// A graph as drafts over memory of its own, wherever that will lie.
and [<NoEquality; NoComparison>] internal Lowered =
    {
        Drafts: Draft[]
        /// bytes
        Size: int64
        /// contiguous
        Outputs: View[]
        /// pages of its memory that may not be touched
        Guards: int64[]
    }

module internal Draft =
    /// An instruction with known reads and writes; `rows` if it can run row by row.
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

        scope, l.Drafts |> Array.map (fun d -> d.Make scope)

    /// Memory for buffers in use at the same time, one behind the other; a place is used again once its buffer is dead.
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
