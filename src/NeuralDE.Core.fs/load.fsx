// What a script in this repository loads, once the library is built: #load "src/NeuralDE.Core.fs/load.fsx"
#r "bin/Release/net10.0/NeuralDE.Language.dll"
#r "bin/Release/net10.0/NeuralDE.Solvers.dll"
#r "bin/Release/net10.0/NeuralDE.Core.dll"
