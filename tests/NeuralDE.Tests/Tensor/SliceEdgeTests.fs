/// Slices: negative ends count from the back as in NumPy; ends are included, as in F#; ends out of range are refused.
module NeuralDE.Tests.SliceEdgeTests

open Expecto
open NeuralDE
open NeuralDE.Tests.Expected

let private x = tensor [ 1.0; 2.0; 3.0 ]
let private m = arange 0.0 6.0 1.0 |> reshape [ 2; 3 ]

[<Tests>]
let tests =
    testList
        "Tensor.SliceEdge"
        [ testCase "negative ends count from the back" (fun () ->
              holds [ 1 ] [ 3.0 ] x[-1 ..]
              holds [ 2 ] [ 2.0; 3.0 ] x[-2 .. -1]
              holds [ 2 ] [ 1.0; 2.0 ] x[.. -2]
              holds [ 3 ] [ 1.0; 2.0; 3.0 ] x[-3 ..]
              holds [ 2; 1 ] [ 2.0; 5.0 ] m[*, -1 ..]
              holds [ 1; 2 ] [ 3.0; 4.0 ] m[-1 .., .. -2]
              holds [ 2 ] [ 1.0; 2.0 ] m[0, -2 ..]
              holds [ 2 ] [ 2.0; 5.0 ] m[-2 .., -1]
              holds [ 2; 2 ] [ 1.0; 2.0; 4.0; 5.0 ] m[*, -2 .. -1])

          testCase "slices of empty axes are empty" (fun () ->
              holds [ 0 ] [] x[3..]
              holds [ 0 ] [] x[2..1]
              holds [ 0 ] [] x[-1 .. 0]
              holds [ 0; 3 ] [] m[2..]
              holds [ 0 ] [] (zeros [ 0 ]).[0..])

          testCase "ends out of range are refused, in every form" (fun () ->
              for slice in
                  [ (fun (m: Tensor) -> m[0..5])
                    (fun m -> m[3..])
                    (fun m -> m[-3 ..])
                    (fun m -> m[.. -3])
                    (fun m -> m[..2])
                    (fun m -> m[0..2, 0])
                    (fun m -> m[*, 0..3])
                    (fun m -> m[1, -4 ..])
                    (fun m -> m[0..1, .. -4])
                    (fun m -> m.Slice(1, 2))
                    (fun m -> m.Slice(-1, 1))
                    (fun m -> m.Slice(1, System.Int32.MaxValue)) ] do
                  raises<ShapeException> [ "slice"; "3]"; "axis" ] (fun () -> slice m)
                  raises<ShapeException> [ "slice"; "3]" ] (fun () -> compile slice m)
                  raises<ShapeException> [ "slice" ] (fun () -> vmap slice (stack [ m; m ]))

              raises<ShapeException> [ "slice: [0..5] is outside axis 0 of shape [2; 3]. Use -2 to 1" ] (fun () ->
                  m[0..5])
              raises<ShapeException> [ "no axis 1" ] (fun () -> x[0..1, 0..1]))

          testCase "a refusal names the axis and the shape of the tensor" (fun () ->
              let x = zeros [ 2; 3; 4 ]
              let isOutside at axis = [ $"{at} is outside axis {axis} of shape [2; 3; 4]" ]
              raises<ShapeException> (isOutside "3" "1") (fun () -> x[0, 3])
              raises<ShapeException> (isOutside "4" "2") (fun () -> x[0, 0, 4])
              raises<ShapeException> (isOutside "-4" "1") (fun () -> x[0..0, -4])
              raises<ShapeException> (isOutside "[4..]" "1") (fun () -> x[0, 4..])
              raises<ShapeException> (isOutside "[..3]" "1") (fun () -> x[0..0, ..3])
              raises<ShapeException> [ "shape [3] has no axis 1" ] (fun () -> (zeros [ 3 ])[0, 0..1])
              raises<ShapeException> [ "It has no elements" ] (fun () -> (zeros [ 0 ])[0]))

          testCase
              "a slice is the same compiled and under vmap, and its gradient is 1 at the selected elements"
              (fun () ->
                  let f (x: Tensor) = x[-2 ..]
                  holds [ 2 ] [ 2.0; 3.0 ] (compile f x)
                  holds [ 2; 2 ] [ 2.0; 3.0; 2.0; 3.0 ] (vmap f (stack [ x; x ]))
                  holds [ 3 ] [ 0.0; 1.0; 1.0 ] (grad (fun x -> sum (f x)) x)
                  holds [ 2; 3 ] [ 0.0; 1.0; 0.0; 0.0; 0.0; 1.0 ] (jacobian f x)) ]
