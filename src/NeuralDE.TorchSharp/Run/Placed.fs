namespace NeuralDE.LibTorch

open System
open System.Collections.Generic
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Engine

/// Where every node of a graph is computed, decided before the graph runs. What is made of a few numbers in managed memory
/// stays there, so that what steers a loop costs no launch. What the host must know is computed there as far back as it is
/// made of single numbers; where that meets the device, a value is fetched.
[<NoEquality; NoComparison>]
type internal Placed =
    {
        Program: Program
        Seats: Seat[]
        /// by output: its seat, after the host has what it must know
        OutputSeats: Seat[]
        /// computed on the device, and read by the host
        Fetched: bool[]
        /// Which nodes have the same value in every run.
        Fixed: bool[]
        /// The nodes as they run: what needs nothing fetched comes first, so that the first fetch brings everything at once.
        Order: int[]
        /// by position in the order: the slots that nothing reads afterwards
        Release: int[][]
    }

module internal Placed =
    /// Arrays with up to this number of elements stay in managed memory.
    let few = 1024L

    let private isElementwise (op: Op) =
        match op with
        | Unary _
        | Binary _
        | Compare _
        | Select
        | Fma
        | Cast _ -> true
        | _ -> false // all other operations look at more than one element

    /// Operations that the host computes for a single number.
    let private isOnOneNumber (op: Op) =
        match op with
        | Reshape _
        | StopGradient
        | Broadcast _ -> true
        | op -> isElementwise op

    let private isBundle (n: Node) =
        match n.Op with
        | Apply _ -> true
        | _ -> false

    let private size (n: Node) = Shape.size n.Shape

    /// Which numbers are computed from arrays and only compared with constants, perhaps after a cast: the host needs the
    /// flags, not the numbers.
    let private onlyCompared (p: Program) : bool[] =
        let nodes = p.Nodes
        let found = nodes |> Array.map (fun n -> size n = 1L)

        for i in p.Outputs do
            found[i] <- false

        let isConstant a =
            match nodes[a].Op with
            | Constant _ -> true
            | _ -> false

        for i in nodes.Length - 1 .. -1 .. 0 do
            match nodes[i].Op with
            | Compare _ when Array.exists isConstant p.Args[i] -> ()
            | Cast _ when found[i] -> ()
            | _ ->
                for a in p.Args[i] do
                    found[a] <- false

        for i in 0 .. nodes.Length - 1 do
            let isFromArray =
                match nodes[i].Op with
                | Cast _ -> found[p.Args[i][0]]
                | op -> not (isOnOneNumber op) && p.Args[i].Length > 0

            found[i] <- found[i] && isFromArray

        found

    /// What the host must know: flags of branches, the chosen outputs, and what they are made of.
    let private demanded (p: Program) (onHost: bool[]) : bool[] =
        let nodes = p.Nodes
        let found = Array.create nodes.Length false
        let onlyCompared = onlyCompared p
        p.Outputs |> Array.iteri (fun k i -> if onHost[k] then found[i] <- true)

        nodes
        |> Array.iteri (fun i n ->
            match n.Op with
            | Apply(Cond _) -> found[p.Args[i][0]] <- true
            | _ -> ())

        for i in nodes.Length - 1 .. -1 .. 0 do
            let isOne a = size nodes[a] = 1L

            if found[i] && isOnOneNumber nodes[i].Op && isOne i && Array.forall isOne p.Args[i] then
                for a in p.Args[i] do
                    if not onlyCompared[a] then found[a] <- true

        found

    /// The seat of a primitive; `args` are the seats of its arguments.
    let private seatOf (nodes: Node[]) (used: int[]) (isDemanded: bool[]) i (seats: Seat[]) : Seat =
        let n = nodes[i]
        let isNumber a = seats[a] <> OnDevice
        let isSmall = size n <= few
        let isOne a = size nodes[a] = 1L
        let anySplat () = used |> Array.exists (fun a -> seats[a] = Splat)

        match n.Op with
        | Broadcast _ when isNumber used[0] && isOne used[0] -> if size n = 1L then OnHost else Splat
        | Reshape _ when seats[used[0]] = Splat -> Splat
        | op when
            isElementwise op
            && Array.forall isNumber used
            && anySplat ()
            && used |> Array.forall (fun a -> seats[a] = Splat || isOne a)
            ->
            Splat
        | op when isElementwise op && isSmall && Array.forall isNumber used -> OnHost
        | _ when isSmall && used.Length > 0 && used |> Array.forall (fun a -> seats[a] = OnHost && size nodes[a] <= few) ->
            OnHost
        | op when
            isDemanded[i] && isOnOneNumber op && size n = 1L && used |> Array.forall (fun a -> isOne a && isDemanded[a])
            ->
            OnHost
        | _ -> OnDevice

    /// `outputsOf`: the seats of a function node's outputs, from its own and its arguments' seats.
    let private seated (p: Program) (inputs: Seat[]) (isDemanded: bool[]) (outputsOf: Fn -> Seat[] -> Seat[]) : Seat[] =
        let nodes = p.Nodes
        let seats = Array.create nodes.Length OnDevice
        let bundles = Dictionary<int, Seat[]>()

        for i in 0 .. nodes.Length - 1 do
            let used = p.Args[i]

            seats[i] <-
                match nodes[i].Op with
                | Input k -> inputs[k]
                | Constant _ -> OnHost
                | Data d -> if isNull d.Array.Buffer && int64 d.Array.Length <= few then OnHost else OnDevice
                | Iota _ -> if size nodes[i] <= few then OnHost else OnDevice
                | Output k -> bundles[used[0]][k]
                | Apply fn ->
                    bundles[i] <- outputsOf fn (used |> Array.map (fun a -> seats[a]))
                    OnHost
                | Check _ -> seats[used[0]]
                | _ -> seatOf nodes used isDemanded i seats // all other operations are computed from their arguments

        seats

    let private fetched (p: Program) (seats: Seat[]) (onHost: bool[]) : bool[] =
        let nodes = p.Nodes
        let found = Array.create nodes.Length false
        let fetch a = if seats[a] = OnDevice && not (isBundle nodes[a]) then found[a] <- true

        for i in 0 .. nodes.Length - 1 do
            match nodes[i].Op with
            | Apply(Cond _) -> fetch (p.Args[i][0])
            | Apply _
            | Output _
            | Check _ -> ()
            | _ -> if seats[i] <> OnDevice then Array.iter fetch p.Args[i]

        p.Outputs |> Array.iteri (fun k i -> if onHost[k] then fetch i)
        found

    let private isFixed (p: Program) : bool[] =
        let found = Array.create p.Nodes.Length false

        for i in 0 .. p.Nodes.Length - 1 do
            found[i] <-
                match p.Nodes[i].Op with
                | Constant _
                | Data _
                | Iota _ -> true
                | Input _
                | Apply _
                | Output _
                | Check _ -> false
                | _ -> p.Args[i] |> Array.forall (fun a -> found[a]) // primitives

        found

    /// What waits for a fetch runs last.
    let private ordered (p: Program) (seats: Seat[]) (isFetched: bool[]) : int[] =
        let isLate = Array.create p.Nodes.Length false

        for i in 0 .. p.Nodes.Length - 1 do
            let waits a = isFetched[a] && (seats[i] <> OnDevice || isBundle p.Nodes[i])
            isLate[i] <- p.Args[i] |> Array.exists (fun a -> isLate[a] || waits a)

        let all = [| 0 .. p.Nodes.Length - 1 |]
        Array.append (all |> Array.filter (fun i -> not isLate[i])) (all |> Array.filter (fun i -> isLate[i]))

    let private releases (p: Program) (order: int[]) : int[][] =
        let n = p.Nodes.Length
        let position = Array.zeroCreate n
        order |> Array.iteri (fun k i -> position[i] <- k)
        let last = Array.copy position

        for i in 0 .. n - 1 do
            for a in p.Args[i] do
                last[a] <- max last[a] position[i]

        for i in p.Outputs do
            last[i] <- n

        let result = Array.init n (fun _ -> List<int>(0))
        last |> Array.iteri (fun i k -> if k < n then result[k].Add i)
        result |> Array.map (fun slots -> slots.ToArray())

    /// `onHost`: the outputs that the host must know.
    let make (g: Graph) (inputs: Seat[]) (onHost: bool[]) (outputsOf: Fn -> Seat[] -> Seat[]) : Placed =
        let p = Program.ofGraph g
        let seats = seated p inputs (demanded p onHost) outputsOf
        let isFetched = fetched p seats onHost
        let order = ordered p seats isFetched

        { Program = p
          Seats = seats
          OutputSeats = p.Outputs |> Array.mapi (fun k i -> if onHost[k] then OnHost else seats[i])
          Fetched = isFetched
          Fixed = isFixed p
          Order = order
          Release = releases p order }
