namespace NeuralDE.Internal.Engine

open NeuralDE.Kernels

/// Drafts of instructions that copy between views.
module internal CopyDraft =
    /// Copies the elements of a view, in row-major order, to a contiguous view; row by row if the target is an array of
    /// its own that a group reads.
    let copy (v: View) (target: View) (isByRows: bool) : Draft =
        let struct (extents, strides) = View.collapse v
        let extentTable, strideTable = PinnedTable extents, PinnedTable strides
        let count = View.size v
        let size = v.Dtype.Size
        let isDense = View.isContiguous v

        let rows =
            { Rows = 0
              Elements = count
              ByRow = [||]
              Whole = [| v.Storage |]
              Nanoseconds = 0.2 * float count
              Make =
                fun rows placeOf ->
                    CopyRows(
                        size,
                        extents.Length,
                        extentTable,
                        strideTable,
                        placeOf v,
                        placeOf target,
                        count / int64 rows
                    ) }

        let make (scope: Scope) =
            let source, into = scope.Offset v, scope.Offset target

            if isDense then
                Instruction.make (fun work ->
                    RowMemory.Copy(work.Memory + nativeint source, work.Memory + nativeint into, count * int64 size))
            else
                Instruction.make (fun work ->
                    Movement.Copy(
                        size,
                        extents.Length,
                        extentTable.Address,
                        strideTable.Address,
                        work.Memory + nativeint source,
                        work.Memory + nativeint into,
                        0L,
                        count
                    ))

        Draft.from
            (fun () -> "copy")
            [ v.Storage ]
            [| target.Storage |]
            (if isByRows then ValueSome rows else ValueNone)
            make

    /// Copies the elements of a contiguous view to any view.
    let place (v: View) (target: View) : Draft =
        let struct (extents, strides) = View.collapse target
        let extentTable, strideTable = PinnedTable extents, PinnedTable strides
        let count = View.size v
        let size = v.Dtype.Size

        let make (scope: Scope) =
            let source, into = scope.Offset v, scope.Offset target

            Instruction.make (fun work ->
                Movement.Place(
                    size,
                    extents.Length,
                    extentTable.Address,
                    strideTable.Address,
                    work.Memory + nativeint source,
                    work.Memory + nativeint into,
                    0L,
                    count
                ))

        Draft.from (fun () -> "place") [ v.Storage ] [| target.Storage |] ValueNone make
