namespace FaceTests;

using static NeuralDE.Calculus;

public class OdeTests
{
    private static Tensor LotkaVolterra(Tensor t, Tensor u) =>
        Stack(1.5 * u[0] - u[0] * u[1], u[0] * u[1] - 3.0 * u[1]);

    private static readonly Tensor Start = Tensor.Of(1.0, 1.0);

    [Fact]
    public void The_options_of_a_problem_are_set_one_by_one()
    {
        var solution = Ode.Problem(
                (t, u) => Stack(1.5 * u[0] - u[0] * u[1], u[0] * u[1] - 3.0 * u[1]),
                Tensor.Of(1.0, 1.0),
                0,
                10
            )
            .Using(Solver.Tsit5)
            .Tolerance(1e-8, 1e-8)
            .SaveAt(Linspace(0, 10, 101))
            .Solve();

        Assert.Equal([101, 2], solution.Ys.Shape);
        Assert.Equal(Status.Success, solution.Status);
        Assert.Null(solution.FailureOrNull);
        Assert.True(solution.Stats.Steps > 10);
        var precise = Ode.Problem(LotkaVolterra, Start, 0, 10).Using(Solver.DOP853).Tolerance(1e-12, 1e-12).Solve();
        Near.Equal(solution.Ys[^1], precise.Y1, 1e-5);
        Near.Equal(solution.At(3.7), precise.At(3.7), 1e-5);
        Assert.Equal([2, 2], solution.At(Tensor.Of(1.0, 2.0)).Shape);
    }

    [Fact]
    public void A_problem_is_immutable()
    {
        var problem = Ode.Problem(LotkaVolterra, Start, 0, 1);
        var fixedSteps = problem.Using(Solver.RK4).Dt(0.1);
        Assert.Equal(Solver.Tsit5, problem.Solver);
        Assert.Equal(10, fixedSteps.Solve().Stats.Steps);
    }

    [Fact]
    public void Every_option_has_its_effect()
    {
        var problem = Ode.Problem(LotkaVolterra, Start, 0, 1);
        Assert.Equal([3, 2], problem.SaveAt(0.0, 0.5, 1.0).SolveYs().Shape);
        Assert.Equal(Start.ToArray(), problem.SaveStart().SaveEnd().SolveYs()[0].ToArray());
        var steps = problem.SaveSteps(1).Solve();
        Assert.Equal(steps.Stats.Steps, steps.Ys.Length);
        Assert.True(problem.DtBetween(0.0, 0.01).Solve().Stats.Steps >= 100);
        Assert.Equal(0.25, problem.Dt0(0.25).Tolerance(1.0, 1.0).SaveSteps(1).Solve().Ts.ToArray()[0]);
        foreach (var stops in new[] { problem.StepAt(0.3), problem.JumpAt(0.3) })
            Assert.Contains(stops.SaveSteps(1).Solve().Ts.ToArray(), t => Math.Abs(t - 0.3) < 1e-12);
        Assert.True(
            problem.Norm(e => 1e-3 * Norm(e)).Solve().Stats.Steps < problem.Norm(e => 1e3 * Norm(e)).Solve().Stats.Steps
        );
        var stretched = Ode.Problem(LotkaVolterra, Start, 0, 10);
        Assert.NotEqual(
            stretched.Solve().Stats.Steps,
            stretched.Controller(StepController.ProportionalIntegral).Solve().Stats.Steps
        );
        Assert.Equal(Status.Success, stretched.Controller(StepController.Pid(0.3, 0.3, 0.0)).Solve().Status);
        var times = new List<double>();
        problem.Progress(p => times.Add(p.Time)).Solve();
        Assert.Equal(1.0, times[^1], 12);
        var rows = Ode.Problem(LotkaVolterra, Stack(Start, 2.0 * Start), 0, 1).PerSample().Solve();
        Assert.Equal([2, 2], rows.Y1.Shape);
        Assert.Equal(2, rows.Statuses.Length);
    }

    [Fact]
    public void Every_solver_solves()
    {
        Assert.Equal(13, Solver.ExplicitOdeSolvers.Count);
        foreach (var solver in Solver.ExplicitOdeSolvers)
        {
            var end = Ode.Problem((_, u) => -u, Tensor.Of(1.0), 0, 1).Using(solver).Dt(0.01).SolveFinal();
            Near.Equal(end, Math.Exp(-1.0), 1e-2);
        }
    }

    [Fact]
    public void Gradients_go_through_the_solve_by_every_method()
    {
        Tensor End(Tensor p, Gradient method) =>
            Sum(
                Ode.Problem((t, u) => p * LotkaVolterra(t, u), Start, 0, 2)
                    .Tolerance(1e-10, 1e-10)
                    .Gradient(method)
                    .SolveFinal()
            );

        var at = Tensor.Of(1.0, 0.5);
        const double h = 1e-5;
        double[] expected =
        [
            .. Enumerable
                .Range(0, 2)
                .Select(i => h * OneHot(Tensor.Of(i), 2)[0])
                .Select(step =>
                    (double)((End(at + step, Gradients.Direct) - End(at - step, Gradients.Direct)) / (2.0 * h))
                ),
        ];
        Gradient[] methods =
        [
            Gradients.Direct,
            Gradients.Checkpointed,
            Gradients.CheckpointedWithin(4096),
            Gradients.Backsolve,
            Gradients.BacksolveWith(new() { Rtol = 1e-11, Norm = BacksolveNorm.Seminorm }),
            Gradients.BacksolveWith(new() { Norm = BacksolveNorm.Of(e => Norm(e.State[0])) }),
        ];
        foreach (var method in methods)
            Near.Equal(Grad(p => End(p, method), at), expected, 1e-6);
    }

    [Fact]
    public void A_time_that_is_a_tensor_has_a_gradient()
    {
        Tensor End(Tensor t1) => Ode.Problem((_, u) => -u, Tensor.Of(1.0), 0, t1).SolveFinal()[0];
        Near.Equal(Grad(End, Tensor.Scalar(1.0)), -Math.Exp(-1.0), 1e-5);
    }

    [Fact]
    public void A_failed_solve_reports_time_and_cause()
    {
        var blowup = Ode.Problem((_, u) => u * u, Tensor.Of(1.0), 0, 2).SaveAt(0.5, 1.5);
        var raised = Assert.Throws<SolveException>(() => blowup.Solve());
        Assert.StartsWith("Ode.solve: stopped at t = 1 (", raised.Message);
        Assert.Equal([0.5, 1.5], raised.TsOrNull!.ToArray());
        Assert.True(double.IsNaN(((Tensor)raised.Ys!)[1].ToArray()[0]));
        var tried = blowup.TrySolve();
        Assert.Equal(raised.Status, tried.Status);
        var failure = tried.FailureOrNull!;
        Assert.Equal(raised.Message, failure.Message);
        Assert.Null(failure.SampleOrNull);
        var rows = Ode.Problem((_, u) => u * u, Tensor.Of(0.1, 1.0), 0, 2).PerSample().TrySolve();
        Assert.Equal(1, rows.FailureOrNull!.SampleOrNull);
    }

    [Fact]
    public void Events_change_the_state_or_end_the_solve()
    {
        var ball = Ode.Problem((_, u) => Stack(u[1], Tensor.Of(-9.81)[0]), Tensor.Of(10.0, 0.0), 0, 5);
        var solution = ball.On(
                Event.Falling<Tensor>((_, u) => u[0]),
                Event.Apply<Tensor>((_, u) => Stack(u[0], -0.8 * u[1]))
            )
            .MaxEvents(10)
            .Solve();
        Near.Equal(solution.Events.Times, Tensor.Of(1.42784312, 3.71239212), 1e-7);
        Assert.Equal(Status.Success, solution.Status);

        var fall = ball.On(Event.Crossing<Tensor>((_, u) => u[0]), Event.Stop<Tensor>()).Solve();
        Assert.Equal(Status.EventOccurred, fall.Status);
        Near.Equal(fall.T1, Tensor.Of(1.42784312)[0], 1e-7);
        Near.Equal(fall.Y1, Tensor.Of(0.0, -14.0071410), 1e-5);
    }

    [Fact]
    public void A_solve_ends_when_it_is_cancelled()
    {
        using var source = new CancellationTokenSource();
        var steps = 0;
        var solution = Ode.Problem(LotkaVolterra, Start, 0, 1000)
            .MaxSteps(1_000_000)
            .Cancel(source.Token)
            .Progress(p =>
            {
                steps = p.Steps;
                if (steps == 20)
                    source.Cancel();
            })
            .TrySolve();
        Assert.Equal(Status.Cancelled, solution.Status);
        Assert.Equal(20, steps);
    }

    private static Tensor Robertson(Tensor k, Tensor y)
    {
        var (a, b, c) = (k[0] * y[0], k[1] * y[1] * y[2], k[2] * y[1] * y[1]);
        return Stack(b - a, a - b - c, c);
    }

    [Fact]
    public void Robertsons_equations_are_solved_and_differentiated_by_plain_calls()
    {
        var rates = Tensor.Of(0.04, 1e4, 3e7);

        double First(Tensor logs) => (double)Final(logs);

        Tensor Final(Tensor logs) =>
            Ode.Problem((t, y) => Robertson(Exp(logs) * rates, y), Tensor.Of(1.0, 0.0, 0.0), 0, 1e5)
                .Using(Solver.Kvaerno3)
                .Tolerance(1e-7, 1e-11)
                .SolveFinal()[0];

        var zero = Zeros(3);
        Assert.Equal(0.0178659211, First(zero), 1e-8);
        var gradient = Grad(Final, zero).ToArray();

        for (var k = 0; k < 3; k++)
        {
            double At(double e) => First(Tensor.Of([.. Enumerable.Range(0, 3).Select(i => i == k ? e : 0.0)]));
            var difference = (8 * (At(1e-4) - At(-1e-4)) - (At(2e-4) - At(-2e-4))) / 12e-4;
            Assert.Equal(difference, gradient[k], 1e-6 * 0.0317);
        }

        var stiff = Assert.Throws<SolveException>(() =>
            Ode.Problem((t, y) => Robertson(rates, y), Tensor.Of(1.0, 0.0, 0.0), 0, 1e5).MaxSteps(2000).Solve()
        );
        Assert.Contains("Kvaerno3", stiff.Failure.AdviceOrNull);
    }

    [Fact]
    public void A_gradient_at_rest_is_accurate_except_with_StateOnly()
    {
        double Slope(ErrorControl control) =>
            (double)Grad(
                p => Sum(Ode.Problem((t, y) => p - y, Tensor.Of(1.0), 0, 10).ErrorControl(control).SolveFinal()),
                Tensor.Of(1.0)[0]
            );

        Assert.Equal(1.0 - Math.Exp(-10), Slope(ErrorControl.StateAndDerivatives), 3e-5);
        Assert.True(Math.Abs(Slope(ErrorControl.StateOnly) - 1.0) > 1.0);
    }

    [Fact]
    public void A_jump_has_a_derivative_by_its_time()
    {
        Tensor Final(Tensor off) =>
            Sum(
                Ode.Problem((t, u) => Where(t < off, 5.0 * OnesLike(t), ZerosLike(t)) - u, Tensor.Of(0.0), 0, 4)
                    .Tolerance(1e-10, 1e-12)
                    .JumpAt(off)
                    .SolveFinal()
            );

        Assert.Equal(5.0 * Math.Exp(-2), (double)Grad(Final, Tensor.Of(2.0)[0]), 1e-8);
    }

    [Fact]
    public void A_solve_is_stepped_by_hand()
    {
        var problem = Ode.Problem((t, y) => -y, Tensor.Of(1.0), 0, 1).Tolerance(1e-6, 1e-8);
        var integrator = problem.Integrator();
        Assert.Null(integrator.StatusOrNull);
        while (!integrator.IsDone)
            integrator = integrator.Step();
        Assert.Equal(Status.Success, integrator.StatusOrNull);
        Assert.Equal(problem.SolveFinal().ToArray(), integrator.Y.ToArray());
        Assert.Equal(1.0, integrator.T);
        Near.Equal(integrator.At(0.999), [Math.Exp(-0.999)], 1e-6);
        Near.Equal(problem.Integrator().Step().With(Tensor.Of(2.0)).Y, [2.0], 0);
        Assert.Throws<InputException>(() => integrator.Step());
    }

    [Fact]
    public void A_custom_method()
    {
        var heun = Solver.OfStepWithError(
            "own Heun",
            2,
            s =>
            {
                var k1 = s.Field(s.T0, s.Y);
                var k2 = s.Field(s.T1, s.Y + s.H * k1);
                return (s.Y + s.H * (0.5 * (k1 + k2)), s.H * (0.5 * (k2 - k1)));
            }
        );
        var problem = Ode.Problem((t, y) => -y, Tensor.Of(1.0), 0, 1).Tolerance(1e-5, 1e-7);
        Near.Equal(problem.Using(heun).SolveFinal(), problem.Using(Solver.Heun).SolveFinal(), 1e-13);

        var euler = Solver.OfStep("own Euler", 1, s => s.Y + s.H * s.Field(s.T0, s.Y));
        Near.Equal(problem.Using(euler).Dt(0.1).SolveFinal(), problem.Using(Solver.Euler).Dt(0.1).SolveFinal(), 1e-14);
        Assert.Throws<InputException>(() => problem.Using(euler).Solve());

        var tableau = Solver.OfTableau(new Tableau(ExplicitTableaus.bosh3.Data));
        Near.Equal(problem.Using(tableau).SolveFinal(), problem.Using(Solver.Bosh3).SolveFinal(), 0.0);
    }

    [Fact]
    public void A_custom_step_controller()
    {
        var halving = StepController.OfRule(
            "I control with memory",
            [("last", 1.0)],
            attempt =>
            {
                var k = attempt.Power;
                var wanted = 0.9 * Verbs.Exp(-1.0 / k * Verbs.Log(Verbs.Maximum(attempt.Error, 1e-10)));
                Tensor Within(double low, double high) => Verbs.Minimum(Verbs.Maximum(wanted, low), high);
                var factor = Verbs.Where(attempt.Accepted, Within(1.0, 10.0), Within(0.2, 0.9));
                return (factor, [("last", Verbs.Where(attempt.Accepted, attempt.Error, attempt.Slots["last"]))]);
            }
        );
        var problem = Ode.Problem((t, y) => Tensor.Of(-1.0, -20.0) * y, Tensor.Of(1.0, 1.0), 0, 1)
            .Tolerance(1e-6, 1e-8);
        Near.Equal(problem.Controller(halving).SolveFinal(), problem.SolveFinal(), 1e-12);
        var loose = StepController.OfPid(new PidController(0, 1, 0, 0.7, 0.2, 10, 1));
        Assert.True(problem.Controller(loose).Solve().Stats.Steps > problem.Solve().Stats.Steps);

        Assert.Throws<InputException>(() => StepController.OfPid(new PidController(0, 0, 0, 0.9, 0.2, 10, 1)));
        var silent = StepController.OfRule("silent", [("a", 0.0)], attempt => (attempt.Error, []));
        Assert.Throws<InputException>(() => problem.Controller(silent).Solve());
    }
}
