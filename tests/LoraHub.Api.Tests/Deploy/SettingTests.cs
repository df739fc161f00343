using System.Text.RegularExpressions;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.Deploy;

/// <summary>A setting that the deployment names and the program does not know would be ignored in silence.</summary>
public sealed partial class SettingTests
{
    /// <summary>Settings of the deployment whose options are being written elsewhere: take each one out when it is there, and this list with the last.</summary>
    static readonly HashSet<string> NotHereYet =
    [
        "Distributed__BlobCopies", "Distributed__Nats", "Distributed__Postgres", "Distributed__Prefix",
        "Log__Format", "Telemetry__Otlp",
        "Worker__DrainTime", "Worker__Slots",
    ];

    public static TheoryData<string> Files => new(
        new[] { "Dockerfile", "docker-compose.yml", "cog.yaml", "deploy/README.md" }
            .Concat(Directory.EnumerateFiles(Path.Combine(Repository.Root, "deploy", "helm"), "*", SearchOption.AllDirectories)
                .Select(file => Path.GetRelativePath(Repository.Root, file))));

    [Theory]
    [MemberData(nameof(Files))]
    public void Every_setting_that_the_deployment_names_is_one_of_the_program(string file)
    {
        var named = Setting().Matches(File.ReadAllText(Path.Combine(Repository.Root, file))).Select(match => match.Value).Distinct();

        Assert.All(named, name => Assert.True(OptionNames.Has(name) || NotHereYet.Contains(name), $"{file} names {name}."));
    }

    [Theory]
    [InlineData("Auth__Tokens__0__Hash", true)]
    [InlineData("Data__Path", true)]
    [InlineData("Models__Folders__0", true)]
    [InlineData("Auth__Tokens__Hash", false)]
    [InlineData("Models__Folders", false)]
    [InlineData("Data__Paths", false)]
    [InlineData("Nothing__Path", false)]
    public void Settings_are_told_from_what_looks_like_one(string name, bool isOne) => Assert.Equal(isOne, OptionNames.Has(name));

    [Fact]
    public void What_is_here_is_not_listed_as_missing() => Assert.All(NotHereYet, name => Assert.False(OptionNames.Has(name), $"{name} is here now."));

    [GeneratedRegex("[A-Z][A-Za-z]*(__[A-Za-z0-9]+)+", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Setting();
}
