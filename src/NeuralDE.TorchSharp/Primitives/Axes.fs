namespace NeuralDE.LibTorch

open System
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.LibTorch.Names
open NeuralDE.LibTorch.Making

/// Operations along axes: reductions, scans, sorting, Fourier transforms.
module internal Axes =
    let reduce (r: Reduce) (axes: int[]) (dtype: Dtype) : Tensor -> Tensor =
        let axes = Transfer.longs axes

        match r with
        | _ when axes.Length = 0 -> fun x -> x.alias () // libtorch would reduce all axes
        // libtorch would sum int32 in int64
        | Sum -> fun x -> x.sum (ReadOnlySpan axes, false, Nullable(Transfer.scalarType dtype))
        | Maximum when dtype = Bool ->
            fun x -> scoped (fun () -> x.to_type(ScalarType.Int32).amax(axes).to_type ScalarType.Bool)
        | Maximum -> fun x -> x.amax axes

    let argMax (axis: int) (x: Tensor) : Tensor =
        scoped (fun () ->
            let x = if x.dtype = ScalarType.Bool then x.to_type ScalarType.Int32 else x
            x.argmax (int64 axis))

    let argSort (axis: int) (x: Tensor) : Tensor =
        scoped (fun () ->
            let struct (_, order) = x.sort (int64 axis, false, true)
            order)

    let cumSum (axis: int) reverse (x: Tensor) : Tensor =
        if not reverse then
            x.cumsum (int64 axis, Nullable x.dtype)
        else
            scoped (fun () -> x.flip([| int64 axis |]).cumsum(int64 axis, Nullable x.dtype).flip [| int64 axis |])

    let iota (device: TorchDevice) (s: Signature) (axis: int) : Tensor =
        let n = int64 s.Shape[axis]
        let along = Array.init s.Shape.Length (fun a -> if a = axis then n else 1L)

        scoped (fun () ->
            let numbers = T.arange (long 0L, long n, long 1L, Nullable(Transfer.scalarType s.Dtype), device)
            numbers.reshape(along).expand(Transfer.longs s.Shape))

    let fourier inverse (x: Tensor) : Tensor =
        scoped (fun () ->
            let z = T.view_as_complex (x.contiguous ())

            let y =
                if inverse then
                    T.fft.ifft (z, -1L, -1L, TorchSharp.FFTNormType.Forward) // unscaled
                else
                    T.fft.fft_ (z, -1L, -1L)

            T.view_as_real(y).contiguous())
