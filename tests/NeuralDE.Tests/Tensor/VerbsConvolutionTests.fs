module NeuralDE.Tests.VerbsConvolutionTests

open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Tests.Expected

let private options = ConvOptions.Default

/// y[n, o, t] = Σ kernel[o, c, k] x[n, group c, stride t + dilation k − padding], from the definition.
let private naive stride padding dilation groups (kernel: Tensor) (x: Tensor) =
    let n, channels, length = x.Shape[0], x.Shape[1], x.Shape[2]
    let outputs, width = kernel.Shape[0], kernel.Shape[2]
    let each, made = channels / groups, outputs / groups
    let extent = (length + 2 * padding - dilation * (width - 1) - 1) / stride + 1

    let values =
        [ for b in 0 .. n - 1 do
              for o in 0 .. outputs - 1 do
                  for t in 0 .. extent - 1 ->
                      List.sum
                          [ for c in 0 .. each - 1 do
                                for k in 0 .. width - 1 do
                                    let s = stride * t + dilation * k - padding

                                    if s >= 0 && s < length then
                                        float kernel[o, c, k] * float x[b, o / made * each + c, s] ] ]

    values, [ n; outputs; extent ]

[<Tests>]
let tests =
    testList
        "Tensor.VerbsConvolution"
        [ testCase "convolution along one axis equals its definition" (fun () ->
              forExtents 4 (fun extents seed ->
                  let stride, padding, dilation, groups =
                      1 + seed % 3, seed / 3 % 3, 1 + seed / 9 % 2, 1 + seed / 18 % 2
                  let width, length = min 3 extents[0], 5 + extents[1]
                  let x = noise seed [ extents[2]; 2 * extents[3]; length ]
                  let kernel = noise (seed + 1) [ 4; 2 * extents[3] / groups; width ]
                  let chosen =
                      { options with
                          Stride = [ stride ]
                          Padding = [ padding ]
                          Dilation = [ dilation ]
                          Groups = groups }
                  let values, shape = naive stride padding dilation groups kernel x
                  close 1e-12 shape values (conv1d chosen kernel x)))

          testCase "convolution along two axes" (fun () ->
              let x = arange 0.0 9.0 1.0 |> reshape [ 1; 1; 3; 3 ]
              let kernel = tensor [ [ 1.0; 0.0 ]; [ 0.0; -1.0 ] ] |> reshape [ 1; 1; 2; 2 ]
              holds [ 1; 1; 2; 2 ] [ -4.0; -4.0; -4.0; -4.0 ] (conv2d options kernel x)
              holds [ 1; 1; 1; 2 ] [ -4.0; -4.0 ] (conv2d { options with Stride = [ 2; 1 ] } kernel x)
              let padded = conv2d { options with Padding = [ 1 ] } kernel x
              Expect.equal padded.Shape [| 1; 1; 4; 4 |] "padded.Shape"
              like 1e-13 (conv2d options kernel (pad [ 0, 0; 0, 0; 1, 1; 1, 1 ] x)) padded
              // the convolution with an outer product is one convolution along each axis
              let image, column, row = noise 1 [ 2; 1; 5; 6 ], noise 2 [ 1; 1; 3; 1 ], noise 3 [ 1; 1; 1; 2 ]
              like 1e-13 (conv2d options row (conv2d options column image)) (conv2d options (column * row) image))

          testCase "the transposed convolution is the transpose" (fun () ->
              forExtents 3 (fun extents seed ->
                  let stride, padding, dilation, groups =
                      1 + seed % 3, seed / 3 % 2, 1 + seed / 6 % 2, 1 + seed / 12 % 2
                  let length, width = 5 + extents[0], 1 + extents[1] % 3
                  let chosen =
                      { options with
                          Stride = [ stride ]
                          Padding = [ padding ]
                          Dilation = [ dilation ]
                          Groups = groups }
                  let kernel = noise seed [ 4; 2 / groups; width ]
                  let x = noise (seed + 1) [ extents[2]; 2; length ]
                  let y = conv1d chosen kernel x
                  let w = noise (seed + 2) (List.ofArray y.Shape)
                  let lost = (length + 2 * padding - dilation * (width - 1) - 1) % stride
                  let back = convTranspose1d { chosen with OutputPadding = [ lost ] } kernel w
                  Expect.equal back.Shape x.Shape "back.Shape"
                  close 1e-11 [] [ float (sum (y * w)) ] (sum (x * back)))

              let image, kernel = noise 1 [ 1; 2; 4; 5 ], noise 2 [ 3; 2; 2; 3 ]
              let y = conv2d { options with Stride = [ 1; 2 ] } kernel image
              let w = noise 3 (List.ofArray y.Shape)
              let back = convTranspose2d { options with Stride = [ 1; 2 ] } kernel w
              close 1e-12 [] [ float (sum (y * w)) ] (sum (image * back)))

          testCase "pooling" (fun () ->
              let x = tensor [ [ [ 1.0; 3.0; 2.0; 8.0; 5.0 ] ] ]
              holds [ 1; 1; 2 ] [ 3.0; 8.0 ] (maxPool1d 2 2 x)
              holds [ 1; 1; 4 ] [ 2.0; 2.5; 5.0; 6.5 ] (avgPool1d 2 1 x)
              let image = arange 0.0 16.0 1.0 |> reshape [ 1; 1; 4; 4 ]
              holds [ 1; 1; 2; 2 ] [ 5.0; 7.0; 13.0; 15.0 ] (maxPool2d 2 2 image)
              holds [ 1; 1; 2; 2 ] [ 2.5; 4.5; 10.5; 12.5 ] (avgPool2d 2 2 image)
              holds [ 1; 1; 2; 2 ] [ 5.0; 6.0; 9.0; 10.0 ] (avgPool2d 3 1 image)
              raises<ShapeException> [ "maxPool1d"; "window of 6"; "[1; 1; 5]" ] (fun () -> maxPool1d 6 1 x)
              raises<ShapeException> [ "avgPool2d"; "4 axes" ] (fun () -> avgPool2d 2 2 x))

          testCase "errors name the mistake" (fun () ->
              let x, kernel = zeros [ 1; 4; 5 ], zeros [ 2; 4; 3 ]
              raises<ShapeException> [ "conv1d"; "4 channels"; "made for 3" ] (fun () ->
                  conv1d options (zeros [ 2; 3; 3 ]) x)
              raises<ShapeException> [ "conv1d"; "[batch; channels; length]" ] (fun () ->
                  conv1d options kernel (zeros [ 4; 5 ]))
              raises<ShapeException> [ "conv2d"; "height; width" ] (fun () -> conv2d options kernel x)
              raises<ShapeException> [ "conv1d"; "does not fit" ] (fun () -> conv1d options (zeros [ 2; 4; 9 ]) x)
              raises<ShapeException> [ "conv1d"; "3 groups" ] (fun () -> conv1d { options with Groups = 3 } kernel x)
              raises<InputException> [ "conv1d"; "Stride"; "[0]" ] (fun () ->
                  conv1d { options with Stride = [ 0 ] } kernel x)
              raises<InputException> [ "conv1d"; "Padding"; "[1; 1]" ] (fun () ->
                  conv1d { options with Padding = [ 1; 1 ] } kernel x)
              raises<InputException> [ "conv1d"; "OutputPadding" ] (fun () ->
                  conv1d { options with OutputPadding = [ 1 ] } kernel x)
              raises<ShapeException> [ "convTranspose1d"; "4 channels"; "made for 2" ] (fun () ->
                  convTranspose1d options kernel x)
              raises<DtypeException> [ "conv1d"; "cast" ] (fun () -> conv1d options (cast Float32 kernel) x)) ]
