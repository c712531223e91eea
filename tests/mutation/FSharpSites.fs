/// The changes that can be made to an F# file, found in the compiler's syntax tree.
module FSharpSites

open FSharp.Compiler.CodeAnalysis
open FSharp.Compiler.Syntax
open FSharp.Compiler.SyntaxTrivia
open FSharp.Compiler.Text
open Site

let private checker = lazy FSharpChecker.Create()

/// The tree of a text, and whether the text is without an error or a warning about its layout.
let private parsed (file: string) (text: string) =
    let options = { FSharpParsingOptions.Default with SourceFiles = [| file |] }
    let results = checker.Value.ParseFile(file, SourceText.ofString text, options) |> Async.RunSynchronously
    results.ParseTree, Array.isEmpty results.Diagnostics

/// Several lines keep their columns among each other: in F# they are part of the meaning.
let private deeper (text: string) = text.Replace("\n", "\n    ")

let language: Language =
    { Negated = fun number text -> $"(NeuralDE.Mutant.Is {number} <> ({text}))"
      Either =
        fun number other text ->
            if text.Contains '\n' then failwith "an expression of several lines is not replaced"

            $"(if NeuralDE.Mutant.Is {number} then {other} else {text})" }

let private hasAttribute name (attributes: SynAttributes) =
    attributes
    |> List.exists (fun group ->
        group.Attributes |> List.exists (fun attribute -> (List.last attribute.TypeName.LongIdent).idText = name))

/// What an outer part of the tree says about everything in it: text of a message, a constant of the compiler, or code that is
/// compiled into other files.
let private isClosed (path: SyntaxNode list) =
    path
    |> List.exists (function
        | SyntaxNode.SynExpr(SynExpr.InterpolatedString _)
        | SyntaxNode.SynPat _ -> true
        | SyntaxNode.SynBinding(SynBinding(isInline = isInline; attributes = attributes)) ->
            isInline || hasAttribute "Literal" attributes
        | _ -> false)

let private largest constant =
    match constant with
    | SynConst.Int32 n -> Some(bigint n, bigint System.Int32.MaxValue)
    | SynConst.Int64 n -> Some(bigint n, bigint System.Int64.MaxValue)
    | SynConst.Byte n -> Some(bigint (int n), 255I)
    | SynConst.UInt32 n -> Some(bigint n, bigint System.UInt32.MaxValue)
    | SynConst.UInt64 n -> Some(bigint n, bigint System.UInt64.MaxValue)
    | _ -> None

/// The changes of one file, in the order of the file.
let ofFile (file: string) (text: string) : Site list =
    let lineStarts =
        [| yield 0
           for i in 0 .. text.Length - 1 do
               if text[i] = '\n' then yield i + 1 |]
    let offset (position: pos) = lineStarts[position.Line - 1] + position.Column
    let ends (range: range) = offset range.Start, offset range.End
    let textOf range = let first, last = ends range in text[first .. last - 1]

    let ofCondition (condition: SynExpr) =
        let first, last = ends condition.Range
        [ negation file condition.Range.StartLine first last text ]

    let ofOperator (operator: Ident) (range: range) =
        match Map.tryFind (textOf operator.idRange) otherOperator with
        | Some other when range.StartLine = range.EndLine ->
            let first, last = ends range
            let opens, closes = ends operator.idRange
            let changed = text[first .. opens - 1] + other + text[closes .. last - 1]
            [ replacement file operator.idRange.StartLine first last text changed ]
        | _ -> []

    let ofConstant constant (range: range) =
        let written = textOf range

        let other =
            match constant, largest constant with
            | _, Some(value, most) -> otherInteger written value most
            | SynConst.Double x, _ -> otherFloat written x
            | SynConst.Single x, _ -> otherFloat written (float x)
            | _ -> None

        let first, last = ends range
        other |> Option.map (replacement file range.StartLine first last text) |> Option.toList

    let ofNode path node =
        if isClosed path then
            []
        else
            match node with
            | SyntaxNode.SynExpr(SynExpr.App(_,
                                             false,
                                             SynExpr.App(_, true, SynExpr.LongIdent(longDotId = name), _, _),
                                             _,
                                             range)) -> ofOperator (List.last name.LongIdent) range
            | SyntaxNode.SynExpr(SynExpr.Const(constant, range)) -> ofConstant constant range
            | SyntaxNode.SynExpr(SynExpr.IfThenElse(ifExpr = condition))
            | SyntaxNode.SynExpr(SynExpr.While(whileExpr = condition)) -> ofCondition condition
            | SyntaxNode.SynMatchClause(SynMatchClause(whenExpr = Some condition)) -> ofCondition condition
            | _ -> []

    let tree, _ = parsed file text
    (List.empty, tree)
    ||> ParsedInput.fold (fun found path node -> ofNode path node :: found)
    |> List.concat
    |> List.distinct
    |> List.sortBy (fun site -> site.Start, site.End)

/// Whether the file still parses with this change: in F# a longer line can break the layout of those below.
let fits (text: string) (site: Site) = snd (parsed site.File (rendered language text [ (1, site) ]))
