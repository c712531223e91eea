using Microsoft.AspNetCore.Http.HttpResults;

namespace NeuralDE.Service;

/// <summary>What a caller sends: a state, and the times at which to forecast, of which the first is the state's.</summary>
public sealed record Question(double[]? Y0, double[]? Times);

/// <summary>How the service is: GET /health.</summary>
public sealed record Health(string Status, int Parameters, int Running, int Served, int Cancelled);

/// <summary>POST /predict and GET /health. Bad input is answered by 400 and the library's own sentence.</summary>
public sealed class PredictionService(Predictor predictor)
{
    private int running;
    private int served;
    private int cancelled;

    /// <summary>The service, ready to be started. `--model` names the file of the model; without one, or where there is none yet, it trains for `--steps`, 500 unless given.</summary>
    public static WebApplication Build(string[] args)
    {
        var builder = WebApplication.CreateSlimBuilder(args);
        builder.Services.AddProblemDetails();
        var (path, steps) = (builder.Configuration["model"], builder.Configuration.GetValue("steps", 500));
        builder.Services.AddSingleton(Predictor.LoadOrTrain(path, steps));
        builder.Services.AddSingleton<PredictionService>();

        var app = builder.Build();
        app.UseExceptionHandler();
        app.UseStatusCodePages();
        app.MapPost(
            "/predict",
            (Question question, PredictionService service, CancellationToken token) => service.Predict(question, token)
        );
        app.MapGet("/health", (PredictionService service) => service.Health());
        return app;
    }

    private Results<Ok<Forecast>, ProblemHttpResult> Predict(Question question, CancellationToken token)
    {
        Interlocked.Increment(ref running);
        try
        {
            var forecast = predictor.Predict(question.Y0, question.Times, token);
            Interlocked.Increment(ref served);
            return TypedResults.Ok(forecast);
        }
        catch (ArgumentException wrong)
        {
            return TypedResults.Problem(wrong.Message, statusCode: StatusCodes.Status400BadRequest);
        }
        catch (OperationCanceledException)
        {
            Interlocked.Increment(ref cancelled);
            // nobody listens any more; the number is the one by which proxies log that
            return TypedResults.Problem("The caller is gone.", statusCode: StatusCodes.Status499ClientClosedRequest);
        }
        finally
        {
            Interlocked.Decrement(ref running);
        }
    }

    private Health Health() => new("ok", predictor.Parameters, running, served, cancelled);
}
