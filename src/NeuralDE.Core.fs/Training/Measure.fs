namespace NeuralDE.Internal.Training

open Microsoft.FSharp.Core

/// A function from a model to a number, such as a validation, with a text that is equal for equal computations.
[<Sealed>]
type internal Measure<'M>(measure: 'M -> float, identity: 'M -> string) =
    inherit FSharpFunc<'M, float>()
    override _.Invoke(model: 'M) = measure model

    /// The text; it traces the computation.
    member _.Identity(model: 'M) : string = identity model

module internal Measure =
    /// The function as an ordinary one, which `identityOf` recognises.
    let make (identity: 'M -> string) (measure: 'M -> float) : 'M -> float =
        unbox (box (Measure<'M>(measure, identity)))

    /// The text of a function at a model; "a function" for one that `make` did not make.
    let identityOf (measure: 'M -> float) (model: 'M) : string =
        match box measure with
        | :? Measure<'M> as known -> known.Identity model
        | _ -> "a function"
