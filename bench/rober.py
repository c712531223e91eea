"""Robertson's kinetics to t = 1e5 by SciPy, rtol 1e-3, atol 1e-6: a line for each method, as rober.c prints them."""

import time

import numpy
from scipy.integrate import solve_ivp

# see rober.c
truth = numpy.array([0.01786592114211275, 7.274751468441875e-08, 0.9821340061103706])


def field(t, y):
    first, second, third = 0.04 * y[0], 1e4 * y[1] * y[2], 3e7 * y[1] * y[1]
    return [second - first, first - second - third, third]


for method in ("LSODA", "BDF", "Radau"):
    samples = []
    for _ in range(12):
        start = time.thread_time()
        solution = solve_ivp(field, (0.0, 1e5), [1.0, 0.0, 0.0], method=method, rtol=1e-3, atol=1e-6)
        samples.append(time.thread_time() - start)
    lower, median, upper = numpy.quantile(samples[2:], [0.25, 0.5, 0.75])
    error = numpy.max(numpy.abs(solution.y[:, -1] - truth) / (1e-6 + 1e-3 * numpy.abs(truth)))
    print(f"SciPy-{method}", lower, median, upper, len(solution.t) - 1, error)
