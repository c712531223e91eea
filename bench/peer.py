"""Times PyTorch and torchdiffeq for the benchmarks: reads one JSON request a line, writes one JSON answer a line.

A workload is made once from what the request holds (weights, states, times), then timed call by call on one thread.
"""

import ctypes
import gzip
import json
import os
import sys
import time
import types

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import numpy
import torch

torch.set_num_threads(1)

DTYPES = {"float32": torch.float32, "float64": torch.float64}


def load_torchdiffeq():
    """The package from the folder NEURALDE_TORCHDIFFEQ; None where that is not set, or holds none."""
    folder = os.environ.get("NEURALDE_TORCHDIFFEQ")
    if not folder:
        return None
    sys.path.insert(0, folder)
    try:
        import scipy.integrate  # noqa: F401
    except ImportError:
        # only its SciPy solver, which is not used here, calls this
        scipy, integrate = types.ModuleType("scipy"), types.ModuleType("scipy.integrate")
        integrate.solve_ivp = None
        scipy.integrate = integrate
        sys.modules["scipy"], sys.modules["scipy.integrate"] = scipy, integrate
    try:
        import torchdiffeq
    except ImportError as error:
        print(f"NEURALDE_TORCHDIFFEQ={folder}: {error}", file=sys.stderr)
        return None
    return torchdiffeq


torchdiffeq = load_torchdiffeq()


def tensor(values, dtype):
    return torch.tensor(values, dtype=DTYPES[dtype])


def network(layers, dtype):
    """tanh between linear layers; weights come as [inputs][outputs], as ours are stored."""
    modules = []
    for layer in layers:
        weight = tensor(layer["weight"], dtype)
        linear = torch.nn.Linear(weight.shape[0], weight.shape[1]).to(DTYPES[dtype])
        with torch.no_grad():
            linear.weight.copy_(weight.t())
            linear.bias.copy_(tensor(layer["bias"], dtype))
        modules += [linear, torch.nn.Tanh()]
    return torch.nn.Sequential(*modules[:-1])


class Counted(torch.nn.Module):
    """A field, and how often it was evaluated."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner
        self.calls = 0

    def forward(self, t, y):
        self.calls += 1
        return self.inner(y**3)


def field_of(request):
    if "matrix" in request:
        matrix = tensor(request["matrix"], request["dtype"])
        return Counted(lambda y: torch.mm(y, matrix))
    return Counted(network(request["layers"], request["dtype"]))


# Workloads: from a request to a call that returns tensors, and a call that says more about it.


def solve(request):
    field = field_of(request)
    y0 = tensor(request["y0"], request["dtype"])
    ts = tensor(request["ts"], "float64")
    options = {"rtol": request["rtol"], "atol": request["atol"], "method": request["method"]}

    def run():
        with torch.no_grad():
            return [torchdiffeq.odeint(field, y0, ts, **options)]

    def evaluations():
        field.calls = 0
        run()
        return {"evaluations": field.calls}

    return run, evaluations


def solve_gradient(request):
    field = field_of(request)
    parameters = list(field.parameters())
    y0 = tensor(request["y0"], request["dtype"])
    ts = tensor(request["ts"], "float64")
    data = tensor(request["data"], request["dtype"])
    options = {"rtol": request["rtol"], "atol": request["atol"], "method": request["method"]}

    def run():
        loss = (torchdiffeq.odeint(field, y0, ts, **options) - data).abs().sum()
        gradient = torch.autograd.grad(loss, parameters)
        return [loss.detach()] + [g.t() if g.dim() == 2 else g for g in gradient]

    def evaluations():
        field.calls = 0
        run()
        return {"evaluations": field.calls}

    return run, evaluations


def mlp_forward(request):
    net = network(request["layers"], request["dtype"])
    x = tensor(request["x"], request["dtype"])

    def run():
        with torch.no_grad():
            return [net(x)]

    return run, dict


def mlp_vjp(request):
    net = network(request["layers"], request["dtype"])
    x = tensor(request["x"], request["dtype"]).requires_grad_()
    w = tensor(request["w"], request["dtype"])
    wanted = list(net.parameters()) + [x]

    def run():
        gradient = torch.autograd.grad(net(x), wanted, w)
        return [g.t() if g.dim() == 2 and g is not gradient[-1] else g for g in gradient]

    return run, dict


def chain(request):
    n = int(request["n"])
    x = torch.linspace(-3, 3, n, dtype=DTYPES[request["dtype"]])
    a, w, b, c = request["numbers"]

    def run():
        return [a * torch.tanh(x * w + b) + c]

    return run, dict


def convolution(request):
    x = numbers([int(n) for n in request["x"]], request["dtype"])
    kernel = numbers([int(n) for n in request["kernel"]], request["dtype"])
    if request["channels_last"]:
        x = x.contiguous(memory_format=torch.channels_last)
        kernel = kernel.contiguous(memory_format=torch.channels_last)

    def forward():
        with torch.no_grad():
            return [torch.nn.functional.conv2d(x, kernel, padding=1)]

    if not request["gradients"]:
        return forward, dict
    w = numbers([int(n) for n in request["w"]], request["dtype"])
    if request["channels_last"]:
        w = w.contiguous(memory_format=torch.channels_last)
    x.requires_grad_()
    kernel.requires_grad_()

    def three_passes():
        y = torch.nn.functional.conv2d(x, kernel, padding=1)
        return [y, *torch.autograd.grad(y, [x, kernel], w)]

    return three_passes, dict


def numbers(shape, dtype):
    """Numbers that both sides can make: sin 1, sin 2, …"""
    count = int(numpy.prod(shape))
    return torch.sin(torch.arange(1, count + 1, dtype=torch.float64)).reshape(shape).to(DTYPES[dtype])


def product(request):
    m, k, n = request["shape"]
    a, b = numbers([m, k], request["dtype"]), numbers([k, n], request["dtype"])
    out = torch.empty(m, n, dtype=DTYPES[request["dtype"]])

    def run():
        return [torch.mm(a, b, out=out)]

    return run, dict


def pixels(folder, name, header, count):
    """The first bytes of one of Fashion-MNIST's files, after its header."""
    path = os.path.join(folder, name)
    with open(path, "rb") if os.path.exists(path) else gzip.open(path + ".gz") as file:
        return torch.tensor(list(file.read(header + count)[header:]))


class TimedConvolution(torch.nn.Module):
    """A convolution of the state with the time as one more channel before its own."""

    def __init__(self, channels):
        super().__init__()
        self.layer = torch.nn.Conv2d(channels + 1, channels, 3, 1, 1)

    def forward(self, t, x):
        return self.layer(torch.cat([torch.ones_like(x[:, :1]) * t, x], 1))


class OdeNetField(torch.nn.Module):
    """The field of torchdiffeq's examples/odenet_mnist.py."""

    def __init__(self, channels):
        super().__init__()
        self.norm1, self.conv1 = torch.nn.GroupNorm(32, channels), TimedConvolution(channels)
        self.norm2, self.conv2 = torch.nn.GroupNorm(32, channels), TimedConvolution(channels)
        self.norm3 = torch.nn.GroupNorm(32, channels)
        self.relu = torch.nn.ReLU(inplace=True)
        self.calls = 0

    def forward(self, t, x):
        self.calls += 1
        x = self.conv1(t, self.relu(self.norm1(x)))
        return self.norm3(self.conv2(t, self.relu(self.norm2(x))))


class OdeBlock(torch.nn.Module):
    def __init__(self, field):
        super().__init__()
        self.field = field

    def forward(self, x):
        return torchdiffeq.odeint(self.field, x, torch.tensor([0.0, 1.0]), rtol=1e-3, atol=1e-3)[1]


def ode_net_step(request):
    nn = torch.nn
    field = OdeNetField(64)
    net = nn.Sequential(
        *[nn.Conv2d(1, 64, 3, 1), nn.GroupNorm(32, 64), nn.ReLU(inplace=True)],
        *[nn.Conv2d(64, 64, 4, 2, 1), nn.GroupNorm(32, 64), nn.ReLU(inplace=True)],
        *[nn.Conv2d(64, 64, 4, 2, 1), OdeBlock(field)],
        *[nn.GroupNorm(32, 64), nn.ReLU(inplace=True), nn.AdaptiveAvgPool2d((1, 1)), nn.Flatten(), nn.Linear(64, 10)],
    )
    batch, steps, folder = int(request["batch"]), int(request["steps"]), request["folder"]
    images = pixels(folder, "train-images-idx3-ubyte", 16, steps * batch * 784).float().div(255)
    labels = pixels(folder, "train-labels-idx1-ubyte", 8, steps * batch)
    images, labels = images.reshape(steps, batch, 1, 28, 28), labels.reshape(steps, batch)
    with torch.no_grad():
        for parameter, weight in zip(net.parameters(), request["weights"], strict=True):
            parameter.copy_(tensor(weight, request["dtype"]).reshape(parameter.shape))
    optimiser = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)

    def step(i):
        optimiser.zero_grad()
        loss = nn.functional.cross_entropy(net(images[i]), labels[i])
        loss.backward()
        optimiser.step()
        return loss.detach()

    losses = torch.stack([step(i) for i in range(steps)])
    field.calls = 0
    with torch.no_grad():
        net(images[0])
    evaluations = field.calls
    trained = [p.detach().clone() for p in net.parameters()]

    def run():
        # always from the same weights, so that every call takes the same steps
        with torch.no_grad():
            for parameter, weight in zip(net.parameters(), trained):
                parameter.copy_(weight)
        step(0)
        return [losses]

    return run, lambda: {"evaluations": evaluations}


WORKLOADS = {
    "solve": solve,
    "solve-gradient": solve_gradient,
    "mlp-forward": mlp_forward,
    "mlp-vjp": mlp_vjp,
    "chain": chain,
    "convolution": convolution,
    "product": product,
    "ode-net-step": ode_net_step,
}

made = {}


def openblas():
    """What the OpenBLAS under PyTorch says of itself; PyTorch without it multiplies slowly."""
    if not os.path.exists("/proc/self/maps"):
        return "unknown"
    with open("/proc/self/maps") as maps:
        paths = {line.split()[-1] for line in maps if "openblas" in line}
    if not paths:
        return "absent"
    library = ctypes.CDLL(paths.pop())
    library.openblas_get_config.restype = ctypes.c_char_p
    return library.openblas_get_config().decode()


def seconds(run, repeats):
    start = time.clock_gettime_ns(time.CLOCK_THREAD_CPUTIME_ID)
    for _ in range(repeats):
        run()
    return (time.clock_gettime_ns(time.CLOCK_THREAD_CPUTIME_ID) - start) / 1e9 / repeats


def answer(request):
    verb = request["verb"]
    if verb == "about":
        return {
            "PyTorch": torch.__version__,
            "threads of PyTorch": torch.get_num_threads(),
            "torchdiffeq": None if torchdiffeq is None else torchdiffeq.__version__,
            "OPENBLAS_NUM_THREADS": os.environ["OPENBLAS_NUM_THREADS"],
            "OpenBLAS": openblas(),
        }
    if verb == "make":
        run, about = WORKLOADS[request["kind"]](request)
        made[request["name"]] = run
        values = [v.detach().double().flatten()[:: int(request["every"])].tolist() for v in run()]
        return {"values": values, "about": about()}
    if verb == "time":
        return {"seconds": seconds(made[request["name"]], int(request["repeats"]))}
    if verb == "forget":
        del made[request["name"]]
        return {}
    raise ValueError(f"got the verb {verb}, expected about, make, time or forget")


for line in sys.stdin:
    try:
        reply = answer(json.loads(line))
    except Exception as error:
        reply = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(reply), flush=True)
