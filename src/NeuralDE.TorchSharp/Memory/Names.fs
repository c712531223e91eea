namespace NeuralDE.LibTorch

/// Short names of TorchSharp's types. `open type TorchSharp.torch` would hide int64, float32 and this library's dtypes.
module internal Names =
    type T = TorchSharp.torch
    type Tensor = TorchSharp.torch.Tensor
    type TorchDevice = TorchSharp.torch.Device
    type ScalarType = TorchSharp.torch.ScalarType
    type Scalar = TorchSharp.Scalar
