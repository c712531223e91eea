// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>Devices, under their C# names.</summary>
public static partial class DeviceExtensions
{
    extension(Device)
    {
        /// <summary>The CPU, on which the library's own engine runs. Every new tensor is on it.</summary>
        public static Device Cpu => Device.cpu;
    }
}
