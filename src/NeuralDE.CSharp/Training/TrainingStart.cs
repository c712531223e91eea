namespace NeuralDE;

/// <summary>
/// A training without an optimiser. Each method sets the optimiser; Steps, Clip, Progress, … set further options.
/// </summary>
public sealed class TrainingStart<M>
{
    private readonly M model;

    internal TrainingStart(M model) => this.model = model;

    /// <summary>Any optimiser, such as Optimisers.Lion(1e-4) or one with a schedule.</summary>
    public Training<M> By(Optimiser optimiser) => TrainModule.start(model, Given(optimiser));

    /// <summary>
    /// Adam: x − rate · m̂ / (√v̂ + ε), with m and v the running means of g and g². Kingma and Ba 2015, algorithm
    /// 1.
    /// </summary>
    public Training<M> Adam(double rate) => By(Optimiser.NewAdam(rate));

    /// <summary>Adam with a decoupled weight decay of 0.01. Loshchilov and Hutter 2019, algorithm 2.</summary>
    public Training<M> AdamW(double rate) => By(Optimiser.NewAdamW(rate));

    /// <summary>Gradient descent: x − rate · g.</summary>
    public Training<M> GradientDescent(double rate) => By(Optimiser.NewGradientDescent(rate));
}
