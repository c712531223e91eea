namespace NeuralDE

open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Calculus

/// The samples of batches, and their order.
[<NoEquality; NoComparison>]
type internal BatchSource =
    {
        /// leaves [samples; …]
        Leaves: NdArray[]
        Samples: int
        Size: int
        Shuffle: Key option
        /// whether the last batch of an epoch may be smaller
        KeepsLast: bool
    }

    /// The number of batches of an epoch.
    member s.PerEpoch = if s.KeepsLast then (s.Samples - 1) / s.Size + 1 else s.Samples / s.Size

    /// The number of samples in the batch of a step; steps count from 0.
    member s.SizeAt(step: int) = min s.Size (s.Samples - step % s.PerEpoch * s.Size)

    /// The order of the samples in an epoch (from 0); ValueNone: unshuffled.
    member s.OrderOf(epoch: int) : int64[] voption =
        match s.Shuffle with
        | Some key -> ValueSome (permutation (Key.fold epoch key) s.Samples).Numbers.Integers
        | None -> ValueNone

    /// A text that determines the order, compared when a training is resumed.
    member s.Text =
        let shuffle =
            match s.Shuffle with
            | Some key -> $"shuffled by {key}"
            | None -> "in order"

        let last = if s.KeepsLast then "" else ", the last smaller one left out"
        $"{string s.Samples} samples in batches of {string s.Size}, {shuffle}{last}"

/// <summary>An endless sequence of batches of samples, epoch after epoch: the input of a training's loss in each
/// step.</summary>
/// <remarks>The batch of a step is a pure function of the step, so a resumed training gets the same batches.</remarks>
[<Sealed>]
type Batches<'B> internal (source: BatchSource, view: Tensor[] -> Tensor -> 'B) =
    member internal _.Source = source

    /// From the leaves of a batch and the step, int64 []. Traced.
    member internal _.View = view

    /// The number of samples.
    member _.Samples = source.Samples

    /// The number of samples in a batch, except a smaller last one.
    member _.Size = source.Size

    /// The number of batches in an epoch.
    member _.PerEpoch = source.PerEpoch

    /// <summary>The batch of a step.</summary>
    /// <param name="step">The step, from 0.</param>
    /// <returns>A tree like the data, with size samples.</returns>
    /// <exception cref="T:NeuralDE.InputException">for a negative step.</exception>
    member _.At(step: int) : 'B =
        Expect.count "Batches.At" "step" step
        let first = int64 (step % source.PerEpoch * source.Size)
        let size = source.SizeAt step

        let rows =
            match source.OrderOf(step / source.PerEpoch) with
            | ValueSome order -> Array.init size (fun i -> order[int first + i])
            | ValueNone -> Array.init size (fun i -> first + int64 i)

        let indices = Tensor.OfArray(NdArray.OfIntegers(Int64, [| size |], rows))
        let leaves = source.Leaves |> Array.map (fun leaf -> Prim.gather 0 (Tensor.OfArray leaf) indices)
        view leaves (scalar (int64 step))

/// Batches for Train.runOn, made from a tree of samples.
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Batches =
    let private change (f: BatchSource -> BatchSource) (b: Batches<'B>) = Batches(f b.Source, b.View)

    /// <summary>Batches of `size` samples, in the order of the samples. The last batch of an epoch may be smaller.</summary>
    /// <param name="size">The number of samples of a batch; at most the number of all samples.</param>
    /// <param name="data">A tree of tensors [samples; …], such as (inputs, targets). A batch is a tree like it.</param>
    /// <returns>The batches.</returns>
    /// <exception cref="T:NeuralDE.InputException">for a size out of range.</exception>
    /// <exception cref="T:NeuralDE.ShapeException">for leaves with different numbers of samples.</exception>
    /// <exception cref="T:NeuralDE.TreeException">for data without tensors.</exception>
    let ofTree (size: int) (data: 'D) : Batches<'D> =
        let leaves = Tree.leaves data

        if leaves.IsEmpty then
            raise (TreeException "Batches.ofTree: the data has no tensors, expected one or more of shape [samples; …].")

        let _, first = leaves[0]

        for path, leaf in leaves do
            if leaf.Rank = 0 || first.Rank = 0 || leaf.Dims[0] <> first.Dims[0] then
                let at = if path = "" then "the data" else path

                Expect.misfit (
                    $"Batches.ofTree: {at} has shape {Expect.text leaf}, expected [samples; …] with as many samples as the "
                    + $"first leaf of shape {Expect.text first}."
                )

        let samples = first.Dims[0]
        PlainNumbers.refuseColumns "Batches.ofTree" samples data

        if size < 1 || size > samples then
            raise (
                InputException
                    $"Batches.ofTree: got size {string size}, expected 1 to {string samples}, the number of samples."
            )

        let source =
            { Leaves = leaves |> Seq.map (fun (_, leaf) -> leaf.Numbers) |> Array.ofSeq
              Samples = samples
              Size = size
              Shuffle = None
              KeepsLast = true }

        Batches(source, (fun leaves _ -> Tree.unflatten data leaves))

    /// <summary>A separate key for each step instead of samples, for losses that draw random samples themselves.</summary>
    /// <param name="key">The key of step k is <c>Key.fold k key</c>.</param>
    /// <returns>Batches with one step per epoch.</returns>
    let keys (key: Key) : Batches<Key> =
        let source = { Leaves = [||]; Samples = 1; Size = 1; Shuffle = None; KeepsLast = true }
        Batches(source, (fun _ step -> Key.foldWith step key))

    /// <summary>Shuffles the samples, with another order in each epoch: that of epoch e is <c>permutation (Key.fold e key)
    /// samples</c>.</summary>
    /// <param name="key">Determines the orders.</param>
    /// <param name="b">The batches.</param>
    /// <returns>The shuffled batches.</returns>
    let shuffle (key: Key) (b: Batches<'B>) : Batches<'B> = change (fun s -> { s with Shuffle = Some key }) b

    /// <summary>Drops the last batch of an epoch if it is smaller.</summary>
    /// <param name="b">The batches.</param>
    /// <returns>Batches of equal size.</returns>
    let dropLast (b: Batches<'B>) : Batches<'B> = change (fun s -> { s with KeepsLast = false }) b

    /// <summary>Adds a separate key to each batch, for dropout and noise: that of step k is <c>Key.fold k key</c>.</summary>
    /// <param name="key">The key.</param>
    /// <param name="b">The batches.</param>
    /// <returns>Pairs of batch and key.</returns>
    let withKey (key: Key) (b: Batches<'B>) : Batches<'B * Key> =
        Batches(b.Source, (fun leaves step -> b.View leaves step, Key.foldWith step key))

    /// <summary>Applies a function to each batch; it is traced as a part of the training step.</summary>
    /// <param name="f">The function of a batch.</param>
    /// <param name="b">The batches.</param>
    /// <returns>The results of the function.</returns>
    let map (f: 'B -> 'C) (b: Batches<'B>) : Batches<'C> =
        Batches(b.Source, (fun leaves step -> f (b.View leaves step)))
