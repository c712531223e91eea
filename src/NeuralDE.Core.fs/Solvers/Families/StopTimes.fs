namespace NeuralDE.Internal.Families

open System
open System.Collections.Concurrent
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor

/// Times at which steps end: stops, and jumps of the field, which is evaluated on either side of a jump only.
[<NoEquality; NoComparison>]
type internal StopTimes =
    {
        /// the end of a step, the start of the next, and the time of a jump as 0 with its derivative: float64 [stops],
        /// ascending
        Stops: Tensor
        Resumes: Tensor
        Shifts: Tensor
        /// whether a jump's time is a placeholder, so its derivative may be needed
        Moves: bool
    }

module internal StopTimes =
    let private ofNumbers (isSingle: bool) (jumps: float list) (steps: float list) : StopTimes =
        let below, above =
            if isSingle then
                (fun t -> float (MathF.BitDecrement(float32 t))), (fun t -> float (MathF.BitIncrement(float32 t)))
            else
                Math.BitDecrement, Math.BitIncrement

        let steps = steps |> List.except jumps |> List.map (fun t -> t, t)
        let stops, resumes =
            List.distinct (List.map (fun t -> below t, above t) jumps @ steps) |> List.sort |> List.unzip

        { Stops = tensor stops; Resumes = tensor resumes; Shifts = zeros [ stops.Length ]; Moves = false }

    /// Whether two tensors are the same expression, compared to a depth of 8 operations, which covers times that users
    /// write.
    let rec private isSame depth (a: Tensor) (b: Tensor) =
        let isArgument =
            function
            | Input _ -> true
            | _ -> false

        let areSame op args op' args' =
            depth > 0
            && op = op'
            && not (isArgument op) // inputs of different functions have equal operations
            && Array.length args = Array.length args'
            && Array.forall2 (isSame (depth - 1)) args args'

        obj.ReferenceEquals(a, b)
        || match a.Content, b.Content with
           | Content.Open(_, _, op, args), Content.Open(_, _, op', args') -> areSame op args op' args'
           | Content.Structure(op, args, _, _), Content.Structure(op', args', _, _) -> areSame op args op' args'
           | _ -> false

    /// One check object for each family, so that a second trace gives the same graph.
    let private checks = ConcurrentDictionary<string, Check>()

    /// Checks that jumps are finite and distinct: if two coincide, the derivative by either is not defined.
    let private apart family =
        let look (args: NdArray[]) =
            let rank = 1 // the other axes are those of a vmap
            let rows = Shape.stored "solve" args[1].Shape[.. args[1].Shape.Length - rank - 1]
            let width = if rows = 0 then 0 else args[1].Floats.Length / rows
            let times = List.init rows (fun r -> Array.sub args[1].Floats (r * width) width)

            let found (xs: float[]) =
                let sorted = Array.sort xs

                match xs |> Array.tryFind (Double.IsFinite >> not) with
                | Some t -> Some $"got the time {string t}, expected finite numbers. Remove it."
                | None ->
                    Array.pairwise sorted
                    |> Array.tryFind (fun (a, b) -> b - a <= 4.0 * (Math.BitIncrement(abs b) - abs b))
                    |> Option.map (fun (a, _) ->
                        $"got two jumps at the time {string a}, where the derivative by either is not defined. Remove one, or change its time.")

            match times |> List.tryPick found with
            | Some text -> ValueSome(InputException $"{family}.jumpAt: {text}" :> exn)
            | None -> ValueNone

        checks.GetOrAdd(family, (fun _ -> { Look = look; Flagged = false }))

    /// Jumps whose times are known at run time. A stop at the time of a jump is moved to infinity, so that only the jump
    /// acts.
    let private whenRun family (isSingle: bool) (jumps: Tensor[]) (steps: float list) : StopTimes =
        let jumps = Prim.stack 0 jumps
        let jumps = Tensor.Apply(Check(apart family), [| jumps; jumps |])
        let all = Prim.concat 0 [| jumps; tensor steps |]
        let count = all.Count
        let isJump = tensor (List.init count (fun i -> i < count - steps.Length))
        let inOrder (key: Tensor) (xs: Tensor[]) =
            let order = Tensor.Apply(ArgSort 0, [| key |])
            xs |> Array.map (fun x -> Prim.gather 0 x order)

        let sorted = inOrder (Prim.stop all) [| all; isJump |]
        let value = Prim.stop sorted[0]
        let before = Prim.concat 0 [| Prim.fill Float64 [| 1 |] -infinity; Prim.range 0 0 (count - 1) value |]
        let isAgain = Prim.compare Equal value before
        let key = Prim.select isAgain (Prim.fill Float64 [| count |] infinity) value
        let final = inOrder key [| sorted[0]; sorted[1]; key |]
        let at, isJump = final[2], final[1]
        // one or two spacings of the state's floats; at 0 about the smallest normal number
        let relative, least = if isSingle then Float32.Epsilon, 1e-38 else Float64.Epsilon, 1e-300
        let all x = Prim.fill Float64 [| count |] x
        let size = Prim.binary Min (abs at) (all Double.MaxValue)
        let spacing = Prim.binary Max (Prim.times relative size) (all least)
        let gap = Prim.select isJump spacing (Prim.zerosLike spacing)

        { Stops = at - gap; Resumes = at + gap; Shifts = final[0] - Prim.stop final[0]; Moves = true }

    let ofProblem (p: Problem<'E, 'S>) (dtype: Dtype) : StopTimes =
        for t in p.StepAt do
            if not (Double.IsFinite t) then
                raise (
                    InputException $"{p.Family}.stepAt: got the time {string t}, expected finite numbers. Remove it."
                )

        if p.JumpAt |> List.exists (fun t -> t.IsPlaceholder) then
            let distinct =
                p.JumpAt
                |> List.fold (fun found t -> if List.exists (isSame 8 t) found then found else t :: found) []
                |> List.rev

            whenRun p.Family (dtype = Float32) (List.toArray distinct) p.StepAt
        else
            ofNumbers (dtype = Float32) (p.JumpAt |> List.map float) p.StepAt
