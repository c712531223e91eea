/// Examples of every primitive.
module internal NeuralDE.Tests.Laws.Registry

open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor
open NeuralDE.Tests.Laws.Example

// ── element by element ───────────────────────────────────────────────────────────────────────────────────────────
let private unaries: (Unary * (int list -> Source)) list =
    [ Neg, uniform -2.0 2.0
      Abs, signed 0.3 2.0
      Sign, signed 0.3 2.0
      Sqrt, uniform 0.3 3.0
      Exp, uniform -1.5 1.5
      Expm1, uniform -1.5 1.5
      Log, uniform 0.3 3.0
      Log1p, uniform -0.5 2.0
      Sin, uniform -3.0 3.0
      Cos, uniform -3.0 3.0
      Tan, uniform -1.0 1.0
      Asin, uniform -0.7 0.7
      Acos, uniform -0.7 0.7
      Atan, uniform -2.0 2.0
      Sinh, uniform -1.5 1.5
      Cosh, uniform -1.5 1.5
      Tanh, uniform -1.5 1.5
      Asinh, uniform -2.0 2.0
      Acosh, uniform 1.5 4.0
      Atanh, uniform -0.7 0.7
      Sigmoid, uniform -3.0 3.0
      Softplus, uniform -3.0 3.0
      Erf, uniform -1.5 1.5
      Erfinv, uniform -0.7 0.7
      Lgamma, uniform 0.7 4.0
      Polygamma 0, uniform 0.7 4.0
      Polygamma 1, uniform 0.7 4.0
      Polygamma 2, uniform 0.9 4.0
      Power 0.0, signed 0.3 2.0
      Power 1.0, signed 0.3 2.0
      Power 2.0, uniform -2.0 2.0
      Power 3.0, uniform -2.0 2.0
      Power -1.0, signed 0.5 2.0
      Power 0.5, uniform 0.3 2.0
      Power -1.5, uniform 0.5 2.0
      Floor, fractional
      Ceil, fractional
      Round, fractional ]

let private unaryExamples =
    [ for u, source in unaries do
          yield! both (primitive (Unary u) [ source [ 3; 2 ] ])
          yield primitive (Unary u) [ source [] ]
          yield primitive (Unary u) [ source [ 0; 2 ] ]

      for u in [ Neg; Abs; Sign ] do
          yield primitive (Unary u) [ integers Int32 -5 6 [ 4 ] ]

      yield primitive (Unary Not) [ flags [ 3; 2 ] ]
      yield primitive (Unary Not) [ flags [] ] ]

let private binaries: (Binary * (int list -> Source) * (int list -> Source)) list =
    [ Add, uniform -2.0 2.0, uniform -2.0 2.0
      Sub, uniform -2.0 2.0, uniform -2.0 2.0
      Mul, uniform -2.0 2.0, uniform -2.0 2.0
      Div, uniform -2.0 2.0, signed 0.5 2.0
      Pow, uniform 0.4 2.0, uniform -2.0 2.0
      Max, apart 0.0, apart 0.5
      Min, apart 0.0, apart 0.5
      Atan2, signed 0.4 2.0, signed 0.4 2.0
      Mod, signed 0.3 1.7, uniform 2.0 2.3 ]

let private broadcasts = [ [ 3; 1 ], [ 1; 4 ]; [ 2; 3 ], [ 2; 3 ]; [], [ 3 ]; [ 0; 2 ], [ 2 ]; [], [] ]

let private broadcasting op first second =
    example (Print.op (fun _ -> "") (Binary op)) [ caseName (Binary op) ] [ first; second ] (fun x ->
        [| Tensor.Binary(op, x[0], x[1]) |])

let private binaryExamples =
    [ for op, first, second in binaries do
          for a, b in broadcasts do
              yield broadcasting op (first a) (second b)

          yield inFloat32 (broadcasting op (first [ 3; 1 ]) (second [ 1; 4 ]))

      for op in [ Add; Sub; Mul; Max; Min; Mod; And; Or; Xor ] do
          yield broadcasting op (integers Int32 -5 6 [ 3; 1 ]) (integers Int32 1 6 [ 1; 2 ])

      for op in [ And; Or; Xor ] do
          yield broadcasting op (flags [ 3; 1 ]) (flags [ 2 ])

      yield broadcasting FoldKey (integers Int64 0 1000 [ 3 ]) (integers Int64 0 1000 [])
      yield broadcasting FoldKey (integers Int64 0 1000 []) (integers Int64 0 1000 []) ]

let private chosen =
    [ for kind in [ Equal; NotEqual; Less; LessEqual; Greater; GreaterEqual ] do
          let compared first second =
              example (lower (string kind)) [ caseName (Compare kind) ] [ first; second ] (fun x ->
                  [| Tensor.Compare(string kind, kind, x[0], x[1]) |])

          yield compared (apart 0.0 [ 3; 1 ]) (apart 0.5 [ 1; 4 ])
          yield compared (apart 0.0 []) (apart 0.5 [])
          yield compared (integers Int32 0 3 [ 5 ]) (integers Int32 0 3 [ 5 ])

      let select condition first second =
          example "select" [ "select" ] [ condition; first; second ] (fun x -> [| where x[0] x[1] x[2] |])

      yield! both (select (flags [ 3; 2 ]) (uniform -2.0 2.0 [ 3; 2 ]) (uniform -2.0 2.0 [ 3; 2 ]))
      yield select (flags [ 3; 1 ]) (uniform -2.0 2.0 [ 1; 4 ]) (uniform -2.0 2.0 [])
      yield select (flags []) (uniform -2.0 2.0 []) (uniform -2.0 2.0 [])
      yield select (flags [ 0; 2 ]) (uniform -2.0 2.0 [ 2 ]) (uniform -2.0 2.0 [ 0; 2 ])
      yield select (flags [ 4 ]) (integers Int64 0 9 [ 4 ]) (integers Int64 0 9 [ 4 ])

      let fused a b c =
          let source = uniform -2.0 2.0
          example "fma" [ "fma" ] [ source a; source b; source c ] (fun x -> [| fma x[0] x[1] x[2] |])

      yield! both (fused [ 3; 2 ] [ 3; 2 ] [ 3; 2 ])
      yield fused [ 3; 1 ] [ 1; 4 ] []
      yield fused [] [] []
      yield fused [ 0; 2 ] [ 2 ] [ 0; 2 ]

      let toAndFrom dtype source = example $"to {dtype}" [ "cast" ] [ source ] (fun x -> [| cast dtype x[0] |])

      yield { toAndFrom Float32 (uniform -2.0 2.0 [ 3; 2 ]) with Tolerance = 1e-2 }
      yield inFloat32 (toAndFrom Float64 (uniform -2.0 2.0 [ 3; 2 ]))
      yield toAndFrom Float64 (integers Int32 -3 4 [ 3 ])
      yield toAndFrom Int64 (fractional [ 3 ])
      yield toAndFrom Int32 (fractional [])
      yield toAndFrom Bool (signed 0.5 1.0 [ 0; 2 ]) ]

// ── along axes ───────────────────────────────────────────────────────────────────────────────────────────────────
let private alongAxes =
    let any = uniform -2.0 2.0

    [ for shape, axes in
          [ [ 3; 2 ], [ 0 ]
            [ 3; 2 ], [ 0; 1 ]
            [ 2; 3; 2 ], [ 1 ]
            [ 2; 3; 2 ], [ 0; 2 ]
            [ 0; 3 ], [ 0 ]
            [ 3; 0 ], [ 0 ]
            [ 2; 0 ], [ 0; 1 ]
            [], [] ] do
          yield primitive (Reduce(Sum, List.toArray axes)) [ any shape ]

      yield inFloat32 (primitive (Reduce(Sum, [| 1 |])) [ any [ 3; 2 ] ])
      yield primitive (Reduce(Sum, [| 0 |])) [ integers Int32 -3 4 [ 3; 2 ] ]

      for shape, axes in [ [ 3; 2 ], [ 0 ]; [ 3; 2 ], [ 0; 1 ]; [ 2; 3; 2 ], [ 0; 2 ]; [ 0; 3 ], [ 1 ]; [], [] ] do
          yield primitive (Reduce(Maximum, List.toArray axes)) [ apart 0.0 shape ]

      yield inFloat32 (primitive (Reduce(Maximum, [| 1 |])) [ apart 0.0 [ 3; 2 ] ])
      yield primitive (Reduce(Maximum, [| 0 |])) [ integers Int64 -3 4 [ 3; 2 ] ]

      for shape, axis in [ [ 3; 2 ], 0; [ 3; 2 ], 1; [ 0; 3 ], 1; [ 4 ], 0 ] do
          yield primitive (ArgMax axis) [ apart 0.0 shape ]
          yield primitive (ArgSort axis) [ apart 0.0 shape ]
          yield!
              both (
                  example $"sort axis {axis}" [ "argSort"; "gather" ] [ apart 0.0 shape ] (fun x ->
                      [| sort axis x[0] |])
              )

          for reverse in [ false; true ] do
              yield primitive (CumSum(axis, reverse)) [ any shape ]

      yield inFloat32 (primitive (CumSum(1, true)) [ any [ 2; 3 ] ])
      yield primitive (CumSum(1, false)) [ any [ 2; 0 ] ]
      yield primitive (CumSum(0, false)) [ integers Int32 -3 4 [ 4 ] ]

      for right in [ false; true ] do
          for sorted, values in [ [ 5 ], [ 3 ]; [ 2; 4 ], [ 2; 3 ]; [ 0 ], [ 2 ]; [ 3 ], [ 0 ] ] do
              yield primitive (SearchSorted right) [ rising sorted; fractional values ] ]

// ── movement ─────────────────────────────────────────────────────────────────────────────────────────────────────
let private slice start stop step = Op.Slice { Start = start; Stop = stop; Step = step }
let private pad low high interior = Op.Pad { Low = low; High = high; Interior = interior }

let private movement =
    let any = uniform -2.0 2.0

    [ for op, shape in
          [ Reshape [| 3; 2 |], [ 2; 3 ]
            Reshape [| 1; 1 |], []
            Reshape [||], [ 1 ]
            Reshape [| 4; 0 |], [ 0; 2 ]
            Permute [| 2; 0; 1 |], [ 2; 3; 4 ]
            Permute [| 1; 0 |], [ 0; 3 ]
            Permute [||], []
            Broadcast([| 2; 3 |], [| 1 |]), [ 3 ]
            Broadcast([| 2; 3; 2 |], [| 0; 2 |]), [ 2; 2 ]
            Broadcast([| 2; 2 |], [||]), []
            Broadcast([| 2; 0 |], [| 1 |]), [ 0 ]
            Broadcast([| 0; 3 |], [| 1 |]), [ 3 ]
            slice [| 1; 0 |] [| 3; 4 |] [| 1; 2 |], [ 3; 4 ]
            slice [| 1 |] [| 6 |] [| 3 |], [ 7 ]
            slice [| 2; 0 |] [| 2; 3 |] [| 1; 1 |], [ 3; 3 ]
            slice [| 0 |] [| 0 |] [| 1 |], [ 0 ]
            pad [| 1; 0 |] [| 0; 2 |] [| 0; 1 |], [ 2; 3 ]
            pad [| 1 |] [| 1 |] [| 2 |], [ 0 ]
            pad [| 0 |] [| 0 |] [| 2 |], [ 1 ]
            Reverse [| 0 |], [ 3 ]
            Reverse [| 0; 2 |], [ 2; 3; 2 ]
            Reverse [| 1 |], [ 2; 0 ] ] do
          yield primitive op [ any shape ]

      for op in [ Reshape [| 3; 2 |]; Permute [| 1; 0 |]; Reverse [| 1 |]; slice [| 0; 1 |] [| 2; 3 |] [| 1; 1 |] ] do
          yield inFloat32 (primitive op [ any [ 2; 3 ] ])
          yield primitive op [ flags [ 2; 3 ] ]

      yield primitive (Broadcast([| 2; 2 |], [| 1 |])) [ flags [ 2 ] ]
      yield primitive (pad [| 1 |] [| 0 |] [| 1 |]) [ flags [ 2 ] ]

      for axis, shapes in
          [ 0, [ [ 2; 2 ]; [ 1; 2 ] ]
            1, [ [ 2; 1 ]; [ 2; 3 ]; [ 2; 2 ] ]
            0, [ [ 0 ]; [ 3 ] ]
            0, [ [ 2 ] ]
            1, [ [ 0; 2 ]; [ 0; 1 ] ] ] do
          yield primitive (Concat axis) (shapes |> List.map any)

      yield inFloat32 (primitive (Concat 0) [ any [ 2 ]; any [ 3 ] ])
      yield primitive (Concat 0) [ integers Int32 0 9 [ 2 ]; integers Int32 0 9 [ 1 ] ]

      // gather clamps indices out of range, scatter ignores them
      for batch, operand, indices in
          [ 0, [ 4 ], [ 3 ]; 0, [ 3; 2 ], [ 5 ]; 1, [ 2; 3 ], [ 2; 2 ]; 1, [ 2; 3; 2 ], [ 2; 4 ]; 0, [ 3 ], [ 0 ] ] do
          for dtype in [ Int32; Int64 ] do
              yield primitive (Gather batch) [ any operand; integers dtype -2 6 indices ]

          let updates = List.concat [ List.take batch operand; [ List.last indices ]; List.skip (batch + 1) operand ]

          yield primitive (Scatter(ScatterAdd, batch)) [ any operand; integers Int64 -2 6 indices; any updates ]
          yield primitive (Scatter(ScatterSet, batch)) [ any operand; integers Int32 -2 6 indices; any updates ]

          yield
              primitive
                  (Scatter(ScatterMax, batch))
                  [ apart 0.0 operand; integers Int64 -2 6 indices; apart 0.5 updates ]

      yield primitive (Gather 0) [ any [ 0; 2 ]; integers Int64 0 1 [ 0 ] ]

      for kind in [ ScatterAdd; ScatterSet; ScatterMax ] do
          yield primitive (Scatter(kind, 0)) [ any [ 0 ]; integers Int64 0 1 [ 2 ]; any [ 2 ] ]
          yield primitive (Scatter(kind, 0)) [ any [ 2; 0 ]; integers Int64 0 1 [ 2 ]; any [ 2; 0 ] ]
          yield primitive (Scatter(kind, 1)) [ any [ 2; 0; 2 ]; integers Int64 0 1 [ 2; 1 ]; any [ 2; 1; 2 ] ]

      yield inFloat32 (primitive (Gather 0) [ any [ 4; 2 ]; integers Int64 0 4 [ 3 ] ])
      yield primitive (Gather 0) [ flags [ 4 ]; integers Int64 0 4 [ 3 ] ]

      for kind in [ ScatterAdd; ScatterSet; ScatterMax ] do
          yield
              inFloat32 (
                  primitive (Scatter(kind, 0)) [ apart 0.0 [ 3; 2 ]; integers Int64 0 3 [ 2 ]; apart 0.5 [ 2; 2 ] ]
              ) ]

// ── contractions ─────────────────────────────────────────────────────────────────────────────────────────────────
let private conv stride low high dilateInput dilateKernel =
    Op.Conv { Stride = stride; Low = low; High = high; DilateInput = dilateInput; DilateKernel = dilateKernel }

let private contractions =
    let any = uniform -1.5 1.5

    [ for a, b in
          [ [ 2; 3 ], [ 3; 2 ]
            [ 1; 1 ], [ 1; 1 ]
            [ 2; 2; 3 ], [ 2; 3; 1 ]
            [ 2; 1; 2; 2 ], [ 2; 1; 2; 3 ]
            [ 2; 0 ], [ 0; 3 ]
            [ 0; 3 ], [ 3; 2 ]
            [ 0; 1; 2 ], [ 0; 2; 1 ] ] do
          yield primitive Dot [ any a; any b ]

      yield inFloat32 (primitive Dot [ any [ 2; 3 ]; any [ 3; 2 ] ])
      yield primitive Dot [ integers Int32 -3 4 [ 2; 3 ]; integers Int32 -3 4 [ 3; 2 ] ]

      let line stride low high dilateInput dilateKernel =
          conv [| stride |] [| low |] [| high |] [| dilateInput |] [| dilateKernel |]

      for op, x, kernel in
          [ line 1 0 0 1 1, [ 1; 1; 1; 5 ], [ 1; 1; 1; 3 ]
            line 1 1 1 1 1, [ 2; 1; 2; 4 ], [ 1; 2; 2; 3 ]
            line 2 1 0 1 1, [ 1; 1; 2; 6 ], [ 1; 1; 2; 3 ]
            line 2 0 0 1 1, [ 1; 1; 1; 6 ], [ 1; 1; 1; 3 ]
            line 3 2 1 1 2, [ 1; 1; 1; 7 ], [ 1; 2; 1; 2 ]
            line 1 0 0 2 1, [ 1; 1; 1; 4 ], [ 1; 1; 1; 3 ]
            line 2 1 2 3 2, [ 1; 1; 1; 3 ], [ 1; 1; 1; 3 ]
            line 1 -1 -1 1 1, [ 1; 1; 1; 6 ], [ 1; 1; 1; 2 ]
            line 2 -1 1 1 1, [ 1; 1; 1; 6 ], [ 1; 1; 1; 2 ]
            line 1 0 0 1 1, [ 1; 1; 1; 2 ], [ 1; 1; 1; 3 ]
            line 1 1 1 1 1, [ 1; 2; 1; 4 ], [ 2; 2; 1; 3 ]
            line 2 1 1 1 2, [ 2; 2; 2; 5 ], [ 2; 1; 2; 2 ]
            line 1 1 1 1 1, [ 0; 1; 1; 3 ], [ 1; 1; 1; 2 ]
            line 1 2 2 1 1, [ 1; 1; 1; 0 ], [ 1; 1; 1; 2 ]
            line 1 0 0 1 1, [ 1; 1; 0; 3 ], [ 1; 2; 0; 2 ]
            conv [| 1; 2 |] [| 1; 0 |] [| 0; 1 |] [| 1; 2 |] [| 2; 1 |], [ 1; 1; 1; 4; 3 ], [ 1; 1; 1; 2; 2 ]
            conv [| 2; 1 |] [| 0; -1 |] [| 1; 0 |] [| 1; 1 |] [| 1; 1 |], [ 1; 2; 1; 4; 3 ], [ 2; 1; 1; 3; 2 ] ] do
          yield primitive op [ any x; any kernel ]

      yield inFloat32 (primitive (line 2 1 1 1 1) [ any [ 1; 1; 2; 5 ]; any [ 1; 2; 2; 3 ] ])

      for inverse in [ false; true ] do
          for shape in [ [ 4; 2 ]; [ 2; 3; 2 ]; [ 1; 2 ]; [ 5; 2 ]; [ 0; 3; 2 ] ] do
              yield primitive (Fft inverse) [ any shape ]

          yield inFloat32 (primitive (Fft inverse) [ any [ 6; 2 ] ]) ]

// ── linear algebra ───────────────────────────────────────────────────────────────────────────────────────────────
let private linear =
    let matrices = [ [ 3; 3 ]; [ 2; 2; 2 ]; [ 1; 1 ]; [ 0; 2; 2 ]; [ 0; 0 ] ]

    [ for shape in matrices do
          yield primitive Cholesky [ dominant 4.0 shape ]
          yield primitive Lu [ dominant 3.0 shape ]
          yield primitive Pivots [ apart 0.0 shape ]

      yield inFloat32 (primitive Cholesky [ dominant 4.0 [ 3; 3 ] ])
      yield inFloat32 (primitive Lu [ dominant 3.0 [ 3; 3 ] ])

      for isLower in [ false; true ] do
          for isTransposed in [ false; true ] do
              for isUnit in [ false; true ] do
                  let op = TriangularSolve(isLower, isTransposed, isUnit)

                  for batch in [ []; [ 2 ]; [ 0 ] ] do
                      yield primitive op [ dominant 2.5 (batch @ [ 3; 3 ]); uniform -2.0 2.0 (batch @ [ 3; 2 ]) ]

                  yield primitive op [ dominant 2.5 [ 2; 2 ]; uniform -2.0 2.0 [ 2; 0 ] ]
                  yield inFloat32 (primitive op [ dominant 2.5 [ 3; 3 ]; uniform -2.0 2.0 [ 3; 1 ] ])

      yield
          example "solve" [ "pivots"; "lu"; "gather" ] [ apart 0.3 [ 2; 2 ]; uniform -2.0 2.0 [ 2; 1 ] ] (fun x ->
              [| solve x[0] x[1] |]) ]

// ── leaves, random numbers, the trace ────────────────────────────────────────────────────────────────────────────
let private others =
    let keys = integers Int64 0 1000000
    let check: Check = { Look = (fun _ -> ValueNone); Flagged = false }

    [ yield example "constant" [ "constant 3" ] [ uniform -2.0 2.0 [ 3 ] ] (fun x -> [| Prim.times 3.0 x[0] |])
      yield
          example "constant alone" [ "constant 3" ] [ uniform -2.0 2.0 [ 3 ] ] (fun x ->
              [| Prim.fill x[0].Dtype [| 2 |] 3.0 |])

      for axis in [ 0; 1 ] do
          yield
              example $"iota axis {axis}" [ $"iota axis {axis}" ] [ uniform -2.0 2.0 [ 3; 2 ] ] (fun x ->
                  [| Prim.iota x[0].Dtype [| 3; 2 |] axis * x[0] |])

      for shape in [ []; [ 3 ]; [ 0 ] ] do
          for kind, dtype in [ Uniform, Float64; Uniform, Float32; Normal, Float64; Normal, Float32; Bits, Int64 ] do
              yield
                  { primitive (Random(kind, { Dtype = dtype; Shape = [| 2; 2 |] })) [ keys shape ] with
                      Name = $"{lower (string kind)} {dtype} | {Shape.text (List.toArray shape)}" }

      // a step function, so that the differences agree
      yield!
          both (
              example "stopGradient" [ "stopGradient" ] [ fractional [ 3 ] ] (fun x ->
                  [| Prim.stop (floor x[0]) * x[0] |])
          )
      yield primitive (Check check) [ uniform -2.0 2.0 [ 3 ]; uniform -2.0 2.0 [] ]
      yield primitive (Check check) [ uniform -2.0 2.0 [ 0 ]; flags [ 2 ] ] ]

let primitives =
    List.concat [ unaryExamples; binaryExamples; chosen; alongAxes; movement; contractions; linear; others ]
