namespace NeuralDE

open System
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Calculus

/// Data in three parts: for training, for choosing between models, and for the final test.
type Split<'T> = { Train: 'T; Validation: 'T; Test: 'T }

/// Splits data into training, validation and test parts. The data are a tree whose tensors have samples, or times, along
/// their first axis.
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Split =
    /// The sizes of the parts. A part with a share above 0 has at least one element.
    let private sizes verb (validation: float) (test: float) (n: int) =
        let size what (share: float) =
            if not (share >= 0.0 && share < 1.0) then
                raise (InputException $"{verb}: got {string share} for {what}, expected a fraction from 0 to below 1.")

            if share = 0.0 then 0 else max 1 (int (Math.Round(share * float n)))

        let forValidation, forTest = size "validation" validation, size "test" test
        let forTrain = n - forValidation - forTest

        if forTrain < 1 then
            raise (
                InputException
                    $"{verb}: got {string n} samples, of which {string forValidation} to validate and {string forTest} to test; no sample is left to train. Reduce the fractions."
            )

        forTrain, forValidation, forTest

    let private cut (forTrain, forValidation, _) (xs: 'a[]) =
        { Train = xs[.. forTrain - 1]
          Validation = xs[forTrain .. forTrain + forValidation - 1]
          Test = xs[forTrain + forValidation ..] }

    /// The extent of the first axis, which all leaves share.
    let private length verb (data: 'T) =
        match Tree.leaves data with
        | [] -> raise (InputException $"{verb}: got data without tensors, expected at least one.")
        | (first, x) :: rest ->
            for path, leaf in (first, x) :: rest do
                Expect.rankAtLeast verb 1 leaf

                if leaf.Dims[0] <> x.Dims[0] then
                    let got = $"{first} has {string x.Dims[0]} rows and {path} has {string leaf.Dims[0]}"
                    Expect.misfit $"{verb}: {got}, expected the same number of rows in all tensors."

            PlainNumbers.refuseColumns verb x.Dims[0] data
            x.Dims[0]

    let private rows (data: 'T) (indices: int[]) : 'T =
        let indices = Tensor.OfArray(NdArray(Dtype.Int64, [| indices.Length |], Array.map int64 indices))
        Tree.map (fun x -> Prim.gather 0 x indices) data

    let private mapped (f: 'a -> 'b) (split: Split<'a>) : Split<'b> =
        { Train = f split.Train; Validation = f split.Validation; Test = f split.Test }

    let private shuffled (key: Key) n = (permutation key n).ToInt64Array() |> Array.map int

    /// <summary>Assigns the samples to the parts at random. The result depends only on the key and the number of
    /// samples.</summary>
    /// <param name="key">A key that is used for this split only.</param>
    /// <param name="validation">The fraction for validation, such as 0.1; 0 for none.</param>
    /// <param name="test">The fraction for the test; 0 for none.</param>
    /// <param name="data">A tree whose tensors have samples along their first axis.</param>
    /// <returns>The three parts.</returns>
    /// <remarks>Do not use it for the rows of a time series: a model that has seen 3 and 5 o'clock knows 4 o'clock. Use
    /// byTime. InputException for a fraction outside [0, 1), for too few samples and for data without tensors; ShapeException
    /// for tensors of different lengths.</remarks>
    let samples (key: Key) (validation: float) (test: float) (data: 'T) : Split<'T> =
        let n = length "Split.samples" data
        shuffled key n |> cut (sizes "Split.samples" validation test n) |> mapped (rows data)

    /// <summary>Assigns the items of a list to the parts at random, like samples. The items may be of any type, such as
    /// series of different lengths.</summary>
    /// <param name="key">A key that is used for this split only.</param>
    /// <param name="validation">The fraction for validation, such as 0.1; 0 for none.</param>
    /// <param name="test">The fraction for the test; 0 for none.</param>
    /// <param name="data">The items.</param>
    /// <returns>The three parts.</returns>
    let items (key: Key) (validation: float) (test: float) (data: 'a list) : Split<'a list> =
        let all = Array.ofList data

        shuffled key all.Length
        |> cut (sizes "Split.items" validation test all.Length)
        |> mapped (fun indices -> [ for i in indices -> all[i] ])

    /// <summary>Splits data by time, for forecasts: the first times for training, the next for validation, the last for the
    /// test.</summary>
    /// <param name="validation">The fraction for validation; 0 for none.</param>
    /// <param name="test">The fraction for the test; 0 for none.</param>
    /// <param name="data">A tree whose tensors have times along their first axis.</param>
    /// <returns>The three parts.</returns>
    /// <remarks>InputException for a fraction outside [0, 1), for too few times and for data without tensors; ShapeException
    /// for tensors of different lengths.</remarks>
    let byTime (validation: float) (test: float) (data: 'T) : Split<'T> =
        let n = length "Split.byTime" data
        Array.init n id |> cut (sizes "Split.byTime" validation test n) |> mapped (rows data)
