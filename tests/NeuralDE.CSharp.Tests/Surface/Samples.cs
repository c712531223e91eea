using System.Linq.Expressions;
using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.FSharp.Reflection;

namespace FaceTests.Surface;

/// <summary>An object of any type, for calls that need some argument.</summary>
internal static class Samples
{
    private static readonly Dictionary<Type, object> Known = new()
    {
        [typeof(Tensor)] = Tensor.Of(1.0, 2.0),
        [typeof(Key)] = new Key(1),
        [typeof(string)] = "a",
        [typeof(Optimiser)] = Optimisers.Adam(0.1),
        [typeof(Solver<AnyOde>)] = Solver.Tsit5,
        [typeof(Method)] = Solver.Tsit5,
        [typeof(IProgress<TrainProgress>)] = new Progress<TrainProgress>(),
        [typeof(IProgress<EpochProgress>)] = new Progress<EpochProgress>(),
        [typeof(IProgress<SolveProgress>)] = new Progress<SolveProgress>(),
        [typeof(IProgress<LbfgsProgress<Tensor>>)] = new Progress<LbfgsProgress<Tensor>>(),
        [typeof(IProgress<LevenbergMarquardtProgress<Tensor>>)] = new Progress<LevenbergMarquardtProgress<Tensor>>(),
        [typeof(CancellationToken)] = CancellationToken.None,
        [typeof(NeuralStart)] = NeuralStart.AsObserved,
        [typeof(NeuralField)] = NeuralField.OfFunction(Tensor.Of(1.0), (w, _, x) => w * x),
        [typeof(NeuralControl)] = NeuralControl.Observed,
        [typeof(NeuralReadout)] = NeuralReadout.OfFunction(Tensor.Of(1.0), (w, x) => w * x),
        [typeof(NeuralDuration)] = NeuralDuration.OfFunction(Tensor.Of(1.0), (w, _) => w),
        [typeof(Depth<Tensor>)] = Galerkin.Init(Basis.NewFourier(1), 0, 1, _ => Tensor.Of(1.0), new Key(1)),
    };

    private static object Function(Type type)
    {
        var invoke = type.GetMethod("Invoke")!;
        var parameters = invoke.GetParameters().Select(p => Expression.Parameter(p.ParameterType)).ToArray();
        var result = invoke.ReturnType == typeof(void) ? null : Of(invoke.ReturnType);
        Expression body = result is null ? Expression.Empty() : Expression.Constant(result, invoke.ReturnType);
        return Expression.Lambda(type, body, parameters).Compile();
    }

    private static object MakeUnion(UnionCaseInfo made) =>
        FSharpValue.MakeUnion(made, [.. made.GetFields().Select(Field)], null);

    /// <summary>The value of a field; null for a function or an F# list, which no call reaches.</summary>
    private static object? Field(PropertyInfo field) =>
        TypeText.FSharpPart(field.PropertyType) is null ? Of(field.PropertyType) : null;

    public static object Of(Type type)
    {
        if (Known.TryGetValue(type, out var known))
            return known;
        if (typeof(Delegate).IsAssignableFrom(type))
            return Function(type);
        if (type.IsArray)
            return Array.CreateInstance(type.GetElementType()!, new int[type.GetArrayRank()]);
        if (type.IsInterface && type.IsGenericType && type.GetGenericArguments() is [var element])
            return Array.CreateInstance(element, 0);
        if (FSharpType.IsUnion(type, null) && type.Name is not ("FSharpOption`1" or "FSharpList`1"))
            return MakeUnion(FSharpType.GetUnionCases(type, null)[0]);
        if (FSharpType.IsRecord(type, null))
            return FSharpValue.MakeRecord(type, [.. FSharpType.GetRecordFields(type, null).Select(Field)], null);
        if (type.IsValueType)
            return RuntimeHelpers.GetUninitializedObject(type);
        return type.GetConstructor([]) is { } make ? make.Invoke(null) : RuntimeHelpers.GetUninitializedObject(type);
    }
}
