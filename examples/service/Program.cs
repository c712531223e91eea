// Forecasts of a small neural ODE over HTTP: dotnet run -c Release --project examples/service -- --urls=http://127.0.0.1:5000 --model=spiral.safetensors
//
//   curl -d '{"y0": [2, 0], "times": [0, 0.5, 1]}' -H content-type:application/json 127.0.0.1:5000/predict
//   curl 127.0.0.1:5000/health
//
// dotnet fsi examples/service/attack.fsx attacks it: bad questions, slow callers, many at once.

try
{
    NeuralDE.Service.PredictionService.Build(args).Run();
    return 0;
}
// a wrong option, a model that cannot be read, an address that is taken: one sentence, no stack
catch (Exception wrong) when (wrong is ArgumentException or IOException or FormatException)
{
    Console.Error.WriteLine(wrong.Message);
    return 2;
}
