using System.Text.RegularExpressions;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Deploy.Tests;

/// <summary>The program would silently ignore an unknown setting in the deployment.</summary>
public sealed partial class SettingTests
{
    public static TheoryData<string> Files => new(
        new[] { "Dockerfile", "docker-compose.yml", "cog.yaml", "deploy/README.md" }
            .Concat(Directory.EnumerateFiles(Path.Combine(Repository.Root, "deploy", "helm"), "*", SearchOption.AllDirectories)
                .Select(file => Path.GetRelativePath(Repository.Root, file))));

    [Theory]
    [MemberData(nameof(Files))]
    public void Every_setting_that_the_deployment_names_is_one_of_the_program(string file)
    {
        var named = Setting().Matches(File.ReadAllText(Path.Combine(Repository.Root, file))).Select(match => match.Value).Distinct();

        Assert.All(named, name => Assert.True(OptionNames.Has(name), $"{file} names {name}."));
    }

    [Theory]
    [InlineData("Auth__Tokens__0__Hash", true)]
    [InlineData("Data__Path", true)]
    [InlineData("Models__Folders__0", true)]
    [InlineData("Auth__Tokens__Hash", false)]
    [InlineData("Models__Folders", false)]
    [InlineData("Data__Paths", false)]
    [InlineData("Nothing__Path", false)]
    public void Settings_are_distinguished_from_similar_text(string name, bool isOne) => Assert.Equal(isOne, OptionNames.Has(name));

    [GeneratedRegex("[A-Z][A-Za-z]*(__[A-Za-z0-9]+)+", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Setting();
}
