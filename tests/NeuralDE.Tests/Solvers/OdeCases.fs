/// Initial value problems with known solutions, and checks whose messages state the value received and the value expected.
module NeuralDE.Tests.Solvers.OdeCases

open System
open System.IO
open System.Text.Json
open NeuralDE.Tests
open NeuralDE

// ---- checks -------------------------------------------------------------------------------------------------------

let text (xs: float seq) = "[" + String.Join("; ", xs |> Seq.map (fun x -> x.ToString "R")) + "]"

/// |got − expected| ≤ bound, element by element.
let within (bound: float) what (expected: float seq) (got: float seq) =
    let expected, got = Seq.toArray expected, Seq.toArray got

    let isNear (e: float) (g: float) = e.Equals g || abs (e - g) <= bound
    let ok = expected.Length = got.Length && Array.forall2 isNear expected got
    Expect.isTrue ok $"{what}: got {text got}, expected {text expected} within {bound}"

/// |got − expected| ≤ bound · the largest expected component.
let relative bound what (expected: float seq) (got: float seq) =
    within (bound * (expected |> Seq.map abs |> Seq.max)) what expected got

/// The same floats; NaN equals NaN.
let same what (expected: float seq) (got: float seq) = within 0.0 what expected got

let isAtMost what (bound: float) (got: float) =
    Expect.isTrue (got <= bound) $"{what}: got {got:R}, expected at most {bound}"

let numbers (x: Tensor) = x.ToArray()

/// Every number of a tree.
let all (tree: 'T) = Tree.flatten tree |> Array.collect numbers

/// The test that the message of an exception states the value received, the value expected and the fix: it contains all
/// words.
let raises<'E when 'E :> exn> (words: string list) (action: unit -> unit) =
    let error = Expect.thrown<'E> action
    let missing = words |> List.filter (fun word -> not (error.Message.Contains word))
    Expect.isTrue missing.IsEmpty $"got the message \"{error.Message}\", expected it to contain {missing}"
    error

let methodNamed name = odeSolvers |> List.find (fun solver -> solver.Name = name)
let adaptive = odeSolvers |> List.filter _.IsAdaptive

/// One row of a theory for every method.
let every (methods: OdeSolver list) = methods |> List.map (fun solver -> solver.Name)

// ---- fields -------------------------------------------------------------------------------------------------------

/// A field written by components.
let byComponent (f: Tensor -> Tensor[] -> Tensor list) (t: Tensor) (y: Tensor) =
    stack (f t (Array.init y.Length (fun i -> y[i])))

let private kepler =
    byComponent (fun _ y ->
        let r3 = (y[0] * y[0] + y[1] * y[1]) ** 1.5
        [ y[2]; y[3]; -y[0] / r3; -y[1] / r3 ])

let private lorenz (rho: float) =
    byComponent (fun _ y -> [ 10.0 * (y[1] - y[0]); y[0] * (rho - y[2]) - y[1]; y[0] * y[1] - 8.0 / 3.0 * y[2] ])

let private vanDerPol (mu: float) = byComponent (fun _ y -> [ y[1]; mu * (1.0 - y[0] * y[0]) * y[1] - y[0] ])

let spiral =
    byComponent (fun _ y ->
        let a, b = y[0] ** 3.0, y[1] ** 3.0
        [ -0.1 * a - 2.0 * b; 2.0 * a - 0.1 * b ])

let private fields: (string * (Tensor -> Tensor -> Tensor)) list =
    [ "A1", (fun _ y -> -y)
      "A2", (fun _ y -> -0.5 * y ** 3.0)
      "A3", (fun t y -> y * cos t)
      "A4", (fun _ y -> 0.25 * y * (1.0 - y / 20.0))
      "A5", (fun t y -> (y - t) / (y + t))
      "B1", byComponent (fun _ y -> [ 2.0 * (y[0] - y[0] * y[1]); -(y[1] - y[0] * y[1]) ])
      "B2", byComponent (fun _ y -> [ y[1] - y[0]; y[0] - 2.0 * y[1] + y[2]; y[1] - y[2] ])
      "B3", byComponent (fun _ y -> [ -y[0]; y[0] - y[1] * y[1]; y[1] * y[1] ])
      "B4",
      byComponent (fun _ y ->
          let r = sqrt (y[0] * y[0] + y[1] * y[1])
          [ -y[1] - y[0] * y[2] / r; y[0] - y[1] * y[2] / r; y[0] / r ])
      "B5", byComponent (fun _ y -> [ y[1] * y[2]; -y[0] * y[2]; -0.51 * y[0] * y[1] ])
      "D1", kepler
      "D2", kepler
      "D3", kepler
      "D4", kepler
      "D5", kepler
      "E1",
      byComponent (fun t y ->
          let s = t + 1.0
          [ y[1]; -(y[1] / s + y[0] * (1.0 - 0.25 / (s * s))) ])
      "E2", vanDerPol 1.0
      "E3", byComponent (fun t y -> [ y[1]; y[0] ** 3.0 / 6.0 - y[0] + 2.0 * sin (2.78535 * t) ])
      "E4", byComponent (fun _ y -> [ y[1]; 0.032 - 0.4 * y[1] * y[1] ])
      "E5", byComponent (fun t y -> [ y[1]; sqrt (1.0 + y[1] * y[1]) / (25.0 - t) ])
      "Lotka-Volterra", byComponent (fun _ y -> [ 1.5 * y[0] - y[0] * y[1]; -3.0 * y[1] + y[0] * y[1] ])
      "Lorenz rho=0", lorenz 0.0
      "Lorenz rho=7", lorenz 7.0
      "Lorenz rho=14", lorenz 14.0
      "Lorenz rho=21", lorenz 21.0
      "Lorenz rho=28", lorenz 28.0
      "cubic spiral", spiral
      "cubic spiral to 25", spiral
      "Van der Pol mu=10", vanDerPol 10.0 ]

// ---- the published results --------------------------------------------------------------------------------------------

/// A problem of Conformance/ode.json.
type Case =
    {
        Name: string
        Note: string
        Field: Tensor -> Tensor -> Tensor
        Y0: float[]
        T0: float
        T1: float
        /// the state at T1
        Y1: float[]
    }

let readJson name =
    let path = Path.Combine(AppContext.BaseDirectory, "Conformance", name)
    (JsonDocument.Parse(File.ReadAllText path)).RootElement

let floats (e: JsonElement) =
    if e.ValueKind = JsonValueKind.Array then
        [| for x in e.EnumerateArray() -> x.GetDouble() |]
    else
        [| e.GetDouble() |]

/// Every problem of ode.json that is not stiff.
let cases =
    let field = dict fields

    [ for e in (readJson "ode.json").GetProperty("problems").EnumerateArray() do
          let get (name: string) = e.GetProperty name
          let name, note = string (get "name"), string (get "note")

          if note <> "stiff" then
              { Name = name
                Note = note
                Field = field[name]
                Y0 = floats (get "y0")
                T0 = (get "t0").GetDouble()
                T1 = (get "t1").GetDouble()
                Y1 = floats (get "y1") } ]

let caseNamed name = cases |> List.find (fun c -> c.Name = name)
let problemOf c = Ode.problem c.Field (tensor c.Y0) (c.T0, c.T1)

/// A non-autonomous, nonlinear equation whose solution is on the unit circle at the angle 2t + sin t.
module Circle =
    let exact (t: float) = [| cos (2.0 * t + sin t); sin (2.0 * t + sin t) |]

    /// The circle attracts in the direction of the solve.
    let problem (t0: float) (t1: float) =
        let strength = if t1 > t0 then 0.5 else -0.5

        let field =
            byComponent (fun t y ->
                let turn, pull = 2.0 + cos t, strength * (1.0 - y[0] * y[0] - y[1] * y[1])
                [ pull * y[0] - turn * y[1]; pull * y[1] + turn * y[0] ])

        Ode.problem field (tensor (exact t0)) (t0, t1)

    /// The largest error of states [time; 2] at their times.
    let error (ts: Tensor) (ys: Tensor) =
        let ys = numbers ys

        numbers ts
        |> Array.mapi (fun i t ->
            let e = exact t
            max (abs (ys[2 * i] - e[0])) (abs (ys[2 * i + 1] - e[1])))
        |> Array.max

/// Records every time at which a field is evaluated.
type Recorder() =
    let times = ResizeArray<float>()

    /// The same field, recorded: ordinary code runs at every evaluation. It also gets the state, because stages at the same
    /// time share computations that depend on the time only.
    member _.Watch(f: Tensor -> 'S -> 'S) : Tensor -> 'S -> 'S =
        fun t y ->
            let seen =
                dynamic
                    t
                    (fun (t: Tensor, _: 'S) ->
                        times.Add(float t)
                        t)
                    (t, y)

            f seen y

    member _.Times = times.ToArray()
    member _.Count = times.Count

let directions = [ 1.0; -1.0 ]

/// The method with adaptive steps, or with fixed ones if it does not estimate its error.
let by name (p: OdeProblem<'S>) =
    let p = p |> Ode.using (methodNamed name)
    if p.Solver.IsAdaptive then p else Ode.dt 0.05 p

let decay (y0: Tensor) (t0: float) (t1: float) = Ode.problem (fun _ y -> -0.5 * y) y0 (t0, t1)

let attempts (s: Solution<'S>) = s.Stats.Steps + s.Stats.Rejected

let methodsAndDirections () =
    [ for solver in odeSolvers do
          for direction in directions -> solver.Name, direction ]
