namespace NeuralDE.Benchmarks

type Unit =
    | Seconds
    | Bytes
    /// the exponent e of t = c nᵉ
    | Power

/// What ours is compared with.
type Rival =
    /// in the same run
    | Measured of name: string * Quartiles
    /// on another machine
    | Published of name: string * float
    | Absent of name: string * reason: string
    | Nobody

type Owed =
    | Nothing
    /// the rival's number over ours, at least
    | Ratio of float
    /// ours, at most
    | AtMost of float

/// How far results are from what they should be.
type Deviation = { Measure: string; Ours: float; Rival: float option }

/// One line of the table.
type Row =
    {
        Name: string
        /// what is measured
        Workload: string
        Unit: Unit
        Ours: Quartiles
        Rival: Rival
        Deviation: Deviation option
        Owed: Owed
        /// counts and conditions that belong beside the numbers
        Note: string
    }

[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Row =
    /// The rival's median over ours: above 1 we are faster.
    let ratio (row: Row) : float option =
        match row.Rival with
        | Measured(_, rival) -> Some(rival.Median / row.Ours.Median)
        | Published(_, seconds) -> Some(seconds / row.Ours.Median)
        | Absent _
        | Nobody -> None

    /// Whether what is owed is met; nothing where nothing is owed or the rival is absent.
    let met (row: Row) : bool option =
        match row.Owed with
        | Nothing -> None
        | Ratio least -> ratio row |> Option.map (fun r -> r >= least)
        | AtMost most -> Some(row.Ours.Median <= most)
