namespace NeuralDE

open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Steppers

/// A state of any structure as a vector: its leaves, with the operations of a vector space. For custom steps, which are not
/// written for one type of state.
[<NoEquality; NoComparison>]
type StateVector =
    internal
        { Items: Tensor[] }

    static member internal OfLeaves(leaves: Tensor[]) : StateVector = { Items = leaves }

    /// The tensors of the state, in the order of its structure.
    member y.Leaves = List.ofArray y.Items

    /// <summary>Applies a function, such as a network, to each leaf.</summary>
    /// <param name="f">Its results must have the shapes and dtypes of the leaves.</param>
    /// <returns>The vector of the results.</returns>
    member y.Map(f: Tensor -> Tensor) : StateVector = { Items = Array.map f y.Items }

    static member private Given (name: string) (x: 'T) : unit = if isNull (box x) then nullArg name

    static member private Map2 (f: Tensor -> Tensor -> Tensor) (a: StateVector) (b: StateVector) =
        StateVector.Given (nameof a) a
        StateVector.Given (nameof b) b
        { Items = Array.map2 f a.Items b.Items }

    static member private Each (f: Tensor -> Tensor) (a: StateVector) =
        StateVector.Given (nameof a) a
        a.Map f

    static member (+)(a: StateVector, b: StateVector) : StateVector = StateVector.Map2 (+) a b
    static member (-)(a: StateVector, b: StateVector) : StateVector = StateVector.Map2 (-) a b
    static member (~-)(a: StateVector) : StateVector = StateVector.Each (fun x -> -x) a
    static member (*)(c: float, a: StateVector) : StateVector = StateVector.Each (Prim.times c) a
    static member (*)(a: StateVector, c: float) : StateVector = StateVector.Each (Prim.times c) a

    /// The product with one number, in the dtype of each leaf.
    static member (*)(c: Tensor, a: StateVector) : StateVector =
        StateVector.Given (nameof c) c
        StateVector.Each (fun x -> RungeKutta.spread c x * x) a

    static member (*)(a: StateVector, c: Tensor) : StateVector = c * a

/// The arguments of a custom step.
[<Sealed>]
type StepInput internal (field: Tensor -> StateVector -> StateVector, t0: Tensor, t1: Tensor, y: StateVector) =
    /// f(t, y)
    member _.Field(t: Tensor, y: StateVector) : StateVector =
        if isNull (t :> obj | null) then nullArg (nameof t)
        if isNull (y :> obj | null) then nullArg (nameof y)
        field t y

    /// The time at the start of the step: float64 [], a constant of differentiation.
    member _.T0 = t0

    /// The time at the end of the step.
    member _.T1 = t1

    /// T1 − T0, of either sign.
    member _.H = t1 - t0

    /// The state at T0.
    member _.Y = y
