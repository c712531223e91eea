module NeuralDE.Tests.PhiloxTests

open Expecto
open NeuralDE.Tests
open NeuralDE.Internal.Engine

let private word (low: uint32) (high: uint32) = uint64 low ||| (uint64 high <<< 32)

let private known (counter: uint32[]) (key: uint32[]) (expected: uint32[]) =
    let made = Philox.block (int64 (word key[0] key[1])) (word counter[0] counter[1]) (word counter[2] counter[3])

    Expect.equal made.Lane0 (word expected[0] expected[1]) "made.Lane0"
    Expect.equal made.Lane1 (word expected[2] expected[3]) "made.Lane1"

[<Tests>]
let tests =
    testList
        "Engine.Philox"
        [
          // The three known answers published by Random123 for Philox4x32 with ten rounds.
          testCase "known answers" (fun () ->
              known (Array.zeroCreate 4) (Array.zeroCreate 2) [| 0x6627e8d5u; 0xe169c58du; 0xbc57ac4cu; 0x9b00dbd8u |]

              known
                  (Array.create 4 0xffffffffu)
                  (Array.create 2 0xffffffffu)
                  [| 0x408f276du; 0x41c83b0eu; 0xa20bc7c6u; 0x6d5451fdu |]

              known
                  [| 0x243f6a88u; 0x85a308d3u; 0x13198a2eu; 0x03707344u |]
                  [| 0xa4093822u; 0x299f31d0u |]
                  [| 0xd16cfe09u; 0x94fdccebu; 0x5001e420u; 0x24126ea1u |])

          testCase "elements are the lanes of consecutive blocks" (fun () ->
              for i in 0L .. 9L do
                  let made = Philox.block 42L (uint64 (i / 2L)) 0UL
                  Expect.equal (Philox.bits 42L i) (if i % 2L = 0L then made.Lane0 else made.Lane1) "Philox.bits 42L i")

          testCase "folding makes new keys, different from the drawn numbers" (fun () ->
              let keys =
                  [ for key in [ 0L; 1L; -1L ] do
                        for data in [ 0L; 1L; 2L; -1L; 1L <<< 32 ] -> Philox.foldKey key data ]

              let drawn = [ for i in 0L .. 9L -> int64 (Philox.bits 0L i) ]
              Expect.equal
                  ((List.distinct (keys @ drawn)).Length)
                  (keys.Length + drawn.Length)
                  "number of distinct keys and draws")

          testCase "uniform numbers are in [0, 1) and normal ones are finite at the ends" (fun () ->
              Expect.equal (Philox.uniform64 0UL) 0.0 "Philox.uniform64 0UL"
              Expect.equal
                  (Philox.uniform64 System.UInt64.MaxValue)
                  (1.0 - 0.5 ** 53)
                  "Philox.uniform64 System.UInt64.MaxValue"
              Expect.equal (Philox.uniform32 0UL) 0.0f "Philox.uniform32 0UL"
              Expect.equal
                  (Philox.uniform32 System.UInt64.MaxValue)
                  (1.0f - 0.5f ** 24.0f)
                  "Philox.uniform32 System.UInt64.MaxValue"
              Expect.equal
                  (Philox.normal System.UInt64.MaxValue)
                  (-(Philox.normal 0UL))
                  "Philox.normal System.UInt64.MaxValue"
              Expect.inRange (Philox.normal System.UInt64.MaxValue) (8.1, 8.3) "Philox.normal System.UInt64.MaxValue")

          testCase "moments of many draws" (fun () ->
              let n = 100000
              let bits = Array.init n (fun i -> Philox.bits 7L (int64 i))

              let moments f =
                  let values = Array.map f bits
                  let mean = Array.average values
                  mean, values |> Array.averageBy (fun v -> (v - mean) * (v - mean))

              let mean, variance = moments Philox.uniform64
              Expect.inRange mean (0.495, 0.505) "mean"
              Expect.inRange variance (1.0 / 12.0 - 0.001, 1.0 / 12.0 + 0.001) "variance"
              let mean, variance = moments Philox.normal
              Expect.inRange mean (-0.015, 0.015) "mean"
              Expect.inRange variance (0.98, 1.02) "variance") ]
