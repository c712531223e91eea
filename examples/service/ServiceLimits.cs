using System.Globalization;
using System.Numerics;

namespace NeuralDE.Service;

/// <summary>
/// What one caller may ask for. Each has an option of its name, as in --times=100; a number that is out of range ends the
/// program at its start.
/// </summary>
public sealed record ServiceLimits
{
    /// <summary>Times of one question.</summary>
    public int Times { get; init; } = 1000;

    /// <summary>Steps of the solve from one time to the next.</summary>
    public int MaxSteps { get; init; } = 10_000;

    /// <summary>How long one question is worked on.</summary>
    public double Seconds { get; init; } = 5.0;

    /// <summary>Bytes of one question.</summary>
    public int Body { get; init; } = 64 * 1024;

    /// <summary>Questions that are worked on at the same time, and as many as wait; others are told to come again.</summary>
    public int Concurrent { get; init; } = 4 * Environment.ProcessorCount;

    /// <summary>Connections at the same time.</summary>
    public int Connections { get; init; } = 1000;

    /// <summary>Seconds in which the first bytes of a question must come; later 240 bytes a second.</summary>
    public double Grace { get; init; } = 5.0;

    public static ServiceLimits Of(IConfiguration options)
    {
        var usual = new ServiceLimits();
        return new()
        {
            Times = Read(options, "times", usual.Times, 1, 10_000_000),
            MaxSteps = Read(options, "maxSteps", usual.MaxSteps, 1, int.MaxValue),
            Seconds = Read(options, "seconds", usual.Seconds, 0.001, 86_400),
            Body = Read(options, "body", usual.Body, 64, 1 << 30),
            Concurrent = Read(options, "concurrent", usual.Concurrent, 1, 100_000),
            Connections = Read(options, "connections", usual.Connections, 1, 1_000_000),
            Grace = Read(options, "grace", usual.Grace, 1.5, 600),
        };
    }

    /// <summary>The number of an option; the usual one where the option is not given.</summary>
    /// <exception cref="InputException">for another text, and for a number out of range.</exception>
    public static T Read<T>(IConfiguration options, string name, T usual, T least, T most)
        where T : struct, INumber<T>
    {
        if (options[name] is not { } text)
            return usual;
        if (
            T.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
            && value >= least
            && value <= most
        )
            return value;
        var expected = typeof(T) == typeof(int) ? "a whole number" : "a number";
        throw new InputException(
            string.Create(
                CultureInfo.InvariantCulture,
                $"service: --{name} is '{text}', expected {expected} from {least} to {most}."
            )
        );
    }
}
