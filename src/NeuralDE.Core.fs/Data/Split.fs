namespace NeuralDE

open System
open NeuralDE.Compiler

/// Data in three parts: to learn from, to choose models by, and to judge the last one.
type Split<'T> = { Train: 'T; Validation: 'T; Test: 'T }

/// <summary>Parts of data: of a tree of tensors whose first axes are the samples, or the times.</summary>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Split =
    /// The sizes of the parts; one that was asked for has at least one element.
    let private sizes verb (validation: float) (test: float) (n: int) =
        let size what (share: float) =
            if not (share >= 0.0 && share < 1.0) then
                raise (InputException $"{verb}: got {string share} for {what}, expected a share from 0 to below 1.")

            if share = 0.0 then 0 else max 1 (int (Math.Round(share * float n)))

        let forValidation, forTest = size "validation" validation, size "test" test
        let forTrain = n - forValidation - forTest

        if forTrain < 1 then
            raise (
                InputException
                    $"{verb}: got {string n} samples, of which {string forValidation} to validate and {string forTest} to test; none are left to train. Lower the shares."
            )

        forTrain, forValidation, forTest

    let private cut (forTrain, forValidation, _) (xs: 'a[]) =
        { Train = xs[.. forTrain - 1]
          Validation = xs[forTrain .. forTrain + forValidation - 1]
          Test = xs[forTrain + forValidation ..] }

    /// The extent of the first axis of every leaf.
    let private length verb (data: 'T) =
        match Tree.leaves data with
        | [] -> raise (InputException $"{verb}: got data without tensors, expected some.")
        | (first, x) :: rest ->
            for path, leaf in (first, x) :: rest do
                Expect.rankAtLeast verb 1 leaf

                if leaf.Dims[0] <> x.Dims[0] then
                    let got = $"{first} has {string x.Dims[0]} rows and {path} has {string leaf.Dims[0]}"
                    Expect.misfit $"{verb}: {got}, expected all tensors to have as many."

            PlainNumbers.refuseColumns verb x.Dims[0] data
            x.Dims[0]

    let private rows (data: 'T) (indices: int[]) : 'T =
        let indices = Tensor.OfArray(NdArray(Dtype.Int64, [| indices.Length |], Array.map int64 indices))
        Tree.map (fun x -> Prim.gather 0 x indices) data

    let private mapped (f: 'a -> 'b) (split: Split<'a>) : Split<'b> =
        { Train = f split.Train; Validation = f split.Validation; Test = f split.Test }

    let private shuffled (key: Key) n = (permutation key n).ToInt64Array() |> Array.map int

    /// <summary>Each sample into one of the parts, by chance: which, depends on the key and their number
    /// only.</summary>
    /// <param name="key">Of this split and nothing else.</param>
    /// <param name="validation">The share to validate with, such as 0.1; 0 for none.</param>
    /// <param name="test">The share to test with.</param>
    /// <param name="data">A tree whose tensors have samples along their first axis.</param>
    /// <remarks>Rows of a time series are no samples: a model that has seen 3 and 5 o'clock knows 4 o'clock. Use
    /// byTime.</remarks>
    let samples (key: Key) (validation: float) (test: float) (data: 'T) : Split<'T> =
        let n = length "Split.samples" data
        shuffled key n |> cut (sizes "Split.samples" validation test n) |> mapped (rows data)

    /// <summary>As samples, for a list of anything, such as series of different lengths.</summary>
    let items (key: Key) (validation: float) (test: float) (data: 'a list) : Split<'a list> =
        let all = Array.ofList data

        shuffled key all.Length
        |> cut (sizes "Split.items" validation test all.Length)
        |> mapped (fun indices -> [ for i in indices -> all[i] ])

    /// <summary>The first times to train with, the next to validate, the last to test: for forecasts.</summary>
    /// <param name="validation">The share to validate with; 0 for none.</param>
    /// <param name="test">The share to test with.</param>
    /// <param name="data">A tree whose tensors have times along their first axis.</param>
    let byTime (validation: float) (test: float) (data: 'T) : Split<'T> =
        let n = length "Split.byTime" data
        Array.init n id |> cut (sizes "Split.byTime" validation test n) |> mapped (rows data)
