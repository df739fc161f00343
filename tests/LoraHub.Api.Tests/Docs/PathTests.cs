using System.Text.RegularExpressions;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.Docs;

/// <summary>Checks that the files and links in the documents exist.</summary>
public sealed partial class PathTests
{
    static readonly string[] Roots = ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"];

    /// <summary>Excludes decisions, because they describe the past.</summary>
    public static TheoryData<string> Documents => new(
        Roots.Concat(new[] { "docs", "deploy", "samples", "bench" }
            .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Repository.Root, folder), "*.md"))
            .Select(file => Path.GetRelativePath(Repository.Root, file))));

    [Theory]
    [MemberData(nameof(Documents))]
    public void Every_path_and_every_link_of_a_document_exists(string document)
    {
        var text = File.ReadAllText(Path.Combine(Repository.Root, document));
        var folder = Path.GetDirectoryName(document)!;

        Assert.All(SourcePath().Matches(text), match => AssertExists(match.Value.TrimEnd('.')));
        Assert.All(ProjectPath().Matches(text), match => AssertExists($"src/{match.Value}"));
        Assert.All(Link().Matches(text), match => AssertExists(Path.Combine(folder, match.Groups["path"].Value)));
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void Every_link_to_a_heading_resolves(string document)
    {
        var folder = Path.GetDirectoryName(document)!;

        Assert.All(HeadingLink().Matches(File.ReadAllText(Path.Combine(Repository.Root, document))), match =>
        {
            var target = match.Groups["path"].Length == 0 ? document : Path.Combine(folder, match.Groups["path"].Value);
            Assert.Contains(match.Groups["heading"].Value, Headings(File.ReadAllText(Path.Combine(Repository.Root, target))));
        });
    }

    /// <summary>The annotated tree of the architecture page: two spaces a level, a name with a slash, what it is for.</summary>
    [Fact]
    public void Every_folder_of_the_tree_exists_and_no_project_is_left_out()
    {
        var text = File.ReadAllText(Path.Combine(Repository.Root, "docs", "architecture.md"));
        List<string> folders = [], parents = [];
        foreach (var match in TreeLine().Matches(text).Cast<Match>())
        {
            var level = match.Groups["indent"].Length / 2;
            parents = [.. parents.Take(level), match.Groups["name"].Value];
            folders.Add(string.Join('/', parents));
        }

        Assert.All(folders, AssertExists);
        Assert.Empty(Projects().Except(folders));
    }

    static IEnumerable<string> Projects() =>
        Directory.EnumerateDirectories(Path.Combine(Repository.Root, "src")).Select(folder => $"src/{Path.GetFileName(folder)}");

    static void AssertExists(string path) => Assert.True(Path.Exists(Path.Combine(Repository.Root, path)), $"{path} does not exist.");

    /// <summary>As GitHub names them: lower case, letters, digits and hyphens.</summary>
    static IEnumerable<string> Headings(string text) => Heading().Matches(text)
        .Select(match => string.Concat(match.Groups["text"].Value.ToLowerInvariant().Replace(' ', '-')
            .Where(letter => char.IsLetterOrDigit(letter) || letter is '-' or '_')));

    [GeneratedRegex(@"\b(src|tests|bench|deploy|samples)/[A-Za-z0-9_./-]*[A-Za-z0-9_]", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex SourcePath();

    /// <summary>Such as LoraHub.Core/Optimization.</summary>
    [GeneratedRegex(@"(?<=`)LoraHub\.[A-Za-z]+/[A-Za-z0-9_./-]*[A-Za-z0-9_]", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ProjectPath();

    [GeneratedRegex(@"\]\((?<path>[A-Za-z0-9_./-]+)(#[^)]*)?\)", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Link();

    [GeneratedRegex(@"\]\((?<path>[A-Za-z0-9_./-]*)#(?<heading>[^)]+)\)", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex HeadingLink();

    [GeneratedRegex("^#+ (?<text>.+)$", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture | RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"(?m)^(?<indent> *)(?<name>[A-Za-z0-9.]+)/( .*)?$", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex TreeLine();
}
