namespace NeuralDE.Internal.Engine

open System
open System.Collections.Generic
open System.Linq.Expressions
open NeuralDE
open NeuralDE.Kernels

/// One compiled iteration of a block, for the vectors of the lanes `first` to `last` − 1. The references point to the first byte of
/// the block. Returns 1 if a lane ended, plus 2 if a lane wrote.
type internal LaneKernel =
    delegate of
        singles: byref<float32> *
        doubles: byref<float> *
        ints: byref<int> *
        longs: byref<int64> *
        first: int64 *
        last: int64 ->
            int64

/// Compiles lane code to one method with one loop over the vectors of a block.
[<Sealed>]
type internal LaneIteration(w: VectorWidth, code: LaneCode, block: LaneBlock) =
    let p = code.Program
    let v = LaneNumbers(w, block)
    let always = p.Needed code.Roots
    let mask () = Expression.Variable v.MaskType
    let live, moved, ends, anyEnds, anyWrote = mask (), mask (), mask (), mask (), mask ()
    let zero = LaneVectors.zero w (v.ElementType Bool)

    let shared =
        { Variables = List [ v.At; live; moved; ends; anyEnds; anyWrote ]
          Before = List()
          IsInPlace = p.Size <= LaneIteration.MostNodesInPlace w && LaneGraph.farCount p <= LaneIteration.MostInPlace
          Scratch = code.Slots.Length }

    let emitter =
        let load (dtype: Dtype) slot = Array.init (v.Parts dtype) (fun part -> v.Load(dtype, slot, part))
        LaneEmitter(v, shared, p, Array.append code.Roots code.Emitted, live, load)

    /// Up to this number of exponentials and the like are compiled in place; with more, each is a call, so that the method stays
    /// short.
    static member MostInPlace = 4

    /// The same for a program of at most this number of numbers with the narrowest vectors. In a method of more than 512
    /// variables the .NET compiler inlines nothing, and the parts of the functions would run unoptimised for a second, which
    /// a single system does not hide; for many rows calls would be 5 to 15 % slower.
    static member MostNodesInPlace(w: VectorWidth) = if w.Bytes = 16 then 100 else 500

    member _.Lanes = v.Lanes

    member private _.Next: Expression list =
        [ for struct (slot, node, isState) in code.Next do
              let dtype = p[node].Dtype
              let mask = emitter.Fitted(dtype, (if isState then moved else live))
              let value = emitter.Stored node

              for part in 0 .. v.Parts dtype - 1 do
                  v.Store(slot, part, LaneVectors.select w mask[part] value[part] (v.Load(dtype, slot, part))) ]

    /// Stores which lanes wrote, and the emissions if there is one.
    member private _.Emissions: Expression list =
        let streams = code.Streams |> Array.filter (fun s -> s.Emits.Length > 0)

        if streams.Length = 0 then
            []
        else
            let wrote = streams |> Array.map (fun _ -> mask ())
            shared.Variables.AddRange wrote
            let writes = streams |> Array.map (fun s -> emitter.Mask(false, s.Write)[0])
            let late = List<Expression>()
            emitter.Statements <- late

            for i in 0 .. p.Nodes.Count - 1 do
                if not always[i] then emitter.Compute i

            let stores =
                [ for s in streams do
                      for struct (node, slot) in s.Emits do
                          for part in 0 .. v.Parts p[node].Dtype - 1 do
                              v.Store(slot, part, (emitter.Stored node)[part]) ]

            let any: Expression =
                wrote |> Array.map (fun v -> v :> Expression) |> Array.reduce (fun a b -> Expression.Or(a, b))

            [ for k in 0 .. streams.Length - 1 do
                  Expression.Assign(wrote[k], Expression.And(moved, writes[k]))
                  v.Store(streams[k].Wrote, 0, wrote[k])
              Expression.Assign(anyWrote, Expression.Or(anyWrote, any))
              Expression.IfThen(Expression.NotEqual(any, zero), Expression.Block(typeof<Void>, Seq.append late stores)) ]

    /// The statements for one vector of lanes; those without live lanes neither move nor write.
    member private x.OfVector: Expression list =
        let skip = Expression.Label()

        for i in 0 .. p.Nodes.Count - 1 do
            if always[i] then emitter.Compute i

        let body = emitter.Statements
        let keep, finish = emitter.Mask(false, code.Keep)[0], emitter.Mask(false, code.Finish)[0]
        let next = x.Next
        let emissions = x.Emissions

        let idle: Expression list =
            [ v.Store(code.Moved, 0, zero)
              for s in code.Streams do
                  if s.Emits.Length > 0 then v.Store(s.Wrote, 0, zero)
              Expression.Goto skip ]

        [ Expression.Assign(live, v.Load(Bool, code.Live, 0))
          Expression.IfThen(Expression.Equal(live, zero), Expression.Block(typeof<Void>, idle))
          yield! body
          Expression.Assign(moved, Expression.And(live, keep))
          v.Store(code.Moved, 0, moved)
          yield! emissions
          yield! next
          Expression.Assign(ends, Expression.And(live, finish))
          v.Store(code.Live, 0, v.AndNot(live, ends))
          Expression.Assign(anyEnds, Expression.Or(anyEnds, ends))
          Expression.Label skip
          Expression.AddAssign(v.At, Expression.Constant(int64 v.Lanes)) ]

    /// The kernel: skips vectors without live lanes.
    member x.Compile() : LaneKernel =
        let first, last = Expression.Parameter typeof<int64>, Expression.Parameter typeof<int64>
        let over = Expression.Label()
        let iteration = x.OfVector

        let flag (value: int64) (any: ParameterExpression) : Expression =
            Expression.Condition(Expression.Equal(any, zero), Expression.Constant 0L, Expression.Constant value)

        let whole: Expression list =
            [ Expression.Assign(anyEnds, zero)
              Expression.Assign(anyWrote, zero)
              Expression.Assign(v.At, Expression.Constant 0L)
              yield! shared.Before
              Expression.Assign(v.At, first)
              Expression.Loop(
                  Expression.IfThenElse(
                      Expression.LessThan(v.At, last),
                      Expression.Block(typeof<Void>, iteration),
                      Expression.Break over
                  ),
                  over
              )
              Expression.Add(flag 1L anyEnds, flag 2L anyWrote) ]

        let block = Expression.Block(typeof<int64>, shared.Variables, whole)
        Expression.Lambda<LaneKernel>(block, Array.append v.Parameters [| first; last |]).Compile()
