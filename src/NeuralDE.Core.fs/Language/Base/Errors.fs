namespace NeuralDE

open System
open System.IO

/// Shapes that do not fit an operation. The message says what was got, what was expected and how to mend it.
type ShapeException(message: string) =
    inherit ArgumentException(message)

/// Element types that do not fit an operation, such as float32 beside float64.
type DtypeException(message: string) =
    inherit ArgumentException(message)

/// A value outside its range: a time, a tolerance, an index, an option.
type InputException(message: string) =
    inherit ArgumentException(message)

/// A type that is not a tree of tensors, or two trees of different structure.
type TreeException(message: string) =
    inherit ArgumentException(message)

/// A placeholder that was forced to a number, that outlived its trace, or a result of unknown length in a trace.
type TraceException(message: string) =
    inherit InvalidOperationException(message)

/// Tensors of different devices met, or a device cannot do what is asked of it.
type DeviceException(message: string) =
    inherit InvalidOperationException(message)

/// A function that has no derivative was differentiated.
type DerivativeException(message: string) =
    inherit InvalidOperationException(message)

/// A graph that breaks a rule of the language: always a defect of the library, never of its user.
type GraphException(message: string) =
    inherit InvalidOperationException(message)

/// A file that cannot be read or written, or whose content is not what it should be.
type FileException(path: string, message: string, cause: exn | null) =
    inherit IOException(message, cause)
    new(path, message) = FileException(path, message, null)

    /// As it was given.
    member _.Path = path
