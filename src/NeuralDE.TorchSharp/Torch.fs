namespace NeuralDE.LibTorch

open System
open System.Collections.Concurrent
open NeuralDE
open NeuralDE.LibTorch.Names

/// <summary>What a call cost on a device of libtorch.</summary>
type TorchCounts =
    {
        /// <summary>Operations that libtorch ran. On a GPU each one takes about 6 µs at least.</summary>
        Launches: int64
        /// <summary>Reads from the device. Each one waits for what computes the value.</summary>
        Waits: int64
        /// <summary>Copies of arrays to the device.</summary>
        Uploads: int64
    }

    override c.ToString() = $"{string c.Launches} launches, {string c.Waits} waits, {string c.Uploads} uploads"

/// <summary>The devices of libtorch, and what runs on them.</summary>
/// <remarks>
/// <c>Tree.toDevice Torch.cpu model</c> moves a model; what is computed from it then runs on libtorch, and its results stay
/// there. Add a package with libtorch to the application: TorchSharp-cpu, TorchSharp-cuda-linux or TorchSharp-cuda-windows.
/// </remarks>
module Torch =
    let private devices = ConcurrentDictionary<string, Lazy<Device>>()

    // one object for each device, since devices are compared by reference
    let private device (name: string) : Device =
        devices.GetOrAdd(name, (fun name -> lazy (TorchExecutor("torch:" + name, name) :> Device))).Value

    /// <summary>libtorch on the CPU.</summary>
    let cpu: Device = device "cpu"

    /// <summary>Whether libtorch has CUDA and finds a graphics processor. False without libtorch.</summary>
    let isCudaAvailable () : bool =
        try
            T.cuda.is_available ()
        with _ ->
            false

    /// <summary>The graphics processor of NVIDIA's with this number, from 0.</summary>
    let cuda (k: int) : Device =
        if k < 0 then raise (DeviceException $"Torch.cuda: got device {string k}, expected 0 or more.")

        if not (isCudaAvailable ()) then
            raise (
                DeviceException
                    "Torch.cuda: libtorch finds no CUDA device, expected one. Add TorchSharp-cuda-linux or TorchSharp-cuda-windows to the application, and see that the driver runs (nvidia-smi)."
            )

        if k >= T.cuda.device_count () then
            raise (
                DeviceException
                    $"Torch.cuda: got device {string k}, expected less than {string (T.cuda.device_count ())}, the number of devices."
            )

        device $"cuda:{string k}"

    /// <summary>f x, and what it cost on a device of libtorch. Other threads are not counted.</summary>
    let count (f: 'A -> 'B) (x: 'A) : 'B * TorchCounts =
        let launches, waits, uploads = Counted.Launches, Counted.Waits, Counted.Uploads
        let result = f x

        result,
        { Launches = Counted.Launches - launches
          Waits = Counted.Waits - waits
          Uploads = Counted.Uploads - uploads }

    /// <summary>The operations that libtorch lacks and that the library's own engine computed on copies: how often each,
    /// since the start of the program.</summary>
    let fallbacks () : Map<string, int64> = Counted.Fallbacks
