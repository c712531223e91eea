/// To be written.
module NeuralDE.Gpu.Tests.TrainingTests

let nothing = ()
