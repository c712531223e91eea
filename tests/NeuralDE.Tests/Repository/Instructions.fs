/// The calls of compiled methods, read from their instructions (ECMA-335, partition III).
module NeuralDE.Tests.Repository.Instructions

open System
open System.Reflection
open System.Reflection.Emit

/// An instruction, with the method, type, field or text that it names; null for any other operand.
[<Struct>]
type Instruction = { Code: OpCode; Operand: obj | null }

let private codes =
    dict
        [ for field in typeof<OpCodes>.GetFields() do
              match field.GetValue null with
              | :? OpCode as code -> int (uint16 code.Value), code
              | _ -> () ]

let private sizeOf (il: byte[]) at (kind: OperandType) =
    match kind with
    | OperandType.InlineNone -> 0
    | OperandType.ShortInlineBrTarget
    | OperandType.ShortInlineI
    | OperandType.ShortInlineVar -> 1
    | OperandType.InlineVar -> 2
    | OperandType.InlineI8
    | OperandType.InlineR -> 8
    | OperandType.InlineSwitch -> 4 + 4 * BitConverter.ToInt32(il, at)
    | _ -> 4

let private operand (m: MethodBase) (il: byte[]) at (kind: OperandType) : obj | null =
    let typeArguments =
        m.DeclaringType |> Option.ofObj |> Option.map _.GetGenericArguments() |> Option.defaultValue [||]
    let ownArguments = if m.IsGenericMethod then m.GetGenericArguments() else [||]

    match kind with
    | OperandType.InlineString -> m.Module.ResolveString(BitConverter.ToInt32(il, at))
    | OperandType.InlineMethod
    | OperandType.InlineType
    | OperandType.InlineField
    | OperandType.InlineTok -> m.Module.ResolveMember(BitConverter.ToInt32(il, at), typeArguments, ownArguments)
    | _ -> null

/// The instructions of a method in their order; none if it has no body.
let ofMethod (m: MethodBase) : Instruction[] =
    match m.GetMethodBody() |> Option.ofObj |> Option.bind (fun body -> Option.ofObj (body.GetILAsByteArray())) with
    | None -> [||]
    | Some il ->
        let mutable at = 0

        [| while at < il.Length do
               let isLong = il[at] = 0xFEuy
               let code = codes[if isLong then 0xFE00 ||| int il[at + 1] else int il[at]]
               at <- at + (if isLong then 2 else 1)
               let operand = operand m il at code.OperandType
               at <- at + sizeOf il at code.OperandType
               { Code = code; Operand = operand } |]

let private declared =
    BindingFlags.Public
    ||| BindingFlags.NonPublic
    ||| BindingFlags.Instance
    ||| BindingFlags.Static
    ||| BindingFlags.DeclaredOnly

/// Every method and constructor of an assembly, including those of closures.
let methodsOf (assembly: Assembly) : MethodBase seq =
    seq {
        for t in assembly.GetTypes() do
            for m in t.GetMethods declared do
                yield m

            for c in t.GetConstructors declared do
                yield c
    }
