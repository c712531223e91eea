using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using NeuralDE.Service;

namespace FaceTests.Examples;

/// <summary>
/// A short attack on the service: for any input, an answer is small, fast and contains no stack trace. The long attack is
/// examples/service/attack.fsx.
/// </summary>
public sealed class ServiceLimitTests : IAsyncLifetime
{
    // in the development environment, ASP.NET shows more details
    private readonly WebApplication app = PredictionService.Build([
        "--urls=http://127.0.0.1:0",
        "--environment=Development",
        "--steps=2",
        "--times=100",
        "--maxSteps=500",
        "--seconds=0.5",
        "--body=4096",
        "--grace=1.5",
        "--concurrent=8",
        "--Logging:LogLevel:Default=None",
    ]);

    private HttpClient client = new();

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

    private const string Good = """{"y0": [2, 0], "times": [0, 0.5, 1]}""";

    private async Task<HttpResponseMessage> Post(string body, string type = "application/json")
    {
        using var content = new StringContent(body, Encoding.UTF8, type);
        return await client.PostAsync("/predict", content);
    }

    private static async Task<string> Problem(HttpResponseMessage answer)
    {
        var text = await answer.Content.ReadAsStringAsync();
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        Assert.DoesNotContain("   at ", text, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", text, StringComparison.Ordinal);
        var problem = JsonSerializer.Deserialize<JsonElement>(text);
        Assert.Equal((int)answer.StatusCode, problem.GetProperty("status").GetInt32());
        return problem.TryGetProperty("detail", out var detail) ? detail.GetString()! : "";
    }

    private static string Times(int count) => string.Join(", ", Enumerable.Range(0, count));

    public static TheoryData<string, string> Bad =>
        new()
        {
            { """{"y0": [1e400, 0], "times": [0, 1]}""", "predict: y0 must be finite numbers; got " },
            { """{"y0": [2, 0], "times": [0, -1e999]}""", "predict: times must be finite and increase; got " },
            { """{"y0": ["NaN", 0], "times": [0, 1]}""", "" },
            { """{"y0": [NaN, 0], "times": [0, 1]}""", "" },
            { """{"y0": [2, 0], "times": [0, "Infinity"]}""", "" },
            { """{"y0": [2, 0, 1], "times": [0, 1]}""", "predict: got 3 numbers in y0, expected 2." },
            { """{"y0": [], "times": [0, 1]}""", "" },
            { """{"y0": [[2, 0]], "times": [0, 1]}""", "" },
            { """{"y0": 2, "times": [0, 1]}""", "" },
            { """{"times": [0, 1]}""", "predict: got no y0 or no times" },
            { """{"y0": [2, 0], "times": []}""", "predict: got no y0 or no times" },
            { """{"y0": [2, 0], "times": [1, 1]}""", "predict: times must be finite and increase; got 1 at" },
            { $"{{\"y0\": [2, 0], \"times\": [{Times(101)}]}}", "predict: got 101 times, expected at most 100." },
            { "null", "" },
            { "", "" },
            { "[]", "" },
            { new string('[', 3000), "" },
        };

    [Theory]
    [MemberData(nameof(Bad))]
    public async Task Bad_requests_are_400_and_a_problem_without_a_stack(string body, string sentence)
    {
        using var answer = await Post(body);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.StartsWith(sentence, await Problem(answer), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Invalid_requests_get_a_problem_response()
    {
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await Post(new string('1', 5000))).StatusCode);
        using var text = await Post(Good, "text/plain");
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, text.StatusCode);
        await Problem(text);
        using var got = await client.GetAsync("/predict");
        Assert.Equal(HttpStatusCode.MethodNotAllowed, got.StatusCode);
        await Problem(got);
    }

    private async Task<Forecast> Forecast(string body)
    {
        using var answer = await Post(body);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return (await answer.Content.ReadFromJsonAsync<Forecast>())!;
    }

    [Fact]
    public async Task Steps_and_seconds_are_limited()
    {
        var far = await Forecast("""{"y0": [2, 0], "times": [0, 1, 1e7]}""");
        Assert.Equal(("MaxStepsReached", 2), (far.Status, far.Ys.Length));

        var clock = Stopwatch.StartNew();
        var many = await Forecast(
            $"{{\"y0\": [2, 0], \"times\": [{string.Join(", ", Enumerable.Range(0, 100).Select(i => 30 * i))}]}}"
        );
        Assert.InRange(clock.Elapsed.TotalSeconds, 0.0, 20.0);
        Assert.Contains(many.Status, new[] { "Success", "TimeLimit" });
        if (many.Status == "TimeLimit")
            Assert.StartsWith("predict: stopped after 0.5 seconds with ", many.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_request_that_takes_too_long_gets_a_partial_answer()
    {
        var predictor = Predictor.LoadOrTrain(null, 0, new ServiceLimits { Seconds = 0.001, Times = 100_000 });
        double[] times = [.. Enumerable.Range(0, 100_000).Select(i => 0.5 * i)];
        var forecast = predictor.Predict([2.0, 0.0], times, default);
        Assert.Equal("TimeLimit", forecast.Status);
        Assert.InRange(forecast.Ys.Length, 1, 99_999);
        Assert.Contains("Ask for fewer", forecast.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Slow_callers_are_disconnected_and_others_served_meanwhile()
    {
        var head = "POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n";

        async Task<bool> Slowly()
        {
            using var socket = new TcpClient();
            await socket.ConnectAsync(client.BaseAddress!.Host, client.BaseAddress.Port);
            var stream = socket.GetStream();
            await stream.WriteAsync(Encoding.ASCII.GetBytes(head));
            var clock = Stopwatch.StartNew();
            try
            {
                while (clock.Elapsed.TotalSeconds < 60)
                {
                    await stream.WriteAsync(new byte[] { 32 });
                    await Task.Delay(200);
                }
                return false;
            }
            catch (IOException)
            {
                return true;
            }
        }

        var slow = Enumerable.Range(0, 40).Select(_ => Slowly()).ToArray();
        for (var i = 0; i < 20; i++)
            await Forecast(Good);
        Assert.All(await Task.WhenAll(slow), Assert.True);
    }

    [Fact]
    public async Task Many_bad_requests_use_no_memory_permanently()
    {
        async Task Attack(int count) =>
            await Parallel.ForEachAsync(
                Enumerable.Range(0, count),
                new ParallelOptions { MaxDegreeOfParallelism = 8 },
                async (i, _) =>
                {
                    var bodies = Bad.Select(row => (string)row[0]).ToArray();
                    using var answer = await Post(bodies[i % bodies.Length]);
                    Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
                }
            );

        await Attack(200);
        var before = GC.GetTotalMemory(true);
        await Attack(600);
        Assert.InRange(GC.GetTotalMemory(true) - before, long.MinValue, 10_000_000);
        Assert.Equal("Success", (await Forecast(Good)).Status);
    }

    [Theory]
    [InlineData("--times=0")]
    [InlineData("--seconds=NaN")]
    [InlineData("--body=-1")]
    [InlineData("--times=abc")]
    [InlineData("--times=1.5")]
    [InlineData("--times=")]
    [InlineData("--times=99999999999")]
    [InlineData("--seconds=1,5")]
    [InlineData("--steps=many")]
    public void Limits_that_are_no_number_or_out_of_range_are_refused(string option)
    {
        var wrong = Assert.Throws<InputException>(() => PredictionService.Build(["--steps=0", option]));
        var (name, text) = (option.Split('=')[0], option.Split('=')[1]);
        Assert.StartsWith($"service: {name} is '{text}', expected a ", wrong.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--times=abc", "service: --times is 'abc', expected a whole number from 1 to 10000000.")]
    [InlineData("--urls=nonsense", "nonsense")]
    public async Task A_program_that_cannot_start_says_why_in_one_line(string option, string sentence)
    {
        var info = new ProcessStartInfo("dotnet")
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            ArgumentList =
            {
                Path.Combine(AppContext.BaseDirectory, "NeuralDE.Service.dll"),
                "--steps=0",
                "--Logging:LogLevel:Default=None",
                option,
            },
        };
        using var running = Process.Start(info)!;
        var output = running.StandardOutput.ReadToEndAsync();
        var error = await running.StandardError.ReadToEndAsync();
        await running.WaitForExitAsync();
        Assert.Equal((2, ""), (running.ExitCode, await output));
        Assert.Contains(sentence, Assert.Single(error.TrimEnd().Split('\n')), StringComparison.Ordinal);
    }
}
