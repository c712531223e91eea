/// The C# names of the core's members, for docs that mention them.
module NeuralDE.Face.Names

open System
open NeuralDE.Face.Members

/// The verbs of Ode and Sde are written with these names.
let private homesOf (name: string) =
    match name with
    | "Ode"
    | "Sde" -> [ name + "Verbs"; "ProblemVerbs" ]
    | name -> [ name ]

/// The names of members, as a module or type of the core mentions them.
let words (members: Member list) : string -> Docs.Words =
    let verb (m: Member) = m.Origin[m.Origin.IndexOf '.' + 1 ..]
    let isOpen (m: Member) = m.Class = "Verbs" || m.Class = "Calculus"
    let by key (members: Member list) = Map [ for m in List.rev members -> key m, m ]
    let origins, verbs, opened = by _.Origin members, by verb members, by verb (List.filter isOpen members)
    let hasSeveralWords (word: string) = word |> Seq.exists (fun c -> Char.IsUpper c || Char.IsDigit c)

    let qualified (here: string) (text: string) =
        let home, name = text[.. text.IndexOf '.' - 1], text[text.IndexOf '.' + 1 ..]

        match homesOf home |> List.tryPick (fun home -> Map.tryFind $"{home}.{name}" origins) with
        | Some m when home = here || isOpen m -> Some m.Name
        | Some { Target = OnValue(t, _); Name = name } -> Some(Types.plain t + "." + name)
        | Some m -> Some(m.Class.Replace("Extensions", "") + "." + m.Name)
        | None -> if Char.IsLower name[0] then Some(home + "." + pascal name) else None

    let phrases = [ for theirs, ours in Rules.phrases -> Docs.phrase theirs, ours ]

    fun here ->
        let near word = Map.tryFind $"{here}.{word}" origins |> Option.map _.Name

        { Qualified = qualified here
          Near = near
          Bare =
            fun word ->
                let elsewhere = if hasSeveralWords word then verbs else opened
                near word |> Option.orElse (Map.tryFind word elsewhere |> Option.map _.Name)
          Phrases = phrases }
