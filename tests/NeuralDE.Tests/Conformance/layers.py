"""Writes layers.json: what PyTorch's layers give for small weights and inputs, in float64.

    /usr/bin/python3 layers.py > layers.json        (with PyTorch 1.13)
"""

import json
import torch
from torch import nn

torch.manual_seed(7)
torch.set_default_dtype(torch.float64)
cases = []


def packed(x):
    values = x.detach().to(torch.float64).flatten().tolist()
    return {"shape": list(x.shape), "values": [float(f"{v:.13g}") for v in values]}


def draw(*shape):
    """Normal numbers of three decimals."""
    return (torch.randn(*shape) * 1000).round() / 1000


def rounded(module):
    """The module with weights of three decimals, away from what they start with."""
    for p in module.parameters():
        p.data = (p.data + 0.1 * torch.randn_like(p.data)).mul(1000).round() / 1000
    return module


def case(name, module, inputs, outputs):
    weights = {k: packed(v) for k, v in module.named_parameters()} if module is not None else {}
    cases.append(
        {
            "name": name,
            "weights": weights,
            "inputs": [packed(x) for x in inputs],
            "outputs": [packed(y) for y in outputs],
        }
    )


def simple(name, module, x):
    rounded(module)
    case(name, module, [x], [module(x)])


simple("Linear", nn.Linear(3, 2), draw(2, 3))

grid = torch.tensor([-3.0, -1.25, -0.5, 0.125, 0.75, 2.5])
f = nn.functional
for name, function in {
    "Identity": lambda x: x,
    "Tanh": torch.tanh,
    "Sigmoid": torch.sigmoid,
    "Relu": f.relu,
    "LeakyRelu": f.leaky_relu,
    "Elu": f.elu,
    "Gelu": f.gelu,
    "GeluTanh": lambda x: f.gelu(x, approximate="tanh"),
    "Softplus": f.softplus,
    "Silu": f.silu,
    "Mish": f.mish,
    "Sine": torch.sin,
}.items():
    case("Activation " + name, None, [grid], [function(grid)])

simple("Conv1d", nn.Conv1d(2, 3, 3, stride=2, padding=1, dilation=2), draw(2, 2, 7))
simple("Conv1d groups", nn.Conv1d(4, 2, 2, groups=2), draw(1, 4, 4))
simple("Conv2d", nn.Conv2d(2, 3, (2, 3), stride=(2, 1), padding=(1, 2), dilation=(1, 2)), draw(2, 2, 4, 5))
simple("Conv2d groups", nn.Conv2d(4, 4, 3, padding=1, groups=2), draw(1, 4, 3, 3))
simple("ConvTranspose1d", nn.ConvTranspose1d(2, 3, 3, stride=2, padding=1, output_padding=1), draw(2, 2, 4))
simple("ConvTranspose2d", nn.ConvTranspose2d(4, 2, 3, stride=2, padding=1, groups=2), draw(1, 4, 3, 2))

for name, make in {"Elman": nn.RNN, "Gru": nn.GRU, "Lstm": nn.LSTM}.items():
    net = rounded(make(2, 3, num_layers=2, batch_first=True))
    x, h = draw(2, 4, 2), draw(2, 2, 3)
    state = (h, draw(2, 2, 3)) if name == "Lstm" else h
    y, last = net(x, state)
    case(name, net, [x, *(state if name == "Lstm" else [state])], [y, *(last if name == "Lstm" else [last])])

simple("LayerNorm", nn.LayerNorm(4), draw(2, 3, 4))
simple("LayerNorm of two axes", nn.LayerNorm([3, 2]), draw(2, 3, 2))
simple("GroupNorm", nn.GroupNorm(2, 4), draw(2, 4, 2, 3))

norm = rounded(nn.BatchNorm2d(3))
x = draw(2, 3, 2, 2)
y = norm(x)
mean, variance = norm.running_mean.clone(), norm.running_var.clone()
norm.eval()
case("BatchNorm", norm, [x], [y, mean, variance, norm(x)])

simple("Embedding", nn.Embedding(4, 3), torch.tensor([[0, 3], [2, 3]]))

attention = rounded(nn.MultiheadAttention(4, 2, batch_first=True))
q, k, v = draw(2, 3, 4), draw(2, 5, 4), draw(2, 5, 4)
case("Attention", attention, [q, k, v], [attention(q, k, v)[0]])
causal = torch.ones(3, 3, dtype=torch.bool).triu(1)
case("Attention causal", attention, [q], [attention(q, q, q, attn_mask=causal)[0]])
hidden = torch.tensor([[False, True, False, False, True], [True, True, True, True, False], [False] * 5])
case("Attention masked", attention, [q, k, v, ~hidden], [attention(q, k, v, attn_mask=hidden)[0]])

body = ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases)
print('{"source":"PyTorch ' + torch.__version__ + ', float64","cases":[\n' + body + "\n]}")
