namespace NeuralDE.Internal.Integration

open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor

/// The inputs of one iteration of a solve's loop, part by part, in the order of the body's inputs: tensors, or their
/// signatures.
[<NoEquality; NoComparison>]
type internal LoopFrame<'T> =
    {
        // carried, differentiable, rolled back if a step is rejected
        /// the leaves of the state
        Y: 'T[]
        /// Carried of the stepper: see Attempt
        Carried: 'T[]
        /// the rounding errors of the leaves with compensated sums
        Rounding: 'T[]
        /// the time of the last event; empty without events
        LastEvent: 'T[]
        /// the tangent of the watch over derivatives
        Tangent: 'T[]

        // carried without a derivative; they also advance after a rejected step
        /// see Steering
        Steering: 'T[]
        /// Memory of the stepper
        Memory: 'T[]
        /// see DerivativeWatch
        Watch: 'T[]
        /// see Work; empty if the stepper does not count it
        Work: 'T[]
        /// see EventRegisters; empty without events
        Seen: 'T[]

        // constant in all iterations
        /// see SolveInputs
        Inputs: 'T[]
        /// values captured by the functions of the solve
        Captured: 'T[]
        /// these three belong to the watch over derivatives: see WatchValues
        Directions: 'T[]
        Noise: 'T[]
        Ray: 'T[]
    }

module internal LoopFrame =
    /// The parts that are rolled back.
    let state f = Array.concat [ f.Y; f.Carried; f.Rounding; f.LastEvent; f.Tangent ]

    /// The carried parts that are not rolled back.
    let registers f = Array.concat [ f.Steering; f.Memory; f.Watch; f.Work; f.Seen ]

    let private constants f = Array.concat [ f.Inputs; f.Captured; f.Directions; f.Noise; f.Ray ]
    let toArray f = Array.concat [ state f; registers f; constants f ]

    /// From an array in this order, split into parts of the same lengths as those of another frame.
    let read (like: LoopFrame<'L>) (items: 'T[]) : LoopFrame<'T> =
        let mutable at = 0

        let take (part: 'L[]) =
            at <- at + part.Length
            items[at - part.Length .. at - 1]

        // F# evaluates the fields in this order
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

/// The outputs of one iteration of a solve's loop, part by part, in the order of the body's outputs: tensors, or their
/// signatures.
[<NoEquality; NoComparison>]
type internal IterationOutputs<'T> =
    {
        /// parts of the next frame: see LoopFrame.state and registers
        State: 'T[]
        Registers: 'T[]
        /// a row of the saved output
        Saved: 'T[]
        /// a row of the event log; empty without events
        Log: 'T[]
        /// bool: whether the step is accepted, its row is written, the log's row is written (empty without events), the
        /// solve has ended
        Keep: 'T
        Write: 'T
        Logs: 'T[]
        IsDone: 'T
    }

module internal IterationOutputs =
    let toArray o = Array.concat [ o.State; o.Registers; o.Saved; o.Log; [| o.Keep; o.Write |]; o.Logs; [| o.IsDone |] ]

    /// From an array in this order, for a loop with frames of these signatures.
    let read (signatures: LoopFrame<'L>) (items: 'T[]) : IterationOutputs<'T> =
        let states = (LoopFrame.state signatures).Length
        let carried = states + (LoopFrame.registers signatures).Length
        let logs = signatures.LastEvent.Length // 1 with events: then a row is a time and a kind
        let flags = items.Length - 3 - logs

        { State = items[.. states - 1]
          Registers = items[states .. carried - 1]
          Saved = items[carried .. flags - 2 * logs - 1]
          Log = items[flags - 2 * logs .. flags - 1]
          Keep = items[flags]
          Write = items[flags + 1]
          Logs = items[flags + 2 .. flags + 1 + logs]
          IsDone = items[items.Length - 1] }
