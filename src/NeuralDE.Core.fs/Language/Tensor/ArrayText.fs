namespace NeuralDE.Internal.Tensor

open System
open System.Globalization
open NeuralDE.Internal.Graph

/// The text of arrays: floats with seven digits; long axes are shortened to their ends.
module internal ArrayText =
    let private shown = 6

    let private numberOf (a: NdArray) : int -> string =
        match a.Data with
        | :? (bool[]) as v -> fun i -> if v[i] then "true" else "false"
        | :? (int[]) as v -> fun i -> string v[i]
        | :? (int64[]) as v -> fun i -> string v[i]
        | :? (float32[]) as v -> fun i -> v[i].ToString("G7", CultureInfo.InvariantCulture)
        | _ -> let v = a.Floats in fun i -> v[i].ToString("G7", CultureInfo.InvariantCulture)

    let show (a: NdArray) : string =
        let number = numberOf a

        let rec show axis offset =
            if axis = a.Shape.Length then
                number offset
            else
                let n = a.Shape[axis]
                let width = Shape.stored "ToString" a.Shape[axis + 1 ..]
                let part i = show (axis + 1) (offset + i * width)

                let parts =
                    if n <= shown + 1 then
                        List.init n part
                    else
                        List.init (shown / 2) part @ [ "…" ] @ List.init (shown / 2) (fun i -> part (n - shown / 2 + i))

                "[" + String.Join("; ", parts) + "]"

        show 0 0
