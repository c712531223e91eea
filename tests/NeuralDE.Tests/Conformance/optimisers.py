"""Writes optimisers.json: ten steps of each optimiser and the factors of schedules, by PyTorch 1.13 in float64."""
import json
import math
import os

import torch
from torch import optim
from torch.optim import lr_scheduler as schedules

torch.set_default_dtype(torch.float64)
start = [0.5, -1.2, 2.0, 0.0]
gradients = [
    [round(math.sin(1.7 * k + 0.9 * i) * (1 + 0.3 * i) + 0.2 * math.cos(k * k), 6) for i in range(4)] for k in range(10)
]

optimisers = {
    "GradientDescent": lambda p: optim.SGD(p, lr=0.1),
    "Sgd, momentum": lambda p: optim.SGD(p, lr=0.1, momentum=0.9),
    "Sgd, dampening, decay": lambda p: optim.SGD(p, lr=0.1, momentum=0.8, dampening=0.3, weight_decay=0.05),
    "Sgd, Nesterov": lambda p: optim.SGD(p, lr=0.05, momentum=0.9, nesterov=True, weight_decay=0.01),
    "Adam": lambda p: optim.Adam(p, lr=0.1),
    "Adam, AMSGrad": lambda p: optim.Adam(p, lr=0.1, betas=(0.8, 0.9), eps=1e-6, amsgrad=True),
    "AdamW": lambda p: optim.AdamW(p, lr=0.1),
    "AdamW, AMSGrad, decay": lambda p: optim.AdamW(p, lr=0.03, betas=(0.7, 0.95), weight_decay=0.1, amsgrad=True),
    "RmsProp": lambda p: optim.RMSprop(p, lr=0.01),
    "RmsProp, centered, momentum, decay": lambda p: optim.RMSprop(
        p, lr=0.02, alpha=0.9, eps=1e-6, momentum=0.5, centered=True, weight_decay=0.02
    ),
    "Adagrad": lambda p: optim.Adagrad(p, lr=0.1),
    "Adagrad, rate decay, initial sum, decay": lambda p: optim.Adagrad(
        p, lr=0.1, lr_decay=0.2, initial_accumulator_value=0.3, weight_decay=0.04, eps=1e-8
    ),
}


def steps(make, schedule=None):
    x = torch.tensor(start, requires_grad=True)
    optimiser = make([x])
    rates = schedule(optimiser) if schedule else None
    path = []
    for g in gradients:
        x.grad = torch.tensor(g)
        optimiser.step()
        path.append(x.detach().tolist())
        if rates:
            rates.step()
    return path


def lion(rate=0.02, beta1=0.9, beta2=0.99, decay=0.1):
    """Younger than PyTorch 1.13: algorithm 2 of Chen et al. 2023."""
    x, m, path = torch.tensor(start), torch.zeros(4), []
    for g in gradients:
        g = torch.tensor(g)
        x = x - rate * (torch.sign(beta1 * m + (1 - beta1) * g) + decay * x)
        m = beta2 * m + (1 - beta2) * g
        path.append(x.tolist())
    return path


def factors(schedule, n):
    optimiser = optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    rates = schedule(optimiser)
    found = []
    for _ in range(n):
        found.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        rates.step()
    return found


def pieces(o):
    return schedules.SequentialLR(o, [schedules.ConstantLR(o, f, 100) for f in (1.0, 0.5, 0.1)], [3, 7])


stairs = lambda o: schedules.StepLR(o, 4, 0.3)
paths = {name: steps(make) for name, make in optimisers.items()} | {"Lion, decay": lion()}
rates = {
    "stairs": factors(stairs, 12),
    "exponential": factors(lambda o: schedules.ExponentialLR(o, 0.9), 12),
    "polynomial": factors(lambda o: schedules.PolynomialLR(o, 8, 2.0), 12),
    "linear": factors(lambda o: schedules.LinearLR(o, 1.0, 0.2, 8), 12),
    "cosine": factors(lambda o: schedules.CosineAnnealingLR(o, 10, 0.1), 11),
    "oneCycle": factors(lambda o: schedules.OneCycleLR(o, 1.0, total_steps=20, cycle_momentum=False), 20),
    "piecewise": factors(pieces, 10),
}


def rows(table):
    return "[\n   " + ",\n   ".join(json.dumps(row) for row in table) + "]"


def named(table, text):
    return "{\n  " + ",\n  ".join(json.dumps(name) + ": " + text(value) for name, value in table.items()) + "}"


about = "Ten steps from these gradients, and factors of schedules, by PyTorch 1.13 in float64; Lion by algorithm 2 of its paper."
parts = {
    "about": json.dumps(about),
    "start": json.dumps(start),
    "gradients": rows(gradients),
    "optimisers": named(paths, rows),
    "schedules": named(rates, json.dumps),
    "Adam with stairs": rows(steps(optimisers["Adam"], stairs)),
}

with open(os.path.join(os.path.dirname(__file__), "optimisers.json"), "w") as file:
    file.write("{\n " + ",\n ".join(f"{json.dumps(name)}: {text}" for name, text in parts.items()) + "\n}\n")
