"""Writes the files of this folder: python3 make.py, with PyTorch and NumPy."""
import json, struct, torch

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
