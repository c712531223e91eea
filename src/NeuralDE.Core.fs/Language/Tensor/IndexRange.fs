namespace NeuralDE.Internal.Tensor

open System
open NeuralDE
open NeuralDE.Internal.Graph

/// The numbers from Least to Greatest; the extremes of int64 stand for no bound.
[<Struct>]
type internal IndexRange = { Least: int64; Greatest: int64 }

/// Bounds of integers that an expression shows: positions found by a search, sums with known numbers, minima, maxima, clip.
/// Indices that are inside for certain need no check at run time, and a loop that reads at them can run by lanes.
module internal IndexRange =
    let private unknown = { Least = Int64.MinValue; Greatest = Int64.MaxValue }
    let private upTo (greatest: int) = { Least = 0L; Greatest = int64 greatest }

    /// Sums of larger numbers may wrap.
    let private mostExact = 1L <<< 30

    let private sumOf (least: int64) (greatest: int64) (a: IndexRange) (b: IndexRange) =
        let isExact (r: IndexRange) = r.Least >= -mostExact && r.Greatest <= mostExact
        let sum = { Least = least; Greatest = greatest }
        if isExact a && isExact b && isExact sum then sum else unknown

    let private hull a b = { Least = min a.Least b.Least; Greatest = max a.Greatest b.Greatest }
    let private common a b = { Least = max a.Least b.Least; Greatest = min a.Greatest b.Greatest }

    let private ofBinary op a b : IndexRange =
        match op with
        | Add -> sumOf (a.Least + b.Least) (a.Greatest + b.Greatest) a b
        | Sub -> sumOf (a.Least - b.Greatest) (a.Greatest - b.Least) a b
        | Min -> { Least = min a.Least b.Least; Greatest = min a.Greatest b.Greatest }
        | Max -> { Least = max a.Least b.Least; Greatest = max a.Greatest b.Greatest }
        | _ -> unknown // others are rare in indices

    /// The bounds of x where x op b holds, or where it does not.
    let private ofCompare op holds (b: IndexRange) : IndexRange =
        let below strictly =
            { unknown with
                Greatest = if strictly then max b.Greatest (Int64.MinValue + 1L) - 1L else b.Greatest }
        let above strictly =
            { unknown with Least = if strictly then min b.Least (Int64.MaxValue - 1L) + 1L else b.Least }

        match op, holds with
        | Less, true
        | GreaterEqual, false -> below true
        | LessEqual, true
        | Greater, false -> below false
        | Greater, true
        | LessEqual, false -> above true
        | GreaterEqual, true
        | Less, false -> above false
        | Equal, true
        | NotEqual, false -> b
        | Equal, false
        | NotEqual, true -> unknown

    /// The most nodes of an expression that are looked at.
    let private mostNodes = 64

    let private opOf (x: Tensor) : struct (Op * Tensor[]) voption =
        match x.Content with
        | Content.Value _ -> ValueNone
        | Content.Structure(op, args, _, _)
        | Content.Open(_, _, op, args) -> ValueSome(struct (op, args))

    let private ofNumbers (a: NdArray) : IndexRange =
        if a.Dtype.IsFloat || a.Length = 0 then
            unknown
        else
            { Least = Array.min a.Integers; Greatest = Array.max a.Integers }

    /// The bounds of the elements of x.
    let find (x: Tensor) : IndexRange =
        let mutable nodes = 0

        /// `narrowed`: tensors with their bounds where a condition holds
        let rec rangeOf (narrowed: (Tensor * IndexRange) list) (x: Tensor) : IndexRange =
            nodes <- nodes + 1
            let mine = narrowed |> List.filter (fun (t, _) -> obj.ReferenceEquals(t, x)) |> List.map snd

            if nodes > mostNodes || x.Dtype.IsFloat then
                unknown
            else
                match opOf x with
                | ValueNone -> ofNumbers x.Numbers
                | ValueSome(struct (op, args)) -> ofOp narrowed x op args
                |> fun range -> List.fold common range mine

        and ofOp narrowed (x: Tensor) op (args: Tensor[]) : IndexRange =
            let arg k = rangeOf narrowed args[k]

            match op with
            | Constant _
            | Data _ -> ofNumbers x.Numbers
            | Iota(s, axis) -> upTo (max 0 (s.Shape[axis] - 1))
            | SearchSorted _ -> upTo args[0].Dims[args[0].Rank - 1]
            | ArgMax axis -> upTo (max 0 (args[0].Dims[axis] - 1))
            | ArgSort axis -> upTo (max 0 (args[0].Dims[axis] - 1))
            | Binary op -> ofBinary op (arg 0) (arg 1)
            | Select -> chosen narrowed args
            | Cast _ when args[0].Dtype = Bool -> upTo 1
            | Cast Int64
            | Reshape _
            | StopGradient -> arg 0
            // a condition holds for each element, these move elements
            | Permute _
            | Broadcast _
            | Slice _
            | Reverse _
            | Gather _ -> rangeOf [] args[0]
            | Cast Int32 ->
                // other numbers wrap
                let from = arg 0
                if from.Least >= -mostExact && from.Greatest <= mostExact then from else unknown
            | Concat _ -> args |> Array.map (rangeOf []) |> Array.reduce hull
            | _ -> unknown // the form shows no bounds

        and chosen narrowed (args: Tensor[]) : IndexRange =
            let branch holds (t: Tensor) =
                match opOf args[0] with
                | ValueSome(struct (Compare op, compared)) ->
                    let bounds = ofCompare op holds (rangeOf narrowed compared[1])
                    rangeOf ((compared[0], bounds) :: narrowed) t
                | _ -> rangeOf narrowed t

            hull (branch true args[1]) (branch false args[2])

        rangeOf [] x
