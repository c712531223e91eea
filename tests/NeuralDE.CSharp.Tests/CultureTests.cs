using System.Globalization;

namespace FaceTests;

/// <summary>The ToString that C# generates for a record would print numbers in the user's culture.</summary>
public class CultureTests
{
    [Fact]
    public void These_tests_run_with_commas() => Assert.Equal("\u22121,5", $"{-1.5}");

    public static TheoryData<Type> Settings =>
        [
            .. typeof(CsvSettings)
                .Assembly.GetExportedTypes()
                .Where(type => type.Name.EndsWith("Settings", StringComparison.Ordinal)),
        ];

    [Theory]
    [MemberData(nameof(Settings))]
    public void Settings_print_the_same_in_every_culture(Type type)
    {
        var settings = Activator.CreateInstance(type)!;
        var text = settings.ToString()!;
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        Assert.Equal(settings.ToString(), text);
        Assert.StartsWith(type.Name + " { ", text);
    }

    [Fact]
    public void A_setting_is_printed_as_C_sharp_prints_a_record() =>
        Assert.Equal(
            "EarlyStoppingSettings { Patience = 10, MinImprovement = 0.5, RestoresBest = True }",
            new EarlyStoppingSettings { Patience = 10, MinImprovement = 0.5 }.ToString()
        );
}
