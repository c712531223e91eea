using Microsoft.AspNetCore.Http.HttpResults;
using Kestrel = Microsoft.AspNetCore.Server.Kestrel.Core;

namespace NeuralDE.Service;

/// <summary>What a caller sends: a state, and the times at which to forecast, of which the first is the state's.</summary>
public sealed record Question(double[]? Y0, double[]? Times);

/// <summary>How the service is: GET /health.</summary>
public sealed record Health(string Status, int Parameters, int Running, int Served, int Cancelled);

/// <summary>
/// POST /predict and GET /health. Bad input is answered by 400 and the library's own sentence, and no answer shows a stack.
/// What one caller can cost is limited: ServiceLimits.
/// </summary>
public sealed class PredictionService(Predictor predictor, ServiceLimits limits)
{
    // a permit is held while a question is worked on, not while it comes in: slow callers keep nobody waiting
    private readonly SemaphoreSlim permits = new(limits.Concurrent);
    private int waiting;
    private int running;
    private int served;
    private int cancelled;

    /// <summary>
    /// The service, ready to be started. `--model` names the file of the model; without one, or where there is none yet, it
    /// trains for `--steps`, 500 unless given. What callers may ask for are further options: ServiceLimits.
    /// </summary>
    public static WebApplication Build(string[] args)
    {
        var builder = WebApplication.CreateSlimBuilder(args);
        builder.Services.AddProblemDetails();
        var path = builder.Configuration["model"];
        var steps = ServiceLimits.Read(builder.Configuration, "steps", 500, 0, int.MaxValue);
        var limits = ServiceLimits.Of(builder.Configuration);
        builder.Services.AddSingleton(limits);
        builder.Services.AddSingleton(Predictor.LoadOrTrain(path, steps, limits));
        builder.Services.AddSingleton<PredictionService>();
        builder.WebHost.ConfigureKestrel(options => Limit(options.Limits, limits));
        builder.Services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = false);

        var app = builder.Build();
        app.UseExceptionHandler(
            new ExceptionHandlerOptions
            {
                StatusCodeSelector = e =>
                    e is BadHttpRequestException bad ? bad.StatusCode : StatusCodes.Status500InternalServerError,
            }
        );
        app.UseStatusCodePages();
        app.Use((context, next) => IsUtf8(context.Request) ? next(context) : Refuse(context));
        app.MapPost(
            "/predict",
            (Question question, PredictionService service, CancellationToken token) => service.Predict(question, token)
        );
        app.MapGet("/health", (PredictionService service) => service.Health());
        return app;
    }

    // another charset would be an exception of the reader, also one that does not exist
    private static bool IsUtf8(HttpRequest request) =>
        request.GetTypedHeaders().ContentType is not { Charset: { HasValue: true } charset }
        || charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase);

    private static Task Refuse(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
        return Task.CompletedTask;
    }

    private static void Limit(Kestrel.KestrelServerLimits kestrel, ServiceLimits limits)
    {
        kestrel.MaxRequestBodySize = limits.Body;
        kestrel.MaxConcurrentConnections = limits.Connections;
        kestrel.RequestHeadersTimeout = TimeSpan.FromSeconds(limits.Grace);
        kestrel.MinRequestBodyDataRate = new Kestrel.MinDataRate(240, TimeSpan.FromSeconds(limits.Grace));
        kestrel.MinResponseDataRate = new Kestrel.MinDataRate(240, TimeSpan.FromSeconds(limits.Grace));
    }

    private async Task<Results<Ok<Forecast>, ProblemHttpResult>> Predict(Question question, CancellationToken token)
    {
        if (Interlocked.Increment(ref waiting) > 2 * limits.Concurrent)
        {
            Interlocked.Decrement(ref waiting);
            return TypedResults.Problem(
                "The service is busy. Ask again in a moment.",
                statusCode: StatusCodes.Status503ServiceUnavailable
            );
        }

        try
        {
            await permits.WaitAsync(token);
            try
            {
                return Answer(question, token);
            }
            finally
            {
                permits.Release();
            }
        }
        catch (OperationCanceledException)
        {
            Interlocked.Increment(ref cancelled);
            // nobody listens any more; the number is the one by which proxies log that
            return TypedResults.Problem("The caller is gone.", statusCode: StatusCodes.Status499ClientClosedRequest);
        }
        finally
        {
            Interlocked.Decrement(ref waiting);
        }
    }

    private Results<Ok<Forecast>, ProblemHttpResult> Answer(Question question, CancellationToken token)
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
        finally
        {
            Interlocked.Decrement(ref running);
        }
    }

    private Health Health() => new("ok", predictor.Parameters, running, served, cancelled);
}
