namespace NeuralDE

/// What a method may assume of an equation. Marks for the compiler only: they have no values. An equation that promises more
/// inherits from one that promises less, and a method for the one with less also solves the one with more.
[<Interface>]
type Equation = interface end

/// dy = f(t, y) dt
[<Interface>]
type AnyOde =
    inherit Equation

/// dy = f(t, y) dt + g(t, y) dW, whatever g is
[<Interface>]
type AnyNoise =
    inherit Equation

/// The columns of g commute: the integral needs no area between two components of W.
[<Interface>]
type CommutativeNoise =
    inherit AnyNoise

/// Component i of W acts on component i of the state, and its size depends on that component alone.
[<Interface>]
type DiagonalNoise =
    inherit CommutativeNoise

/// g depends on time alone.
[<Interface>]
type AdditiveNoise =
    inherit CommutativeNoise
