/// Conditions that must not change a single bit of a result: how groups run, the number of threads, earlier runs,
/// concurrent runs.
module internal NeuralDE.Tests.Engine.SameBits

open System
open System.Threading.Tasks
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Engine
open NeuralDE.Internal.Calculus
open NeuralDE.Kernels
open NeuralDE.Tests.Engine.Agreement

let withTier (tier: Tier) (run: unit -> 'T) : 'T =
    let before = GroupKernels.tier

    try
        GroupKernels.tier <- tier
        run ()
    finally
        GroupKernels.tier <- before

let withThreads (count: int) (run: unit -> 'T) : 'T =
    let before = ThreadTeam.Threads

    try
        ThreadTeam.Threads <- count
        run ()
    finally
        ThreadTeam.Threads <- before

let withRows (rows: int voption) (run: unit -> 'T) : 'T =
    let before = RowChain.forcedRows ()

    try
        RowChain.force rows
        run ()
    finally
        RowChain.force before

let withStreams (setting: StreamSetting voption) (run: unit -> 'T) : 'T =
    let before = StreamLimits.forced ()

    try
        StreamLimits.force setting
        run ()
    finally
        StreamLimits.force before

/// With lanes, or by a plan of the whole batch.
let withLanes (isOn: bool) (run: unit -> 'T) : 'T =
    let before = LowerLanes.isOn

    try
        LowerLanes.isOn <- isOn
        run ()
    finally
        LowerLanes.isOn <- before

/// With vectors of this width in lanes.
let withWidth (width: VectorWidth) (run: unit -> 'T) : 'T =
    try
        LaneKernels.forcedWidth <- ValueSome width
        run ()
    finally
        LaneKernels.forcedWidth <- ValueNone

let private named (what: string) (difference: string option) = difference |> Option.map (fun d -> $"{what}: {d}")

/// Groups as compiled code, tile by tile, and alternating between both.
let betweenTiers (r: RandomGraph) : string option =
    let tiled = withTier Tiled (fun () -> byPlan r.Graph r.Args)

    [ Compiled; Alternating; Alternating ]
    |> List.tryPick (fun tier ->
        let got = withTier tier (fun () -> byPlan r.Graph r.Args)
        named $"{tier} compared with Tiled" (bitDifference tiled got))

/// Instruction by instruction, and tile by tile with some rows.
let betweenTiles (r: RandomGraph) : string option =
    let whole = withRows (ValueSome 0) (fun () -> byPlan r.Graph r.Args)

    [ 1; 2; 3; 16; 48 ]
    |> List.tryPick (fun rows ->
        let got = withRows (ValueSome rows) (fun () -> byPlan r.Graph r.Args)
        named $"tiles of {rows} rows compared with none" (bitDifference whole got))

let betweenThreadCounts (r: RandomGraph) : string option =
    let alone = withThreads 1 (fun () -> byPlan r.Graph r.Args)

    [ 2; 4 ]
    |> List.tryPick (fun count ->
        let got = withThreads count (fun () -> byPlan r.Graph r.Args)
        named $"{count} threads compared with 1" (bitDifference alone got))

let private withKeptArguments (least: int64) (run: unit -> 'T) : 'T =
    let before = KeptArguments.Least

    try
        KeptArguments.Least <- least
        run ()
    finally
        KeptArguments.Least <- before

/// The same plan again, after a run with other arguments, and after one with the same, which are then not copied again.
let betweenRuns (r: RandomGraph) : string option =
    withKeptArguments 1L (fun () ->
        let first = byPlan r.Graph r.Args
        byPlan r.Graph (RandomGraphs.otherArgs r.Seed r) |> ignore
        let second = byPlan r.Graph r.Args
        let third = byPlan r.Graph r.Args

        named "the run after other arguments" (bitDifference first second)
        |> Option.orElse (named "the run after the same arguments" (bitDifference first third)))

/// Several threads at once on one plan, each with its own arguments.
let betweenCallers (r: RandomGraph) : string option =
    let args = Array.init 4 (fun i -> if i = 0 then r.Args else RandomGraphs.otherArgs (r.Seed + i) r)
    let alone = args |> Array.map (byPlan r.Graph)
    let together = Array.init (4 * args.Length) (fun _ -> Error "did not run")

    Parallel.For(0, together.Length, fun i -> together[i] <- byPlan r.Graph args[i % args.Length]) |> ignore

    Seq.init together.Length (fun i -> named $"call {i} of several" (bitDifference alone[i % args.Length] together[i]))
    |> Seq.tryPick id

/// Rows computed together and one at a time.
let betweenRows (r: RandomGraph) : string option =
    let g, rows = r.Graph, 3
    let random = System.Random r.Seed
    let on = g.Inputs |> Array.mapi (fun i _ -> i = 0 || random.Next 3 > 0)
    let forced = Array.create g.Outputs.Length true

    let graph, _ = Batch.vmapGraph g rows on forced
    let others: NdArray[][] = Array.init rows (fun i -> RandomGraphs.otherArgs (r.Seed + i) r)
    let argsOf (row: int) = Array.map3 (fun isOn other (a: NdArray) -> if isOn then other else a) on others[row] r.Args

    let stacked =
        Array.mapi2
            (fun i isOn (a: NdArray) ->
                if isOn then
                    let shape = Array.append [| rows |] a.Shape
                    let whole = NdArray.Zeros(a.Dtype, shape)

                    for row in 0 .. rows - 1 do
                        let values = (others[row])[i]
                        Array.Copy(values.Data, 0, whole.Data, row * a.Length, a.Length)

                    whole
                else
                    a)
            on
            r.Args

    match byPlan graph stacked with
    | Error _ -> None
    | Ok together ->
        Seq.init rows (fun row ->
            let mine =
                Array.map2
                    (fun (n: Node) (whole: NdArray) ->
                        let part = NdArray.Zeros(n.Dtype, n.Shape)
                        Array.Copy(whole.Data, row * part.Length, part.Data, 0, part.Length)
                        part)
                    g.Outputs
                    together

            named $"row {row} of {rows}" (bitDifference (byPlan g (argsOf row)) (Ok mine)))
        |> Seq.tryPick id
