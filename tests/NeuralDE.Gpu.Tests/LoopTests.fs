/// To be written.
module NeuralDE.Gpu.Tests.LoopTests

let nothing = ()
