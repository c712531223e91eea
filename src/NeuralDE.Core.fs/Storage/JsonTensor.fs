namespace NeuralDE.Internal.Storage

open System
open System.Globalization
open System.Text.Json
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Calculus

/// What stands against a document, and where.
module internal JsonFault =
    /// Texts in messages are cut: those of a hostile document can have millions of letters.
    let short (text: string) = if text.Length <= 100 then text else text.Substring(0, 100) + "…"

    let refuse (path: string) (problem: string) : 'a =
        let place = if path = "" then "the value" else short path
        raise (JsonException $"JSON: {place} {problem}")

    /// What is raised for a type that System.Text.Json does not read.
    let unreadable (t: Type) (mend: string) (cause: exn) : exn =
        JsonException($"JSON: {TypeName.text t} cannot be read: {cause.Message} {mend}", cause)

    /// A value as it stands in the document.
    let got (e: JsonElement) =
        match e.ValueKind with
        | JsonValueKind.Object -> "an object"
        | JsonValueKind.Array -> "an array"
        | JsonValueKind.Undefined
        | JsonValueKind.String
        | JsonValueKind.Number
        | JsonValueKind.True
        | JsonValueKind.False
        | JsonValueKind.Null
        | _ -> short (e.GetRawText())

/// A tensor as {"dtype":"float64","shape":[2,3],"data":[…]}, its elements in row-major order.
module internal JsonTensor =
    /// Integers beyond ±2⁵³ are strings: many readers take numbers for float64.
    let private exact = 9007199254740992L

    let private dtypes = [ Float32; Float64; Int32; Int64; Bool ]
    let private form = "an object with dtype, shape and data"

    // ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────
    let private special (x: float) =
        if Double.IsNaN x then "NaN"
        elif x > 0.0 then "Infinity"
        else "-Infinity"

    let private writeData (writer: Utf8JsonWriter) (x: Tensor) =
        match x.Dtype with
        | Float64 ->
            for v in x.Numbers.Floats do
                if Double.IsFinite v then
                    writer.WriteNumberValue v
                else
                    writer.WriteStringValue(special v)
        | Float32 ->
            for v in x.Numbers.Singles do
                if Single.IsFinite v then
                    writer.WriteNumberValue v
                else
                    writer.WriteStringValue(special (float v))
        | Int32
        | Int64 ->
            for v in x.Numbers.Integers do
                if v >= -exact && v <= exact then
                    writer.WriteNumberValue v
                else
                    writer.WriteStringValue(v.ToString CultureInfo.InvariantCulture)
        | Bool ->
            for v in x.Numbers.Flags do
                writer.WriteBooleanValue v

    /// At most `most` numbers: more belong into a file of numbers.
    let write (most: int64) (path: string) (writer: Utf8JsonWriter) (x: Tensor) : unit =
        if x.IsPlaceholder then
            JsonFault.refuse path "is a placeholder, which has no numbers. Write the result of a function, outside it."

        if x.LongCount > most then
            JsonFault.refuse
                path
                $"has {string x.LongCount} numbers, expected at most {string most}. Write a file with Safetensors, or raise the limit of TreeJsonConverter."

        writer.WriteStartObject()
        writer.WriteString("dtype", x.Dtype.ToString())
        writer.WriteStartArray "shape"

        for n in x.Dims do
            writer.WriteNumberValue n

        writer.WriteEndArray()
        writer.WriteStartArray "data"
        writeData writer x
        writer.WriteEndArray()
        writer.WriteEndObject()

    // ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────
    let private dtypeOf path (e: JsonElement) : Dtype =
        let name = if e.ValueKind = JsonValueKind.String then e.GetString() |> Option.ofObj else None

        match dtypes |> List.tryFind (fun dtype -> Some(dtype.ToString()) = name) with
        | Some dtype -> dtype
        | None ->
            let known = String.Join(", ", dtypes)
            JsonFault.refuse path $"has the dtype {JsonFault.got e}, expected one of {known}."

    let private shapeOf (most: int64) path (e: JsonElement) : int[] =
        let wanted = "expected an array of up to 32 extents, whole numbers from 0"

        if e.ValueKind <> JsonValueKind.Array || e.GetArrayLength() > 32 then
            JsonFault.refuse path $"has the shape {JsonFault.got e}, {wanted}."

        let shape = Array.zeroCreate<int>(e.GetArrayLength())
        let mutable i = 0

        for extent in e.EnumerateArray() do
            let mutable n = 0

            if extent.ValueKind <> JsonValueKind.Number || not (extent.TryGetInt32(&n)) || n < 0 then
                JsonFault.refuse path $"has the extent {JsonFault.got extent} in its shape, {wanted}."

            shape[i] <- n
            i <- i + 1

        let count =
            try
                Shape.size shape
            with :? ShapeException ->
                Int64.MaxValue // more than a tensor may have, also where an extent is 0

        if count > most then
            JsonFault.refuse
                path
                $"has the shape {Shape.text shape}, expected at most {string most} numbers. Raise the limit of TreeJsonConverter, or send a file."

        shape

    /// The data as an array, of which each element was read; `expected` says what stands there instead.
    let private elements path (expected: string) (parse: JsonElement -> 'T voption) (data: JsonElement) : 'T[] =
        let values = Array.zeroCreate<'T>(data.GetArrayLength())
        let mutable i = 0

        for e in data.EnumerateArray() do
            match parse e with
            | ValueSome value -> values[i] <- value
            | ValueNone ->
                JsonFault.refuse path $"has {JsonFault.got e} at position {string i} of its data, {expected}."

            i <- i + 1

        values

    let private named (e: JsonElement) : float voption =
        match e.GetString() with
        | "NaN" -> ValueSome nan
        | "Infinity" -> ValueSome infinity
        | "-Infinity" -> ValueSome -infinity
        | _ -> ValueNone

    let private float64 (e: JsonElement) : float voption =
        let mutable v = 0.0

        if e.ValueKind = JsonValueKind.String then
            named e
        elif e.ValueKind = JsonValueKind.Number && e.TryGetDouble(&v) && Double.IsFinite v then
            ValueSome v
        else
            ValueNone

    let private float32 (e: JsonElement) : float voption =
        let mutable v = 0.0f

        if e.ValueKind = JsonValueKind.String then
            named e
        elif e.ValueKind = JsonValueKind.Number && e.TryGetSingle(&v) && Single.IsFinite v then
            ValueSome(float v)
        else
            ValueNone

    let private integer (e: JsonElement) : int64 voption =
        let mutable v = 0L

        let isRead =
            match e.ValueKind with
            | JsonValueKind.Number -> e.TryGetInt64(&v)
            | JsonValueKind.String ->
                Int64.TryParse(e.GetString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, &v)
            | _ -> false

        if isRead then ValueSome v else ValueNone

    let private int32 (e: JsonElement) : int64 voption =
        match integer e with
        | ValueSome v when v >= int64 Int32.MinValue && v <= int64 Int32.MaxValue -> ValueSome v
        | _ -> ValueNone

    let private flag (e: JsonElement) : bool voption =
        match e.ValueKind with
        | JsonValueKind.True -> ValueSome true
        | JsonValueKind.False -> ValueSome false
        | _ -> ValueNone

    let private number = """expected a finite number of its dtype, "NaN", "Infinity" or "-Infinity" """.TrimEnd()

    let private arrayOf path (dtype: Dtype) (shape: int[]) (data: JsonElement) : NdArray =
        match dtype with
        | Float64 -> NdArray.OfFloats(Float64, shape, elements path number float64 data)
        | Float32 -> NdArray.OfFloats(Float32, shape, elements path number float32 data)
        | Int64 ->
            let expected = "expected a whole number within int64, or a string of one"
            NdArray.OfIntegers(Int64, shape, elements path expected integer data)
        | Int32 -> NdArray.OfIntegers(Int32, shape, elements path "expected a whole number within int32" int32 data)
        | Bool -> NdArray.OfFlags(shape, elements path "expected true or false" flag data)

    /// The three parts, in any order, each once and nothing else.
    let private partsOf path (e: JsonElement) : JsonElement[] =
        let names = [| "dtype"; "shape"; "data" |]
        let parts = Array.zeroCreate<JsonElement> 3

        if e.ValueKind <> JsonValueKind.Object then
            JsonFault.refuse path $"is {JsonFault.got e}, expected a tensor: {form}."

        for p in e.EnumerateObject() do
            match Array.IndexOf(names, p.Name) with
            | -1 -> JsonFault.refuse path $"has the member \"{JsonFault.short p.Name}\", expected a tensor: {form}."
            | i when parts[i].ValueKind <> JsonValueKind.Undefined ->
                JsonFault.refuse path $"has \"{p.Name}\" twice, expected it once."
            | i -> parts[i] <- p.Value

        for i in 0..2 do
            if parts[i].ValueKind = JsonValueKind.Undefined then
                JsonFault.refuse path $"has no \"{names[i]}\", expected a tensor: {form}."

        parts

    let read (most: int64) (path: string) (e: JsonElement) : Tensor =
        let parts = partsOf path e
        let dtype = dtypeOf path parts[0]
        let shape = shapeOf most path parts[1]
        let data = parts[2]

        if data.ValueKind <> JsonValueKind.Array then
            JsonFault.refuse path $"has {JsonFault.got data} for its data, expected an array of numbers."

        if int64 (data.GetArrayLength()) <> Shape.size shape then
            JsonFault.refuse
                path
                $"has {string (data.GetArrayLength())} numbers, expected the {string (Shape.size shape)} of shape {Shape.text shape}."

        Tensor.OfArray(arrayOf path dtype shape data)
