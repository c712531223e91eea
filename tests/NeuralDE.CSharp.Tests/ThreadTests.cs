namespace FaceTests;

using static NeuralDE.Calculus;

public class ThreadTests
{
    private const int Threads = 8;

    /// <summary>The results of the same call on several threads that start together.</summary>
    private static T[] OnThreads<T>(Func<T> call)
    {
        using var barrier = new Barrier(Threads);
        var results = new T[Threads];
        var threads = Enumerable
            .Range(0, Threads)
            .Select(i => new Thread(() =>
            {
                barrier.SignalAndWait();
                results[i] = call();
            }))
            .ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        return results;
    }

    [Fact]
    public void A_compiled_gradient_through_a_solve_gives_the_same_bits_on_eight_threads()
    {
        var net = Mlp.Init(new Key(1), 2, 16, 2);
        var times = Linspace(0, 1, 5);
        var gradient = Compile(
            (Mlp net, Tensor y0) =>
                Grad(n => Mean(Square(Ode.Problem((_, u) => n.Apply(u), y0, 0, 1).SaveAt(times).SolveYs())), net)
        );
        var y0 = Tensor.Of(1.0, -1.0);

        double[][] Run() =>
            [
                .. Enumerable
                    .Range(0, 5)
                    .Select(_ => Tree.Flatten(gradient(net, y0)).SelectMany(x => x.ToArray()).ToArray()),
            ];

        // the first call on each thread uses the trace of another
        var together = OnThreads(Run);
        var alone = Run()[0];
        foreach (var run in together)
        foreach (var numbers in run)
            Assert.Equal(alone, numbers);
    }

    [Fact]
    public void Different_shapes_at_once_do_not_mix()
    {
        var square = Compile((Tensor x) => Sum(x * x));
        var next = 0;
        var sums = OnThreads(() =>
        {
            var n = Interlocked.Increment(ref next);
            return (n, Sum: (double)square(Ones(n)));
        });
        foreach (var (n, sum) in sums)
            Assert.Equal(n, sum);
    }
}
