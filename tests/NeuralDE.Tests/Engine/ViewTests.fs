/// Views compared with index arithmetic: the reference evaluator moves an array that contains its own positions, which
/// then shows the position of every element of a view.
module NeuralDE.Tests.Engine.ViewTests

open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Engine
open NeuralDE.Tests.Arrays

/// The positions of a view's elements in row-major order.
let private places (v: View) : int64[] =
    let rec go axis (at: int64) : int64 list =
        if axis = v.Shape.Length then
            [ at ]
        else
            List.init v.Shape[axis] (fun i -> go (axis + 1) (at + int64 i * v.Strides[axis])) |> List.concat

    go 0 v.Start |> List.toArray

let private fresh (shape: int[]) : View * NdArray =
    let signature = { Dtype = Float64; Shape = shape }
    let positions = Array.init (Shape.stored "test" shape) int64
    View.ofStorage (Storage(0, 0L, Own)) signature, NdArray.OfIntegers(Int64, shape, positions)

/// A shape of the same size: axes split, merged, or of extent 1.
let private otherShape (r: System.Random) (shape: int[]) : int[] =
    let mutable left = Shape.stored "test" shape
    let parts = System.Collections.Generic.List<int>()

    while left > 1 do
        let divisors = [| 2..left |] |> Array.filter (fun d -> left % d = 0)
        let d = divisors[r.Next divisors.Length]
        parts.Add d
        left <- left / d

    if Shape.stored "test" shape = 0 then parts.Add 0

    if r.Next 2 = 0 then parts.Insert(r.Next(parts.Count + 1), 1)

    parts.ToArray()

let private axesOf (r: System.Random) rank = Shape.axes rank |> Array.filter (fun _ -> r.Next 2 = 0)

/// A random movement of a view, and the same movement of the array of its positions; ValueNone if a reshape needs a
/// copy.
let private moved (r: System.Random) (v: View) (positions: NdArray) : (View * NdArray) option =
    let rank = v.Shape.Length
    let same op view = Some(view, value op [ positions ])

    match r.Next 5 with
    | 0 ->
        let permutation = Shape.axes rank
        r.Shuffle permutation
        same (Permute permutation) (View.permute permutation v)
    | 1 when rank < 5 ->
        let at = r.Next(rank + 1)
        let shape = Array.insertAt at (r.Next(1, 4)) v.Shape
        let axes = Shape.others (rank + 1) [| at |]
        same (Broadcast(shape, axes)) (View.broadcast shape axes v)
    | 2 ->
        let start = v.Shape |> Array.map (fun n -> r.Next(n + 1))
        let stop = Array.map2 (fun n s -> r.Next(s, n + 1)) v.Shape start
        // rarely an empty slice
        let start, stop = if r.Next 8 = 0 then start, stop else Array.map (fun _ -> 0) start, v.Shape
        let s = { Start = start; Stop = stop; Step = v.Shape |> Array.map (fun _ -> r.Next(1, 3)) }
        let result = value (Slice s) [ positions ]
        Some(View.slice s result.Shape v, result)
    | 3 ->
        let axes = axesOf r rank
        same (Reverse axes) (View.reverse axes v)
    | _ ->
        let shape = otherShape r v.Shape

        match View.reshape shape v with
        | ValueSome view -> same (Reshape shape) view
        | ValueNone ->
            // candidate strides: the distances from the first element to its neighbours
            let result = value (Reshape shape) [ positions ]
            let strides = View.strides shape
            let at i = result.Integers[int i]
            let fitting = Array.map2 (fun n s -> if n > 1 then at s - at 0L else 0L) shape strides
            let view = { v with Start = at 0L; Shape = shape; Strides = fitting }

            if places view = result.Integers then
                failtest
                    $"Got a copy of {Shape.text v.Shape} strides %A{v.Strides} as {Shape.text shape}, expected a view of strides %A{fitting}."

            None

let private walk (property: View -> NdArray -> unit) =
    forSeeds (fun r ->
        let shape = Array.init (r.Next 4) (fun _ -> [| 1; 2; 3; 4; 6 |][r.Next 5])
        let mutable v, positions = fresh shape
        property v positions

        for _ in 1..6 do
            match moved r v positions with
            | Some(w, p) when p.Length <= 3000 ->
                v <- w
                positions <- p
                property v positions
            | _ -> ())

[<Tests>]
let tests =
    testList
        "Engine.View"
        [ testCase "views have their elements at the moved positions" (fun () ->
              walk (fun v positions ->
                  Expect.equal v.Shape positions.Shape "v.Shape"
                  Expect.equal (places v) positions.Integers "places v"))

          testCase "collapse keeps the order of elements and the fewest axes" (fun () ->
              walk (fun v positions ->
                  if positions.Length > 0 then
                      let struct (extents, strides) = View.collapse v
                      let collapsed = { v with Shape = Array.map int extents; Strides = strides }
                      Expect.equal (places collapsed) positions.Integers "places collapsed"
                      Expect.lacks extents 1L "extents"

                      for a in 1 .. extents.Length - 1 do
                          Expect.notEqual (strides[a] * extents[a]) strides[a - 1] "strides[a] * extents[a]"))

          testCase "isContiguous: in order without gaps" (fun () ->
              walk (fun v positions ->
                  let first = if positions.Length = 0 then 0L else positions.Integers[0]
                  let lies = positions.Integers = Array.init positions.Length (fun i -> first + int64 i)
                  Expect.equal (View.isContiguous v) lies "View.isContiguous v"))

          testCase "isSingle: all elements are the same one" (fun () ->
              walk (fun v positions ->
                  if positions.Length > 0 then
                      Expect.equal
                          (View.isSingle v)
                          ((Array.distinct positions.Integers).Length = 1)
                          "View.isSingle v")) ]
