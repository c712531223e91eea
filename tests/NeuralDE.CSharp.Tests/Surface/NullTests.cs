using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;
using Microsoft.FSharp.Core;
using Microsoft.FSharp.Reflection;
using Xunit.Abstractions;
using static NeuralDE.Calculus;

namespace FaceTests.Surface;

/// <summary>
/// A null argument is refused at the call, with the name of the parameter: every method that C# can call, with null for each
/// parameter in turn.
/// </summary>
public class NullTests(ITestOutputHelper output)
{
    private static readonly NullabilityInfoContext Nullability = new();

    private const BindingFlags Own =
        BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    /// <summary>
    /// Members of the core that C# calls directly: of types that are not modules, without types of F#. Other members have a
    /// twin in the face (ParityTests). Interfaces are implemented by users and called by the library.
    /// </summary>
    private static IEnumerable<MethodBase> OfCore() =>
        from type in Face.OfCore
        where
            !FSharpType.IsModule(type)
            && type.DeclaringType is null
            && !typeof(Attribute).IsAssignableFrom(type)
            && !type.IsInterface
        from member in type.GetMethods(Own).Cast<MethodBase>().Concat(Constructors(type))
        where
            !member.IsDefined(typeof(CompilerGeneratedAttribute), false)
            && member.GetCustomAttribute<CompilationMappingAttribute>() is null
            && member.Name is not ("Equals" or "CompareTo" or "GetHashCode" or "ToString")
            && !member.Name.EndsWith("$W", StringComparison.Ordinal)
            && type != typeof(TensorOperands)
            && type != typeof(WhereOperands)
            && !(member.IsStatic && char.IsLower(member.Name[0]) && !member.IsSpecialName)
            && !member.GetParameters().Any(p => TypeText.FSharpPart(p.ParameterType) is not null)
        select member;

    // data types accept any value; the message of an exception may be null, as in the base library
    private static IEnumerable<MethodBase> Constructors(Type type) =>
        FSharpType.IsRecord(type, null) || FSharpType.IsUnion(type, null) || typeof(Exception).IsAssignableFrom(type)
            ? []
            : type.GetConstructors();

    private static IEnumerable<MethodBase> All() => Face.Types.SelectMany(Face.Methods).Concat(OfCore());

    private static bool IsDue(ParameterInfo p) =>
        !p.ParameterType.IsValueType
        && !p.ParameterType.IsByRef
        && !p.ParameterType.IsGenericParameter
        && Nullability.Create(p).WriteState != NullabilityState.Nullable;

    /// <summary>A tensor for a type of trees, a kind of noise for a type of equations with noise.</summary>
    private static Type Argument(Type parameter) =>
        parameter.GetGenericParameterConstraints().Contains(typeof(AnyNoise)) ? typeof(DiagonalNoise) : typeof(Tensor);

    /// <summary>The method for trees that are tensors.</summary>
    private static MethodBase Closed(MethodBase method)
    {
        var home = method.DeclaringType!;
        if (home.ContainsGenericParameters)
        {
            var closed = home.MakeGenericType([.. home.GetGenericArguments().Select(Argument)]);
            method = MethodBase.GetMethodFromHandle(method.MethodHandle, closed.TypeHandle)!;
        }
        return method is MethodInfo { IsGenericMethodDefinition: true } open
            ? open.MakeGenericMethod([.. open.GetGenericArguments().Select(Argument)])
            : method;
    }

    private static string Name(MethodBase method, ParameterInfo parameter) =>
        $"{TypeText.CSharp(method.DeclaringType!)}.{method.Name}({string.Join(", ", method.GetParameters().Select(p => TypeText.CSharp(p.ParameterType)))}): {parameter.Name}";

    /// <summary>Calls with null; returns "" for the expected refusal, otherwise the fault.</summary>
    private static string Fault(MethodBase open, int place)
    {
        var method = Closed(open);
        var parameters = method.GetParameters();
        var arguments = parameters
            .Select((p, i) => i == place || p.ParameterType.IsByRefLike ? null : Samples.Of(p.ParameterType))
            .ToArray();
        var self = method.IsStatic || method.IsConstructor ? null : Samples.Of(method.DeclaringType!);
        var call = Invoker(method);
        try
        {
            call(self, arguments);
            return "no exception";
        }
        catch (ArgumentNullException e)
        {
            return e.ParamName == parameters[place].Name ? "" : $"ArgumentNullException of {e.ParamName}";
        }
        catch (Exception e)
        {
            return e.GetType().Name + e.StackTrace!.Split('\n')[0];
        }
    }

    /// <summary>Calls a method as compiled code does; spans are empty, because an object cannot contain one.</summary>
    private static Action<object?, object?[]> Invoker(MethodBase method)
    {
        var call = new DynamicMethod("call", typeof(void), [typeof(object), typeof(object[])], typeof(NullTests), true);
        var il = call.GetILGenerator();
        var home = method.DeclaringType!;
        if (!method.IsStatic && !method.IsConstructor)
        {
            il.Emit(OpCodes.Ldarg_0);
            il.Emit(home.IsValueType ? OpCodes.Unbox : OpCodes.Castclass, home);
        }
        foreach (var (place, p) in method.GetParameters().Index())
        {
            if (p.ParameterType.IsByRefLike)
            {
                var local = il.DeclareLocal(p.ParameterType);
                il.Emit(OpCodes.Ldloca, local);
                il.Emit(OpCodes.Initobj, p.ParameterType);
                il.Emit(OpCodes.Ldloc, local);
                continue;
            }
            il.Emit(OpCodes.Ldarg_1);
            il.Emit(OpCodes.Ldc_I4, place);
            il.Emit(OpCodes.Ldelem_Ref);
            il.Emit(OpCodes.Unbox_Any, p.ParameterType);
        }
        if (method is ConstructorInfo make)
            il.Emit(OpCodes.Newobj, make);
        else
            il.Emit(method.IsStatic || home.IsValueType ? OpCodes.Call : OpCodes.Callvirt, (MethodInfo)method);
        if (method.IsConstructor || ((MethodInfo)method).ReturnType != typeof(void))
            il.Emit(OpCodes.Pop);
        il.Emit(OpCodes.Ret);
        return call.CreateDelegate<Action<object?, object?[]>>();
    }

    [Fact]
    public void Null_is_refused_by_the_name_of_the_parameter()
    {
        var places =
            from method in All()
            from parameter in method.GetParameters()
            where IsDue(parameter)
            select (Method: method, Parameter: parameter);
        var (tried, untried, faults) = (0, new List<string>(), new List<string>());

        foreach (var (method, parameter) in places)
            try
            {
                var fault = Fault(method, parameter.Position);
                tried++;
                if (fault != "")
                    faults.Add($"{Name(method, parameter)}: {fault}");
            }
            catch (Exception e)
            {
                untried.Add($"{Name(method, parameter)}: {e.GetType().Name} {e.Message}");
            }

        output.WriteLine($"{tried} places tried, {untried.Count} not.\n  {string.Join("\n  ", untried)}");
        Assert.True(
            faults.Count == 0,
            $"Got {faults.Count} places of {tried} that do not refuse null, expected none. Write Given(x) where the face passes x on.\n  "
                + string.Join("\n  ", faults)
        );
        Assert.True(tried >= 9 * untried.Count && tried > 900, $"Got {tried} places tried, {untried.Count} not.");
    }

    private static void Refuses(string name, Action call) =>
        Assert.Equal(name, Assert.Throws<ArgumentNullException>(call).ParamName);

    [Fact]
    public void Null_in_a_list_or_a_setting_is_refused()
    {
        Refuses("xs", () => Stack(Tensor.Of(1.0), null!));
        Refuses("net", () => ((Mlp)null!).Apply(Tensor.Of(1.0)));
        Refuses("Padding", () => Convolve1d(Ones(1, 1, 4), Ones(1, 1, 3), new() { Padding = null! }));
        Refuses("Missing", () => Csv.ReadWith(new() { Missing = null! }, "a.csv"));
        Assert.Null(Tree.Leaves((Tensor?)null).Select(leaf => leaf.Leaf).FirstOrDefault());
    }

    [Fact]
    public void A_function_that_returns_null_is_named()
    {
        var x = Tensor.Of(1.0, 2.0);

        void Names(Action run)
        {
            var error = Assert.Throws<InputException>(run);
            Assert.Contains("returned null", error.Message);
            Assert.Contains("Return a tensor", error.Message);
        }

        Names(() => Grad((Tensor a) => null!, x));
        Names(() => Compile((Tensor a) => (Tensor)null!)(x));
        Names(() => Vmap((Tensor a) => (Tensor)null!, x));
        Names(() => Jvp((Tensor a) => (Tensor)null!, x, x));
        Names(() => Vjp((Tensor a) => (Tensor)null!, x));
        Names(() => Hessian((Tensor a) => null!, x));
        Names(() => Ode.Problem((t, y) => null!, x, 0, 1).Solve());
        Names(() => Ode.Problem((t, y) => -y, x, 0, 1).Norm(e => null!).Solve());
    }

    [Fact]
    public void Null_elements_and_parts_are_refused()
    {
        var x = Tensor.Of(1.0, 2.0);
        Refuses("rows", () => Tensor.Of(new double[][] { [1.0], null! }));
        Refuses("series", () => Plot.Trajectories(("a", null!, x)));
        Refuses("series", () => Plot.Trajectories((null!, x, x)));
        Refuses("group.Optimiser", () => Optim.Groups((path => true, null!)));
    }
}
