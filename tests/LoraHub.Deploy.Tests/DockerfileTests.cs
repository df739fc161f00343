using System.Text.RegularExpressions;
using System.Xml.Linq;
using LoraHub.Api.Models;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Deploy.Tests;

/// <summary>Checks that values repeated in the Dockerfile match their source.</summary>
public sealed partial class DockerfileTests
{
    [Fact]
    public void The_labels_name_the_compatible_Cog_version() => Assert.Equal(Composer.CogVersion, Dockerfile.Label("run.cog.version"));

    [Fact]
    public void The_schema_fits_into_a_line_as_long_as_BuildKit_reads() =>
        Assert.All(Dockerfile.Text.Split('\n'), line => Assert.InRange(line.Length, 0, 65_535));

    /// <summary>The restore needs every project; the build needs every file that .dockerignore might exclude.</summary>
    [Fact]
    public void The_restore_has_every_project_and_the_build_every_file()
    {
        var copied = Copy().Matches(Dockerfile.Text).SelectMany(copy => copy.Groups["from"].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .ToHashSet(StringComparer.Ordinal);
        var sent = Read(".dockerignore").Split('\n').Where(line => line.StartsWith('!')).Select(line => line[1..]).ToList();

        Assert.All(Projects("src/LoraHub.Api/LoraHub.Api.csproj").Distinct(StringComparer.Ordinal), project => Assert.Contains(project, copied));
        Assert.All(
            new[] { ".editorconfig", "global.json" }
                .Concat(Directory.EnumerateFiles(Repository.Root, "Directory.*").Select(file => Path.GetFileName(file))),
            file => Assert.Contains(file, copied));
        Assert.All(copied, file => Assert.Contains(sent, path => file.TrimEnd('/') == path || file.StartsWith($"{path}/", StringComparison.Ordinal)));
        Assert.All(copied, file => Assert.True(Path.Exists(Path.Combine(Repository.Root, file)), file));
    }

    [Fact]
    public void The_images_match_the_target_framework()
    {
        var framework = XDocument.Parse(Read("Directory.Build.props")).Descendants("TargetFramework").Single().Value;

        var tags = Image().Matches(Dockerfile.Text).Select(image => image.Groups["tag"].Value).ToList();

        Assert.Equal(2, tags.Count);
        Assert.All(tags, tag => Assert.Equal(framework, $"net{tag}"));
    }

    /// <summary>The project and its dependencies, relative to the repository's root.</summary>
    static IEnumerable<string> Projects(string project) => XDocument.Parse(Read(project)).Descendants("ProjectReference")
        .Select(reference => Path.GetRelativePath(Repository.Root,
            Path.GetFullPath(Path.Combine(Repository.Root, Path.GetDirectoryName(project)!, (string)reference.Attribute("Include")!))))
        .SelectMany(Projects)
        .Prepend(project);

    static string Read(string file) => File.ReadAllText(Path.Combine(Repository.Root, file));

    [GeneratedRegex(@"^COPY (?!--)(?<from>.*) \S+$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Copy();

    [GeneratedRegex(@"^FROM \S+ mcr\.microsoft\.com/dotnet/\w+:(?<tag>\S+) AS", RegexOptions.Multiline | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Image();
}
