module NeuralDE.Tests.SpecialTests

open System
open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Internal.Graph

let private infinity = Double.PositiveInfinity
let private nan = Double.NaN

/// The distance in units in the last place of b.
let private ulps (a: float) (b: float) = if a.Equals b then 0.0 else abs (a - b) / (Math.BitIncrement(abs b) - abs b)

/// Values computed with 50 digits and rounded.
let private table (f: float -> float) limit (values: (float * float) list) =
    for x, expected in values do
        let got = f x
        Expect.isTrue (ulps got expected <= limit) $"at {x}: got {got:R}, expected {expected:R}"

/// The same value, including the sign of zero and NaN.
let private exactly (f: float -> float) (values: (float * float) list) =
    for x, expected in values do
        let got = f x

        let same =
            Double.IsNaN got && Double.IsNaN expected
            || BitConverter.DoubleToInt64Bits got = BitConverter.DoubleToInt64Bits expected

        Expect.isTrue same $"at {x}: got {got:R}, expected {expected:R}"

[<Tests>]
let tests =
    testList
        "Engine.Special"
        [ testCase "expm1 and log1p keep their digits near 0" (fun () ->
              table
                  Special.expm1
                  2.0
                  [ 1e-20, 1e-20
                    1e-5, 1.0000050000166668e-05
                    0.1, 0.10517091807564763
                    0.5, 0.6487212707001282
                    1.0, 1.7182818284590453
                    -0.3, -0.2591817793182821
                    -1.0, -0.6321205588285577
                    -40.0, -1.0
                    700.0, 1.0142320547350045e+304 ]

              exactly Special.expm1 [ 0.0, 0.0; -0.0, -0.0; infinity, infinity; -infinity, -1.0; nan, nan ]

              table
                  Special.log1p
                  1.0
                  [ 1e-20, 1e-20
                    1e-5, 9.999950000333332e-06
                    0.1, 0.09531017980432487
                    0.5, 0.4054651081081644
                    1.0, 0.6931471805599453
                    1e10, 23.025850930040455
                    -0.3, -0.35667494393873234
                    -0.999, -6.907755278982136 ]

              exactly Special.log1p [ 0.0, 0.0; -0.0, -0.0; infinity, infinity; -1.0, -infinity; -2.0, nan; nan, nan ])

          testCase "sigmoid and softplus do not overflow" (fun () ->
              table
                  Special.sigmoid
                  2.0
                  [ 0.0, 0.5
                    0.5, 0.6224593312018546
                    1.0, 0.7310585786300049
                    40.0, 1.0
                    -1.0, 0.2689414213699951
                    -40.0, 4.248354255291589e-18
                    -700.0, 9.85967654375977e-305 ]

              exactly Special.sigmoid [ infinity, 1.0; -infinity, 0.0; nan, nan ]

              table
                  Special.softplus
                  2.0
                  [ 0.0, 0.6931471805599453
                    0.5, 0.9740769841801067
                    1.0, 1.3132616875182228
                    40.0, 40.0
                    1000.0, 1000.0
                    -1.0, 0.3132616875182228
                    -40.0, 4.248354255291589e-18
                    -700.0, 9.85967654375977e-305 ]

              exactly Special.softplus [ infinity, infinity; -infinity, 0.0; nan, nan ])

          testCase "erf and erfinv" (fun () ->
              table
                  Special.erf
                  1.0
                  [ 1e-10, 1.1283791670955126e-10
                    0.1, 0.1124629160182849
                    0.5, 0.5204998778130465
                    1.0, 0.8427007929497149
                    2.0, 0.9953222650189527
                    3.5, 0.9999992569016276
                    -0.5, -0.5204998778130465
                    -1.5, -0.9661051464753108 ]

              exactly Special.erf [ 0.0, 0.0; -0.0, -0.0; infinity, 1.0; -infinity, -1.0; nan, nan ]

              table
                  Special.erfinv
                  2.0
                  [ 1e-10, 8.862269254527581e-11
                    0.1, 0.08885599049425769
                    0.5, 0.4769362762044699
                    0.9, 1.1630871536766743
                    0.999, 2.3267537655135246
                    -0.5, -0.4769362762044699 ]

              exactly
                  Special.erfinv
                  [ 0.0, 0.0; -0.0, -0.0; 1.0, infinity; -1.0, -infinity; 1.5, nan; -1.5, nan; nan, nan ])

          testCase "lgamma on both sides of 0" (fun () ->
              table
                  Special.lgamma
                  4.0
                  [ 1e-200, 460.51701859880916
                    1e-3, 6.907178885383853
                    0.1, 2.252712651734206
                    0.5, 0.5723649429247001
                    0.9, 0.06637623973474295
                    1.2, -0.08537409000331583
                    1.5, -0.12078223763524522
                    2.7, 0.4348205536551047
                    3.0, 0.6931471805599453
                    9.5, 11.689333420797269
                    10.5, 13.940625219403763
                    100.0, 359.1342053695754
                    1e6, 12815504.569147611
                    -1e-200, 460.51701859880916
                    -0.1, 2.3689613327287886
                    -0.5, 1.2655121234846454
                    -1.5, 0.860047015376481
                    -3.7, -1.3797399049658245
                    -20.2, -41.26457001936857 ]

              exactly
                  Special.lgamma
                  [ 1.0, 0.0
                    2.0, 0.0
                    0.0, infinity
                    -0.0, infinity
                    -1.0, infinity
                    -7.0, infinity
                    infinity, infinity
                    -infinity, infinity
                    1e306, infinity
                    nan, nan ])

          testCase "lgamma is continuous where its formulas meet" (fun () ->
              for seam in [ 0.5; 1.5; 2.5; 10.0; -0.5 ] do
                  let below, above = Special.lgamma (Math.BitDecrement seam), Special.lgamma seam
                  Expect.isTrue (abs (below - above) <= 1e-14 * max 1.0 (abs above)) $"at {seam}: {below:R}, {above:R}")

          testCase "digamma and its derivatives" (fun () ->
              table
                  (Special.polygamma 0)
                  4.0
                  [ 1e-3, -1000.5755719318103
                    0.1, -10.423754940411076
                    0.5, -1.9635100260214235
                    1.0, -0.5772156649015329
                    2.0, 0.42278433509846713
                    9.5, 2.1977378764029494
                    10.5, 2.3030010342976865
                    100.0, 4.600161852738087
                    -0.1, 9.245073050052948
                    -1.5, 0.7031566406452432
                    -3.7, -0.8450768588704194 ]

              table
                  (Special.polygamma 1)
                  4.0
                  [ 0.1, 101.43329915079275
                    0.5, 4.934802200544679
                    1.0, Math.PI * Math.PI / 6.0
                    9.5, 0.11099728846909904
                    100.0, 0.010050166663333571
                    1e200, 1e-200
                    -0.5, 8.934802200544679
                    -3.7, 14.84242186412428 ]

              table
                  (Special.polygamma 2)
                  5.0
                  [ 0.1, -2001.8614573783436
                    0.5, -16.82879664423432
                    1.0, -2.4041138063191885
                    9.5, -0.012307845807709338
                    100.0, -0.00010100499983335 ]

              table
                  (Special.polygamma 3)
                  10.0
                  [ 0.1, 60004.51287679026
                    0.5, 97.40909103400244
                    1.0, 6.493939402266829
                    9.5, 0.0027267288350372493
                    100.0, 2.030199990001333e-06
                    -0.5, 193.40909103400244
                    -3.7, 768.994649440866 ]

              table
                  (Special.polygamma 9)
                  12.0
                  [ 0.1, 3628800000140126.0; 1.0, 363240.91142238263; 100.0, 4.216463335008115e-14 ])

          testCase "polygamma at its poles and at infinity" (fun () ->
              exactly
                  (Special.polygamma 0)
                  [ 0.0, -infinity; -0.0, infinity; -1.0, nan; infinity, infinity; -infinity, nan; nan, nan ]

              exactly
                  (Special.polygamma 1)
                  [ 0.0, infinity; -0.0, infinity; -1.0, infinity; infinity, 0.0; -infinity, nan; nan, nan ]

              exactly (Special.polygamma 2) [ 0.0, -infinity; -0.0, infinity; -1.0, nan; infinity, 0.0; nan, nan ]
              Expect.thrown<GraphException>(fun () -> Special.polygamma -1 |> ignore) |> ignore)

          testCase "polygamma satisfies its recurrence" (fun () ->
              for n in 0..6 do
                  for x in [ 0.3; 1.7; 4.2; 14.6; 33.3; -0.4; -2.6; -17.3 ] do
                      let f = Special.polygamma n
                      let step =
                          (if n % 2 = 0 then 1.0 else -1.0) * exp (Special.lgamma (float n + 1.0)) / x ** float (n + 1)
                      let scale = max 1.0 (max (abs (f x)) (abs step))
                      Expect.isTrue (abs (f (x + 1.0) - f x - step) <= 2e-14 * scale) $"ψ of order {n} at {x}")

          testCase "powers" (fun () ->
              for a in -9 .. 9 do
                  for x in [ 0.7; 1.3; -2.1; 10.0 ] do
                      let expected = Math.Pow(x, float a)
                      Expect.isTrue (ulps (Special.power (float a) x) expected <= 6.0) $"{x} to the power {a}"

              Expect.equal (Special.power 2.0 1.3) (1.3 * 1.3) "Special.power 2.0 1.3"
              Expect.equal
                  (Special.power 7.0 1.3)
                  (1.3 * (1.3 * 1.3) * (1.3 * 1.3 * (1.3 * 1.3)))
                  "Special.power 7.0 1.3"
              Expect.equal (Special.power -1.0 1.3) (1.0 / 1.3) "Special.power -1.0 1.3"
              exactly (Special.power 0.0) [ nan, 1.0; 0.0, 1.0; infinity, 1.0 ]
              exactly (Special.power 3.0) [ -0.0, -0.0; -infinity, -infinity; nan, nan ]
              exactly (Special.power -1.0) [ 0.0, infinity; -0.0, -infinity; infinity, 0.0 ]
              exactly (Special.power 0.5) [ 4.0, 2.0; -1.0, nan ])

          testCase "the quantile of the normal distribution" (fun () ->
              table
                  Special.normalQuantile
                  4.0
                  [ 1e-16, -8.222082216130435
                    1e-9, -5.9978070150076865
                    0.001, -3.0902323061678136
                    0.025, -1.9599639845400543
                    0.1, -1.2815515655446004
                    0.3, -0.5244005127080408
                    0.5, 0.0
                    0.8, 0.8416212335729144
                    0.975, 1.9599639845400538
                    0.999999, 4.753424308817087 ]

              exactly Special.normalQuantile [ 0.0, -infinity; 1.0, infinity; -0.1, nan; 1.1, nan; nan, nan ]) ]
