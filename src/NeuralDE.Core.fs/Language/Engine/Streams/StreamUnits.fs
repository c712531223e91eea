namespace NeuralDE.Internal.Engine

open NeuralDE.Kernels

/// Work divided into units that may run on any thread, with memory for each thread.
[<AbstractClass>]
type internal StreamUnits(units: int64, bytes: int64, nanoseconds: float) =
    inherit Instruction()

    /// The team counts tiles in int32.
    static let most = 1073741824L
    let each = max 1L ((units + most - 1L) / most)
    let count = int ((units + each - 1L) / each)

    abstract RunUnit: memory: nativeint * local: nativeint * unit: int64 -> unit

    interface ITiles with
        member x.Run(memory, first, last) =
            let local = ThreadScratch.Address(ThreadScratch.Use.Stream, bytes)

            for unit in int64 first * each .. min units (int64 last * each) - 1L do
                x.RunUnit(memory, local, unit)

    override x.Run work = TileTeam.Run(x, work.Memory, count, int64 nanoseconds)
