/// To be written.
module NeuralDE.Gpu.Tests.PrimitiveTests

let nothing = ()
