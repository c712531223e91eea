namespace NeuralDE;

/// <summary>One step of a plain recurrent network: h' = tanh(x W + b + h U + c). PyTorch's RNNCell.</summary>
public static class ElmanCellExtensions
{
    extension(ElmanCell)
    {
        /// <summary>Uniform in ±1/√hidden.</summary>
        public static ElmanCell Init(Key key, int inputs, int hidden) => ElmanCell.init(Given(key), inputs, hidden);
    }

    extension(ElmanCell cell)
    {
        /// <summary>The next state: h [batch…; hidden], x [batch…; inputs] → [batch…; hidden].</summary>
        public Tensor Step(Tensor h, Tensor x) => ElmanCell.step(Given(cell), Given(h), Given(x));

        /// <summary>
        /// Steps along xs [batch…; time; inputs] from h: all states [batch…; time; hidden] and the last.
        /// </summary>
        public (Tensor Outputs, Tensor Last) Scan(Tensor h, Tensor xs) =>
            ElmanCell.scan(Given(cell), Given(h), Given(xs)).ToValueTuple();
    }
}

/// <summary>A plain recurrent network of one or more layers. PyTorch's RNN.</summary>
public static class ElmanExtensions
{
    extension(Elman)
    {
        /// <summary><paramref name="layers"/> layers with weights uniform in ±1/√hidden.</summary>
        public static Elman Init(Key key, int inputs, int hidden, int layers) =>
            Elman.init(Given(key), inputs, hidden, layers);
    }

    extension(Elman net)
    {
        /// <summary>
        /// From zero states: xs [batch…; time; inputs] → states of the last layer [batch…; time; hidden], and the
        /// last state of each layer.
        /// </summary>
        public (Tensor Outputs, Tensor[] Last) Apply(Tensor xs) => FSharp.Results(Elman.apply(Given(net), Given(xs)));

        /// <summary>Like Apply, from given states [batch…; hidden], one for each layer.</summary>
        public (Tensor Outputs, Tensor[] Last) ApplyFrom(IReadOnlyList<Tensor> states, Tensor xs) =>
            FSharp.Results(Elman.applyFrom(FSharp.List(states), Given(net), Given(xs)));
    }
}

/// <summary>One step of a gated recurrent unit, by PyTorch's equations (GRUCell):</summary>
public static class GruCellExtensions
{
    extension(GruCell)
    {
        /// <summary>Uniform in ±1/√hidden.</summary>
        public static GruCell Init(Key key, int inputs, int hidden) => GruCell.init(Given(key), inputs, hidden);
    }

    extension(GruCell cell)
    {
        /// <summary>The next state: h [batch…; hidden], x [batch…; inputs] → [batch…; hidden].</summary>
        public Tensor Step(Tensor h, Tensor x) => GruCell.step(Given(cell), Given(h), Given(x));

        /// <summary>
        /// Steps along xs [batch…; time; inputs] from h: all states [batch…; time; hidden] and the last.
        /// </summary>
        public (Tensor Outputs, Tensor Last) Scan(Tensor h, Tensor xs) =>
            GruCell.scan(Given(cell), Given(h), Given(xs)).ToValueTuple();
    }
}

/// <summary>A network of gated recurrent units of one or more layers. PyTorch's GRU.</summary>
public static class GruExtensions
{
    extension(Gru)
    {
        /// <summary><paramref name="layers"/> layers with weights uniform in ±1/√hidden.</summary>
        public static Gru Init(Key key, int inputs, int hidden, int layers) =>
            Gru.init(Given(key), inputs, hidden, layers);
    }

    extension(Gru net)
    {
        /// <summary>
        /// From zero states: xs [batch…; time; inputs] → states of the last layer [batch…; time; hidden], and the
        /// last state of each layer.
        /// </summary>
        public (Tensor Outputs, Tensor[] Last) Apply(Tensor xs) => FSharp.Results(Gru.apply(Given(net), Given(xs)));

        /// <summary>Like Apply, from given states [batch…; hidden], one for each layer.</summary>
        public (Tensor Outputs, Tensor[] Last) ApplyFrom(IReadOnlyList<Tensor> states, Tensor xs) =>
            FSharp.Results(Gru.applyFrom(FSharp.List(states), Given(net), Given(xs)));
    }
}

/// <summary>One step of a long short-term memory, by PyTorch's equations (LSTMCell):</summary>
public static class LstmCellExtensions
{
    extension(LstmCell)
    {
        /// <summary>Uniform in ±1/√hidden.</summary>
        public static LstmCell Init(Key key, int inputs, int hidden) => LstmCell.init(Given(key), inputs, hidden);
    }

    extension(LstmCell cell)
    {
        /// <summary>The next state, from a state and x [batch…; inputs].</summary>
        public LstmState Step(LstmState state, Tensor x) => LstmCell.step(Given(cell), Given(state), Given(x));

        /// <summary>
        /// Steps along xs [batch…; time; inputs]: all outputs [batch…; time; hidden] and the last state.
        /// </summary>
        public (Tensor Outputs, LstmState Last) Scan(LstmState state, Tensor xs) =>
            LstmCell.scan(Given(cell), Given(state), Given(xs)).ToValueTuple();
    }
}

/// <summary>A network of long short-term memories of one or more layers. PyTorch's LSTM.</summary>
public static class LstmExtensions
{
    extension(Lstm)
    {
        /// <summary><paramref name="layers"/> layers with weights uniform in ±1/√hidden.</summary>
        public static Lstm Init(Key key, int inputs, int hidden, int layers) =>
            Lstm.init(Given(key), inputs, hidden, layers);
    }

    extension(Lstm net)
    {
        /// <summary>
        /// From zero states: xs [batch…; time; inputs] → outputs of the last layer [batch…; time; hidden], and the
        /// last state of each layer.
        /// </summary>
        public (Tensor Outputs, LstmState[] Last) Apply(Tensor xs) => FSharp.Results(Lstm.apply(Given(net), Given(xs)));

        /// <summary>Like Apply, from given states, one for each layer.</summary>
        public (Tensor Outputs, LstmState[] Last) ApplyFrom(IReadOnlyList<LstmState> states, Tensor xs) =>
            FSharp.Results(Lstm.applyFrom(FSharp.List(states), Given(net), Given(xs)));
    }
}
