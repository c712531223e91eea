namespace NeuralDE

open System
open System.IO

/// Shapes that do not fit an operation. The message states the shapes received, the shapes expected and the fix.
type ShapeException(message: string) =
    inherit ArgumentException(message)

/// Element types that do not fit an operation, such as float32 with float64.
type DtypeException(message: string) =
    inherit ArgumentException(message)

/// A value outside its range: a time, a tolerance, an index, an option.
type InputException(message: string) =
    inherit ArgumentException(message)

/// A type that is not a tree of tensors, or two trees of different structure.
type TreeException(message: string) =
    inherit ArgumentException(message)

/// A placeholder was used as a number or after its trace ended, or a result in a trace has unknown length.
type TraceException(message: string) =
    inherit InvalidOperationException(message)

/// Tensors on different devices were combined, or a device does not support an operation.
type DeviceException(message: string) =
    inherit InvalidOperationException(message)

/// A function without a derivative was differentiated.
type DerivativeException(message: string) =
    inherit InvalidOperationException(message)

/// A graph violates a rule of the graph language: always a bug of the library, never of the caller.
type GraphException(message: string) =
    inherit InvalidOperationException(message)

/// A file that cannot be read or written, or has unexpected content.
type FileException(path: string, message: string, cause: exn | null) =
    inherit IOException(message, cause)
    new(path, message) = FileException(path, message, null)

    /// The path as the caller passed it.
    member _.Path = path
