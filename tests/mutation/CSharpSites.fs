/// The changes that can be made to a C# file, found in the syntax tree of the compiler, which the caller references.
module CSharpSites

open System
open Microsoft.CodeAnalysis
open Microsoft.CodeAnalysis.CSharp
open Microsoft.CodeAnalysis.CSharp.Syntax
open Site

let language: Language =
    { Negated = fun number text -> $"(NeuralDE.Mutant.Is({number}) != ({text}))"
      Either = fun number other text -> $"(NeuralDE.Mutant.Is({number}) ? {other} : {text})" }

/// Whether a node is a constant of the compiler, a pattern, or text of a message.
let private isClosed (node: SyntaxNode) =
    node.AncestorsAndSelf()
    |> Seq.exists (fun outer ->
        match outer with
        | :? AttributeSyntax
        | :? EnumMemberDeclarationSyntax
        | :? InterpolationSyntax
        | :? PatternSyntax
        | :? CaseSwitchLabelSyntax
        | :? ParameterSyntax -> true
        | :? FieldDeclarationSyntax as field -> field.Modifiers.Any SyntaxKind.ConstKeyword
        | :? LocalDeclarationStatementSyntax as local -> local.IsConst
        | _ -> false)

let private largest (value: obj) =
    match value with
    | :? int as n -> Some(bigint n, bigint Int32.MaxValue)
    | :? int64 as n -> Some(bigint n, bigint Int64.MaxValue)
    | :? uint32 as n -> Some(bigint n, bigint UInt32.MaxValue)
    | :? uint64 as n -> Some(bigint n, bigint UInt64.MaxValue)
    | _ -> None

/// The changes of one file, in the order of the file.
let ofFile (file: string) (text: string) : Site list =
    let lineOf (node: SyntaxNode) = node.GetLocation().GetLineSpan().StartLinePosition.Line + 1

    let ofCondition (condition: ExpressionSyntax) =
        [ negation file (lineOf condition) condition.Span.Start condition.Span.End text ]

    let ofOperator (binary: BinaryExpressionSyntax) =
        match Map.tryFind binary.OperatorToken.Text otherOperator with
        | Some other ->
            let span, operator = binary.Span, binary.OperatorToken.Span
            let changed = text[span.Start .. operator.Start - 1] + other + text[operator.End .. span.End - 1]
            let line = binary.OperatorToken.GetLocation().GetLineSpan().StartLinePosition.Line + 1
            [ replacement file line span.Start span.End text changed ]
        | None -> []

    let ofNumber (literal: LiteralExpressionSyntax) =
        let written = literal.Token.Text

        let other =
            match literal.Token.Value, largest literal.Token.Value with
            | _, Some(value, most) -> otherInteger written value most
            | (:? float as x), _ -> otherFloat written x
            | (:? float32 as x), _ -> otherFloat written (float x)
            | _ -> None

        let span = literal.Span
        other |> Option.map (replacement file (lineOf literal) span.Start span.End text) |> Option.toList

    let ofNode (node: SyntaxNode) =
        match node with
        | _ when isClosed node -> []
        | :? BinaryExpressionSyntax as binary -> ofOperator binary
        | :? LiteralExpressionSyntax as literal when literal.IsKind SyntaxKind.NumericLiteralExpression ->
            ofNumber literal
        | :? IfStatementSyntax as branch -> ofCondition branch.Condition
        | :? WhileStatementSyntax as loop -> ofCondition loop.Condition
        | :? ConditionalExpressionSyntax as either -> ofCondition either.Condition
        | _ -> []

    CSharpSyntaxTree.ParseText(text).GetRoot().DescendantNodes()
    |> Seq.collect ofNode
    |> Seq.distinct
    |> Seq.sortBy (fun site -> site.Start, site.End)
    |> List.ofSeq
