namespace NeuralDE;

/// <summary>Work shared by the processes of a group.</summary>
public static class ProcessGroupExtensions
{
    extension(ProcessGroup group)
    {
        /// <summary>
        /// Applies a function to rows, each process to its own part of them; all processes get the results of all rows. For
        /// ensembles of solves.
        /// </summary>
        /// <param name="f">
        /// From a tree of tensors [rows; …] to one of as many rows, such as a solve with PerSample. The result of a row must depend
        /// on this row alone.
        /// </param>
        /// <param name="xs">A tree of tensors [n; …], the same in all processes; n is at least the number of processes.</param>
        /// <returns>f xs: a tree of tensors [n; …].</returns>
        /// <exception cref="ShapeException">The leaves of xs or of the result have other numbers of rows.</exception>
        public B MapRows<A, B>(Func<A, B> f, A xs)
        {
            ArgumentNullException.ThrowIfNull(group);
            ArgumentNullException.ThrowIfNull(xs);
            return ProcessGroupModule.mapRows(group, FSharp.Function(f), xs);
        }
    }
}
