namespace NeuralDE;

/// <summary>Devices, under their C# names.</summary>
public static class DeviceExtensions
{
    extension(Device)
    {
        /// <summary>The processor, on which the library's engine runs. Every new tensor is there.</summary>
        public static Device Cpu => Device.cpu;
    }
}
