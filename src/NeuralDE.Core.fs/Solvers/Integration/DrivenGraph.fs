namespace NeuralDE.Internal.Integration

open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Steppers

/// A driven term, as a part of a solve's plan.
type internal DrivenGraph =
    {
        /// t (in the state's dtype), state…, increment…, captured → the increment of each leaf of the state
        Along: Graph
        /// t (float64), captured → X(t). The key of a Brownian motion is captured, so that each row can have a separate key.
        Control: Graph
    }

module internal DrivenGraphs =
    let private ofAlong leaves (d: DrivenGraph) = d.Along.Inputs[1 + leaves + d.Control.Outputs.Length ..]
    let private ofControl (d: DrivenGraph) = d.Control.Inputs[1..]

    /// The values captured by the terms, in their order: for each term those of Along, then those of Control.
    let captured leaves (terms: DrivenGraph[]) : Signature[] =
        terms |> Array.collect (fun d -> Array.append (ofAlong leaves d) (ofControl d))

    /// The term with a constant control that captures nothing: for evaluations of g that do not depend on the path.
    let atRest (d: DrivenGraph) : DrivenGraph =
        let still (x: Tensor[]) =
            ignore x
            d.Control.Outputs |> Array.map (fun o -> Prim.zeros o.Signature)

        { d with
            Control = d.Along.Memo("control at rest", (fun () -> Tracing.closed [| d.Control.Inputs[0] |] still)) }

    /// The terms closed over the values that they captured. Increments have the dtype of the control: the difference of a
    /// float64 path keeps digits that a float32 path loses.
    let close leaves (terms: DrivenGraph[]) (captured: Tensor[]) : Driven[] =
        let close (rest: Tensor[]) (d: DrivenGraph) =
            let along, rest = Array.splitAt (ofAlong leaves d).Length rest
            let control, rest = Array.splitAt (ofControl d).Length rest
            let increments = d.Along.Inputs[1 + leaves ..]
            let asSeen = Array.mapi (fun k (dx: Tensor) -> Prim.cast increments[k].Dtype dx)
            let time = d.Along.Inputs[0].Dtype

            { Driven.Along =
                fun t y dx -> Prim.call d.Along (Array.concat [ [| Prim.cast time t |]; y; asSeen dx; along ])
              Control = fun t -> Prim.call d.Control (Array.append [| t |] control) },
            rest

        terms |> Array.mapFold close captured |> fst
