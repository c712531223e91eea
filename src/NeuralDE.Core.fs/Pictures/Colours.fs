namespace NeuralDE

open System

/// A map from numbers to colours, from low to high.
[<RequireQualifiedAccess>]
type ColourMap =
    /// Dark blue, green, yellow; perceptually uniform, also for colour-blind readers.
    | Viridis
    /// Blue, light grey, red; for numbers on both sides of a centre.
    | CoolWarm
    /// White to dark blue; the low end is white, like the background.
    | Blues
    /// Black to white, as in photographs.
    | Grey

/// Colours that readers can distinguish.
module internal Colours =
    /// For curves: blue, vermillion, green, purple, orange, sky blue, black (M. Okabe and K. Ito, Color Universal Design,
    /// 2008), which colour-blind readers can distinguish.
    let palette = [| "#0072B2"; "#D55E00"; "#009E73"; "#CC79A7"; "#E69F00"; "#56B4E9"; "#000000" |]

    let hue number = palette[number % palette.Length]

    // evenly spaced from low to high, with linear interpolation in sRGB
    // Viridis: N. Smith, S. van der Walt and E. Firing, 2015 (CC0).
    // CoolWarm: K. Moreland, Diverging color maps for scientific visualization, 2009, its formula at 17 points.
    // Blues: decreasing CIE lightness at the hue of the palette's blue.
    let private table map =
        match map with
        | ColourMap.Viridis ->
            "440154 481A6C 472F7D 414487 39568C 31688E 2A788E 23888E 1F988B 22A884 35B779 54C568 7AD151 A5DB36 D2E21B FDE725"
        | ColourMap.CoolWarm ->
            "3B4CC0 4E68D8 6282EA 779AF7 8DB0FE A3C2FF B8D0F9 CCD9EE DDDDDD ECD3C6 F5C4AD F7B194 F49A7B EC7F63 DE614D CB3E38 B40426"
        | ColourMap.Blues ->
            "FCFCFC E8EFF9 D3E1F6 BED4F2 A9C7EE 93BAE9 7DADE3 65A1DC 4C94D5 2E88CC 007CC2 0070B7 0064AC 00589F 004C91 004182 003672"
        | ColourMap.Grey -> "000000 FFFFFF"

    let private channels (hex: string) =
        [| for place in 0..2 -> float (Convert.ToByte(hex.Substring(2 * place, 2), 16)) |]

    /// 256 colours of a map from low to high, each as red, green, blue.
    let private rampOf map =
        let anchors = (table map).Split ' ' |> Array.map channels
        [| for index in 0..255 ->
               let place = float index / 255.0 * float (anchors.Length - 1)
               let below = min (int place) (anchors.Length - 2)
               let part = place - float below
               Array.map2 (fun low high -> byte (round (low + part * (high - low)))) anchors[below] anchors[below + 1] |]

    let private ramps =
        [ ColourMap.Viridis; ColourMap.CoolWarm; ColourMap.Blues; ColourMap.Grey ]
        |> List.map (fun map -> map, lazy (rampOf map))
        |> dict

    let ramp map = ramps[map].Value

    let text (rgb: byte[]) = $"#{string (Convert.ToHexString rgb)}"

    /// The colour at a position from low (0) to high (1).
    let at map (part: float) = text ((ramp map)[int (round (255.0 * Math.Clamp(part, 0.0, 1.0)))])

    /// A colour as #RRGGBB, mixed with white; `part` is the fraction of white.
    let paler (part: float) (colour: string) =
        channels (colour.Substring 1)
        |> Array.map (fun level -> byte (round (level + part * (255.0 - level))))
        |> text
