/// Linear algebra with singular matrices, and the matrix exponential at the ends of its range: right, or refused, or
/// not finite, as documented.
module NeuralDE.Tests.SingularTests

open System
open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Tests.Expected

// ── determinants ─────────────────────────────────────────────────────────────────────────────────────────────────
/// The determinant of rows by Laplace's expansion, and the matrix of cofactors: slow and exact for small integers.
let rec private laplace (rows: float list list) : float =
    match rows with
    | [] -> 1.0
    | first :: rest ->
        first
        |> List.mapi (fun j v -> (if j % 2 = 0 then v else -v) * laplace (List.map (List.removeAt j) rest))
        |> List.sum

let private cofactors (rows: float list list) =
    [ for i in 0 .. rows.Length - 1 do
          for j in 0 .. rows.Length - 1 ->
              (if (i + j) % 2 = 0 then 1.0 else -1.0) * laplace (List.removeAt i rows |> List.map (List.removeAt j)) ]

let private matrices: float list list list =
    let rank rank n = // integers: a product of n × rank and rank × n
        let entry a b c = float ((7 * a + 3 * b * b + 5 * c) % 5 - 2)

        [ for i in 0 .. n - 1 ->
              [ for j in 0 .. n - 1 -> List.sum [ for k in 0 .. rank - 1 -> entry i k 1 * entry j k 2 ] ] ]

    [ [ [ 0.0 ] ]
      [ [ 3.0 ] ]
      [ [ 1.0; 2.0 ]; [ 2.0; 4.0 ] ]
      [ [ 1.0; 2.0 ]; [ 3.0; 4.0 ] ]
      [ [ 0.0; 0.0 ]; [ 0.0; 0.0 ] ]
      [ [ 0.0; 1.0 ]; [ 0.0; 0.0 ] ]
      [ [ 1.0; 2.0; 3.0 ]; [ 4.0; 5.0; 6.0 ]; [ 7.0; 8.0; 9.0 ] ]
      [ [ 0.0; 0.0; 0.0 ]; [ 0.0; 1.0; 2.0 ]; [ 0.0; 3.0; 4.0 ] ]
      [ [ 1.0; 2.0; 3.0; 4.0 ]; [ 2.0; 4.0; 6.0; 8.0 ]; [ 0.0; 1.0; 5.0; 2.0 ]; [ 1.0; 0.0; 1.0; 3.0 ] ]
      [ [ 0.0; 0.0; 0.0; 0.0 ]; [ 0.0; 1.0; 2.0; 5.0 ]; [ 0.0; 3.0; 4.0; 1.0 ]; [ 1.0; 2.0; 3.0; 9.0 ] ]
      [ [ 2.0; 0.0; 0.0; 1.0 ]; [ 0.0; 0.0; 3.0; 0.0 ]; [ 0.0; 0.0; 1.0; 0.0 ]; [ 1.0; 0.0; 2.0; 5.0 ] ]
      rank 4 5
      rank 3 5
      rank 5 5
      rank 5 6 ]

// ── the exponential ──────────────────────────────────────────────────────────────────────────────────────────────
/// Inputs of one shape, eagerly and compiled.
let private expmIs tolerance (a: float list list) (expected: float list list) =
    let n = a.Length

    for run in [ expm; compile expm; (fun a -> (vmap expm (stack [ a; a ]))[1]) ] do
        close tolerance [ n; n ] (List.concat expected) (run (tensor a))

[<Tests>]
let tests =
    testList
        "Tensor.Singular"
        [ testCase "the gradient of a determinant is the matrix of cofactors, singular or not" (fun () ->
              for rows in matrices do
                  let a, n = tensor rows, rows.Length
                  let expected = cofactors rows
                  close 1e-12 [ n; n ] expected (grad det a)
                  close 1e-12 [ n; n ] expected (compile (grad det) a)
                  close 1e-12 [] [ laplace rows ] (compile det a)
                  close 1e-12 [ 2; n; n ] (expected @ expected) (vmap (grad det) (stack [ a; a ]))
                  close 1e-12 [ 2; n; n ] (expected @ expected) (grad (fun a -> sum (det a)) (stack [ a; a ]))
                  let v = noise 3 [ n; n ]
                  let along = Array.map2 (*) (List.toArray expected) (v.ToArray()) |> Array.sum
                  close 1e-11 [] [ along ] (snd (jvp det a v))
                  // in a batch with a regular matrix
                  let mixed = grad (fun a -> sum (det a)) (stack [ a; eye n ])
                  close 1e-12 [ n; n ] expected mixed[0]
                  close 1e-12 [ n; n ] ((eye n).ToArray()) mixed[1])

          testCase "the determinant of a singular matrix and its sign are 0, not −0" (fun () ->
              for rows in matrices |> List.filter (fun rows -> laplace rows = 0.0) do
                  for a in [ tensor rows; cast Float32 (tensor rows); -(tensor rows) ] do
                      for run in [ det; compile det; slogdet >> fst; compile (slogdet >> fst) ] do
                          let d = float (run a)
                          if d = 0.0 then Expect.isFalse (Double.IsNegative d) "a sign of 0")

          testCase "second derivatives of a determinant exist for singular matrices up to three rows" (fun () ->
              for rows in matrices |> List.filter (fun rows -> rows.Length <= 3) do
                  let a, n = tensor rows, rows.Length
                  // det is of degree one in every entry: a difference of step 1 is exact
                  let difference =
                      [ for i in 0 .. n - 1 do
                            for j in 0 .. n - 1 do
                                let moved =
                                    rows
                                    |> List.mapi (fun r row ->
                                        row |> List.mapi (fun c v -> if (r, c) = (i, j) then v + 1.0 else v))

                                yield! List.map2 (-) (cofactors moved) (cofactors rows) ]

                  close 1e-12 [ n; n; n; n ] difference (hessian det a))

          testCase
              "second derivatives of a larger determinant are right at regular matrices and not finite at singular ones"
              (fun () ->
                  let a = noise 5 [ 4; 4 ] + 3.0 * eye 4
                  let v = noise 6 [ 4; 4 ]
                  let h = 1e-5
                  let slope (t: float) = grad det (a + t * v)
                  like 1e-6 ((slope h - slope -h) / (2.0 * h)) (hvp det a v)
                  let singular = tensor matrices[8]
                  Expect.exists
                      ((hvp det singular (ones [ 4; 4 ])).ToArray())
                      (fun x -> not (Double.IsFinite x))
                      "second derivative at a singular matrix")

          testCase "the logarithm of a singular determinant is −∞ and has no finite derivative" (fun () ->
              let a = tensor [ [ 1.0; 2.0 ]; [ 2.0; 4.0 ] ]
              holds [] [ -infinity ] (logdet a)
              let sign, magnitude = slogdet a
              holds [] [ 0.0 ] sign
              holds [] [ -infinity ] magnitude
              Expect.exists ((grad logdet a).ToArray()) (fun x -> not (Double.IsFinite x)) "(grad logdet a).ToArray()"
              holds [] [ nan ] (logdet (tensor [ [ 0.0; 1.0 ]; [ 1.0; 0.0 ] ])))

          testCase "solving with a singular matrix is not finite" (fun () ->
              for a in [ tensor [ [ 1.0; 2.0 ]; [ 2.0; 4.0 ] ]; zeros [ 2; 2 ]; tensor [ [ 0.0; 1.0 ]; [ 0.0; 2.0 ] ] ] do
                  for run in [ inverse; compile inverse; (fun a -> solve a (ones [ 2 ])) ] do
                      Expect.exists ((run a).ToArray()) (fun x -> not (Double.IsFinite x)) "(run a).ToArray()"

              for bad in
                  [ tensor [ [ 1.0; 2.0 ]; [ 2.0; 1.0 ] ]
                    zeros [ 2; 2 ] - eye 2
                    tensor [ [ nan; 0.0 ]; [ 0.0; 1.0 ] ] ] do
                  Expect.exists ((cholesky bad).ToArray()) (fun x -> Double.IsNaN x) "(cholesky bad).ToArray()")

          // ── least squares ────────────────────────────────────────────────────────────────────────────────────────────────
          testCase "rank-deficient least squares is refused" (fun () ->
              let b = tensor [ 1.0; 2.0; 3.0 ]

              for a in
                  [ tensor [ [ 1.0; 2.0 ]; [ 2.0; 4.0 ]; [ 3.0; 6.0 ] ]
                    tensor [ [ 0.1; 0.3 ]; [ 0.2; 0.6 ]; [ 0.7; 2.1 ] ]
                    tensor [ [ 1.0; 0.0 ]; [ 2.0; 0.0 ]; [ 3.0; 0.0 ] ]
                    zeros [ 3; 2 ]
                    tensor [ [ 1.0; 2.0; 3.0; 4.0 ]; [ 2.0; 4.0; 6.0; 8.0 ]; [ 1.0; 1.0; 1.0; 1.0 ] ]
                    tensor [ [ 1.0; 2.0; 4.0 ]; [ 1.0; 3.0; 5.0 ]; [ 2.0; 5.0; 9.0 ] ] ] do
                  for a, b in [ a, b; cast Float32 a, cast Float32 b ] do
                      for run in
                          [ (fun a -> lstsq a b)
                            compile (fun a -> lstsq a b)
                            (fun a -> vmap (fun a -> lstsq a b) (stack [ a; a ]))
                            (fun a -> grad (fun a -> sum (lstsq a b)) a) ] do
                          raises<InputException> [ "lstsq"; "full rank"; "λ" ] (fun () -> run a))

          testCase "least squares of full rank is right up to condition 10⁶" (fun () ->
              for scale in [ 1.0; 1e-2; 1e-4; 1e-6 ] do
                  let a =
                      tensor [ [ 1.0; 1.0 ]; [ 1.0; 1.0 + scale ]; [ 1.0; 1.0 - scale ]; [ 1.0; 1.0 + 2.0 * scale ] ]
                  let x = tensor [ 1.0; -2.0 ]
                  close (1e-9 / scale) [ 2 ] [ 1.0; -2.0 ] (lstsq a (matmul a x))
                  close (1e-9 / scale) [ 2 ] [ 1.0; -2.0 ] (compile (fun a -> lstsq a (matmul a x)) a)

              // the scale of a column does not matter
              let a = tensor [ [ 1e-9; 1.0 ]; [ 2e-9; 1.0 ]; [ 3e-9; 1.0 ] ]
              close 1e-9 [ 2 ] [ 1e9; 0.0 ] (lstsq a (tensor [ 1.0; 2.0; 3.0 ]))
              holds [ 0 ] [] (lstsq (zeros [ 3; 0 ]) (ones [ 3 ]))
              for x in (lstsq (tensor [ [ nan ]; [ 1.0 ] ]) (ones [ 2 ])).ToArray() do
                  Expect.isTrue (Double.IsNaN x) "Double.IsNaN x")

          testCase "the exponential of zero, nilpotent, diagonal and singular matrices" (fun () ->
              expmIs 0.0 [ [ 0.0; 0.0 ]; [ 0.0; 0.0 ] ] [ [ 1.0; 0.0 ]; [ 0.0; 1.0 ] ]
              let nilpotent t = [ [ 0.0; t; 0.0 ]; [ 0.0; 0.0; t ]; [ 0.0; 0.0; 0.0 ] ]

              for t in [ 1e-300; 1e-3; 1.0; 1e3; 1e5 ] do
                  expmIs 1e-9 (nilpotent t) [ [ 1.0; t; t * t / 2.0 ]; [ 0.0; 1.0; t ]; [ 0.0; 0.0; 1.0 ] ]

              for t in [ -700.0; -30.0; -1.0; 1.0; 30.0; 700.0 ] do
                  expmIs
                      (1e-11 * Math.Exp(max t 0.0))
                      [ [ t; 0.0 ]; [ 0.0; 0.0 ] ]
                      [ [ Math.Exp t; 0.0 ]; [ 0.0; 1.0 ] ]

              for angle in [ 1e-8; 1.0; 100.0 ] do
                  let c, s = Math.Cos angle, Math.Sin angle
                  expmIs 1e-11 [ [ 0.0; -angle ]; [ angle; 0.0 ] ] [ [ c; -s ]; [ s; c ] ])

          testCase "the exponential of too large or non-finite matrices is not finite" (fun () ->
              for a in [ [ [ 4e5 ] ]; [ [ nan ] ]; [ [ infinity ] ]; [ [ -infinity ] ]; [ [ 1e300 ] ] ] do
                  for run in [ expm; compile expm ] do
                      for x in (run (tensor a)).ToArray() do
                          Expect.isFalse (Double.IsFinite x) "Double.IsFinite x"

              close 1e-9 [ 2; 2 ] [ 0.0; 0.0; 0.0; 0.0 ] (expm (-1e4 * eye 2)))

          testCase "the derivative of the exponential at zero and at singular matrices" (fun () ->
              let v = tensor [ [ 1.0; 2.0 ]; [ 3.0; -1.0 ] ]
              like 1e-14 v (snd (jvp expm (zeros [ 2; 2 ]) v))
              like 1e-14 (ones [ 2; 2 ]) (grad (fun a -> sum (expm a)) (zeros [ 2; 2 ]))
              // e^N of N = [0 t; 0 0]: along v, v + (N v + v N) / 2 + N v N / 6
              let nilpotent = tensor [ [ 0.0; 3.0 ]; [ 0.0; 0.0 ] ]
              let nv, vn = matmul nilpotent v, matmul v nilpotent
              let expected = v + 0.5 * (nv + vn) + matmul nv nilpotent / 6.0
              like 1e-13 expected (snd (jvp expm nilpotent v))
              like 1e-13 expected (compile (fun a -> snd (jvp expm a v)) nilpotent)
              let twice = hvp (fun a -> sum (expm a)) (zeros [ 2; 2 ]) v // ½ (v 1 + 1 v)ᵀ of ones
              let one = ones [ 2; 2 ]
              like 1e-13 (0.5 * transpose (matmul v one + matmul one v)) (twice)) ]
