using System.Runtime.CompilerServices;

namespace NeuralDE.Kernels;

/// <summary>A whole vector or its first lanes: the body of a loop is written once for both.</summary>
internal unsafe interface IPart
{
    S Load<S>(void* source)
        where S : struct, IVector<S>;

    void Store<S>(S value, void* target)
        where S : struct, IVector<S>;
}

internal readonly unsafe struct WholeVector : IPart
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public S Load<S>(void* source)
        where S : struct, IVector<S> => S.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store<S>(S value, void* target)
        where S : struct, IVector<S> => S.Store(value, target);
}

internal readonly unsafe struct FirstLanes(int count) : IPart
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public S Load<S>(void* source)
        where S : struct, IVector<S> => S.LoadFirst(source, count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store<S>(S value, void* target)
        where S : struct, IVector<S> => S.StoreFirst(value, target, count);
}
