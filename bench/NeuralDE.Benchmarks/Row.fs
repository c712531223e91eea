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
        /// libtorch of today beside the rival, where it can do the same
        Libtorch: Rival
        Deviation: Deviation option
        Owed: Owed
        /// libtorch's time over ours, at least
        OwedOverLibtorch: float option
        /// counts and conditions that belong beside the numbers
        Note: string
    }

[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Row =
    /// A row with nothing to compare it with.
    let alone (name: string) (workload: string) (unit: Unit) (ours: Quartiles) : Row =
        { Name = name
          Workload = workload
          Unit = unit
          Ours = ours
          Rival = Nobody
          Libtorch = Nobody
          Deviation = None
          Owed = Nothing
          OwedOverLibtorch = None
          Note = "" }

    let private over (row: Row) (rival: Rival) : float option =
        match rival with
        | Measured(_, rival) -> Some(rival.Median / row.Ours.Median)
        | Published(_, seconds) -> Some(seconds / row.Ours.Median)
        | Absent _
        | Nobody -> None

    /// The rival's median over ours: above 1 we are faster.
    let ratio (row: Row) : float option = over row row.Rival

    let ratioOfLibtorch (row: Row) : float option = over row row.Libtorch

    /// Whether what is owed is met; nothing where nothing is owed or the rival is absent.
    let met (row: Row) : bool option =
        match row.Owed with
        | Nothing -> None
        | Ratio least -> ratio row |> Option.map (fun r -> r >= least)
        | AtMost most -> Some(row.Ours.Median <= most)

    /// The same of what is owed over libtorch.
    let metOverLibtorch (row: Row) : bool option = Option.map2 (>=) (ratioOfLibtorch row) row.OwedOverLibtorch
