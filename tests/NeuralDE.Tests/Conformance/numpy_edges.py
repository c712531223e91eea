"""Writes numpy.json: what NumPy gives where NaN, infinities, zeros of both signs and the integers' extremes come in.

    /usr/bin/python3 numpy_edges.py > numpy.json        (with NumPy 1.24)
"""

import json
import numpy as np

np.seterr(all="ignore")
nan, inf = float("nan"), float("inf")
cases = []


def packed(x):
    x = np.asarray(x)
    kind = {"f": "float", "i": "int", "b": "bool"}[x.dtype.kind]
    text = [repr(float(v)) if kind == "float" else str(int(v)) for v in x.flatten()]
    return {"type": str(x.dtype), "shape": list(x.shape), "values": text}


def case(verb, inputs, output, **options):
    cases.append(
        {"verb": verb, "options": options, "inputs": [packed(x) for x in inputs], "output": packed(output)}
    )


special = np.array([nan, inf, -inf, 0.0, -0.0, 1.0, -2.5, 3.0, 0.5, -0.5, 1.5, 1e300])

unary = {
    "abs": np.abs, "signum": np.sign, "sqrt": np.sqrt, "exp": np.exp, "expm1": np.expm1, "log": np.log,
    "log1p": np.log1p, "sin": np.sin, "cos": np.cos, "tanh": np.tanh, "sinh": np.sinh, "cosh": np.cosh,
    "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan, "asinh": np.arcsinh, "acosh": np.arccosh,
    "atanh": np.arctanh, "floor": np.floor, "ceil": np.ceil, "round": np.rint, "square": np.square,
    "reciprocal": np.reciprocal, "isNaN": np.isnan, "isFinite": np.isfinite,
}
for verb, f in unary.items():
    x = special[:-1] if verb in ("sin", "cos") else special
    case(verb, [x], f(x))

a, b = (m.flatten() for m in np.meshgrid(special[:-1], special[:-1], indexing="ij"))
binary = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.divide, "pow": np.power,
    "maximum": np.maximum, "minimum": np.minimum, "atan2": np.arctan2, "mod": np.mod, "hypot": np.hypot,
    "less": np.less, "lessEqual": np.less_equal, "equal": np.equal, "notEqual": np.not_equal,
}
for verb, f in binary.items():
    case(verb, [a, b], f(a, b))

case("clip", [special], np.clip(special, -1.0, 2.0))
case("maximumNumber", [special], np.maximum(special, 0.25))

vectors = [
    [2.0, nan, 1.0], [nan, nan], [1.0, 2.0, 3.0, 4.0], [inf, 1.0, 2.0], [-inf, 1.0, 2.0], [inf, -inf, 0.0],
    [inf, inf], [-inf, -inf, -inf], [0.0, -0.0], [-0.0, 0.0], [1.0], [nan, inf, -inf, 1.0], [3.0, 1.0, 2.0, 3.0, 1.0],
]
along = {
    "amax": np.max, "amin": np.min, "argmax": np.argmax, "argmin": np.argmin, "sum": np.sum, "prod": np.prod,
    "mean": np.mean, "var": np.var, "std": np.std, "median": np.median, "cumsum": np.cumsum, "cumprod": np.cumprod,
    "sort": np.sort, "argsort": lambda x: np.argsort(x, kind="stable"), "norm": np.linalg.norm,
    "normInf": lambda x: np.linalg.norm(x, np.inf), "norm1": lambda x: np.linalg.norm(x, 1),
    "any": lambda x: np.any(x > 0), "all": lambda x: np.all(x > 0),
}
for verb, f in along.items():
    for v in vectors:
        case(verb, [np.array(v)], f(np.array(v)))

for v in vectors:
    if np.isnan(v).any() or np.isfinite(v).all():  # between infinities NumPy's interpolation is 0·∞
        for q in (0.0, 0.3, 0.5, 1.0):
            case("quantile", [np.array(v)], np.quantile(v, q), q=q)

places = np.array([-inf, 0.0, 2.0, 2.5, inf, nan])
for v in ([1.0, 2.0, 2.0, 3.0], [-inf, 2.0, inf], [1.0, 2.0, nan], [nan, nan]):
    case("searchSorted", [np.array(v), places], np.searchsorted(v, places, "left"))
    case("searchSortedRight", [np.array(v), places], np.searchsorted(v, places, "right"))

least, most = np.iinfo(np.int32).min, np.iinfo(np.int32).max
for dtype in (np.int32, np.int64, np.bool_):
    for v in ([most, 1, 7], [least, -1], [0, 5], [most, most, most], [1]):
        x = np.array(v, dtype=np.int64).astype(dtype)
        for verb in ("sum", "prod", "cumsum", "cumprod"):
            case(verb, [x], along[verb](x))

p = np.array([7, -7, 7, -7, 0, least, least, 5, most], np.int32)
q = np.array([3, 3, -3, -3, 5, -1, 3, 0, least], np.int32)
for verb in ("add", "sub", "mul", "mod", "maximum", "minimum", "less", "equal"):
    case(verb, [p, q], binary[verb](p, q))
    case(verb, [p.astype(np.int64), q.astype(np.int64)], binary[verb](p.astype(np.int64), q.astype(np.int64)))
for verb in ("abs", "signum", "neg"):
    f = np.negative if verb == "neg" else unary[verb]
    case(verb, [p], f(p))

rows = np.array([[1.0, nan, 3.0], [4.0, 5.0, 6.0]])
for verb in ("amax", "argmax", "sum", "median", "sort", "cumsum", "argmin"):
    for axis in (0, 1):
        case(verb + "Along", [rows], along[verb](rows, axis=axis), axis=axis)

steps = np.arange(3 * 4, dtype=np.float64).reshape(3, 4)
slices = [(0, None), (-1, None), (-2, -1), (None, -2), (1, 1), (0, 2), (-3, 0), (None, None), (3, None), (2, 1)]
for first, last in slices:  # F#'s ends are included
    stop = None if last is None or last == -1 else last + 1
    case("slice", [steps], steps[first:stop], first=first, last=last)

print(json.dumps({"numpy": np.__version__, "cases": cases}))
