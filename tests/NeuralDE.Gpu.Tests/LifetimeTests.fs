/// To be written.
module NeuralDE.Gpu.Tests.LifetimeTests

let nothing = ()
