namespace NeuralDE

open System
open NeuralDE.Compiler

/// What Adam may be told beside its rate.
type AdamOptions =
    {
        /// the step's length at most, about
        Rate: float
        /// the share of the past in the mean of gradients, 0.9
        Beta1: float
        /// the share of the past in the mean of their squares, 0.999
        Beta2: float
        /// keeps the quotient finite, 1e-8
        Epsilon: float
    }

    /// Rate 1e-3 and the constants of the paper.
    static member defaults = { Rate = 1e-3; Beta1 = 0.9; Beta2 = 0.999; Epsilon = 1e-8 }

/// How parameters follow from gradients.
type Optimiser =
    /// x − rate · g
    | GradientDescent of rate: float
    /// x − rate · m̂ / (√v̂ + ε), with m and v the running means of g and g². Kingma and Ba 2015, algorithm 1.
    | Adam of rate: float
    | AdamWith of AdamOptions

/// What an optimiser remembers between steps: a tree.
type OptimState<'M> =
    {
        /// steps taken, int64 []
        Step: Tensor
        /// running mean of the gradients
        First: 'M option
        /// running mean of their squares
        Second: 'M option
    }

/// Optimisers as pure functions: (gradient, state, model) to (model, state). They run inside compile, too.
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Optim =
    let private positive what (x: float) =
        if not (x > 0.0 && Double.IsFinite x) then
            raise (InputException $"Optim: {what} is {x}, expected a positive number.")

    let private share what (x: float) =
        if not (x >= 0.0 && x < 1.0) then
            raise (InputException $"Optim: {what} is {x}, expected a number from 0 to below 1.")

    let private checkedOptions (options: AdamOptions) =
        positive "the rate" options.Rate
        positive "epsilon" options.Epsilon
        share "beta1" options.Beta1
        share "beta2" options.Beta2
        options

    let private adam rate = checkedOptions { AdamOptions.defaults with Rate = rate }

    /// The state before the first step.
    let init (optimiser: Optimiser) (model: 'M) : OptimState<'M> =
        let moments () = Some(Tree.zerosLike model)

        match optimiser with
        | GradientDescent rate ->
            positive "the rate" rate
            { Step = scalar 0L; First = None; Second = None }
        | Adam rate ->
            adam rate |> ignore
            { Step = scalar 0L; First = moments (); Second = moments () }
        | AdamWith options ->
            checkedOptions options |> ignore
            { Step = scalar 0L; First = moments (); Second = moments () }

    /// Float leaves by a rule; integers, bools and keys stay.
    let private update rule (x: Tensor) (g: Tensor) = if x.Dtype.IsFloat then rule x g else x

    let private alike what (model: 'M) (other: 'M) =
        match Tree.difference (Tree.signature model) (Tree.signature other) with
        | Some sentence ->
            raise (
                TreeException $"Optim.step: the model and the {what} differ: {sentence} Give trees of one structure."
            )
        | None -> ()

    let private stepAdam (options: AdamOptions) (gradient: 'M) (state: OptimState<'M>) (model: 'M) =
        let moment name (found: 'M option) =
            match found with
            | Some tree ->
                alike name model tree
                tree
            | None -> raise (InputException $"Optim.step: the state has no {name}. Make it with Optim.init.")

        let blend (share: float) (f: Tensor -> Tensor) = Tree.map2 (update (fun m g -> share * m + (1.0 - share) * f g))
        let first = blend options.Beta1 id (moment "first moment" state.First) gradient
        let second = blend options.Beta2 square (moment "second moment" state.Second) gradient
        let step = state.Step + 1
        let correction (share: float) = 1.0 - scalar share ** cast Float64 step
        let correction1, correction2 = correction options.Beta1, correction options.Beta2

        let direction =
            Tree.map2
                (update (fun (m: Tensor) v ->
                    m / cast m.Dtype correction1 / (sqrt (v / cast m.Dtype correction2) + options.Epsilon)))
                first
                second

        let next = Tree.map2 (update (fun x d -> x - options.Rate * d)) model direction
        next, { Step = step; First = Some first; Second = Some second }

    /// <summary>One step.</summary>
    /// <param name="optimiser">As it was given to Optim.init.</param>
    /// <param name="gradient">∂loss/∂model, a tree like the model.</param>
    /// <param name="state">What the optimiser remembers.</param>
    /// <param name="model">Float leaves move; integers, bools and keys stay.</param>
    /// <returns>The next model and state. TreeException if the trees differ.</returns>
    let step (optimiser: Optimiser) (gradient: 'M) (state: OptimState<'M>) (model: 'M) : 'M * OptimState<'M> =
        alike "gradient" model gradient

        match optimiser with
        | GradientDescent rate ->
            Tree.map2 (update (fun x g -> x - rate * g)) model gradient, { state with Step = state.Step + 1 }
        | Adam rate -> stepAdam (adam rate) gradient state model
        | AdamWith options -> stepAdam (checkedOptions options) gradient state model

    /// <summary>√Σ g² over all float leaves of a tree: one number, float64.</summary>
    let globalNorm (tree: 'M) : Tensor =
        let leaves = Tree.flatten tree |> Array.filter (fun x -> x.Dtype.IsFloat)
        let total = leaves |> Array.fold (fun total x -> total + sum (square (cast Float64 x))) (scalar 0.0)
        sqrt total

    /// <summary>The gradient times min(1, limit / globalNorm): of length `limit` at most.</summary>
    let clip (limit: float) (gradient: 'M) : 'M =
        positive "the clipping limit" limit
        let length = globalNorm gradient
        let factor = where (length .> limit) (limit / length) 1.0
        Tree.map (fun g -> if g.Dtype.IsFloat then g * cast g.Dtype factor else g) gradient
