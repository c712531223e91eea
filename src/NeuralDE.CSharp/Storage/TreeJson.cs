using System.Text.Json;

namespace NeuralDE;

/// <summary>Trees as texts in JSON; TreeJsonConverter describes the form.</summary>
/// <remarks>
/// In a service, add the converter to its options:
/// <c>services.ConfigureHttpJsonOptions(http =&gt; http.SerializerOptions.Converters.Add(new TreeJsonConverter()))</c>.
/// </remarks>
public static class TreeJson
{
    /// <summary>
    /// Options with a TreeJsonConverter, and with strings for enums and for numbers that are not finite. A part of a record
    /// that is missing, or null where its type says that it is not, is refused.
    /// </summary>
    public static JsonSerializerOptions Options => TreeJsonModule.options;

    /// <summary>The text of any tree, or of what holds trees.</summary>
    /// <param name="tree">The tree; or another value that System.Text.Json writes, with trees in it.</param>
    /// <returns>The text, one JSON value.</returns>
    /// <exception cref="JsonException">
    /// for a placeholder, for more numbers than 16 777 216 in a tensor, and past 256 levels.
    /// </exception>
    public static string Write<T>(T tree) => TreeJsonModule.write(tree);

    /// <summary>What Write wrote.</summary>
    /// <param name="text">The text that Write made of a value of this type.</param>
    /// <returns>The value.</returns>
    /// <exception cref="JsonException">
    /// for anything else, and where only an example knows the value: functions, and parts of interface type.
    /// </exception>
    public static T Read<T>(string text) => TreeJsonModule.read<T>(Given(text));

    /// <summary>
    /// What Write wrote of a tree like the one given: of the same structure, whose functions and parts of interface type
    /// are those of the example. Numbers, shapes, lengths of lists, cases of unions and static fields come from the text;
    /// the static fields of a C# record must be equal.
    /// </summary>
    /// <param name="like">The example, a tree; its numbers are not used.</param>
    /// <param name="text">The text that Write made of a tree of the same type.</param>
    /// <returns>The tree of the text.</returns>
    /// <exception cref="JsonException">for anything else.</exception>
    public static T ReadLike<T>(T like, string text)
    {
        if (like is null)
            throw new ArgumentNullException(nameof(like));
        return TreeJsonModule.readLike(like, Given(text));
    }
}
