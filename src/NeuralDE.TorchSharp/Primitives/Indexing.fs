namespace NeuralDE.LibTorch

open System
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.LibTorch.Names
open NeuralDE.LibTorch.Making

/// Gather, scatter and search. `batch` axes are shared by operand and indices.
module internal Indexing =
    let gather batch (operand: int[]) (shape: int[]) (x: Tensor) (indices: Tensor) : Tensor =
        scoped (fun () ->
            let at = indices.to_type(ScalarType.Int64).clamp(long 0L, long (int64 operand[batch] - 1L))

            if batch = 0 then
                x.index_select (0L, at)
            else
                x.gather (int64 batch, (widened (operand.Length - batch - 1) at).expand(Transfer.longs shape)))

    /// Indices as int64, those outside 0 .. n − 1 replaced by n: one further row takes what they write.
    let private inside (n: int64) (indices: Tensor) : Tensor =
        let at = indices.to_type ScalarType.Int64
        at.masked_fill (at.lt(long 0L).logical_or(at.ge (long n)), long n)

    /// The operand with one further row of zeros.
    let private withSpareRow batch (x: Tensor) : Tensor =
        let extents = x.shape
        extents[batch] <- 1L
        T.cat ([| x; T.zeros (extents, Nullable x.dtype, x.device) |], int64 batch)

    let private add batch (n: int64) (x: Tensor) (at: Tensor) (updates: Tensor) : Tensor =
        let wide = withSpareRow batch x
        let inside = inside n at

        let sum =
            if batch = 0 then
                wide.index_add (0L, inside, updates, long 1L)
            else
                let rest = updates.shape.Length - batch - 1
                wide.scatter_add (int64 batch, (widened rest inside).expand updates.shape, updates)

        sum.narrow(int64 batch, 0L, n).contiguous()

    /// The target of each update, if it is the last one for its target, otherwise n. `at` is in ascending order.
    let private lastOfEach axis (n: int64) (at: Tensor) : Tensor =
        let m = at.shape[axis]
        let axis = int64 axis
        let isFollowed = at.narrow(axis, 0L, m - 1L).eq(at.narrow (axis, 1L, m - 1L))
        let last = at.narrow (axis, m - 1L, 1L)
        T.cat ([| at.narrow(axis, 0L, m - 1L).masked_fill(isFollowed, long n); last |], axis)

    /// The updates and their targets, ordered by target; updates for one target keep their order.
    let private byTarget axis (at: Tensor) (updates: Tensor) : struct (Tensor * Tensor) =
        let struct (sorted, order) = at.sort (int64 axis, false, true)
        struct (sorted, updates.gather (int64 axis, order))

    /// Writes the last update of each target: the order in which a device writes does not matter.
    let private writeLast axis n (x: Tensor) (at: Tensor) (updates: Tensor) : Tensor =
        let struct (at, updates) = byTarget axis at updates
        (withSpareRow axis x).scatter(int64 axis, lastOfEach axis n at, updates)

    let private set batch (n: int64) (x: Tensor) (at: Tensor) (updates: Tensor) : Tensor =
        let rest = updates.shape.Length - batch - 1
        let at = (widened rest (inside n at)).expand updates.shape
        (writeLast batch n x at updates).narrow(int64 batch, 0L, n).contiguous()

    /// The largest update of each target comes last in ascending order (NaN after all numbers), then it is compared with
    /// the operand.
    let private largest batch (n: int64) (x: Tensor) (at: Tensor) (updates: Tensor) : Tensor =
        let axis = int64 batch
        let rest = updates.shape.Length - batch - 1
        let at = (widened rest (inside n at)).expand updates.shape
        let struct (updates, order) = updates.sort (axis, false, true)
        let found = writeLast batch n x (at.gather (axis, order)) updates
        T.maximum (x, found.narrow (axis, 0L, n))

    let scatter
        (kind: Scatter)
        batch
        (operand: int[])
        (dtype: Dtype)
        (x: Tensor)
        (at: Tensor)
        (updates: Tensor)
        : Tensor =
        let n = int64 operand[batch]

        let write (x: Tensor) (updates: Tensor) =
            match kind with
            | _ when updates.numel () = 0L -> x.clone ()
            | ScatterAdd -> add batch n x at updates
            | ScatterMax -> largest batch n x at updates
            | ScatterSet -> set batch n x at updates

        scoped (fun () ->
            if dtype = Bool then
                // a sum of bools is true if one is
                let written = write (x.to_type ScalarType.Int32) (updates.to_type ScalarType.Int32)
                written.ne (long 0L)
            else
                write x updates)

    /// NaN is larger than every number. libtorch's search would lose its way among NaNs: they become ∞ for it.
    let searchSorted right (dtype: Dtype) (sorted: Tensor) (values: Tensor) : Tensor =
        let search (sorted: Tensor) (values: Tensor) = T.searchsorted (sorted, values.contiguous (), false, right)

        scoped (fun () ->
            if not dtype.IsFloat then
                search (sorted.contiguous ()) values
            else
                let isNaN = sorted.isnan ()
                let ordered = sorted.masked_fill (isNaN, float infinity)
                let numbers = isNaN.logical_not().sum(ReadOnlySpan [| -1L |], true, Nullable ScalarType.Int64)
                let found = T.minimum (search (ordered.contiguous ()) values, numbers)
                let last = if right then numbers.full_like (long sorted.shape[sorted.shape.Length - 1]) else numbers
                T.where (values.isnan (), last, found))
