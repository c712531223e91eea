namespace NeuralDE

open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Calculus

/// The samples that batches are taken from, and in which order.
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

    /// Batches of an epoch.
    member s.PerEpoch = if s.KeepsLast then (s.Samples - 1) / s.Size + 1 else s.Samples / s.Size

    /// Samples in the batch of a step, from 0.
    member s.SizeAt(step: int) = min s.Size (s.Samples - step % s.PerEpoch * s.Size)

    /// The samples in the order of an epoch, from 0; none where it is their own.
    member s.OrderOf(epoch: int) : int64[] voption =
        match s.Shuffle with
        | Some key -> ValueSome (permutation (Key.fold epoch key) s.Samples).Numbers.Integers
        | None -> ValueNone

    /// What decides on the order, for a training that is resumed.
    member s.Text =
        let shuffle =
            match s.Shuffle with
            | Some key -> $"shuffled by {key}"
            | None -> "in order"

        let last = if s.KeepsLast then "" else ", the last smaller one left out"
        $"{string s.Samples} samples in batches of {string s.Size}, {shuffle}{last}"

/// <summary>Batches of samples without end, epoch after epoch: what a training feeds to its loss step by step.</summary>
/// <remarks>The batch of a step is a pure function of the step, so a training that is resumed sees the same ones.</remarks>
[<Sealed>]
type Batches<'B> internal (source: BatchSource, view: Tensor[] -> Tensor -> 'B) =
    member internal _.Source = source

    /// From the leaves of a batch and the step, int64 []. Traced.
    member internal _.View = view

    member _.Samples = source.Samples

    /// Samples in a batch, but for a smaller last one.
    member _.Size = source.Size

    /// Batches in an epoch.
    member _.PerEpoch = source.PerEpoch

    /// The batch of a step, from 0.
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

    /// <summary>Batches of so many samples, in the samples' order; the last of an epoch may be smaller.</summary>
    /// <param name="size">At most the number of samples.</param>
    /// <param name="data">A tree of tensors [samples; …], such as (inputs, targets). A batch is a tree like it.</param>
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

    /// <summary>No samples, but a key of its own for every step: for losses that sample what they look at.</summary>
    /// <remarks>An epoch is one step. The key of step k is <c>Key.fold k key</c>.</remarks>
    let keys (key: Key) : Batches<Key> =
        let source = { Leaves = [||]; Samples = 1; Size = 1; Shuffle = None; KeepsLast = true }
        Batches(source, (fun _ step -> Key.foldWith step key))

    /// The samples in a random order, another one in each epoch: that of epoch e is <c>permutation (Key.fold e key) samples</c>.
    let shuffle (key: Key) (b: Batches<'B>) : Batches<'B> = change (fun s -> { s with Shuffle = Some key }) b

    /// Leaves out the last batch of an epoch where it is smaller.
    let dropLast (b: Batches<'B>) : Batches<'B> = change (fun s -> { s with KeepsLast = false }) b

    /// Each batch with a key of its own, for dropout and noise: that of step k is <c>Key.fold k key</c>.
    let withKey (key: Key) (b: Batches<'B>) : Batches<'B * Key> =
        Batches(b.Source, (fun leaves step -> b.View leaves step, Key.foldWith step key))

    /// A function of each batch, traced into the training's step.
    let map (f: 'A -> 'B) (b: Batches<'A>) : Batches<'B> =
        Batches(b.Source, (fun leaves step -> f (b.View leaves step)))
