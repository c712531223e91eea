namespace NeuralDE.Internal.Mpi

open System
open System.Runtime.InteropServices
open NeuralDE

/// The MPI library that started the process.
type internal MpiKind =
    | OpenMpi
    | Mpich

/// The functions of MPI's C interface that the library uses. A handle of Open MPI is the address of a global of its library, one of
/// MPICH is a number (mpi.h of each).
module internal MpiLibrary =
    [<UnmanagedFunctionPointer(CallingConvention.Cdecl)>]
    type Init = delegate of argc: nativeint * argv: nativeint * required: int * provided: byref<int> -> int

    [<UnmanagedFunctionPointer(CallingConvention.Cdecl)>]
    type OfCommunicator = delegate of communicator: nativeint * result: byref<int> -> int

    [<UnmanagedFunctionPointer(CallingConvention.Cdecl)>]
    type SendReceive =
        delegate of
            sent: nativeint *
            sentCount: int *
            sentType: nativeint *
            target: int *
            sentTag: int *
            received: nativeint *
            receivedCount: int *
            receivedType: nativeint *
            source: int *
            receivedTag: int *
            communicator: nativeint *
            status: nativeint ->
                int

    [<UnmanagedFunctionPointer(CallingConvention.Cdecl)>]
    type Abort = delegate of communicator: nativeint * code: int -> int

    [<UnmanagedFunctionPointer(CallingConvention.Cdecl)>]
    type Plain = delegate of unit -> int

    [<DllImport("libc", CharSet = CharSet.Ansi, EntryPoint = "setenv")>]
    extern int private setVariable(string name, string value, int overwrite)

    /// UCX, over which MPICH sends, would take the signals by which .NET finds null references. A native library does not see the
    /// variables that .NET sets.
    let private leaveSignals () = setVariable ("UCX_ERROR_SIGNALS", "", 0) |> ignore

    let private variable (name: string) = Environment.GetEnvironmentVariable name
    let private isSet name = not (String.IsNullOrEmpty(variable name))

    /// The kind whose mpirun started this process; ValueNone if none did.
    let startedBy () : MpiKind voption =
        if isSet "OMPI_COMM_WORLD_SIZE" then ValueSome OpenMpi
        elif isSet "PMI_SIZE" || isSet "PMI_RANK" then ValueSome Mpich
        else ValueNone

    /// The number of processes on this machine, as mpirun says.
    let localSize () : int =
        let number name =
            match Int32.TryParse(variable name) with
            | true, n when n > 0 -> ValueSome n
            | _ -> ValueNone

        match number "OMPI_COMM_WORLD_LOCAL_SIZE", number "MPI_LOCALNRANKS" with
        | ValueSome n, _
        | ValueNone, ValueSome n -> n
        | ValueNone, ValueNone -> 1

    let private nameOf (kind: MpiKind) =
        match kind with
        | OpenMpi -> "Open MPI"
        | Mpich -> "MPICH"

    /// Names of the library, newest first.
    let private filesOf (kind: MpiKind) =
        match kind with
        | OpenMpi -> [ "libmpi.so.40"; "libmpi.so" ]
        | Mpich -> [ "libmpich.so.12"; "libmpi.so.12"; "libmpich.so" ]

    let private load (kind: MpiKind) : nativeint =
        leaveSignals ()
        let mutable handle = 0n
        let files = filesOf kind

        if not (files |> List.exists (fun file -> NativeLibrary.TryLoad(file, &handle))) then
            let tried = String.concat ", " files
            raise (
                InputException
                    $"Mpi.world: {nameOf kind} started this process, but its library does not load; tried {tried}. Install the library of the mpirun that you use, such as Debian's libopenmpi3 or libmpich12."
            )

        handle

    /// The functions and handles of a loaded library.
    [<Sealed>]
    type Functions(kind: MpiKind) =
        let library = load kind

        let find (name: string) : 'T = Marshal.GetDelegateForFunctionPointer<'T>(NativeLibrary.GetExport(library, name))

        let handle (ofOpenMpi: string) (ofMpich: int) : nativeint =
            match kind with
            | OpenMpi -> NativeLibrary.GetExport(library, ofOpenMpi)
            | Mpich -> nativeint ofMpich

        member _.Name = nameOf kind
        member val Init: Init = find "MPI_Init_thread"
        member val Rank: OfCommunicator = find "MPI_Comm_rank"
        member val Size: OfCommunicator = find "MPI_Comm_size"
        member val SendReceive: SendReceive = find "MPI_Sendrecv"
        member val Abort: Abort = find "MPI_Abort"
        member val Finalize: Plain = find "MPI_Finalize"
        member val World: nativeint = handle "ompi_mpi_comm_world" 0x44000000
        member val Bytes: nativeint = handle "ompi_mpi_byte" 0x4c00010d

        /// MPI_STATUS_IGNORE
        member _.NoStatus: nativeint =
            match kind with
            | OpenMpi -> 0n
            | Mpich -> 1n
