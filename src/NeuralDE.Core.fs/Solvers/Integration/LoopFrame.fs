namespace NeuralDE.Internal.Integration

open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor

/// What goes into one turn of a solve's loop, part by part, in the order of its body's inputs: tensors, or their signatures.
[<NoEquality; NoComparison>]
type internal LoopFrame<'T> =
    {
        // carried, differentiable, rolled back when a step is rejected
        /// the state's leaves
        Y: 'T[]
        /// of the stepper: see Attempt
        Carried: 'T[]
        /// of the leaves that carry the rounding error of their sum
        Rounding: 'T[]
        /// when the last event was; none without events
        LastEvent: 'T[]
        /// of the watch over derivatives
        Tangent: 'T[]

        // carried without a derivative, whether a step is kept or not
        /// see Steering
        Steering: 'T[]
        /// of the stepper
        Memory: 'T[]
        /// of the watch over derivatives
        Watch: 'T[]
        /// see Work; none where the stepper does not count it
        Work: 'T[]
        /// see EventRegisters; none without events
        Seen: 'T[]

        // the same in every turn
        /// see SolveInputs
        Inputs: 'T[]
        /// by the functions of the solve
        Captured: 'T[]
        /// of the watch over derivatives, these three: see WatchCargo
        Directions: 'T[]
        Noise: 'T[]
        Ray: 'T[]
    }

module internal LoopFrame =
    /// What is rolled back.
    let state f = Array.concat [ f.Y; f.Carried; f.Rounding; f.LastEvent; f.Tangent ]

    /// What is not.
    let registers f = Array.concat [ f.Steering; f.Memory; f.Watch; f.Work; f.Seen ]

    let private constants f = Array.concat [ f.Inputs; f.Captured; f.Directions; f.Noise; f.Ray ]
    let toArray f = Array.concat [ state f; registers f; constants f ]

    /// From an array in this order, in parts as long as those of another frame.
    let read (like: LoopFrame<'L>) (items: 'T[]) : LoopFrame<'T> =
        let mutable at = 0

        let take (part: 'L[]) =
            at <- at + part.Length
            items[at - part.Length .. at - 1]

        // F# evaluates the fields in the order in which they stand here
        { Y = take like.Y
          Carried = take like.Carried
          Rounding = take like.Rounding
          LastEvent = take like.LastEvent
          Tangent = take like.Tangent
          Steering = take like.Steering
          Memory = take like.Memory
          Watch = take like.Watch
          Work = take like.Work
          Seen = take like.Seen
          Inputs = take like.Inputs
          Captured = take like.Captured
          Directions = take like.Directions
          Noise = take like.Noise
          Ray = take like.Ray }

    let signatures (f: LoopFrame<Tensor>) : LoopFrame<Signature> = read f (Tracing.signatures (toArray f))

/// What comes out of one turn of a solve's loop, part by part, in the order of its body's outputs: tensors, or their signatures.
[<NoEquality; NoComparison>]
type internal TurnOutputs<'T> =
    {
        /// of the next frame: see LoopFrame.state and control
        State: 'T[]
        Registers: 'T[]
        /// a row of what is saved
        Saved: 'T[]
        /// a row of the events' log; none without events
        Log: 'T[]
        /// bool: the step is kept, its row is written, the log's row is written (none without events), the solve has ended
        Keep: 'T
        Write: 'T
        Logs: 'T[]
        IsDone: 'T
    }

module internal TurnOutputs =
    let toArray o = Array.concat [ o.State; o.Registers; o.Saved; o.Log; [| o.Keep; o.Write |]; o.Logs; [| o.IsDone |] ]

    /// From an array in this order, of a loop with frames like this one.
    let read (cargo: LoopFrame<'L>) (items: 'T[]) : TurnOutputs<'T> =
        let states = (LoopFrame.state cargo).Length
        let carried = states + (LoopFrame.registers cargo).Length
        let logs = cargo.LastEvent.Length // 1 with events: then a row is a time and a kind
        let flags = items.Length - 3 - logs

        { State = items[.. states - 1]
          Registers = items[states .. carried - 1]
          Saved = items[carried .. flags - 2 * logs - 1]
          Log = items[flags - 2 * logs .. flags - 1]
          Keep = items[flags]
          Write = items[flags + 1]
          Logs = items[flags + 2 .. flags + 1 + logs]
          IsDone = items[items.Length - 1] }
