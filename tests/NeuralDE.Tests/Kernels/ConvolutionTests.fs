module NeuralDE.Tests.Kernels.ConvolutionTests

#nowarn "9" "51" // addresses

open System
open System.Runtime.InteropServices
open System.Runtime.Intrinsics
open Expecto
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Engine
open NeuralDE.Kernels

type private Case = { Batch: int; Groups: int; Channels: int; Outputs: int; Input: int[]; Kernel: int[]; Conv: Conv }

let private plain rank =
    { Stride = Array.create rank 1
      Low = Array.create rank 0
      High = Array.create rank 0
      DilateInput = Array.create rank 1
      DilateKernel = Array.create rank 1 }

let private inputShape case = Array.append [| case.Batch; case.Groups; case.Channels |] case.Input
let private kernelShape case = Array.append [| case.Groups; case.Outputs; case.Channels |] case.Kernel

let private outputShape case =
    Array.append
        [| case.Batch; case.Groups; case.Outputs |]
        (Array.init case.Input.Length (fun axis -> Infer.convolved case.Conv axis case.Input[axis] case.Kernel[axis]))

/// Mostly ordinary numbers; sometimes a special one.
let private random (seed: int) special n =
    let random = System.Random seed

    Array.init n (fun _ ->
        match if special then random.Next 60 else 60 with
        | 0 -> nan
        | 1 -> infinity
        | 2 -> -0.0
        | 3 -> 1e-40
        | 4 -> 0.0
        | _ -> random.NextDouble() * 4.0 - 2.0)

let rec private indices (shape: int list) =
    match shape with
    | [] -> [ [] ]
    | n :: rest ->
        [ for i in 0 .. n - 1 do
              for tail in indices rest -> i :: tail ]

/// The twin: for every result, a chain of multiply-adds over channels and then kernel positions.
let private twin (zero: 'T) (fma: 'T -> 'T -> 'T -> 'T) case (x: 'T[]) (kernel: 'T[]) =
    let c = case.Conv
    let output = (outputShape case)[3..]
    let places, taps = Shape.stored "test" case.Input, Shape.stored "test" case.Kernel
    let kernelPlaces = indices (List.ofArray case.Kernel)

    /// for each output position, the kernel positions that meet the input, and the input positions
    let meeting =
        indices (List.ofArray output)
        |> List.map (fun t ->
            kernelPlaces
            |> List.indexed
            |> List.choose (fun (tap, k) ->
                (Some 0, List.indexed (List.zip t k))
                ||> List.fold (fun place (axis, (t, k)) ->
                    let p = t * c.Stride[axis] + k * c.DilateKernel[axis] - c.Low[axis]
                    let s = p / c.DilateInput[axis]

                    if p >= 0 && p % c.DilateInput[axis] = 0 && s < case.Input[axis] then
                        place |> Option.map (fun place -> place * case.Input[axis] + s)
                    else
                        None)
                |> Option.map (fun place -> struct (tap, place)))
            |> List.toArray)
        |> List.toArray

    [| for n in 0 .. case.Batch - 1 do
           for g in 0 .. case.Groups - 1 do
               for o in 0 .. case.Outputs - 1 do
                   for met in meeting do
                       let mutable sum = zero

                       for channel in 0 .. case.Channels - 1 do
                           let left = ((n * case.Groups + g) * case.Channels + channel) * places
                           let right = ((g * case.Outputs + o) * case.Channels + channel) * taps

                           for struct (tap, place) in met do
                               sum <- fma x[left + place] kernel[right + tap] sum

                       sum |]

let private bits32 (a: float32) = if Single.IsNaN a then -1L else int64 (BitConverter.SingleToUInt32Bits a)
let private bits64 (a: float) = if Double.IsNaN a then -1L else BitConverter.DoubleToInt64Bits a

/// Runs a convolution on memory that ends or starts exactly with the operands, and reads the result.
let private onGuarded case size (write: nativeint -> nativeint -> unit) read (run: ConvolutionShape -> unit) behind =
    let memory count = if behind then Guarded.After(count * size) else Guarded.Before(count * size)
    let results = Shape.stored "test" (outputShape case)
    use x = memory (Shape.stored "test" (inputShape case))
    use kernel = memory (Shape.stored "test" (kernelShape case))
    use y = memory results
    write x.Address kernel.Address
    let c = case.Conv

    Convolution.Shape(
        inputShape case,
        kernelShape case,
        outputShape case,
        c.Stride,
        c.Low,
        c.DilateInput,
        c.DilateKernel,
        x.Address,
        kernel.Address,
        y.Address
    )
    |> run

    read y.Address results

let private compare case name (got: int64[]) (expected: int64[]) =
    if got <> expected then
        let at = Seq.findIndex id (Seq.map2 (<>) got expected)
        failwith $"{name}, %A{case}: element {at} is %x{got[at]}, expected %x{expected[at]}"

let private check32 case (x: float32[]) (kernel: float32[]) =
    let expected = twin 0f (fun a b c -> MathF.FusedMultiplyAdd(a, b, c)) case x kernel |> Array.map bits32

    let read address count =
        let values: float32[] = Array.zeroCreate count
        Marshal.Copy(address, values, 0, count)
        Array.map bits32 values

    let write xAddress kernelAddress =
        Marshal.Copy(x, 0, xAddress, x.Length)
        Marshal.Copy(kernel, 0, kernelAddress, kernel.Length)

    for byBatch in [ true; false ] do
        let at name run =
            compare case $"float32, {name}, by batch {byBatch}" (onGuarded case 4 write read run byBatch) expected

        if Vector512.IsHardwareAccelerated then
            at "512 bit" (fun shape ->
                let mutable shape = shape
                ConvolutionTeam.Run<Lanes512<float32>>(&&shape, byBatch))

        if Vector256.IsHardwareAccelerated then
            at "256 bit" (fun shape ->
                let mutable shape = shape
                ConvolutionTeam.Run<Lanes256<float32>>(&&shape, byBatch))

        at "one lane" (fun shape ->
            let mutable shape = shape
            ConvolutionTeam.Run<Lane<float32>>(&&shape, byBatch))

let private check64 case (x: float[]) (kernel: float[]) =
    let expected = twin 0.0 (fun a b c -> Math.FusedMultiplyAdd(a, b, c)) case x kernel |> Array.map bits64

    let read address count =
        let values: float[] = Array.zeroCreate count
        Marshal.Copy(address, values, 0, count)
        Array.map bits64 values

    let write xAddress kernelAddress =
        Marshal.Copy(x, 0, xAddress, x.Length)
        Marshal.Copy(kernel, 0, kernelAddress, kernel.Length)

    for byBatch in [ true; false ] do
        let at name run =
            compare case $"float64, {name}, by batch {byBatch}" (onGuarded case 8 write read run byBatch) expected

        if Vector512.IsHardwareAccelerated then
            at "512 bit" (fun shape ->
                let mutable shape = shape
                ConvolutionTeam.Run<Lanes512<float>>(&&shape, byBatch))

        if Vector256.IsHardwareAccelerated then
            at "256 bit" (fun shape ->
                let mutable shape = shape
                ConvolutionTeam.Run<Lanes256<float>>(&&shape, byBatch))

        at "one lane" (fun shape ->
            let mutable shape = shape
            ConvolutionTeam.Run<Lane<float>>(&&shape, byBatch))

/// With both layouts, both types and every width.
let private check special case =
    let x = random 1 special (Shape.stored "test" (inputShape case))
    let kernel = random 2 special (Shape.stored "test" (kernelShape case))
    check32 case (Array.map float32 x) (Array.map float32 kernel)
    check64 case x kernel

let private square batch channels outputs input kernel =
    { Batch = batch
      Groups = 1
      Channels = channels
      Outputs = outputs
      Input = [| input; input |]
      Kernel = [| kernel; kernel |]
      Conv = plain 2 }

let private padded low high case =
    { case with
        Conv =
            { case.Conv with
                Low = Array.create case.Input.Length low
                High = Array.create case.Input.Length high } }

[<Tests>]
let tests =
    testList
        "Kernels.Convolution"
        [ testCase "every number of examples and outputs from 0 to 70" (fun () ->
              for n in 0..70 do
                  let case = { square 1 2 3 3 2 with Input = [| 4 |]; Kernel = [| 2 |]; Conv = plain 1 }
                  check false (padded 1 0 { case with Batch = n; Outputs = 1 + n % 3 })
                  check false (padded 0 1 { case with Batch = 1 + n % 3; Outputs = n }))

          testCase "every length of input and kernel from 0 to 9" (fun () ->
              for input in 0..9 do
                  for kernel in 0..9 do
                      let case = { square 2 2 3 1 1 with Input = [| input |]; Kernel = [| kernel |]; Conv = plain 1 }
                      check false (padded (kernel % 4) (input % 3) case)
                      check false (padded -1 2 case))

          testCase "an empty kernel of many channels writes nothing outside the memory of a thread" (fun () ->
              try
                  ThreadScratch.Guard true

                  for kernel in [ [| 0; 2 |]; [| 2; 0 |]; [| 0; 0 |] ] do
                      for batch, outputs in [ 3, 20; 20, 3 ] do
                          check false { square batch 70 outputs 3 0 with Kernel = kernel }
              finally
                  ThreadScratch.Guard false)

          testCase "random settings on one, two and three axes" (fun () ->
              let random = System.Random 5

              for i in 1..150 do
                  let rank = 1 + i % 3
                  let each low high = Array.init rank (fun _ -> random.Next(low, high))

                  check
                      (i % 5 = 0)
                      { Batch = random.Next(1, 20)
                        Groups = random.Next(1, 3)
                        Channels = random.Next(1, 4)
                        Outputs = random.Next(1, 20)
                        Input = each 1 6
                        Kernel = each 1 4
                        Conv =
                          { Stride = each 1 4
                            Low = each -2 4
                            High = each -2 4
                            DilateInput = each 1 4
                            DilateKernel = each 1 4 } })

          testCase "channels and long kernels are summed in parts without another rounding" (fun () ->
              check false (padded 1 1 (square 3 70 5 4 3))
              check false (padded 1 1 { square 9 5 4 12 12 with Outputs = 3 })
              check false { square 2 0 3 4 2 with Channels = 0 })

          testCase "agrees with the evaluator up to rounding" (fun () ->
              let random = System.Random 6

              for i in 1..30 do
                  let each low high = Array.init 2 (fun _ -> random.Next(low, high))

                  let case =
                      { Batch = random.Next(1, 40)
                        Groups = 1 + i % 2
                        Channels = random.Next(1, 4)
                        Outputs = random.Next(1, 9)
                        Input = each 1 8
                        Kernel = each 1 4
                        Conv =
                          { Stride = each 1 3
                            Low = each -1 3
                            High = each -1 3
                            DilateInput = each 1 3
                            DilateKernel = each 1 3 } }

                  let made seed shape =
                      NdArray.OfFloats(
                          Float64,
                          shape,
                          Array.init (Shape.stored "test" shape) (fun j -> sin (float (seed + j)))
                      )
                  let x, kernel, shape = made i (inputShape case), made (2 * i) (kernelShape case), outputShape case
                  let expected = (EvaluateLinear.conv case.Conv shape x kernel).Floats
                  let got: float[] = Array.zeroCreate expected.Length
                  use xStart = fixed x.Floats
                  use kernelStart = fixed kernel.Floats
                  use target = fixed got

                  let shape =
                      Convolution.Shape(
                          inputShape case,
                          kernelShape case,
                          shape,
                          case.Conv.Stride,
                          case.Conv.Low,
                          case.Conv.DilateInput,
                          case.Conv.DilateKernel,
                          NativeInterop.NativePtr.toNativeInt xStart,
                          NativeInterop.NativePtr.toNativeInt kernelStart,
                          NativeInterop.NativePtr.toNativeInt target
                      )

                  Convolution.Run(ElementType.Float64, shape)

                  for j in 0 .. got.Length - 1 do
                      if not (abs (got[j] - expected[j]) <= 1e-13) then
                          failwith $"%A{case}: element {j} is {got[j]:R}, expected {expected[j]:R}")

          testList
              "the same bits on any number of threads and with any other examples in the batch"
              [ for threads in [ 1; 3 ] do
                    testCase $"{threads}" (fun () ->
                        let before = ThreadTeam.Threads
                        ThreadTeam.Threads <- threads

                        try
                            check false (padded 1 1 (square 67 6 9 6 3))
                            check false (padded 1 1 (square 3 6 67 9 3))
                        finally
                            ThreadTeam.Threads <- before) ] ]
