namespace NeuralDE.Internal.Engine

open System
open System.Globalization
open NeuralDE.Internal.Graph

/// From when on arrays are not stored, and how they are made instead.
[<Struct>]
type internal StreamSetting =
    {
        /// elements from which on an array is large
        Large: int64
        /// elements of a tile
        Tile: int
        /// bytes that an array may take so that nothing dear is computed twice
        Affordable: int64
    }

module internal StreamLimits =
    let private usual =
        {
          // 64 MB of float64. Below, an array and what is computed from it fit into a few times the last-level cache, and
          // writing it costs little beside computing it twice.
          Large = 8388608L
          // 32 KB of float64. Some arrays of a tile fit into the second-level cache, and going from tile to tile (about 0.2 µs)
          // costs little beside a tile's work.
          Tile = 4096
          // a plan holds several arrays
          Affordable = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 8L }

    let mutable private setting = usual
    let mutable private asked: StreamSetting voption = ValueNone
    let mutable private suffix = ""

    /// For tests: ValueNone, the usual limits. Not a bit depends on them.
    let force (wanted: StreamSetting voption) =
        asked <- wanted
        setting <- ValueOption.defaultValue usual wanted
        suffix <-
            match wanted with
            | ValueSome s -> $" {string s.Large} {string s.Tile} {string s.Affordable}"
            | ValueNone -> ""

    /// A product takes up to 64 columns of a streamed matrix at once (StreamDotColumns), which a tile must hold.
    let leastTile = 64

    /// Nothing that can be streamed is stored; `tile` is the number of elements of a tile, leastTile or more.
    let nothingStored (tile: int) : StreamSetting = { Large = 2L; Tile = max leastTile tile; Affordable = 0L }

    do
        match Int32.TryParse(Environment.GetEnvironmentVariable "NEURALDE_STREAM", CultureInfo.InvariantCulture) with
        | true, tile when tile > 0 -> force (ValueSome(nothingStored tile))
        | _ -> ()

    let current () : StreamSetting = setting
    let forced () : StreamSetting voption = asked

    /// A name for what depends on the limits.
    let key (name: string) : string = if suffix.Length = 0 then name else name + suffix

    let count (n: Node) : int64 = Shape.size n.Shape
    let isLarge (n: Node) : bool = count n >= max 2L setting.Large

    /// Whether an array may as well be stored.
    let canStore (n: Node) : bool =
        count n <= int64 Shape.mostStored && count n * int64 n.Dtype.Size <= setting.Affordable
