using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using NeuralDE.Service;

namespace FaceTests.Examples;

/// <summary>The service of examples/service over HTTP, on a free port of the loopback.</summary>
public sealed class ServiceTests : IAsyncLifetime
{
    private WebApplication app = Service(100_000);

    private HttpClient client = new();

    private static WebApplication Service(int maxSteps) =>
        PredictionService.Build([
            "--urls=http://127.0.0.1:0",
            "--steps=60",
            "--times=20000",
            "--body=1000000",
            "--seconds=60",
            $"--maxSteps={maxSteps}",
            "--concurrent=64",
            "--Logging:LogLevel:Default=None",
        ]);

    public async Task InitializeAsync()
    {
        await app.StartAsync();
        client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
    }

    public async Task DisposeAsync()
    {
        client.Dispose();
        await app.DisposeAsync();
    }

    private static readonly double[] Y0 = [2.0, 0.0];

    private Task<HttpResponseMessage> Ask(double[]? y0, double[]? times, CancellationToken token = default) =>
        client.PostAsJsonAsync("/predict", new Question(y0, times), token);

    private async Task<Forecast> Forecast(double[] y0, double[] times)
    {
        var answer = await Ask(y0, times);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return (await answer.Content.ReadFromJsonAsync<Forecast>())!;
    }

    private async Task<Health> Health() => (await client.GetFromJsonAsync<Health>("/health"))!;

    /// <summary>The message of a refusal.</summary>
    private static async Task<string> Refused(HttpResponseMessage answer)
    {
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>();
        return problem.TryGetProperty("detail", out var detail) ? detail.GetString()! : "";
    }

    [Fact]
    public async Task A_forecast_has_a_state_for_each_time()
    {
        var forecast = await Forecast(Y0, [0.0, 0.5, 1.0]);
        Assert.Equal("Success", forecast.Status);
        Assert.Equal(3, forecast.Ys.Length);
        Assert.Equal(Y0, forecast.Ys[0]);
        Assert.All(forecast.Ys, y => Assert.All(y, x => Assert.InRange(x, -3.0, 3.0)));
        Assert.Single((await Forecast(Y0, [0.0])).Ys);
    }

    [Fact]
    public async Task A_state_of_another_length_is_refused_also_where_nothing_is_solved()
    {
        Assert.Contains("got 0 numbers in y0, expected 2", await Refused(await Ask([], [0.0])));
        Assert.Contains("got 3 numbers in y0, expected 2", await Refused(await Ask([2.0, 0.0, 1.0], [0.0])));
        Assert.Contains("got 1 numbers in y0, expected 2", await Refused(await Ask([2.0], [0.0, 1.0])));
    }

    [Theory]
    [InlineData("application/json; charset=nonsense", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("application/json; charset=utf-16", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("application/json; charset=UTF-8", HttpStatusCode.OK)]
    public async Task A_charset_other_than_utf_8_is_refused(string kind, HttpStatusCode expected)
    {
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes("{\"y0\": [2, 0], \"times\": [0, 1]}"));
        content.Headers.TryAddWithoutValidation("Content-Type", kind);
        var answer = await client.PostAsync("/predict", content);
        Assert.Equal(expected, answer.StatusCode);
    }

    [Fact]
    public void A_model_is_trained_once_and_then_loaded()
    {
        var path = Path.Combine(Directory.CreateTempSubdirectory("neuralde").FullName, "spiral.safetensors");
        var trained = Predictor.LoadOrTrain(path, 2, new()).Predict(Y0, [0.0, 1.0], default);
        var loaded = Predictor.LoadOrTrain(path, 0, new()).Predict(Y0, [0.0, 1.0], default);
        Assert.Equal(trained.Ys, loaded.Ys);
        Directory.Delete(Path.GetDirectoryName(path)!, true);
    }

    [Fact]
    public async Task Simultaneous_requests_get_the_same_answers_as_single_ones()
    {
        double[] times = [.. Enumerable.Range(0, 20).Select(i => 0.1 * i)];
        double[][] starts = [.. Enumerable.Range(0, 32).Select(i => new[] { 0.05 * i, 1.0 })];
        var together = await Task.WhenAll(starts.Select(y0 => Forecast(y0, times)));
        foreach (var (y0, forecast) in starts.Zip(together))
            Assert.Equal((await Forecast(y0, times)).Ys, forecast.Ys);
        var health = await Health();
        Assert.Equal(("ok", 0, 64), (health.Status, health.Running, health.Served));
        Assert.Equal(2 * 16 + 16 + 16 * 2 + 2, health.Parameters);
    }

    [Fact]
    public async Task Bad_input_is_refused_with_the_message_of_the_library()
    {
        Assert.Equal(
            "predict: got 3 numbers in y0, expected 2.",
            await Refused(await Ask([1.0, 2.0, 3.0], [0.0, 1.0]))
        );
        Assert.Equal(
            "predict: times must be finite and increase; got 0.5 at position 2.",
            await Refused(await Ask(Y0, [0.0, 1.0, 0.5]))
        );
        Assert.StartsWith("predict: got no y0 or no times", await Refused(await Ask(null, [0.0, 1.0])));
        var broken = new StringContent("{ \"y0\": [1, ", Encoding.UTF8, "application/json");
        await Refused(await client.PostAsync("/predict", broken));
        // the service continues
        Assert.Equal("Success", (await Forecast(Y0, [0.0, 1.0])).Status);
    }

    [Fact]
    public async Task A_failed_solve_is_an_answer()
    {
        var forecast = await Forecast(Y0, [0.0, 1.0, 1e9]);
        Assert.Equal("MaxStepsReached", forecast.Status);
        Assert.Equal(2, forecast.Ys.Length);
        Assert.StartsWith("Ode.solve: stopped at t = ", forecast.Message);
    }

    [Fact]
    public async Task A_caller_that_disconnects_ends_the_work()
    {
        // hours of steps: the answer cannot come before the caller is gone
        await DisposeAsync();
        app = Service(int.MaxValue);
        await InitializeAsync();
        double[] times = [.. Enumerable.Range(0, 20_000).Select(i => 1e6 * i)];
        using var source = new CancellationTokenSource();
        var asked = Ask(Y0, times, source.Token);
        await Until(health => health.Running == 1);
        source.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked);
        await Until(health => health is { Running: 0, Cancelled: 1, Served: 0 });
    }

    private async Task Until(Func<Health, bool> holds)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            var health = await Health();
            if (holds(health))
                return;
            Assert.False(patience.IsCancellationRequested, $"Got {health} after half a minute, expected another.");
            await Task.Delay(5, CancellationToken.None);
        }
    }
}
