/// The tables of the face: the classes of C#, the modules and types of the core that each forwards to, and the members that
/// differ from the general rules. Edit this file first for a new module or verb.
module NeuralDE.Face.Rules

/// A class of the face.
type Class =
    {
        /// the folder of its file
        Folder: string
        Name: string
        File: string
        /// modules, types with static members, and unions of the core
        Sources: string list
        /// types whose values the functions of the sources belong to: type, name of the value, class
        Receivers: (string * string * string) list
        /// whether the tensor or tree comes first in C#: it comes last in F#, where it is piped
        IsDataFirst: bool
        /// whether a receiver must be the last parameter
        IsStrict: bool
        /// whether a list at the end is an array in C#, so that the function fits a delegate
        TakesArrays: bool
        /// whether the class has its docs elsewhere
        IsPart: bool
    }

/// A class: `Csv < CsvModule` or `Csv < CsvModule, CsvTable table CsvTableExtensions`. A member with a receiver is in the class
/// of the receiver, by default this one.
let private cls (folder: string) (text: string) : Class =
    let name, rest =
        match text.Split " < " with
        | [| name; rest |] -> name, List.ofArray (rest.Split ", ")
        | _ -> failwith $"Got the class `{text}`, expected `Name < Source, Type value`."

    { Folder = folder
      Name = name
      File = name
      Sources = rest |> List.filter (fun part -> not (part.Contains ' '))
      Receivers =
        [ for part in rest do
              match part.Split ' ' with
              | [| typeName; value |] -> typeName, value, name
              | [| typeName; value; other |] -> typeName, value, other
              | _ -> () ]
      IsDataFirst = false
      IsStrict = false
      TakesArrays = false
      IsPart = false }

/// A part of the class Verbs.
let private verbs (source: string) =
    { cls "Tensors" $"Verbs < {source}" with File = source; IsDataFirst = true; IsPart = true }

/// Static classes of the names of their modules.
let private modules folder names = [ for name: string in names -> cls folder $"{name} < {name}" ]

/// Extensions of types, each with the name of its value: the functions of its module or its static members.
let private values folder names =
    [ for text: string in names do
          let name = text.Split(' ')[0]
          cls folder $"{name}Extensions < {name}, {text}" ]

/// Extensions of types that have no value among their parameters.
let private makers folder names = [ for name: string in names -> cls folder $"{name}Extensions < {name}" ]

let private ofLanguage =
    [ for source in
          [ "ConvolutionVerbs"
            "EinsumVerbs"
            "ElementwiseVerbs"
            "FourierVerbs"
            "IndexingVerbs"
            "LinearVerbs"
            "Makers"
            "MovementVerbs"
            "ReduceVerbs"
            "ScanVerbs"
            "SegmentVerbs" ] do
          verbs source
      yield! makers "Tensors" [ "Device" ]
      yield! values "Tensors" [ "Key key" ]
      cls "Calculus" "Calculus < Calculus, ControlFlow, ImplicitRoots"
      yield! modules "Calculus" [ "Engine" ]
      cls "Calculus" "RootSolves < RootSolve"
      { cls "Calculus" "Tree < Tree" with IsDataFirst = true } ]

let private ofSolvers =
    [ yield! values "Equations" [ "Control control" ]
      yield! modules "Equations" [ "Event"; "Field" ]
      cls "Equations" "Gradients < Gradient"
      cls "Equations" "Noise < Noises"
      cls "Equations" "Ode < OdeVerbs, Problem problem ProblemExtensions"
      cls "Equations" "Sde < SdeVerbs, Problem problem ProblemExtensions"
      cls "Equations" "ProblemExtensions < ProblemVerbs, Problem problem"
      cls
          "Equations"
          "SolutionExtensions < Solution solution, Integrator integrator, Failure failure, SolveCancelledException exception, SolveException exception"
      cls "Equations" "Solver < Solvers, Solver"
      yield! makers "Equations" [ "StepController" ] ]

let private ofData =
    [ cls "Data" "Csv < Csv, CsvTable table CsvTableExtensions"
      yield! modules "Data" [ "FashionMnist"; "Idx"; "Npy"; "Npz"; "Safetensors"; "Split"; "Toy"; "Windows" ]
      yield! values "Data" [ "Normaliser normaliser" ]
      cls "Data" "SeriesExtensions < Series, Series series, SeriesBatch batch SeriesBatchExtensions" ]

let private ofLayers =
    [ yield!
          values
              "Layers"
              [ "Activation activation"
                "BatchNorm layer"
                "Blueprint blueprint"
                "Conv1d layer"
                "Conv2d layer"
                "ConvTranspose1d layer"
                "ConvTranspose2d layer"
                "ElmanCell cell"
                "Elman net"
                "Embedding layer"
                "FourierFeatures layer"
                "GroupNorm layer"
                "GruCell cell"
                "Gru net"
                "LayerNorm layer"
                "Linear layer"
                "LstmCell cell"
                "Lstm net"
                "Mlp net"
                "MultiHeadAttention attention"
                "Network net" ]
      yield! makers "Layers" [ "BatchNormState" ]
      yield! modules "Layers" [ "Dropout" ]
      { cls "Layers" "Init < Init" with TakesArrays = true }
      cls "Layers" "LayerCallExtensions < LayerCall call" ]

let private ofTraining =
    [ cls "Optimisers" "Averagings < Averaging"
      cls "Optimisers" "Optimisers < Optimiser"
      { cls "Optimisers" "Optim < Optim, Optimiser optimiser OptimiserExtensions" with IsStrict = true }
      yield! modules "Optimisers" [ "Lbfgs"; "LevenbergMarquardt"; "Schedule" ]
      yield! modules "Storage" [ "Checkpoint" ]
      cls "Storage" "CheckpointSources < CheckpointSource"
      cls "Training" "Batches < Batches, Batches batches BatchesExtensions"
      cls "Training" "FitExtensions < Fit fit, EpochProgress progress"
      yield! modules "Training" [ "Loss" ]
      cls "Training" "Train < Train, Training training TrainingExtensions" ]

let private ofModels =
    [ yield!
          values
              "Models"
              [ "Basis basis"; "NeuralOde model"; "OdeNet model"; "OdeSettings settings"; "WeightFlow flow" ]
      yield! makers "Models" [ "NeuralControl"; "NeuralDuration"; "NeuralField"; "NeuralReadout"; "NeuralStart" ]
      cls "Models" "Galerkin < Galerkin, Galerkin galerkin GalerkinExtensions"
      cls "Models" "Piecewise < Piecewise, Piecewise piecewise PiecewiseExtensions" ]

let private ofPictures =
    [ cls "Pictures" "FigureExtensions < Curve, Axes, Figure, Curve curve, Figure figure"
      yield! values "Pictures" [ "Plot plot"; "Report report" ] ]

let classes: Class list = ofLanguage @ ofSolvers @ ofData @ ofLayers @ ofTraining @ ofModels @ ofPictures

/// Records of options that C# gives as settings, with the folder of their files.
let settings: (string * string) list =
    [ "Tensors", "ConvOptions"
      "Calculus", "GmresOptions"
      "Calculus", "SameIterationOptions"
      "Data", "CsvOptions"
      "Data", "UnpackingOptions"
      "Optimisers", "AdagradOptions"
      "Optimisers", "AdamOptions"
      "Optimisers", "LbfgsOptions"
      "Optimisers", "LevenbergMarquardtOptions"
      "Optimisers", "LionOptions"
      "Optimisers", "RmsPropOptions"
      "Optimisers", "SgdOptions"
      "Storage", "CheckpointOptions"
      "Training", "EarlyStopping" ]

/// Types whose options C# reads as null.
let withNulls: Set<string> =
    set
        [ "Conv1d"
          "Conv2d"
          "ConvTranspose1d"
          "ConvTranspose2d"
          "EpochProgress"
          "Failure"
          "Fit"
          "Integrator"
          "LayerCall"
          "NeuralOde"
          "Solution"
          "SolveCancelledException"
          "SolveException" ]

/// Members that are written by hand, and members that C# does not have.
let byHand: Set<string> =
    set
        [ "Calculus.valueAndGradWith"
          "Calculus.vjp"
          "ElementwiseVerbs.maximum"
          "ElementwiseVerbs.minimum"
          "ElementwiseVerbs.operandsBy"
          "ElementwiseVerbs.where"
          "Engine.setThreads"
          "Engine.threads"
          "Field.evolvingWeights"
          "Field.secondOrder"
          "Gradient.OwnGradient"
          "NeuralOde.stats"
          "OdeSettings.defaults"
          "Optim.averageOf"
          "Optim.others"
          "Optimiser.Averaged"
          "Optimiser.Groups"
          "Optimiser.OwnRule"
          "Optimiser.Scheduled"
          "ProblemVerbs.using"
          "RootSolve.Own"
          "Split.items"
          "StepController.ofRule"
          "Batches.withKey" ]

/// The names of the parts of results.
let private results =
    [ "Result, State", [ "BatchNorm.train" ]
      "Gradient, Further", [ "Calculus.gradWith" ]
      "Value, Tangent", [ "Calculus.jvp" ]
      "Value, Gradient", [ "Calculus.valueAndGrad" ]
      "Outputs, Last",
      [ "Elman.apply"
        "Elman.applyFrom"
        "ElmanCell.scan"
        "Gru.apply"
        "Gru.applyFrom"
        "GruCell.scan"
        "Lstm.apply"
        "Lstm.applyFrom"
        "LstmCell.scan" ]
      "Last, Results", [ "ControlFlow.scan" ]
      "Model, State", [ "Optim.step" ]
      "Points, Labels", [ "Toy.*" ]
      "Path, Leaf", [ "Tree.leaves" ] ]

/// Members of other names, type parameters or parameters; what follows => are parameters of the function that C# returns:
/// `Name<A, B>(ours=theirs, series(Label, Values), settings?) => (t, x): (Sign, Logarithm)`.
let private others: (string * string) list =
    [ "ConvolutionVerbs.conv1d", "Convolve1d(x, kernel, settings?)"
      "ConvolutionVerbs.conv2d", "Convolve2d(x, kernel, settings?)"
      "ConvolutionVerbs.convTranspose1d", "ConvolveTranspose1d(x, kernel, settings?)"
      "ConvolutionVerbs.convTranspose2d", "ConvolveTranspose2d(x, kernel, settings?)"
      "Field.conditioned", "Conditioned(context, f) => (t, x)"
      "Field.controlled", "Controlled(control, g) => (t, x)"
      "Field.higherOrder", "HigherOrder(order, f) => (t, state)"
      "Field.reverseTime", "ReverseTime(t0, t1, f) => (t, x)"
      "Field.timeDependent", "TimeDependent(f) => (t, x)"
      "ControlFlow.dynamic", "Dynamic<A, B>(like, f, x)"
      "Galerkin.field", "Field(apply, g) => (t, x)"
      "ImplicitRoots.implicitRootWith", "ImplicitRootWith<P, Z>(settings, search, residual, p)"
      "IndexingVerbs.gatherRows", "GatherRows(x, indices)"
      "IndexingVerbs.scatterAdd", "ScatterAdd(x, indices, updates)"
      "IndexingVerbs.scatterMax", "ScatterMax(x, indices, updates)"
      "IndexingVerbs.scatterSet", "ScatterSet(x, indices, updates)"
      "LinearVerbs.slogdet", "Slogdet(a): (Sign, Logarithm)"
      "LinearVerbs.solveTriangular", "SolveTriangular(t, b, isLower)"
      "Makers.full", "Full(value, shape)"
      "MovementVerbs.pad", "Pad(x, widths(Before, After))"
      "MovementVerbs.padWith", "PadWith(x, value, widths(Before, After))"
      "MovementVerbs.split", "SplitRows(x, sizes)"
      "NeuralOde.predict", "(y0, times=ts)"
      "NeuralOde.states", "(y0, times=ts)"
      "NeuralOde.usingMethod", "(method=m)"
      "NeuralStart.observed", "AsObserved"
      "OdeSettings.apply", "(problem=p)"
      "OdeVerbs.augment", "(dimensions=n)"
      "OdeVerbs.augmentAlong", "(axis, dimensions=n)"
      "Optim.groups", "(groups(Holds, Optimiser))"
      "Optim.named", "(name) => (leaf)"
      "Optim.under", "(path) => (leaf)"
      "Piecewise.field", "Field(apply, p) => (t, x)"
      "Plot.bars", "(values(Name, Value))"
      "Plot.lossesAt", "(series(Label, Steps, Losses))"
      "Plot.lossesOf", "(series(Label, Losses))"
      "Plot.observations", "(series(Label, Series))"
      "Plot.stats", "(solves(Label, Stats))"
      "Plot.stepSizes", "(series(Label, Times))"
      "ProblemVerbs.usingMethod", "(method=m)"
      "ScanVerbs.associativeScan", "AssociativeScan(x, axis, combine)"
      "Schedule.piecewise", "(pairs(From, Factor))"
      "Schedule.times", "(a, b) => (step)"
      "SdeVerbs.problem", "Problem<N, S>"
      "SdeVerbs.stratonovich", "Stratonovich<N, S>"
      "SegmentVerbs.segmentMax", "SegmentMax(x, ids, count)"
      "SegmentVerbs.segmentMean", "SegmentMean(x, ids, count)"
      "SegmentVerbs.segmentSum", "SegmentSum(x, ids, count)"
      "Series.firstObservedOfBatch", "FirstObserved"
      "Series.observedOfBatch", "Observed"
      "Solver.ofStepWithError", "(name, order, step(State, Error))"
      "StepController.ofPid", "(weights=c)"
      "Tree.map2", "(a, b, f)" ]

let signatures: (string * string) list =
    others
    @ [ for names, origins in results do
            for origin in origins -> origin, $": ({names})" ]

/// Names of the parts of tuples: of a parameter, or of a result (""), by its type.
let parts: (string * string * string) list =
    [ "", "(string, Tensor)[]", "Name, Values"
      "arrays", "(string, Tensor)[]", "Name, Values"
      "metadata", "(string, string)[]", "Name, Text"
      "series", "(string, Tensor)[]", "Label, Values"
      "series", "(string, Tensor, Tensor)[]", "Label, Times, Values"
      "series", "(string, double[])[]", "Label, Values"
      "tensors", "(string, Tensor)[]", "Name, Values" ]

/// Remarks that the docs of a member or a class have in C# only.
let remarks: (string * string) list =
    [ "Activation.all", "Use Activation.Tanh, Activation.NewLeakyRelu(0.1), … for a single activation."
      "Calculus",
      "A tree is a tensor or any record, tuple or array of trees (see <see cref=\"Tree\"/>); the derivative of a record is a record of the same type."
      "ConvolutionVerbs.conv1d", "The F# name is conv1d; in C# Conv1d is the layer."
      "ConvolutionVerbs.conv2d", "The F# name is conv2d; in C# Conv2d is the layer."
      "ConvolutionVerbs.convTranspose1d", "The F# name is convTranspose1d; in C# ConvTranspose1d is the layer."
      "ConvolutionVerbs.convTranspose2d", "The F# name is convTranspose2d; in C# ConvTranspose2d is the layer."
      "Engine.cancellable", "SolveCancelledException is an OperationCanceledException."
      "Event",
      "Write the types of a lambda, as in <c>Event.Falling((Tensor t, Tensor y) =&gt; y[0])</c>, and the type of the state if the compiler cannot infer it, as in <c>Event.Stop&lt;Tensor&gt;()</c>. Otherwise the compiler reports CS0411."
      "Fit.Averaged", "Of a model that is a struct, the default value instead of null."
      "MovementVerbs.split", "The F# name is split; in C# Split makes training, validation and test parts of data."
      "Noise",
      "Write the types of a lambda, as in <c>Noise.Diagonal((Tensor t, Tensor y) =&gt; 0.1 * y)</c>. For a method group write the type of the state, as in <c>Noise.Diagonal&lt;Tensor&gt;(G)</c>. Otherwise the compiler reports CS0411."
      "ProblemVerbs.solve", "SolveCancelledException is an OperationCanceledException."
      "Solver.ofStep", "Euler's method is <c>s =&gt; s.Y + s.H * s.Field(s.T0, s.Y)</c>." ]

/// Summaries of classes that are not those of a module or type of the core.
let classSummaries: Map<string, string> =
    Map.ofList
        [ "BatchesExtensions", "The order and the form of batches."
          "DeviceExtensions", "Devices, under their C# names."
          "FitExtensions", "Optional results of a training, with null if there is none."
          "KeyExtensions", "Derivation of new keys from a key."
          "Noise",
          "Kinds of noise, for Sde.Problem. The kind determines, at compile time, the methods that can be used."
          "Ode", "Ordinary differential equations."
          "OptimiserExtensions", "Options of an optimiser."
          "ProblemExtensions",
          "The options of a problem, such as method, step size, outputs and gradient method; and its solves."
          "Sde", "Stochastic differential equations."
          "SolutionExtensions", "Optional values of a solution, with null if there is none."
          "Solver",
          "The methods. Store methods for ordinary equations as Solver&lt;AnyOde&gt;; a method for any equation, such as Heun, converts to it implicitly. Store methods of any kind as Method, for Problem.UsingMethod."
          "TrainingExtensions", "Options of a training, and its run." ]

/// Names of collections and trees.
let private ofCollections: (string * string) list =
    [ "a longer list begins", "a longer array begins"
      "A list of `count` keys", "An array of `count` keys"
      "from a list of layers", "from a collection of layers"
      "record, struct record, anonymous record, tuple, list, array, option, voption, Map (its values in the order of their keys), Result or other union of trees, nested to any depth; also a C# record, in which null is a missing part.",
      "record, tuple or array of trees, nested to any depth; also a record, list, option, Map or union of F#, as in the models of the library. A null in a record is a missing part. A List or a Dictionary is no tree: use an array." ]

/// Calls, cases and names of verbs.
let private ofCalls: (string * string) list =
    [ "; ConvOptions.Default", ""
      "The target is the first argument, so that a loss ends a pipeline: Mlp.apply net x |> Loss.crossEntropy labels.",
      ""
      "Default: FailurePolicy.Stop.",
      "FailurePolicy.Stop (the default), FailurePolicy.NewSkip(10) or FailurePolicy.NewShrink(0.5, 10)."
      "damping strategy; default: Nielsen",
      "damping strategy: Damping.Nielsen (the default), Damping.NewMarquardt(10.0) or Damping.Undamped"
      "default: Automatic", "default: LeastSquaresSolve.Automatic"
      "default: StateAndDerivatives", "default: ErrorControl.StateAndDerivatives"
      "Opened with the namespace. ", ""
      " F#'s `sign` is for plain numbers.", ""
      "[ height; width ], or one number", "Height and width, or one number"
      "residual z p = 0", "residual(z, p) = 0"
      "whenTrue x or whenFalse x", "whenTrue(x) or whenFalse(x)"
      "f x", "f(x)"
      "rule x y ȳ", "rule(x, y, ȳ)"
      "(jvp, hvp, jacobian)", "(Jvp, Hvp, Jacobian)"
      "jvp and hvp then", "Jvp and Hvp then"
      "and jacobian uses", "and Jacobian uses"
      "Tableau { Name = …; A = …; … }, whose", "A tableau, whose"
      "fun () -> predict x", "() => predict(x)"
      "under vmap", "under Vmap"
      "Under vmap", "Under Vmap"
      "inside compile", "inside Compile"
      "combine earlier later", "combine(earlier, later)"
      "einsum \"bij,bjk->bik\" [ a; b ]", "Einsum(\"bij,bjk->bik\", a, b)"
      "cast Dtype.Float32", "Cast(x, Dtype.Float32)"
      "Event.falling, rising or crossing", "Event.falling, Event.rising or Event.crossing"
      "Diagonal g, Additive g or General g", "Noise.Diagonal(g), Noise.Additive(g) or Noise.General(g)"
      "Sde.noise (Key 7)", "Noise(key)"
      ": StepController.ofPid { PidController.integral with Safety = 0.8 }.", "."
      "default: Checkpointed", "default: Gradients.Checkpointed"
      "its Status and Failure,", "its Status and FailureOrNull,"
      "permutation (Key.fold e key) samples", "Permutation(key.Fold(e), samples)"
      "Key.fold k key", "key.Fold(k)"
      "Mlp.init key [ 2; 16; 2 ] |> Mlp.withActivation Activation.Softplus",
      "Mlp.Init(key, 2, 16, 2).WithActivation(Activation.Softplus)"
      "Optim.freeze (Optim.under \"Encoder\") (Adam 1e-3)", "Optimisers.Adam(1e-3).Freeze(Optim.Under(\"Encoder\"))"
      "Optim.under \"Encoder\"", "Optim.Under(\"Encoder\")"
      "Batches.ofTree 32 (inputs, targets) |> Batches.shuffle key", "Batches.OfTree(32, (inputs, targets)).Shuffle(key)"
      "Transposed \"2.weight\"", "CheckpointSources.Transposed(\"2.weight\")"
      "Tree.cast Float32 model", "Tree.Cast(model, Dtype.Float32)"
      "Galerkin.field Mlp.apply g", "Galerkin.Field((net, x) => net.Apply(x), g)"
      "Piecewise.field Mlp.apply p", "Piecewise.Field((net, x) => net.Apply(x), p)"
      "Basis.Fourier 2", "Basis.NewFourier(2)"
      "Basis.Polynomial 3", "Basis.NewPolynomial(3)"
      "augmentAlong 1 adds channels", "AugmentAlong(1, n) adds channels"
      "Ode.errorControl StateOnly", "Problem.ErrorControl(ErrorControl.StateOnly)"
      "StateOnly or StateAndDerivatives", "ErrorControl.StateOnly or ErrorControl.StateAndDerivatives"
      "use vmap or perSample", "use Vmap or PerSample"
      "so grad, Train and Lbfgs", "so Grad, Train and Lbfgs"
      "Further functions set", "Further methods set"
      "with options for", "with settings for"
      "the same options", "the same settings"
      "Options of GMRES", "Settings of GMRES"
      "Options of the iteration", "Settings of the iteration" ]

/// Phrases of F# in docs, and what C# writes.
let phrases: (string * string) list = ofCollections @ ofCalls
