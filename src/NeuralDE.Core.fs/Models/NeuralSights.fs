namespace NeuralDE

open NeuralDE.Compiler

/// [state; g(y0)]
type internal BesideControl<'W> =
    { Weights: 'W
      Make: 'W -> Tensor -> Tensor
      Along: int option }

    interface NeuralControl with
        member c.Covariate _ y0 = c.Make c.Weights y0

        member c.Seen axis covariate state =
            ChannelAxis.beside "NeuralOde.controlled" (defaultArg c.Along axis) state covariate

/// <summary>What fields see besides the state. A new one is a function of weights here, or a record that implements
/// NeuralControl.</summary>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module NeuralControl =
    let private itself () (y0: Tensor) = y0

    /// <summary>[state; f weights y0] along the features or channels.</summary>
    let ofFunction (weights: 'W) (f: 'W -> Tensor -> Tensor) : NeuralControl =
        { BesideControl.Weights = weights; Make = f; Along = None }

    /// <summary>[state; f weights y0] along an axis counted from the end: −1 is the last.</summary>
    let ofFunctionAlong (axis: int) (weights: 'W) (f: 'W -> Tensor -> Tensor) : NeuralControl =
        ChannelAxis.refuseFromFront "NeuralControl.ofFunctionAlong" axis
        { BesideControl.Weights = weights; Make = f; Along = Some axis }

    /// <summary>[state; y0].</summary>
    let observed: NeuralControl = ofFunction () itself

    /// <summary>[state; y0] along an axis counted from the end.</summary>
    let observedAlong (axis: int) : NeuralControl = ofFunctionAlong axis () itself

    /// <summary>[state; g(y0)] of a network: of images by a convolution.</summary>
    let ofNetwork (net: Network) : NeuralControl = ofFunction net Network.apply

/// g(states)
type internal NetworkReadout =
    { Net: Network }

    interface NeuralReadout with
        member r.Observe axis _ states =
            let spatial = -1 - axis

            if spatial > 0 && states.Rank > spatial + 2 then // layers of images take one batch axis
                let before = states.Rank - 1 - spatial
                let batch = Shape.extent "NeuralOde" (Shape.size states.Dims[.. before - 1])
                let read = Network.apply r.Net (Prim.reshape (Array.append [| batch |] states.Dims[before..]) states)
                Prim.reshape (Array.append states.Dims[.. before - 1] read.Dims[1..]) read
            else
                Network.apply r.Net states

/// f weights states
type internal FunctionReadout<'W> =
    { Weights: 'W
      Read: 'W -> Tensor -> Tensor }

    interface NeuralReadout with
        member r.Observe _ _ states = r.Read r.Weights states

/// <summary>What is observed of states. A new one is a function of weights here, or a record that implements NeuralReadout.</summary>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module NeuralReadout =
    /// <summary>f weights states, of states [batch…; state] or [time; batch…; state].</summary>
    let ofFunction (weights: 'W) (f: 'W -> Tensor -> Tensor) : NeuralReadout = { Weights = weights; Read = f }

    /// <summary>g(states) of a network.</summary>
    let ofNetwork (net: Network) : NeuralReadout = { Net = net }

/// softplus(g(y0))
type internal NetworkDuration =
    { Net: Network }

    interface NeuralDuration with
        member d.Stretch y0 =
            let stretch = softplus (Network.apply d.Net y0)

            if stretch.Rank <> 2 || stretch.Dims[1] <> 1 then
                Expect.misfit
                    $"NeuralOde.adaptiveDepth: the duration's network gave {Expect.text stretch}, expected [batch; 1]."

            Prim.reshape [| stretch.Dims[0] |] stretch

/// f weights y0
type internal FunctionDuration<'W> =
    { Weights: 'W
      Length: 'W -> Tensor -> Tensor }

    interface NeuralDuration with
        member d.Stretch y0 = d.Length d.Weights y0

/// <summary>How long the solves of samples are. A new one is a function of weights here, or a record that implements
/// NeuralDuration.</summary>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module NeuralDuration =
    /// <summary>Spans multiplied by f weights y0, [batch], which must be above 0.</summary>
    let ofFunction (weights: 'W) (f: 'W -> Tensor -> Tensor) : NeuralDuration = { Weights = weights; Length = f }

    /// <summary>Spans multiplied by softplus(g(y0)) of a network from y0 to [batch; 1].</summary>
    /// <remarks>S. Massaroli et al., Dissecting neural ODEs, NeurIPS 2020: depth-adaptive. A stretch of time keeps the order of a
    /// flow on the line, so alone it makes a field no more expressive: give the network the time (Blueprint.time) or control.</remarks>
    let ofNetwork (net: Network) : NeuralDuration = { Net = net }
