using System.Text.RegularExpressions;
using System.Xml.Linq;
using LoraHub.Api.Predictions;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.Deploy;

/// <summary>What Dockerfile repeats from elsewhere is still so there.</summary>
public sealed partial class DockerfileTests(SharedService shared) : IClassFixture<SharedService>
{
    static readonly string Dockerfile = Read("Dockerfile");

    /// <summary>When it fails, <c>artifacts/Dockerfile.received</c> is the file with the document of now: look at it, then move it over.</summary>
    [Fact]
    public async Task The_schema_in_the_label_is_the_very_document_that_is_served()
    {
        var client = await shared.Service.ReadyAsync();

        using var response = await client.FetchAsync("/openapi.json");
        var served = await response.TextAsync();

        if (Label("run.cog.openapi_schema") != served)
        {
            var received = Path.Combine(Repository.Root, "artifacts", "Dockerfile.received");
            var line = $"LABEL run.cog.openapi_schema=\"{Special().Replace(served, @"\$&")}\"";
            await File.WriteAllTextAsync(received, SchemaLine().Replace(Dockerfile, _ => line), TestContext.Current.CancellationToken);
            Assert.Fail($"It has changed: compare {received} with Dockerfile.");
        }
    }

    [Fact]
    public void The_labels_name_the_Cog_whose_wire_is_spoken() => Assert.Equal(ServedModel.CogVersion, Label("run.cog.version"));

    [Fact]
    public void The_schema_fits_into_a_line_as_long_as_BuildKit_reads() =>
        Assert.All(Dockerfile.Split('\n'), line => Assert.InRange(line.Length, 0, 65_535));

    /// <summary>A project that is left out is missed by the restore; a file that .dockerignore keeps back, by the build.</summary>
    [Fact]
    public void The_restore_has_every_project_and_the_build_every_file()
    {
        var copied = Copy().Matches(Dockerfile).SelectMany(copy => copy.Groups["from"].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries)).ToHashSet(StringComparer.Ordinal);
        var sent = Read(".dockerignore").Split('\n').Where(line => line.StartsWith('!')).Select(line => line[1..]).ToList();

        Assert.All(Projects("src/LoraHub.Api/LoraHub.Api.csproj").Distinct(StringComparer.Ordinal), project => Assert.Contains(project, copied));
        Assert.All(
            new[] { ".editorconfig", "global.json" }.Concat(Directory.EnumerateFiles(Repository.Root, "Directory.*").Select(file => Path.GetFileName(file))),
            file => Assert.Contains(file, copied));
        Assert.All(copied, file => Assert.Contains(sent, path => file.TrimEnd('/') == path || file.StartsWith($"{path}/", StringComparison.Ordinal)));
        Assert.All(copied, file => Assert.True(Path.Exists(Path.Combine(Repository.Root, file)), file));
    }

    [Fact]
    public void The_images_are_of_the_framework_that_is_built_for()
    {
        var framework = XDocument.Parse(Read("Directory.Build.props")).Descendants("TargetFramework").Single().Value;

        var tags = Image().Matches(Dockerfile).Select(image => image.Groups["tag"].Value).ToList();

        Assert.Equal(2, tags.Count);
        Assert.All(tags, tag => Assert.Equal(framework, $"net{tag}"));
    }

    /// <summary>A label's value as BuildKit reads it between double quotes.</summary>
    static string Label(string name) => Escaped().Replace(
        Regex.Match(Dockerfile, $"^LABEL {Regex.Escape(name)}=\"(.*)\"$", RegexOptions.Multiline, TimeSpan.FromSeconds(1)).Groups[1].Value, "${it}");

    /// <summary>The project and all that it stands on, below the repository's root.</summary>
    static IEnumerable<string> Projects(string project) => XDocument.Parse(Read(project)).Descendants("ProjectReference")
        .Select(reference => Path.GetRelativePath(Repository.Root, Path.GetFullPath(Path.Combine(Repository.Root, Path.GetDirectoryName(project)!, (string)reference.Attribute("Include")!))))
        .SelectMany(Projects)
        .Prepend(project);

    static string Read(string file) => File.ReadAllText(Path.Combine(Repository.Root, file));

    [GeneratedRegex(@"^COPY (?!--)(?<from>.*) \S+$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Copy();

    [GeneratedRegex(@"^FROM \S+ mcr\.microsoft\.com/dotnet/\w+:(?<tag>\S+) AS", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Image();

    [GeneratedRegex("^LABEL run\\.cog\\.openapi_schema=.*$", RegexOptions.Multiline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex SchemaLine();

    [GeneratedRegex("""["\\$]""", RegexOptions.NonBacktracking)]
    private static partial Regex Special();

    [GeneratedRegex("""\\(?<it>["\\$])""", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Escaped();
}
