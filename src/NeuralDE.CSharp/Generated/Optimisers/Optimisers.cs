// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>Update rules of parameters: x is a parameter, g its gradient.</summary>
/// <remarks>The numbers are those of PyTorch's optimisers of the same names.</remarks>
public static partial class Optimisers
{
    /// <summary>x − rate · g</summary>
    public static Optimiser GradientDescent(double rate) => Optimiser.NewGradientDescent(rate);

    /// <summary>
    /// x − rate · b, with b ← momentum · b + g, or x − rate · (g + momentum · b) looking ahead. Sutskever et al. 2013.
    /// </summary>
    public static Optimiser Sgd(SgdSettings settings) => Optimiser.NewSgd(Given(settings).Core());

    /// <summary>
    /// x − rate · m̂ / (√v̂ + ε), with m and v the running means of g and g². Kingma and Ba 2015, algorithm 1.
    /// </summary>
    public static Optimiser Adam(double rate) => Optimiser.NewAdam(rate);

    /// <summary>Adam with a decoupled weight decay of 0.01. Loshchilov and Hutter 2019, algorithm 2.</summary>
    public static Optimiser AdamW(double rate) => Optimiser.NewAdamW(rate);

    /// <summary>Adam with custom settings.</summary>
    public static Optimiser AdamWith(AdamSettings settings) => Optimiser.NewAdamWith(Given(settings).Core());

    /// <summary>
    /// x − rate · g / (√v + ε), with v the running mean of g². Tieleman and Hinton 2012, lecture 6.5.
    /// </summary>
    public static Optimiser RmsProp(double rate) => Optimiser.NewRmsProp(rate);

    /// <summary>RmsProp with custom settings.</summary>
    public static Optimiser RmsPropWith(RmsPropSettings settings) => Optimiser.NewRmsPropWith(Given(settings).Core());

    /// <summary>x − rate · g / (√s + ε), with s the sum of all g². Duchi, Hazan and Singer 2011.</summary>
    public static Optimiser Adagrad(double rate) => Optimiser.NewAdagrad(rate);

    /// <summary>Adagrad with custom settings.</summary>
    public static Optimiser AdagradWith(AdagradSettings settings) => Optimiser.NewAdagradWith(Given(settings).Core());

    /// <summary>
    /// x − rate · sign(β₁ m + (1 − β₁) g), with m ← β₂ m + (1 − β₂) g. Chen et al. 2023, algorithm 2.
    /// </summary>
    public static Optimiser Lion(double rate) => Optimiser.NewLion(rate);

    /// <summary>Lion with custom settings.</summary>
    public static Optimiser LionWith(LionSettings settings) => Optimiser.NewLionWith(Given(settings).Core());

    /// <summary>x is constant.</summary>
    public static Optimiser Frozen => Optimiser.Frozen;
}
