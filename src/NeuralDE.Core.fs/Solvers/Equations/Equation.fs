namespace NeuralDE

/// The properties of an equation that a method may use. These types are marks for the compiler; they have no values. A more
/// specific equation inherits from a more general one, so a method for the general one also solves the specific one.
[<Interface>]
type Equation = interface end

/// Ordinary differential equations dy = f(t, y) dt.
[<Interface>]
type AnyOde =
    inherit Equation

/// Stochastic differential equations dy = f(t, y) dt + g(t, y) dW with any g.
[<Interface>]
type AnyNoise =
    inherit Equation

/// Noise whose columns of g commute: the integral does not need the area between two components of W.
[<Interface>]
type CommutativeNoise =
    inherit AnyNoise

/// Diagonal noise: component i of W acts on component i of the state, and its factor depends on that component only.
[<Interface>]
type DiagonalNoise =
    inherit CommutativeNoise

/// Additive noise: g depends on the time only.
[<Interface>]
type AdditiveNoise =
    inherit CommutativeNoise
