namespace NeuralDE.Internal.Engine

open NeuralDE.Kernels

/// Drafts of instructions that copy between views.
module internal CopyDraft =
    /// Copies the elements of a view, in row-major order, to a contiguous view; row by row if the target is an array of
    /// its own that a group reads.
    let copy (v: View) (target: View) (isByRows: bool) : Draft =
        let axes = PinnedAxes.Of v
        let count, size = View.size v, v.Dtype.Size

        let rows =
            { Rows = 0
              Elements = count
              ByRow = [||]
              Whole = [| v.Storage |]
              Nanoseconds = 0.2 * float count
              Make = fun rows placeOf -> CopyRows(size, axes, placeOf v, placeOf target, count / int64 rows) }

        let make (scope: Scope) =
            let source, into = nativeint (scope.Offset v), nativeint (scope.Offset target)

            if View.isContiguous v then
                Instruction.make (fun work ->
                    RowMemory.Copy(work.Memory + source, work.Memory + into, count * int64 size))
            else
                Instruction.make (fun work -> axes.Copy(size, work.Memory + source, work.Memory + into, 0L, count))

        Draft.from
            (fun () -> "copy")
            [ v.Storage ]
            [| target.Storage |]
            (if isByRows then ValueSome rows else ValueNone)
            make

    /// Copies the elements of a contiguous view to any view.
    let place (v: View) (target: View) : Draft =
        let axes = PinnedAxes.Of target
        let count, size = View.size v, v.Dtype.Size

        let make (scope: Scope) =
            let source, into = nativeint (scope.Offset v), nativeint (scope.Offset target)
            Instruction.make (fun work -> axes.Place(size, work.Memory + source, work.Memory + into, count))

        Draft.from (fun () -> "place") [ v.Storage ] [| target.Storage |] ValueNone make
