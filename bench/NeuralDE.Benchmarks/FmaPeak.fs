/// How fast this machine multiplies and adds: chains of fused multiply-adds in registers.
module NeuralDE.Benchmarks.FmaPeak

#nowarn "9" // native pointers

open System.Runtime.CompilerServices
open System.Runtime.Intrinsics
open NeuralDE.Kernels

/// Chains at once: more than a unit takes to answer, times two units.
let private chains = 12

[<MethodImpl(MethodImplOptions.NoInlining)>]
let private run<'S when 'S: struct and 'S :> IVector<'S>> (rounds: int) : float =
    let a, b = 'S.Of 0.999, 'S.Of 1e-3
    let mutable x0 = 'S.Of 1.0
    let mutable x1 = 'S.Of 1.1
    let mutable x2 = 'S.Of 1.2
    let mutable x3 = 'S.Of 1.3
    let mutable x4 = 'S.Of 1.4
    let mutable x5 = 'S.Of 1.5
    let mutable x6 = 'S.Of 1.6
    let mutable x7 = 'S.Of 1.7
    let mutable x8 = 'S.Of 1.8
    let mutable x9 = 'S.Of 1.9
    let mutable x10 = 'S.Of 2.0
    let mutable x11 = 'S.Of 2.1

    for _ in 1..rounds do
        x0 <- 'S.Fma(x0, a, b)
        x1 <- 'S.Fma(x1, a, b)
        x2 <- 'S.Fma(x2, a, b)
        x3 <- 'S.Fma(x3, a, b)
        x4 <- 'S.Fma(x4, a, b)
        x5 <- 'S.Fma(x5, a, b)
        x6 <- 'S.Fma(x6, a, b)
        x7 <- 'S.Fma(x7, a, b)
        x8 <- 'S.Fma(x8, a, b)
        x9 <- 'S.Fma(x9, a, b)
        x10 <- 'S.Fma(x10, a, b)
        x11 <- 'S.Fma(x11, a, b)

    // no call while the chains are alive: it would keep them out of registers
    let first = 'S.Fma('S.Fma('S.Fma(x0, x1, x2), x3, x4), x5, x6)
    'S.First('S.Fma('S.Fma('S.Fma(first, x7, x8), x9, x10), a, x11))

let private roundsFor<'S when 'S: struct and 'S :> IVector<'S>> (products: int64) =
    int (products / int64 (chains * 'S.Count))

/// So many multiply-adds of float32 or float64, on the widest vectors of the machine.
let call (isFloat32: bool) (products: int64) : unit -> float =
    let made (rounds: int) (run: int -> float) () = run rounds

    if Vector512.IsHardwareAccelerated then
        if isFloat32 then
            made (roundsFor<Lanes512<float32>> products) run<Lanes512<float32>>
        else
            made (roundsFor<Lanes512<float>> products) run<Lanes512<float>>
    elif Vector256.IsHardwareAccelerated then
        if isFloat32 then
            made (roundsFor<Lanes256<float32>> products) run<Lanes256<float32>>
        else
            made (roundsFor<Lanes256<float>> products) run<Lanes256<float>>
    elif isFloat32 then
        made (roundsFor<Lane<float32>> products) run<Lane<float32>>
    else
        made (roundsFor<Lane<float>> products) run<Lane<float>>
