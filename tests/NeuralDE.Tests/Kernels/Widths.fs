namespace NeuralDE.Tests.Kernels

open System
open System.Runtime.InteropServices
open System.Runtime.Intrinsics
open NeuralDE.Kernels

/// An element-wise operation on floats with one width: op, parameter, three operands and whether they are single,
/// target, count.
type internal FloatRun =
    delegate of ElementOp * float * nativeint * bool * nativeint * bool * nativeint * bool * nativeint * int64 -> unit

/// The widths that this machine supports without emulation.
module internal Widths =
    let float32s =
        [ if Vector512.IsHardwareAccelerated then
              "Lanes512<float32>",
              FloatRun(fun o p a i b j c k t n -> FloatElements.Run<Lanes512<float32>>(o, p, a, i, b, j, c, k, t, n))
          if Vector256.IsHardwareAccelerated then
              "Lanes256<float32>",
              FloatRun(fun o p a i b j c k t n -> FloatElements.Run<Lanes256<float32>>(o, p, a, i, b, j, c, k, t, n))
          "Lane<float32>",
          FloatRun(fun o p a i b j c k t n -> FloatElements.Run<Lane<float32>>(o, p, a, i, b, j, c, k, t, n)) ]

    let float64s =
        [ if Vector512.IsHardwareAccelerated then
              "Lanes512<float>",
              FloatRun(fun o p a i b j c k t n -> FloatElements.Run<Lanes512<float>>(o, p, a, i, b, j, c, k, t, n))
          if Vector256.IsHardwareAccelerated then
              "Lanes256<float>",
              FloatRun(fun o p a i b j c k t n -> FloatElements.Run<Lanes256<float>>(o, p, a, i, b, j, c, k, t, n))
          "Lane<float>",
          FloatRun(fun o p a i b j c k t n -> FloatElements.Run<Lane<float>>(o, p, a, i, b, j, c, k, t, n)) ]

    /// The result of `use` with the addresses of arrays.
    let private pinned (arrays: Array list) (action: nativeint[] -> unit) =
        let pins = arrays |> List.map (fun a -> GCHandle.Alloc(a, GCHandleType.Pinned))

        try
            pins |> List.map (fun pin -> pin.AddrOfPinnedObject()) |> Array.ofList |> action
        finally
            for pin in pins do
                pin.Free()

    /// The results of the operation for all pairs x[i], y[i].
    let values (run: FloatRun) op parameter (x: 'T[]) (y: 'T[]) : 'T[] =
        let result: 'T[] = Array.zeroCreate x.Length

        pinned [ x; y; result ] (fun at ->
            run.Invoke(op, parameter, at[0], false, at[1], false, at[1], false, at[2], int64 x.Length))

        result

    /// The distance of a float32 from a value in units in the last place; 0 for two NaN and two equal infinities.
    let ulps32 (got: float32) (expected: float) =
        let rounded = float32 expected

        if Single.IsNaN got && Double.IsNaN expected || got = rounded && not (Single.IsFinite got) then
            0.0
        elif Single.IsFinite got && Single.IsFinite rounded then
            abs (float got - expected) / float (MathF.BitIncrement(abs rounded) - abs rounded)
        else
            infinity

    /// The distance of two float64; 0 for two NaN and two equal infinities.
    let ulps64 (got: float) (expected: float) =
        if Double.IsNaN got && Double.IsNaN expected || got = expected then
            0.0
        elif Double.IsFinite got && Double.IsFinite expected then
            abs (got - expected) / (Math.BitIncrement(abs expected) - abs expected)
        else
            infinity
