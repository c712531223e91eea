namespace NeuralDE.Internal.Engine

open System
open System.Globalization
open NeuralDE.Internal.Graph

/// The size from which arrays are not stored, and how they are computed instead.
[<Struct>]
type internal StreamSetting =
    {
        /// number of elements from which an array is large
        Large: int64
        /// elements of a tile
        Tile: int
        /// bytes of an array that may be stored to avoid computing something expensive twice
        Affordable: int64
    }

module internal StreamLimits =
    let private usual =
        {
          // 64 MB of float64. A smaller array and the arrays computed from it fit into a few times the last-level
          // cache, and writing it costs little compared with computing it twice.
          Large = 8388608L
          // 32 KB of float64. Some arrays of a tile fit into the L2 cache, and the overhead per tile (about 0.2 µs) is
          // small compared with its work.
          Tile = 4096
          // an eighth, because a plan stores several arrays
          Affordable = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 8L }

    let mutable private setting = usual
    let mutable private asked: StreamSetting voption = ValueNone
    let mutable private suffix = ""

    /// Sets the limits, for tests; ValueNone: the default. The bits of results do not depend on them.
    let force (wanted: StreamSetting voption) =
        asked <- wanted
        setting <- ValueOption.defaultValue usual wanted
        suffix <-
            match wanted with
            | ValueSome s -> $" {string s.Large} {string s.Tile} {string s.Affordable}"
            | ValueNone -> ""

    /// A product takes up to 64 columns of a streamed matrix at once (StreamDotColumns), so a tile must have room for
    /// them.
    let leastTile = 64

    /// Everything that can be streamed is streamed; `tile` is the number of elements of a tile, leastTile or more.
    let nothingStored (tile: int) : StreamSetting = { Large = 2L; Tile = max leastTile tile; Affordable = 0L }

    do
        match Int32.TryParse(Environment.GetEnvironmentVariable "NEURALDE_STREAM", CultureInfo.InvariantCulture) with
        | true, tile when tile > 0 -> force (ValueSome(nothingStored tile))
        | _ -> ()

    let current () : StreamSetting = setting
    let forced () : StreamSetting voption = asked

    /// Appends the limits to a name, for caches whose content depends on them.
    let key (name: string) : string = if suffix.Length = 0 then name else name + suffix

    let count (n: Node) : int64 = Shape.size n.Shape
    let isLarge (n: Node) : bool = count n >= max 2L setting.Large

    /// Whether an array can also be stored.
    let canStore (n: Node) : bool =
        count n <= int64 Shape.mostStored && count n * int64 n.Dtype.Size <= setting.Affordable
