namespace NeuralDE

open NeuralDE.Internal.Tensor

/// <summary>A control path X(t), which drives an equation from outside.</summary>
/// <remarks>Its functions may capture tensors, which have derivatives like all values that a field captures.</remarks>
[<Sealed>]
type Control internal (value: Tensor -> Tensor, derivative: Tensor -> Tensor, kinks: float list) =
    let at verb (f: Tensor -> Tensor) (t: Tensor) =
        if isNull (t :> obj | null) then nullArg (nameof t)
        Expect.rank verb 0 "the time" t
        f t

    /// <summary>X(t).</summary>
    /// <param name="t">A time [].</param>
    /// <returns>[channels] or [batch; channels].</returns>
    /// <exception cref="T:NeuralDE.ShapeException">unless t has the shape [].</exception>
    member _.Value(t: Tensor) : Tensor = at "Control.Value" value t

    /// <summary>X'(t).</summary>
    /// <param name="t">A time [].</param>
    /// <returns>[channels] or [batch; channels].</returns>
    /// <exception cref="T:NeuralDE.ShapeException">unless t has the shape [].</exception>
    member _.Derivative(t: Tensor) : Tensor = at "Control.Derivative" derivative t

    /// Times at which X' jumps, for Ode.jumpAt.
    member _.Kinks: float list = kinks

    member internal _.WithKinks(times: float list) = Control(value, derivative, times)

/// Control paths.
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Control =
    /// <summary>A path from its value and its derivative.</summary>
    /// <param name="value">From t [] to X(t), [channels] or [batch; channels].</param>
    /// <param name="derivative">From t [] to X'(t), of the same shape.</param>
    /// <returns>The path.</returns>
    let ofFunctions (value: Tensor -> Tensor) (derivative: Tensor -> Tensor) : Control =
        if isNull (value :> obj | null) then nullArg (nameof value)
        if isNull (derivative :> obj | null) then nullArg (nameof derivative)
        Control(value, derivative, [])

    /// <summary>A path from a function of time. Forward mode computes its derivative.</summary>
    /// <param name="value">From t [] to X(t), [channels] or [batch; channels].</param>
    /// <returns>The path.</returns>
    let ofFunction (value: Tensor -> Tensor) : Control =
        if isNull (value :> obj | null) then nullArg (nameof value)
        ofFunctions value (fun t -> snd (jvp value t (Prim.onesLike t)))

    /// <summary>The same path with the times at which its derivative jumps, for Ode.jumpAt. Without them an adaptive solve
    /// finds each jump by many short steps.</summary>
    /// <param name="times">The times.</param>
    /// <param name="control">The path.</param>
    /// <returns>The path with these Kinks.</returns>
    let withKinks (times: float list) (control: Control) : Control =
        if isNull (times :> obj | null) then nullArg (nameof times)
        if isNull (control :> obj | null) then nullArg (nameof control)
        control.WithKinks times
