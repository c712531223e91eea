namespace NeuralDE

open NeuralDE.Compiler

/// <summary>A path that drives an equation from outside: X(t), of as many channels as it has.</summary>
/// <remarks>The functions may capture tensors, which then have derivatives like all that a field captures.</remarks>
[<NoEquality; NoComparison>]
type Control =
    {
        /// X(t) of t []: [channels] or [batch; channels]
        Value: Tensor -> Tensor
        /// X'(t), of the same shape
        Derivative: Tensor -> Tensor
        /// times at which X' jumps, for Ode.jumpAt
        Kinks: float list
    }

/// Control paths.
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Control =
    let private number verb (t: Tensor) = Expect.rank verb 0 "the time" t

    /// <summary>A path from a function of time; its derivative is taken by forward mode.</summary>
    let ofFunction (value: Tensor -> Tensor) : Control =
        if isNull (value :> obj | null) then nullArg (nameof value)

        { Value = value
          Derivative = fun t -> snd (jvp value t (Prim.onesLike t))
          Kinks = [] }

    /// <summary>A path from its value and its derivative, functions of t [].</summary>
    let ofFunctions (value: Tensor -> Tensor) (derivative: Tensor -> Tensor) : Control =
        if isNull (value :> obj | null) then nullArg (nameof value)
        if isNull (derivative :> obj | null) then nullArg (nameof derivative)
        { Value = value; Derivative = derivative; Kinks = [] }

    /// <summary>The same path with the times at which its derivative jumps: give them to Ode.jumpAt, or an adaptive solve finds each with
    /// many short steps.</summary>
    let kinks (times: float list) (control: Control) : Control = { control with Kinks = times }

    /// <summary>X(t), [channels] or [batch; channels], at t [].</summary>
    let value (t: Tensor) (control: Control) : Tensor =
        number "Control.value" t
        control.Value t

    /// <summary>X'(t), [channels] or [batch; channels], at t [].</summary>
    let derivative (t: Tensor) (control: Control) : Tensor =
        number "Control.derivative" t
        control.Derivative t
