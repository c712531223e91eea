/// dotnet run -c Release --project examples/gpu: trains one model on each device. With the argument `sizes`: what a training
/// step costs on each of them.
module NeuralDE.Gpu.Example.Program

open NeuralDE
open NeuralDE.LibTorch

[<EntryPoint>]
let main arguments =
    let gpus = if Torch.isCudaAvailable () then [ Torch.cuda 0 ] else []

    if List.ofArray arguments = [ "sizes" ] then
        Sizes.print (Torch.cpu :: gpus)
    else
        for device in Device.cpu :: Torch.cpu :: gpus do
            let losses = Spiral.train device 100
            printfn "%-10s loss %.4f, after 100 steps %.4f" device.Name losses[0] (Array.last losses)

    0
