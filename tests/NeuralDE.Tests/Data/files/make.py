"""Writes the files of this folder: python3 make.py, with PyTorch and NumPy."""
import json, struct

import numpy as np
import torch

torch.manual_seed(0)
net = torch.nn.Sequential(
    torch.nn.Linear(3, 5), torch.nn.Tanh(), torch.nn.Linear(5, 4), torch.nn.Tanh(), torch.nn.Linear(4, 2)
)
x = torch.randn(6, 3)
tensors = {**net.state_dict(), "input": x, "output": net(x).detach()}
header, data = {"__metadata__": {"format": "pt"}}, b""

for name, t in tensors.items():
    raw = t.contiguous().numpy().tobytes()
    header[name] = {"dtype": "F32", "shape": list(t.shape), "data_offsets": [len(data), len(data) + len(raw)]}
    data += raw

text = json.dumps(header).encode()
text += b" " * (-len(text) % 8)

with open("torch-sequential.safetensors", "wb") as file:
    file.write(struct.pack("<Q", len(text)) + text + data)


arrays = {
    "float64": np.array([[1.5, -0.0, np.inf], [np.nan, 5e-324, -1e300]]),
    "float32": np.arange(6, dtype="f4").reshape(1, 2, 3) / 3,
    "float16": np.array([1.0, -2.0, 65504.0], dtype="f2"),
    "int64": np.array([-(2**63), 2**63 - 1]),
    "int32": np.array(7, dtype="i4"),
    "int16": np.array([-300, 300], dtype="i2"),
    "uint8": np.array([0, 255], dtype="u1"),
    "uint32": np.array([2**32 - 1], dtype="u4"),
    "bool": np.array([True, False, True]),
    "big": np.array([1.0, 2.0], dtype=">f8"),
    "fortran": np.asfortranarray(np.arange(24.0).reshape(2, 3, 4)),
    "empty": np.zeros((0, 3)),
}
np.savez("arrays.npz", **arrays)
np.savez_compressed("arrays-compressed.npz", **arrays)
np.save("fortran.npy", arrays["fortran"])

with open("version-2.npy", "wb") as file:
    np.lib.format.write_array(file, arrays["float64"], version=(2, 0))

with open("version-3.npy", "wb") as file:
    np.lib.format.write_array(file, arrays["float64"], version=(3, 0))

np.save("structured.npy", np.zeros(2, dtype=[("a", "f8"), ("b", "i4")]))
np.save("complex.npy", np.zeros(2, dtype="c16"))
np.save("object.npy", np.array([{"a": 1}, None]))
