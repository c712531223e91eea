namespace NeuralDE.LibTorch

open System
open NeuralDE.Internal.Graph
open NeuralDE.LibTorch.Names
open NeuralDE.LibTorch.Making

/// Operations that move elements. Most of them make views.
module internal Movement =
    let slice (c: Slice) (shape: int[]) : Tensor -> Tensor =
        let cut a (x: Tensor) = x.slice (int64 a, int64 c.Start[a], int64 (max c.Start[a] c.Stop[a]), int64 c.Step[a])

        let axes =
            [| for a in 0 .. shape.Length - 1 do
                   if c.Start[a] <> 0 || c.Stop[a] <> shape[a] || c.Step[a] <> 1 then a |]

        match axes with
        | [||] -> fun x -> x.alias ()
        | [| a |] -> cut a
        | _ -> fun x -> scoped (fun () -> axes |> Array.fold (fun x a -> cut a x) x)

    /// The elements of a tensor that every step-th index from `first` on selects along an axis.
    let private spaced axis (first: int64) (step: int64) (extent: int) (x: Tensor) : Tensor =
        let last = if extent = 0 then first else first + int64 (extent - 1) * step + 1L
        x.slice (int64 axis, first, last, step)

    let pad (p: Pad) (shape: int[]) (inner: int[]) : Tensor -> Tensor =
        fun x ->
            scoped (fun () ->
                let result = T.zeros (Transfer.longs shape, Nullable x.dtype, x.device)
                let mutable hole = result

                for a in 0 .. shape.Length - 1 do
                    hole <- spaced a (int64 p.Low[a]) (int64 (p.Interior[a] + 1)) inner[a] hole

                hole.copy_ x |> ignore
                result)

    let broadcast (shape: int[]) (axes: int[]) : Tensor -> Tensor =
        let target = Transfer.longs shape
        let skipped = shape.Length - axes.Length

        if axes |> Array.indexed |> Array.forall (fun (i, a) -> a = i + skipped) then
            fun x -> x.expand target
        else
            let source = Array.create shape.Length -1
            axes |> Array.iteri (fun i a -> source[a] <- i)

            fun x ->
                scoped (fun () ->
                    let extents = x.shape
                    x.reshape(source |> Array.map (fun i -> if i < 0 then 1L else extents[i])).expand target)

    let concat (axis: int) (parts: Tensor[]) : Tensor = T.cat (parts, int64 axis)

    /// The tensor with zeros between its elements along the spatial axes, which follow two others.
    let dilated (dilation: int[]) (x: Tensor) : Tensor =
        let extents = x.shape
        let wide = dilation |> Array.mapi (fun i d -> (extents[i + 2] - 1L) * int64 d + 1L)
        let result = T.zeros (Array.append extents[..1] wide, Nullable x.dtype, x.device)
        let mutable hole = result

        for i in 0 .. dilation.Length - 1 do
            hole <- hole.slice (int64 (i + 2), 0L, wide[i], int64 dilation[i])

        hole.copy_ x |> ignore
        result
