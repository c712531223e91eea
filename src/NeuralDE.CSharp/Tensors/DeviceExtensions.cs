namespace NeuralDE;

/// <summary>Devices under C#'s names.</summary>
public static class DeviceExtensions
{
    extension(Device)
    {
        /// <summary>The processor, on which the library's own engine runs. Every tensor begins there.</summary>
        public static Device Cpu => Device.cpu;
    }
}
