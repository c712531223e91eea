// Attacks a service that runs on this machine: dotnet fsi examples/service/attack.fsx http://127.0.0.1:5000 PID
//
// 10 000 bad questions, 200 callers that send a byte a second, 5 000 good questions 32 at a time, the hardest questions that
// the limits allow. Every answer must be what it should be, good callers must be served meanwhile, and with the process id the
// memory must not grow. Takes about two minutes; the exit code is the number of faults.

open System
open System.Diagnostics
open System.IO
open System.Net.Http
open System.Net.Sockets
open System.Text
open System.Threading
open System.Threading.Tasks

let arguments = fsi.CommandLineArgs |> Array.skip 1
let home = Uri(if arguments.Length > 0 then arguments[0] else "http://127.0.0.1:5000")
let pid = if arguments.Length > 1 then Some(int arguments[1]) else None
let client = new HttpClient(BaseAddress = home, Timeout = TimeSpan.FromSeconds 60.0)
let mutable faults = 0

let expect (isWell: bool) (sentence: string) =
    if not isWell then
        faults <- faults + 1
        eprintfn "FAULT: %s" sentence

let memory () =
    pid
    |> Option.map (fun pid ->
        use p = Process.GetProcessById pid
        float p.WorkingSet64 / 1e6)

let post (body: string) =
    task {
        use content = new StringContent(body, Encoding.UTF8, "application/json")
        use! answer = client.PostAsync("/predict", content)
        let! text = answer.Content.ReadAsStringAsync()
        let kind = answer.Content.Headers.ContentType |> Option.ofObj |> Option.map (fun t -> t.MediaType |> string)
        return int answer.StatusCode, Option.defaultValue "" kind, text
    }

/// Calls f with 0 … n − 1, at most `width` calls at a time.
let inParallel (width: int) (n: int) (f: int -> Task<unit>) =
    let next = ref -1

    let worker () =
        task {
            let mutable i = Interlocked.Increment next

            while i < n do
                do! f i
                i <- Interlocked.Increment next
        }

    Task.WhenAll [| for _ in 1..width -> worker () :> Task |] |> _.Wait()

let good = """{"y0": [2, 0], "times": [0, 0.5, 1]}"""

// ── bad questions ────────────────────────────────────────────────────────────────────────────────────────────────
let bad: string[] =
    [| """{"y0": [1e400, 0], "times": [0, 1]}"""
       """{"y0": [2, 0], "times": [0, 1e999]}"""
       """{"y0": ["NaN", 0], "times": [0, 1]}"""
       """{"y0": [NaN, 0], "times": [0, 1]}"""
       """{"y0": [2, 0], "times": [0, "Infinity"]}"""
       """{"y0": [2, 0, 1], "times": [0, 1]}"""
       """{"y0": [], "times": [0, 1]}"""
       """{"y0": [], "times": [0]}"""
       """{"y0": [2, 0, 1], "times": [0]}"""
       """{"y0": [[2, 0]], "times": [0, 1]}"""
       """{"y0": 2, "times": [0, 1]}"""
       """{"y0": null, "times": null}"""
       """{"y0": [2, 0], "times": []}"""
       """{"y0": [2, 0], "times": [1, 0]}"""
       """{"y0": [2, 0], "times": [0, 0]}"""
       """{"y0": [2, 0], "times": [0, 1]"""
       "null"
       "[]"
       "7"
       ""
       String('[', 5000)
       "{\"y0\": [2, 0], \"times\": [" + String.Join(", ", [ 0..5000 ]) + "]}"
       "{\"y0\": [" + String.Join(", ", Array.create 10000 "1") + "], \"times\": [0, 1]}"
       "{\"y0\": [2, 0], \"times\": [" + String('1', 100_000) + "]}" |]

let attackBadly n =
    inParallel 32 n (fun i ->
        task {
            let body = bad[i % bad.Length]
            let! status, kind, text = post body
            let shown = if body.Length <= 60 then body else body.Substring(0, 60) + "…"
            expect (status = 400 || status = 413) $"{shown}: got {status}, expected 400 or 413"
            expect (kind = "application/problem+json") $"{shown}: got {kind}, expected a problem"
            expect (not (text.Contains "   at " || text.Contains "Exception")) $"{shown}: got a stack: {text}"
        })

attackBadly 2000
let before = memory ()
let clock = Stopwatch.StartNew()
attackBadly 10000
printfn "10 000 bad questions in %.1f s" clock.Elapsed.TotalSeconds

// ── slow callers ─────────────────────────────────────────────────────────────────────────────────────────────────
let slowly () =
    task {
        use socket = new TcpClient()
        do! socket.ConnectAsync(home.Host, home.Port)
        use stream = socket.GetStream()
        let head = "POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
        do! stream.WriteAsync(ReadOnlyMemory(Encoding.ASCII.GetBytes head))
        let clock = Stopwatch.StartNew()
        let mutable isOpen = true

        while isOpen && clock.Elapsed.TotalSeconds < 30.0 do
            try
                do! stream.WriteAsync(ReadOnlyMemory(" "B))
                do! Task.Delay 1000
            with :? IOException ->
                isOpen <- false

        return not isOpen
    }

clock.Restart()
let slow = [| for _ in 1..200 -> slowly () |]
inParallel 8 400 (fun _ ->
    task {
        let! status, _, _ = post good
        expect (status = 200) $"a good question beside slow callers: got {status}, expected 200"
    })
printfn "400 good questions beside 200 slow callers in %.1f s" clock.Elapsed.TotalSeconds
let ended = Task.WhenAll(slow).Result |> Array.filter id
expect (ended.Length = slow.Length) $"slow callers: {ended.Length} of {slow.Length} were ended, expected all"

// ── load, and the hardest that is allowed ────────────────────────────────────────────────────────────────────────
clock.Restart()
let mutable busy = 0

inParallel 32 5000 (fun _ ->
    task {
        let! status, _, _ = post good
        if status = 503 then Interlocked.Increment &busy |> ignore
        expect (status = 200 || status = 503) $"a good question: got {status}, expected 200, or 503 of a busy service"
    })

printfn "5 000 good questions, 32 at a time, in %.1f s; %d were told to come again" clock.Elapsed.TotalSeconds busy
clock.Restart()
let far = "{\"y0\": [2, 0], \"times\": [" + String.Join(", ", [ for i in 0..999 -> string (1000 * i) ]) + "]}"

inParallel 4 8 (fun _ ->
    task {
        let watch = Stopwatch.StartNew()
        let! status, _, text = post far
        expect (status = 200 || status = 503) $"a hard question: got {status} {text}"
        expect (watch.Elapsed.TotalSeconds < 30.0) $"a hard question took {watch.Elapsed.TotalSeconds} s"
    })

printfn "8 of the hardest questions, 4 at a time, in %.1f s" clock.Elapsed.TotalSeconds

match before, memory () with
| Some before, Some after ->
    printfn "memory: %.0f MB, then %.0f MB" before after
    expect (after < before + 100.0) $"memory grew from {before} to {after} MB"
| _ -> printfn "memory: not looked at, no process id was given"

printfn "%d faults" faults
exit (min faults 100)
