namespace NeuralDE

open System
open NeuralDE.Internal.Mpi

/// <summary>Training and ensembles by many processes, on one machine or on many, over Open MPI or MPICH.</summary>
/// <remarks>
/// A program that uses Mpi.world is started by `mpirun -n 4 dotnet Program.dll`; without mpirun it is one process on its own.
/// Linux only. An exception that nobody handles, in any process, ends all of them.
/// </remarks>
[<RequireQualifiedAccess>]
module Mpi =
    let private shareCores () =
        if String.IsNullOrEmpty(Environment.GetEnvironmentVariable "NEURALDE_THREADS") then
            Engine.setThreads (max 1 (Engine.threads () / MpiLibrary.localSize ()))

    let private start () : ProcessGroup =
        match MpiLibrary.startedBy () with
        | ValueNone -> ProcessGroup.alone
        | ValueSome kind ->
            let group = new MpiGroup(kind)
            let domain = AppDomain.CurrentDomain
            domain.ProcessExit.Add(fun _ -> group.Close())

            domain.UnhandledException.Add(fun e ->
                group.End(
                    $"process {string group.Rank} of {string group.Size} ends all processes: {e.ExceptionObject}",
                    1
                ))

            shareCores ()
            group

    let private group = lazy (start ())

    /// <summary>The processes that mpirun started; one process on its own without mpirun.</summary>
    /// <returns>The group, the same one at each call. The first call starts MPI, and sets Engine.threads to this process's share of
    /// the machine's cores, unless NEURALDE_THREADS is set.</returns>
    /// <exception cref="T:NeuralDE.InputException">The library of this mpirun does not load.</exception>
    [<CompiledName "World">]
    let world () : ProcessGroup = group.Value
