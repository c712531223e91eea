namespace NeuralDE.LibTorch

open NeuralDE.Internal.Graph
open NeuralDE.LibTorch.Names
open NeuralDE.LibTorch.Making

/// Convolutions: groups and channels are one axis in libtorch. What its parameters cannot express (dilated input, unequal or
/// negative padding) is applied to the input first.
module internal Convolution =
    /// Zeros before and after the spatial axes, the last axis first; negative numbers remove elements.
    let private edgesOf (c: Conv) : int64[] =
        [| for i in c.Low.Length - 1 .. -1 .. 0 do
               int64 c.Low[i]
               int64 c.High[i] |]

    let private run (c: Conv) (groups: int64) (padding: int64[]) (x: Tensor) (kernel: Tensor) : Tensor =
        let strides, dilation = Transfer.longs c.Stride, Transfer.longs c.DilateKernel

        match strides.Length with
        | 1 -> T.nn.functional.conv1d (x, kernel, null, strides[0], padding[0], dilation[0], groups)
        | 2 -> T.nn.functional.conv2d (x, kernel, null, strides, padding, dilation, groups)
        | _ -> T.nn.functional.conv3d (x, kernel, null, strides, padding, dilation, groups)

    /// ValueNone: libtorch has no convolution of these shapes.
    let conv (c: Conv) (shape: int[]) (x: int[]) (kernel: int[]) : (Tensor -> Tensor -> Tensor) voption =
        let spatial = x.Length - 3
        let isEmpty (s: int[]) = Shape.size s = 0L

        if spatial < 1 || spatial > 3 || isEmpty x || isEmpty kernel || isEmpty shape then
            ValueNone
        else
            let groups, outputs = int64 x[1], int64 kernel[1]
            let input = Array.append [| int64 x[0]; groups * int64 x[2] |] (Transfer.longs x[3..])
            let weights = Array.append [| groups * outputs; int64 kernel[2] |] (Transfer.longs kernel[3..])
            let isDilated = c.DilateInput |> Array.exists (fun d -> d <> 1)
            let isEven = not isDilated && Array.forall2 (fun low high -> low = high && low >= 0) c.Low c.High
            let edges = edgesOf c

            let prepared (x: Tensor) =
                let x = if isDilated then Movement.dilated c.DilateInput x else x

                if edges |> Array.forall (fun e -> e = 0L) then
                    x
                else
                    T.nn.functional.pad (x, edges, TorchSharp.PaddingModes.Constant, 0.0)

            ValueSome(fun x kernel ->
                scoped (fun () ->
                    let x, kernel = x.reshape input, kernel.reshape weights

                    let y =
                        if isEven then
                            run c groups (Transfer.longs c.Low) x kernel
                        else
                            run c groups (Array.zeroCreate spatial) (prepared x) kernel

                    y.reshape (Transfer.longs shape)))
