namespace NeuralDE

open System.IO
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Data

/// Images with class labels.
type LabelledImages =
    {
        /// [samples; 1; rows; columns], float64 in [0, 1]
        Images: Tensor
        /// [samples], int64
        Labels: Tensor
    }

/// <summary>Fashion-MNIST: 70 000 photographs of clothes, 28 by 28 grey pixels, ten classes. Xiao, Rasul and Vollgraf
/// 2017.</summary>
/// <remarks>MNIST's files, which have the same names, can be read too.</remarks>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module FashionMnist =
    /// The names of the classes, for the labels 0 to 9.
    let classes =
        [ "T-shirt"; "Trouser"; "Pullover"; "Dress"; "Coat"; "Sandal"; "Shirt"; "Sneaker"; "Bag"; "Ankle boot" ]

    let private debian = "/usr/share/datasets/fashion-mnist"

    /// The path of a file in the folder, plain or gzipped.
    let private find verb (folder: string) (name: string) =
        let plain = Path.Combine(folder, name)

        match List.tryFind File.Exists [ plain; plain + ".gz" ] with
        | Some path -> { Verb = verb; Path = path }
        | None ->
            let debian = $"On Debian, apt-get install dataset-fashion-mnist puts it into {debian}"
            let others = "on other systems get the four files from github.com/zalandoresearch/fashion-mnist"
            Files.refuse { Verb = verb; Path = plain } $"there is no such file, plain or with .gz. {debian}; {others}."

    let private readPart verb (part: string) (folder: string) : LabelledImages =
        let forImages = find verb folder $"{part}-images-idx3-ubyte"
        let forLabels = find verb folder $"{part}-labels-idx1-ubyte"
        let shape, pixels = Files.read forImages (Idx.readBytes forImages 3)
        let counts, labels = Files.read forLabels (Idx.readBytes forLabels 1)

        if counts[0] <> shape[0] then
            Files.refuse
                forLabels
                $"there are {string counts[0]} labels, expected {string shape[0]}, one for each image."

        let images = pixels |> Array.map (fun pixel -> float pixel / 255.0)
        let imageShape = [| shape[0]; 1; shape[1]; shape[2] |]

        { Images = Tensor.OfArray(NdArray(Float64, imageShape, images))
          Labels = Tensor.OfArray(NdArray(Int64, counts, Array.map int64 labels)) }

    /// <summary>Reads the 60 000 training images. They take 376 MB; `cast Dtype.Float32` halves that.</summary>
    /// <param name="folder">The folder with train-images-idx3-ubyte and train-labels-idx1-ubyte, plain or as .gz.</param>
    /// <returns>Images [60000; 1; 28; 28], float64 in [0, 1], and labels [60000], int64.</returns>
    /// <remarks>FileException for a file that is missing, truncated or damaged.</remarks>
    let load (folder: string) : LabelledImages = readPart "FashionMnist.load" "train" folder

    /// <summary>Reads the 10 000 test images.</summary>
    /// <param name="folder">The folder with t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, plain or as .gz.</param>
    /// <returns>Images [10000; 1; 28; 28], float64 in [0, 1], and labels [10000], int64.</returns>
    /// <remarks>FileException for a file that is missing, truncated or damaged.</remarks>
    let loadTest (folder: string) : LabelledImages = readPart "FashionMnist.loadTest" "t10k" folder
