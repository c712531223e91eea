/// A chain of element-wise operations, against PyTorch and libtorch.
module NeuralDE.Benchmarks.Elementwise

open NeuralDE

let private numbers = [ 0.7; 1.3; 0.1; -0.2 ]

let private benchmark (n: int) (text: string) : Benchmark =
    let name = $"chain-{text}"

    let run context =
        let x = cast Float32 (linspace -3.0 3.0 n)
        let given = tensor [ for number in numbers -> float32 number ]
        let chain = compile (fun (x: Tensor, p: Tensor) -> p[0] * tanh (x * p[1] + p[2]) + p[3])

        let request () =
            Requests.make "chain" Float32 [ "n", Requests.ofNumber n; "numbers", Requests.ofNumbers numbers ]

        let workload = $"a·tanh(x·w + b) + c on {text} numbers, float32"
        let ours = Comparison.ofTrees (max 1 (n / 1000)) (fun () -> chain (x, given))
        [ fst (Comparison.againstBoth context name workload request ours []) ]

    { Name = name; Run = run }

let all: Benchmark list = [ benchmark 1_000 "1e3"; benchmark 100_000 "1e5"; benchmark 10_000_000 "1e7" ]
