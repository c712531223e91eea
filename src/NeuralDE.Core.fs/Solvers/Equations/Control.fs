namespace NeuralDE

open NeuralDE.Internal.Tensor

/// <summary>A path that drives an equation from outside: X(t), of as many channels as it has.</summary>
/// <remarks>Its functions may capture tensors, which then have derivatives like all that a field captures.</remarks>
[<Sealed>]
type Control internal (value: Tensor -> Tensor, derivative: Tensor -> Tensor, kinks: float list) =
    let at verb (f: Tensor -> Tensor) (t: Tensor) =
        if isNull (t :> obj | null) then nullArg (nameof t)
        Expect.rank verb 0 "the time" t
        f t

    /// <summary>X(t), [channels] or [batch; channels], at t [].</summary>
    member _.Value(t: Tensor) : Tensor = at "Control.Value" value t

    /// <summary>X'(t), of the same shape.</summary>
    member _.Derivative(t: Tensor) : Tensor = at "Control.Derivative" derivative t

    /// Times at which X' jumps, for Ode.jumpAt.
    member _.Kinks: float list = kinks

    member internal _.WithKinks(times: float list) = Control(value, derivative, times)

/// Control paths.
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Control =
    /// <summary>A path from its value and its derivative, functions of t [].</summary>
    let ofFunctions (value: Tensor -> Tensor) (derivative: Tensor -> Tensor) : Control =
        if isNull (value :> obj | null) then nullArg (nameof value)
        if isNull (derivative :> obj | null) then nullArg (nameof derivative)
        Control(value, derivative, [])

    /// <summary>A path from a function of time; its derivative is taken by forward mode.</summary>
    let ofFunction (value: Tensor -> Tensor) : Control =
        if isNull (value :> obj | null) then nullArg (nameof value)
        ofFunctions value (fun t -> snd (jvp value t (Prim.onesLike t)))

    /// <summary>The same path with the times at which its derivative jumps: give them to Ode.jumpAt, or an adaptive solve finds each with
    /// many short steps.</summary>
    let withKinks (times: float list) (control: Control) : Control =
        if isNull (times :> obj | null) then nullArg (nameof times)
        if isNull (control :> obj | null) then nullArg (nameof control)
        control.WithKinks times
