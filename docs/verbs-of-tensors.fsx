(**
---
title: Verbs of tensors and calculus by example
category: Guide
categoryindex: 1
index: 12
---
*)
(*** hide ***)
#load "../src/NeuralDE.Core.fs/load.fsx"

let mistake (f: unit -> 'T) =
    try
        f () |> ignore
    with e ->
        printfn "%s" e.Message
(**
# Verbs of tensors and calculus by example

This page shows each function of tensors and calculus once, on a few numbers, with its result.
[Tensors and calculus](tensors-and-calculus.html) explains the ideas. The [reference](reference/index.html) states equations, shapes,
costs and errors.

| to | section |
|---|---|
| make tensors and random numbers | [Makers](#Makers), [Keys](#Keys) |
| compute with numbers | [Operators](#Operators), [Comparisons and logic](#Comparisons-and-logic), [Element-wise functions](#Element-wise-functions) |
| change shapes, order and elements | [Movement](#Movement), [Indexing](#Indexing) |
| reduce many numbers to few | [Reductions](#Reductions), [Scans and sorting](#Scans-and-sorting), [Segments](#Segments) |
| use linear algebra and signals | [Linear algebra](#Linear-algebra), [Fourier and cosine transforms](#Fourier-and-cosine-transforms), [Convolutions](#Convolutions) |
| differentiate, batch and control | [Derivatives](#Derivatives), [Control flow](#Control-flow), [Implicit roots](#Implicit-roots) |
| work with whole models, states and the engine | [Trees](#Trees), [State vectors](#State-vectors), [Devices, types and the engine](#Devices-types-and-the-engine) |

`show` prints a name and a value. `mistake` runs a function and prints the message of its exception.
*)
open System
open NeuralDE

let show name (value: obj) = printfn "%-18s %O" name value
(**
## Makers

`tensor` and `scalar` take the dtype from the numbers:
*)
show "vector" (tensor [ 1.0; 2.0 ])
show "sequence" (tensor (seq { for i in 1..3 -> float i ** 2.0 }))
show "float32" (tensor [| 1.0f; 2.0f |])
show "int32" (tensor [ 1; 2 ])
show "int64" (tensor [ 1L; 2L ])
show "bool" (tensor [ true; false ])
show "span" (tensor (ReadOnlySpan [| 1.0; 2.0 |]))
show "scalar" (scalar 2.5)
show "scalar of one" (scalar (tensor [ 7 ])) // a tensor with one element, of any shape
(*** include-output ***)
(**
Lists of lists and .NET arrays make matrices and stacks of matrices:
*)
show "rows" (tensor [ [ 1.0; 2.0 ]; [ 3.0; 4.0 ] ])
show "jagged array" (tensor [| [| 1.0f; 2.0f |]; [| 3.0f; 4.0f |] |])
show "array2D" (tensor (array2D [ [ 1.0; 2.0 ]; [ 3.0; 4.0 ] ]))
show "slices" (tensor [ [ [ 1.0 ]; [ 2.0 ] ]; [ [ 3.0 ]; [ 4.0 ] ] ])
show "Array3D" (tensor (Array3D.init 2 1 2 (fun i j k -> float (4 * i + 2 * j + k))))
(*** include-output ***)
(**
These functions make tensors from a shape or a range. `arange` excludes the stop; `linspace` and `logspace` include the last point:
*)
show "zeros" (zeros [ 2 ])
show "ones" (ones [ 2 ])
show "full" (full [ 2 ] 7.0)
show "eye" (eye 2)
show "arange" (arange 0.0 1.0 0.25)
show "linspace" (linspace 0.0 1.0 5)
show "logspace" (logspace 0.0 3.0 4)
show "zerosLike" (zerosLike (tensor [ 1; 2 ]))
show "onesLike" (onesLike (tensor [ 1; 2 ])) // keeps the dtype
(*** include-output ***)
(**
## Keys

A key is made from a seed. Every way to make further keys gives independent ones:
*)
let key = Key 0 // or Key 0L
let left, right = Key.split key
show "Key.split" (rand left [ 2 ], rand right [ 2 ])
show "Key.splitN" [ for k in Key.splitN 3 (Key 0L) -> float (rand k []) ]
show "Key.fold" (rand (Key.fold 5 key) [ 2 ])
show "Key.foldWith" (rand (Key.foldWith (scalar 5) key) [ 2 ]) // the same as fold 5
show "batch of keys" (rand (Key.foldWith (tensor [ 5; 6 ]) key) [ 2 ])
(*** include-output ***)
(**
These functions draw from a key. `randint` excludes the upper limit:
*)
show "rand" (rand key [ 3 ])
show "randn" (randn key [ 3 ])
show "randint" (randint key 0 10 [ 6 ])
show "bernoulli" (bernoulli key 0.3 [ 5 ])
show "permutation" (permutation key 5)
show "shuffle" (shuffle key (tensor [ [ 1; 2 ]; [ 3; 4 ]; [ 5; 6 ] ])) // rows
(*** include-output ***)
(**
## Operators

The operators work element by element. A plain number takes the dtype of the tensor:
*)
let x = tensor [ 1.0; 2.0; 4.0 ]
let y = tensor [ 3.0; -2.0; 0.5 ]
show "x + y, 1 + x" (x + y, 1 + x)
show "x - y, x - 1.0f" (x - y, x - 1.0f)
show "x * y, 2.0 * x" (x * y, 2.0 * x)
show "x / y, 1.0 / x" (x / y, 1.0 / x)
show "-x" -x
show "7 % 3, −7 % 3" (tensor [ 7; -7 ] % 3, tensor [ 7.5; -7.5 ] % 3.0) // the sign of the divisor
show "x ** y" (x ** y, x ** 2, Tensor.Pow(2.0, x))
show "List.sum" (List.sum [ x; y ])
(*** include-output ***)
(**
F#'s functions of numbers work on tensors:
*)
let angle = tensor [ 0.0; 0.5 ]
show "sin, cos, tan" (sin angle, cos angle, tan angle)
show "asin, acos, atan" (asin angle, acos angle, atan angle)
show "atan2" (atan2 (tensor [ 1.0; -1.0 ]) (tensor [ -1.0; -1.0 ])) // the quadrant of the point (x, y)
show "sinh, cosh, tanh" (sinh angle, cosh angle, tanh angle)
show "exp, log, log10" (exp angle, log x, log10 (tensor [ 1.0; 100.0 ]))
show "sqrt, abs" (sqrt x, abs y)
show "floor, ceil" (floor (tensor [ -1.5 ]), ceil (tensor [ -1.5 ]))
show "round" (round (tensor [ 0.5; 1.5; 2.5 ])) // ties go to the even number
(*** include-output ***)
(**
An index removes an axis; a range keeps it. Both ends of a range are included, and negative numbers count from the end:
*)
let m = tensor [ [ 1.0; 2.0; 3.0 ]; [ 4.0; 5.0; 6.0 ] ]
let cube = reshape [ 2; 2; 2 ] (arange 0.0 8.0 1.0)
show "m[0], m[-1]" (m[0], m[-1])
show "m[1, 2]" m[1, 2]
show "cube[1, 0, 1]" cube[1, 0, 1]
show "x[1..], x[.. -2]" (x[1..], x[.. -2])
show "m[*, 1], m[0, 1..]" (m[*, 1], m[0, 1..])
show "m[0..1, 0..1]" m[0..1, 0..1]
show "x.Slice(1, 2)" (x.Slice(1, 2)) // 2 rows from row 1
show "x[3..]" x[3..] // one after the end: no elements
(*** include-output ***)
(**
These members describe a tensor and copy its numbers to .NET. `AsSpan` does not copy, so its type must be the tensor's own:
*)
let buffer = Array.zeroCreate<float> 4
m[0].CopyTo(Span buffer)
show "Shape, Rank" ($"%A{m.Shape}", m.Rank)
show "Length, Count" (m.Length, m.Count, m.LongCount) // rows, elements, elements as int64
show "Dtype, Device" (m.Dtype, m.Device)
show "ToArray" $"%A{x.ToArray()}, %A{x.ToFloat32Array()}"
show "ToInt64Array" $"%A{y.ToInt64Array()}" // truncated
show "ToBoolArray" $"%A{(tensor [ 0; 3 ]).ToBoolArray()}" // other numbers than 0 are true
show "AsSpan" (x.AsSpan<float>()[2])
show "CopyTo" $"%A{buffer}"
(*** include-output ***)
(**
A tensor with one element converts to a number, and a number to a tensor:
*)
show "float, float32" (float (sum x), float32 (sum x))
show "int, int64" (int (scalar -2.7), int64 (scalar 2.7)) // truncated
show "bool" (Tensor.op_Explicit (any (x .> 3.0)): bool)
show "from a number" (Tensor.op_Implicit 2.5, Tensor.op_Implicit 2) // float64; C# converts implicitly
(*** include-output ***)
(**
## Comparisons and logic

Comparisons give tensors of bool. A comparison with NaN is false, except `.<>`:
*)
let odd = tensor [ 1.0; nan; infinity ]
show ".<, .<=" (x .< 2.0, x .<= 2.0)
show ".>, .>=" (x .> y, x .>= 2.0)
show ".=, .<>" (odd .= odd, odd .<> odd)
show "isNaN, isFinite" (isNaN odd, isFinite odd)
(*** include-output ***)
(**
Logical functions take bools. `where` chooses by element; `maximum` and `minimum` are NaN if either side is NaN:
*)
let a, b = tensor [ true; true; false; false ], tensor [ true; false; true; false ]
show "logicalAnd" (logicalAnd a b)
show "logicalOr" (logicalOr a b)
show "logicalXor" (logicalXor a b)
show "logicalNot" (logicalNot a)
show "where" (where (x .> 1.5) x 0.0, where (x .> 1.5) 1 0)
show "maximum" (maximum x y, maximum odd 2.0)
show "minimum" (minimum x y)
show "clip" (clip -1.0 1.0 y)
(*** include-output ***)
(**
## Element-wise functions

These functions compute numbers element by element. `cast` truncates; `fma` rounds a b + c once, so it keeps what the product would lose:
*)
let near = 1.0 + 2.0 ** -30.0
show "cast" (cast Int32 (tensor [ 1.9; -1.9; nan; 1e20 ])) // NaN is 0; out of range is the nearest integer
show "square" (square y)
show "reciprocal" (reciprocal (tensor [ 4.0; 0.0 ]))
show "signum" (signum (tensor [ -3.0; 0.0; nan ]))
show "fma" (fma (scalar near) (scalar near) (scalar -(near * near)), 2.0 ** -60.0)
show "hypot" (hypot (tensor [ 3.0; 1e200; infinity ]) (tensor [ 4.0; 1e200; nan ])) // no overflow
(*** include-output ***)
(**
These functions keep their digits near 0, or are inverse functions. Outside their range the result is NaN:
*)
let small = tensor [ 1e-20; 1.0 ]
show "expm1" (expm1 small, exp small - 1.0)
show "log1p" (log1p small, log (1.0 + small))
show "asinh" (asinh small)
show "acosh" (acosh (tensor [ 1.0; 2.0; 0.5 ]))
show "atanh" (atanh (tensor [ 0.5; 1.0; 2.0 ]))
show "logit" (logit (tensor [ 0.5; 0.9; 1.0 ]))
show "erf" (erf (tensor [ 0.0; 0.5; 3.0 ]))
show "erfinv" (erfinv (tensor [ 0.5; 1.0; 2.0 ]))
(*** include-output ***)
(**
These functions are the activations of networks:
*)
let z = tensor [ -2.0; 0.0; 2.0; 1000.0 ]
show "relu" (relu z)
show "leakyRelu" (leakyRelu 0.1 z)
show "elu" (elu z)
show "sigmoid" (sigmoid z)
show "softplus" (softplus z)
show "logSigmoid" (logSigmoid -z) // no overflow at −1000
show "silu" (silu z)
show "mish" (mish z)
show "gelu" (gelu z)
show "geluTanh" (geluTanh z)
(*** include-output ***)
(**
These functions belong to the gamma function Γ. ψ is `digamma`, and `polygamma n` is its n-th derivative:
*)
let g = tensor [ 0.5; 1.0; 5.0; 0.0 ] // 0 is a pole
show "lgamma" (lgamma g, log 24.0) // Γ(5) = 24
show "digamma" (digamma g) // −ψ(1) is Euler's constant
show "polygamma" (polygamma 1 g, Math.PI ** 2.0 / 6.0) // ψ′(1) = π²/6
(*** include-output ***)
(**
## Movement

These functions change the shape and keep the row-major order of the elements:
*)
show "reshape" (reshape [ 3; -1 ] m) // −1: computed from the others
show "flatten, ravel" (flatten m, ravel m)
show "expandDims" (expandDims 0 x)
show "squeeze" (squeeze 0 (tensor [ [ 1.0; 2.0 ] ]))
show "broadcastTo" (broadcastTo [ 2; 3 ] x)
(*** include-output ***)
(**
These functions change the order of axes and elements:
*)
show "transpose" (transpose m)
show "permute" $"%A{(permute [ 2; 0; 1 ] (zeros [ 2; 3; 4 ])).Shape}"
show "swapAxes" $"%A{(swapAxes 0 -1 (zeros [ 2; 3; 4 ])).Shape}"
show "moveAxis" $"%A{(moveAxis 0 -1 (zeros [ 2; 3; 4 ])).Shape}"
show "flip" (flip 1 m)
show "roll" (roll 0 1 x, roll 0 -1 x)
(*** include-output ***)
(**
These functions join and split tensors. `chunk` makes the first pieces longer if the extent is not divisible:
*)
show "concat" (concat [ x; y ])
show "concatAlong" (concatAlong 1 [ m; m[*, 0..0] ])
show "stack" (stack [ x; y ])
show "stackAlong" (stackAlong 1 [ x; y ])
show "split" (split [ 1; 2 ] x)
show "splitAlong" (splitAlong 1 [ 1; 2 ] m)
show "chunk" (chunk 2 x)
show "chunkAlong" (chunkAlong 1 2 m)
(*** include-output ***)
(**
These functions repeat and surround elements:
*)
show "repeat" (repeat 0 2 x)
show "tile" (tile [ 2 ] x, tile [ 2; 1 ] x)
show "meshgrid" (meshgrid [ tensor [ 1.0; 2.0 ]; tensor [ 7.0; 8.0; 9.0 ] ])
show "pad" (pad [ (1, 2) ] x)
show "padWith" (padWith -1.0 [ 0, 0; 1, 0 ] m)
(*** include-output ***)
(**
These functions read and make diagonals and triangles. A diagonal of number 1 is one above the main diagonal:
*)
let square3 = reshape [ 3; 3 ] (arange 1.0 10.0 1.0)
show "diagonal" (diagonal m)
show "diag" (diag (tensor [ 1.0; 2.0 ]))
show "tril" (tril square3)
show "triu" (triu square3)
show "trilFrom 1" (trilFrom 1 square3)
show "triuFrom 1" (triuFrom 1 square3)
(*** include-output ***)
(**
## Reductions

A reduction without `Along` takes all elements; with `Along` it removes one axis:
*)
show "sum, sumAlong" (sum m, sumAlong 0 m)
show "mean, meanAlong" (mean m, meanAlong -1 m)
show "prod, prodAlong" (prod m, prodAlong 1 m)
show "no elements" (sum (zeros [ 0 ]), prod (zeros [ 0 ]))
show "integers" (sum (tensor [ 2147483647; 1 ]), sum (tensor [ true; true ])) // int64
(*** include-output ***)
(**
`var` and `std` divide by n, `sampleVar` and `sampleStd` by n − 1:
*)
show "var, varAlong" (var m, varAlong 0 m)
show "std, stdAlong" (std m, stdAlong 0 m)
show "sampleVar" (sampleVar m, sampleVarAlong 0 m)
show "sampleStd" (sampleStd m, sampleStdAlong 0 m)
(*** include-output ***)
(**
Maxima and minima are NaN if an element is NaN. Of equal elements `argmax` and `argmin` take the first, and `amax` divides the derivative
among them. Without elements there is no maximum:
*)
let ties = tensor [ [ 3.0; 1.0; 3.0 ]; [ 0.0; 0.0; 2.0 ] ]
show "amax, amin" (amax ties, amin ties, amax odd)
show "maxAlong" (maxAlong 0 ties)
show "minAlong" (minAlong 1 ties)
show "argmax" (argmax 1 ties)
show "argmin" (argmin 1 ties)
show "gradient of amax" (grad amax ties)
mistake (fun () -> amax (zeros [ 0 ]))
(*** include-output ***)
(**
`any` and `all` reduce bools. Without elements `any` is false and `all` is true:
*)
let large = ties .> 1.5
show "any, all" (any large, all large)
show "anyAlong" (anyAlong 0 large)
show "allAlong" (allAlong 0 large)
show "no elements" (any (zeros [ 0 ] .> 0.0), all (zeros [ 0 ] .> 0.0))
(*** include-output ***)
(**
These functions sum exponentials without overflow, and measure sizes:
*)
let big = tensor [ [ 1000.0; 1000.0 ]; [ -infinity; -infinity ] ]
show "logsumexp" (logsumexp big) // 1000 + ln 2
show "logsumexpAlong" (logsumexpAlong 1 big)
show "softmax" (softmax -1 (tensor [ 0.0; log 3.0 ]), softmax -1 (tensor [ 0.0; 1000.0 ]))
show "logSoftmax" (logSoftmax -1 (tensor [ 0.0; 1000.0 ]))
show "norm, normAlong" (norm m, normAlong 1 m)
show "norm1, normInf" (norm1 y, normInf y)
(*** include-output ***)
(**
## Indexing

An index tensor of int32 or int64 selects elements. An index outside the axis is an error:
*)
let at = tensor [ 2; 0 ]
show "take" (take 0 at x, take 1 at m)
show "takeAlong" (takeAlong 1 (tensor [ [ 2 ]; [ 0 ] ]) m) // column 2 of row 0, column 0 of row 1
show "gatherRows" (gatherRows (tensor [ [ 1; 1 ]; [ 0; 2 ] ]) m) // other indices for each row
show "oneHot" (oneHot 3 at)
mistake (fun () -> take 0 (tensor [ 3 ]) x)
show "dynamicSlice" (dynamicSlice 0 (argmin 0 y) 2 x) // the start is computed
show "dynamicUpdate" (dynamicUpdate 0 (scalar 1) (tensor [ 8.0; 9.0 ]) x)
(*** include-output ***)
(**
Scatters write rows. For equal indices `scatterAdd` adds all updates, `scatterSet` keeps the last, `scatterMax` the largest:
*)
let twice, updates = tensor [ 0; 0; 2 ], tensor [ 10.0; 5.0; 1.0 ]
show "scatterAdd" (scatterAdd twice updates x)
show "scatterSet" (scatterSet twice updates x)
show "scatterMax" (scatterMax twice updates x)
(*** include-output ***)
(**
## Linear algebra

These functions multiply. Axes before the last two are a batch:
*)
let p = tensor [ [ 4.0; 2.0 ]; [ 2.0; 3.0 ] ]
let singular = tensor [ [ 2.0; 4.0 ]; [ 1.0; 2.0 ] ]
show "matmul" (matmul p m, matmul p (tensor [ 1.0; 1.0 ]))
show "dot" (dot x y)
show "outer" (outer (tensor [ 1.0; 2.0 ]) x)
show "trace" (trace p)
show "einsum" (einsum "ij,jk->ik" [ p; m ], einsum "ii" [ p ]) // product, trace
(*** include-output ***)
(**
These functions solve equations. `lstsq` minimises |a c − b|²; here it fits a line through three points:
*)
let points = stackAlong 1 [ ones [ 3 ]; tensor [ 0.0; 1.0; 2.0 ] ]
show "solve" (solve p (tensor [ 8.0; 8.0 ]))
show "singular" (solve singular (tensor [ 8.0; 8.0 ])) // not finite
show "solveTriangular" (solveTriangular true p (tensor [ 8.0; 8.0 ])) // reads the lower triangle only
show "cholesky" (cholesky p, cholesky -p) // NaN: not positive definite
show "inverse" (inverse p)
show "lstsq" (lstsq points (tensor [ 1.0; 3.0; 5.0 ]))
(*** include-output ***)
(**
These functions compute determinants and the matrix exponential. A singular matrix has the logarithm −∞, a negative determinant none:
*)
show "det" (det p, det singular)
show "slogdet" (slogdet p, slogdet singular) // sign, ln |det|
show "logdet" (logdet p, logdet (tensor [ [ 0.0; 1.0 ]; [ 1.0; 0.0 ] ]))
show "expm" (expm (tensor [ [ 0.0; Math.PI / 2.0 ]; [ -Math.PI / 2.0; 0.0 ] ])) // a rotation by 90°
(*** include-output ***)
(**
## Scans and sorting

Cumulative functions keep the axis. `associativeScan` takes any associative operation:
*)
show "cumsum" (cumsum 0 x, cumsum 1 m)
show "cumprod" (cumprod 0 x)
show "associativeScan" (associativeScan maximum 0 (tensor [ 1.0; 3.0; 2.0; 5.0; 4.0 ])) // the largest so far
(*** include-output ***)
(**
Sorting is stable and puts NaN last. A quantile or median is NaN if any element is NaN:
*)
let mixed = tensor [ 3.0; nan; 1.0; 3.0 ]
show "sort" (sort 0 mixed)
show "argsort" (argsort 0 mixed) // equal elements keep their order
show "searchSorted" (searchSorted x (tensor [ 0.0; 2.0; 9.0 ])) // how many are smaller
show "searchSortedRight" (searchSortedRight x (tensor [ 0.0; 2.0; 9.0 ])) // how many are not larger
show "median" (median x, median (tensor [ 1.0; 2.0; 4.0; 8.0 ]), median mixed)
show "medianAlong" (medianAlong 1 m)
show "quantile" (quantile 0.25 x)
show "quantileAlong" (quantileAlong 0 0.5 m)
(*** include-output ***)
(**
## Segments

A segment is a group of rows with one id. Here group 2 is empty:
*)
let ids, values = tensor [ 0; 1; 0 ], tensor [ 1.0; 2.0; 5.0 ]
show "segmentSum" (segmentSum ids 3 values)
show "segmentMean" (segmentMean ids 3 values)
show "segmentMax" (segmentMax ids 3 values)
(*** include-output ***)
(**
## Fourier and cosine transforms

A transform runs along the last axis. A complex tensor is a pair of real ones; `irfft` needs the length, because 4 and 5 numbers both have 3
elements in their transform:
*)
let signal = tensor [ 1.0; 2.0; 3.0; 4.0 ]
let spectrum = fft { Re = signal; Im = zerosLike signal }
show "fft" (spectrum.Re, spectrum.Im)
show "ifft" (ifft spectrum).Re
show "rfft" ((rfft signal).Re, (rfft signal).Im)
show "irfft" (irfft 4 (rfft signal))
show "dct" (dct false signal)
show "idct" (idct false (dct false signal))
show "dct3" (dct3 false (dct false signal) / 8.0) // 2n times the inverse of dct
show "orthonormal" (norm signal, norm (dct true signal)) // keeps the norm
(*** include-output ***)
(**
## Convolutions

The input is `[batch; channels; length]`, the kernel `[outputs; channels; width]`. The kernel is not reversed:
*)
let wave = tensor [ [ [ 1.0; 2.0; 4.0; 8.0; 16.0 ] ] ]
let short = tensor [ [ [ 1.0; 2.0 ] ] ]
let difference = tensor [ [ [ -1.0; 1.0 ] ] ]
let options = ConvOptions.Default
show "conv1d" (conv1d options difference wave)
show "Stride" (conv1d { options with Stride = [ 2 ] } difference wave)
show "Padding" (conv1d { options with Padding = [ 1 ] } difference wave)
show "Dilation" (conv1d { options with Dilation = [ 2 ] } difference wave) // elements two apart
show "Groups" (conv1d { options with Groups = 2 } (concat [ difference; -difference ]) (concatAlong 1 [ wave; wave ]))
show "convTranspose1d" (convTranspose1d { options with Stride = [ 2 ] } difference short)
show "OutputPadding" (convTranspose1d { options with Stride = [ 2 ]; OutputPadding = [ 1 ] } difference short)
(*** include-output ***)
(**
In two dimensions there are two spatial axes. Pooling takes a window and a stride, and leaves out what does not fill a window:
*)
let image = reshape [ 1; 1; 3; 3 ] (arange 1.0 10.0 1.0)
let corner = reshape [ 1; 1; 2; 2 ] (tensor [ 1.0; 0.0; 0.0; -1.0 ])
show "conv2d" (conv2d options corner image)
show "convTranspose2d" (convTranspose2d options corner (ones [ 1; 1; 1; 2 ]))
show "maxPool1d" (maxPool1d 2 2 wave)
show "avgPool1d" (avgPool1d 2 1 wave)
show "maxPool2d" (maxPool2d 2 1 image)
show "avgPool2d" (avgPool2d 2 1 image)
(*** include-output ***)
(**
## Derivatives

`grad` and its relatives take a function that returns one number. `With` is for functions that also return other results:
*)
let cubes (x: Tensor) = sum (x ** 3.0)
let withRest (x: Tensor) = (let rest = x - 1.0 in sum (rest * rest), rest)
show "grad" (grad cubes x)
show "valueAndGrad" (valueAndGrad cubes x)
show "gradWith" (gradWith withRest x) // gradient, other results
show "valueAndGradWith" (valueAndGradWith withRest x)
show "stopGradient" (grad (fun x -> sum (x * stopGradient x)) x) // one factor is a constant
show "checkpoint" (grad (fun x -> checkpoint cubes x) x) // the same numbers for less memory
show "compile" ((compile (grad cubes)) x)
(*** include-output ***)
(**
`vjp` multiplies a row vector with the Jacobian, `jvp` the Jacobian with a column vector:
*)
let pair (x: Tensor) = stack [ x[0] * x[1]; x[1] + x[2] ]
let value, pull = vjp pair x
show "jacobian" (jacobian pair x)
show "vjp" (value, pull (tensor [ 1.0; 0.0 ]))
show "jvp" (jvp pair x (tensor [ 1.0; 0.0; 0.0 ]))
show "hessian" (hessian cubes x)
show "hvp" (hvp cubes x (ones [ 3 ])) // the Hessian times a vector
show "vmap" (vmap (grad cubes) m) // one gradient for each row
(*** include-output ***)
(**
These functions differentiate fields. The field here rotates about the third axis and grows along it:
*)
let field (x: Tensor) = stack [ x[1]; -x[0]; x[2] ** 2.0 ]
show "divergence" (divergence field x) // 2 x₃
show "curl" (curl field x)
show "laplacian" (laplacian cubes x) // Σ 6 xᵢ
(*** include-output ***)
(**
## Control flow

These functions choose and repeat, and have derivatives. `iterate` takes a fixed number of steps, `repeatWhile` stops by a condition, `scan`
visits rows:
*)
let newton (u: Tensor) = 0.5 * (u + 2.0 / u) // to √2
show "cond" (cond (sum x .> 5.0) (fun x -> 2.0 * x) (fun x -> -x) x)
show "iterate" (iterate 5 newton (scalar 1.0))
show "repeatWhile" (repeatWhile (fun u -> abs (u * u - 2.0) .> 1e-6) 100 newton (scalar 1.0))
show "scan" (scan (fun total row -> total + row, total * row) (scalar 0.0) x) // last state, results
(*** include-output ***)
(**
`customGradient` replaces the derivative of a function: here the rounded value has the derivative of the identity. `dynamic` runs a function
with readable numbers, so that a plain `if` works under a transform:
*)
let rounded (x: Tensor) = customGradient round (fun _x _y cotangent -> cotangent) x
let branch (s: Tensor) = dynamic (scalar 0.0) (fun s -> if float s > 1.0 then s * s else -s) s
show "customGradient" (rounded (tensor [ 1.4; 1.6 ]), grad (fun x -> sum (rounded x)) (tensor [ 1.4; 1.6 ]))
show "dynamic" (branch (scalar 3.0), grad branch (scalar 3.0), grad branch (scalar 0.5))
(*** include-output ***)
(**
## Implicit roots

`implicitRoot` differentiates the solution z of r(z, p) = 0, not the search. z² = p has the derivative 1/(2 z):
*)
let search (p: Tensor) = iterate 50 (fun z -> 0.5 * (z + p / z)) (onesLike p)
let residual (z: Tensor) (p: Tensor) = z * z - p
let root options p = implicitRootWith options search residual p
let slope solve = grad (fun p -> sum (root { RootOptions.defaults with Solve = solve } p)) (tensor [ 1.0; 4.0 ])
let diagonalSolver (apply: Tensor -> Tensor) (b: Tensor) = b / apply (onesLike b) // right for a diagonal Jacobian
show "implicitRoot" (grad (fun p -> sum (implicitRoot search residual p)) (tensor [ 1.0; 4.0 ]))
show "Dense" (slope RootSolve.Dense)
show "Gmres" (slope (RootSolve.Gmres { GmresOptions.defaults with Rtol = 1e-12; Atol = 1e-14; Restart = 5 }))
show "Own" (slope (RootSolve.Own(1e-12, diagonalSolver)))
(*** include-output ***)
(**
`SameIteration` is for a residual z − F(z). z = p cos z has the derivative cos z / (1 + p sin z):
*)
let fixedPoint (p: Tensor) = iterate 100 (fun z -> p * cos z) p
let same = RootSolve.SameIteration { SameIterationOptions.defaults with Rtol = 1e-12; Atol = 1e-14 }
let ofCosine p =
    implicitRootWith { Coupling = RootCoupling.PerSample; Solve = same } fixedPoint (fun z p -> z - p * cos z) p
let half = tensor [ 0.5 ]
let solved = ofCosine half
show "SameIteration" (grad (fun p -> sum (ofCosine p)) half, cos solved / (1.0 + half * sin solved))
(*** include-output ***)
(**
## Trees

A model is a tree of tensors. These functions read and map its leaves:
*)
type Affine = { Weight: Tensor; Bias: Tensor; Name: string }
let layer = { Weight = m; Bias = tensor [ 7.0; 8.0 ]; Name = "first" }
let text (layer: Affine) = $"{layer.Weight}, {layer.Bias}, {layer.Name}"
show "Tree.leaves" (Tree.leaves layer)
show "Tree.count" (Tree.count layer)
show "Tree.map" (text (Tree.map (fun x -> 10.0 * x) layer))
show "Tree.map2" (text (Tree.map2 (+) layer layer))
show "Tree.mapWithPath" (text (Tree.mapWithPath (fun path x -> if path = "Bias" then zerosLike x else x) layer))
show "Tree.zerosLike" (text (Tree.zerosLike layer))
show "Tree.cast" (text (Tree.cast Float32 layer))
show "Tree.toDevice" (text (Tree.toDevice Device.cpu layer))
(*** include-output ***)
(**
`Tree.flatten` and `Tree.unflatten` take a tree apart and build it again. `Tree.structure` is everything but the numbers, and
`Tree.signature` adds shapes and dtypes:
*)
let other = { layer with Name = "second" }
let shorter = { layer with Bias = zeros [ 1 ] }
show "Tree.flatten" (Tree.flatten layer).Length
show "Tree.unflatten" (text (Tree.unflatten layer [| scalar 1.0; scalar 2.0 |])) // other shapes are allowed
show "Tree.structure" (Tree.structure layer)
show "Tree.signature" (Tree.signature layer)
show "Paths" (Tree.structure layer).Paths
show "Tree.difference" (Tree.difference (Tree.structure layer) (Tree.structure other))
show "in shape" (Tree.difference (Tree.signature layer) (Tree.signature shorter))
show "in no part" ((Tree.difference (Tree.structure layer) (Tree.structure shorter)).IsNone)
(*** include-output ***)
(**
## State vectors

A custom step gets its state as a `StateVector`: all leaves of the state, with the operations of a vector space. This step combines one
Euler step with two half steps:
*)
let mutable leaves = []

let extrapolated =
    Solver.ofStepWithError "extrapolated Euler" 2 (fun s ->
        leaves <- s.Y.Leaves
        let slope t (y: StateVector) = s.Field(t, y)
        let middle = s.T0 + 0.5 * s.H
        let whole = s.Y + s.H * slope s.T0 s.Y
        let first = s.Y + 0.5 * (slope s.T0 s.Y * s.H)
        let halves = first + slope middle first * s.H * 0.5
        halves * 2.0 - whole, -(whole - halves))

let decay (_t: Tensor) (u: Tensor, v: Tensor) = -u, -2.0 * v
let start = tensor [ 1.0; 2.0 ], scalar 1.0
show "solution" (Ode.problem decay start (0.0, 1.0) |> Ode.using extrapolated |> Ode.solveFinal)
show "exact" (exp -1.0 * fst start, exp -2.0)
show "Leaves" [ for leaf in leaves -> $"%A{leaf.Shape}", leaf.IsPlaceholder ] // no values while the step is traced
(*** include-output ***)
(**
`Map` applies a function, such as a network, to each leaf:
*)
let exact = Solver.ofStep "exact for u' = -u" 1 (fun s -> s.Y.Map(fun u -> u * exp -s.H))
let one = Ode.problem (fun _t (u: Tensor) -> -u) (scalar 1.0) (0.0, 1.0)
show "Map" (one |> Ode.using exact |> Ode.dt 0.25 |> Ode.solveFinal, exp -1.0)
(*** include-output ***)
(**
## Devices, types and the engine

A dtype has a size in bytes. New tensors are on the CPU:
*)
for d in [ Float32; Float64; Int32; Int64; Bool ] do
    show $"{d}" $"Size {d.Size}, IsFloat {d.IsFloat}"

show "Device" (Device.cpu.Name, Object.ReferenceEquals(x.ToDevice Device.cpu, x))
(*** include-output ***)
(**
The engine shares large operations among threads. The bits of a result do not depend on their number. A cancelled token ends a solve before
its next step:
*)
let threads = Engine.threads ()
Engine.setThreads 2
show "Engine.threads" (Engine.threads ())
Engine.setThreads threads
let cancelled = Threading.CancellationToken true
let stopped = Engine.cancellable cancelled (fun () -> Ode.trySolve one)
show "cancellable" stopped.Status
show "Engine.explain" ((Engine.explain cubes x).Split('\n')[0..4] |> String.concat "\n")
(*** include-output ***)
