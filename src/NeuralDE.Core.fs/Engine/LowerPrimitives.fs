namespace NeuralDE.Compiler

open System
open NeuralDE
open NeuralDE.Kernels

/// Lowers the operations that neither only move nor work element by element.
module internal LowerPrimitives =
    let private typeOf (v: View) = ElementGroup.elementType v.Dtype
    let private storages (views: View seq) = views |> Seq.map (fun v -> v.Storage)

    let private readAll (views: View[]) (places: int64[]) (work: Workspace) : NdArray[] =
        Array.map2
            (fun (v: View) (at: int64) -> ArrayMemory.read v.Dtype v.Shape (work.Memory + nativeint at))
            views
            places

    /// A kernel on contiguous arguments and a new result: addresses of the arguments, address of the result.
    let private kernel (x: Lowering) (n: Node) (args: View[]) (run: nativeint[] -> nativeint -> unit) : View =
        let args = args |> Array.map x.Contiguous
        let target = x.NewArray n.Signature

        if View.size target > 0L then
            x.Draft(
                $"{n.Op}",
                Seq.append [ target.Storage ] (storages args),
                fun scope ->
                    let places = args |> Array.map scope.Offset
                    let into = scope.Offset target

                    Instruction.make (fun work ->
                        run (places |> Array.map (fun at -> work.Memory + nativeint at)) (work.Memory + nativeint into))
            )

        target

    /// Any primitive, by the reference evaluator.
    let private byReference (x: Lowering) (n: Node) (args: View[]) : View =
        let args = args |> Array.map x.Contiguous
        let target = x.NewArray n.Signature

        x.Draft(
            $"{n.Op} by reference",
            Seq.append [ target.Storage ] (storages args),
            fun scope ->
                let places = args |> Array.map scope.Offset
                let into = scope.Offset target

                Instruction.make (fun work ->
                    let result = Evaluate.primitive n.Op n.Signature (readAll args places work)
                    ArrayMemory.write result (work.Memory + nativeint into))
        )

        target

    let private check (x: Lowering) (check: Check) (args: View[]) : View =
        let looked = args |> Array.map x.Contiguous

        x.Draft(
            "check",
            storages looked,
            fun scope ->
                let places = looked |> Array.map scope.Offset

                Instruction.make (fun work ->
                    match check.Look(readAll looked places work) with
                    | ValueSome failure -> work.Failures.Add failure
                    | ValueNone -> ())
        )

        looked[0]

    /// [outer; count; inner] with the reduced axes in the middle, which is how the argument lies or is made to lie.
    let private reduce (x: Lowering) (n: Node) (r: Reduce) (axes: int[]) (v: View) : View =
        let isReduced axis = Array.contains axis axes
        // axes of extent 1 are nobody's
        let real =
            [| for a in 0 .. v.Shape.Length - 1 do
                   if v.Shape[a] <> 1 then a |]
        let places = real |> Array.indexed |> Array.filter (fun (_, a) -> isReduced a) |> Array.map fst
        let isBlock = places.Length = 0 || places[places.Length - 1] - places[0] = places.Length - 1

        let source, outer, inner =
            let count = Shape.size (axes |> Array.map (fun a -> v.Shape[a]))

            if isBlock then
                let inner =
                    if places.Length = 0 then
                        1
                    else
                        real[places[places.Length - 1] + 1 ..] |> Array.fold (fun p a -> p * v.Shape[a]) 1
                let source = x.Contiguous v
                source, (if count * inner = 0 then 0 else Shape.size v.Shape / (count * inner)), inner
            else
                let order = Array.append (Shape.others v.Shape.Length axes) axes
                let source = x.Contiguous(View.permute order v)
                source, Shape.size n.Shape, 1

        let count = axes |> Array.fold (fun p a -> p * v.Shape[a]) 1
        let outer = if count = 0 then Shape.size n.Shape / max 1 inner else outer
        let target = x.NewArray n.Signature

        let kind =
            match r with
            | Sum -> ReductionKind.Sum
            | Maximum -> ReductionKind.Maximum

        if View.size target > 0L then
            x.Draft(
                "reduce",
                [ source.Storage; target.Storage ],
                fun scope ->
                    let from, into = scope.Offset source, scope.Offset target
                    let elementType = typeOf v

                    Instruction.make (fun work ->
                        Reduction.Run(
                            elementType,
                            kind,
                            int64 outer,
                            int64 count,
                            int64 inner,
                            work.Memory + nativeint from,
                            work.Memory + nativeint into
                        ))
            )

        target

    let private concat (x: Lowering) (n: Node) axis (args: View[]) : View =
        let target = x.NewArray n.Signature
        let mutable at = 0

        for v in args do
            let window = { target with Start = int64 at * target.Strides[axis]; Shape = v.Shape }

            // a window that has no gaps takes any view; one with gaps takes a contiguous one
            if View.isContiguous window then x.Copy(v, window) else x.Place(x.Contiguous v, window)

            at <- at + v.Shape[axis]

        target

    let private pad (x: Lowering) (n: Node) (p: Pad) (v: View) : View =
        let target = x.NewArray n.Signature
        let bytes = ArrayMemory.bytes n.Dtype n.Shape

        x.Draft(
            "zeros",
            [ target.Storage ],
            fun scope ->
                let into = scope.Offset target
                Instruction.make (fun work -> Rows.Clear(work.Memory + nativeint into, bytes))
        )

        let window =
            { target with
                Start = Array.sum (Array.map2 (fun low stride -> int64 low * stride) p.Low target.Strides)
                Shape = v.Shape
                Strides = Array.map2 (fun gap stride -> int64 (gap + 1) * stride) p.Interior target.Strides }

        x.Place(x.Contiguous v, window)
        target

    let lower (x: Lowering) (n: Node) (args: View[]) : View =
        match n.Op with
        | Check c -> check x c args
        | Iota _ -> x.Constant(Evaluate.primitive n.Op n.Signature [||])
        | Dot when n.Dtype.IsFloat && View.size args[0] > 0L && View.size args[1] > 0L ->
            LowerDot.lower x n args[0] args[1]
        | Reduce(r, axes) -> reduce x n r axes args[0]
        | Concat axis -> concat x n axis args
        | Pad p -> pad x n p args[0]
        | _ -> byReference x n args // what has no kernel yet
