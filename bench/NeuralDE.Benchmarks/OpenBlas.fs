/// OpenBLAS in this process, where the system has it.
module NeuralDE.Benchmarks.OpenBlas

open System
open System.Runtime.InteropServices
open System.Runtime.Intrinsics

[<DllImport("openblas")>]
extern void private openblas_set_num_threads(int threads)

[<DllImport("openblas")>]
extern nativeint private openblas_get_config()

[<DllImport("openblas")>]
extern void private cblas_sgemm(
    int order,
    int transA,
    int transB,
    int m,
    int n,
    int k,
    float32 alpha,
    nativeint a,
    int lda,
    nativeint b,
    int ldb,
    float32 beta,
    nativeint c,
    int ldc
)

[<DllImport("openblas")>]
extern void private cblas_dgemm(
    int order,
    int transA,
    int transB,
    int m,
    int n,
    int k,
    float alpha,
    nativeint a,
    int lda,
    nativeint b,
    int ldb,
    float beta,
    nativeint c,
    int ldc
)

/// Names under which systems keep it; NEURALDE_OPENBLAS names another.
let private names =
    match Environment.GetEnvironmentVariable "NEURALDE_OPENBLAS" with
    | null
    | "" -> [ "libopenblas.so.0"; "libopenblas.so"; "libopenblas.dylib"; "libopenblas.dll" ]
    | name -> [ name ]

[<DllImport("libc")>]
extern int private setenv(string name, string value, int replaces)

/// Names the processor whose code OpenBLAS runs. It knows none that are newer than itself and runs code of 2004 there, which would
/// not be a fair peer: it is told the widest vectors of this machine.
let coreTypeVariable = "OPENBLAS_CORETYPE"

let coreType: string option =
    if Vector512.IsHardwareAccelerated then Some "SkylakeX"
    elif Vector256.IsHardwareAccelerated then Some "Haswell"
    else None

let private library =
    lazy
        (match coreType with
         // it reads the environment while it is loaded, and not the one that .NET keeps
         | Some coreType when OperatingSystem.IsLinux() -> setenv (coreTypeVariable, coreType, 1) |> ignore
         | _ -> ()

         names
         |> List.tryPick (fun name ->
             match NativeLibrary.TryLoad name with
             | true, handle -> Some handle
             | _ -> None)
         |> Option.map (fun handle ->
             NativeLibrary.SetDllImportResolver(
                 Reflection.Assembly.GetExecutingAssembly(),
                 fun name _ _ -> if name = "openblas" then handle else 0n
             )

             openblas_set_num_threads 1
             handle))

/// What it says of itself; nothing where it is missing.
let about () : string option =
    library.Value |> Option.bind (fun _ -> Option.ofObj (Marshal.PtrToStringUTF8(openblas_get_config ())))

let private rowMajor, private plain = 101, 111

/// C = A B, row by row without gaps.
let gemm (isFloat32: bool) m n k (a: nativeint) (b: nativeint) (c: nativeint) =
    if isFloat32 then
        cblas_sgemm (rowMajor, plain, plain, m, n, k, 1.0f, a, k, b, n, 0.0f, c, n)
    else
        cblas_dgemm (rowMajor, plain, plain, m, n, k, 1.0, a, k, b, n, 0.0, c, n)
