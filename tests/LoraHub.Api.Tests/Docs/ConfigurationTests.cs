using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.Docs;

/// <summary>docs/configuration.md lists the settings that the code has.</summary>
public sealed class ConfigurationTests
{
    const string Begin = "<!-- settings: made from the code by ConfigurationTests -->\n", End = "<!-- settings: end -->\n";

    /// <summary>
    /// When it fails, a file <c>configuration.received.md</c> is written beside the document: review it, then replace the document.
    /// </summary>
    [Fact]
    public async Task The_tables_match_the_options_classes()
    {
        var approved = Path.Combine(Repository.Root, "docs", "configuration.md");
        var document = await File.ReadAllTextAsync(approved, TestContext.Current.CancellationToken);
        var (begin, end) = (document.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length, document.IndexOf(End, StringComparison.Ordinal));
        Assert.InRange(begin, Begin.Length, end);

        var made = $"{document[..begin]}{SettingsDocument.Write()}\n{document[end..]}";
        if (made != document)
        {
            var received = Path.ChangeExtension(approved, "received.md");
            await File.WriteAllTextAsync(received, made, TestContext.Current.CancellationToken);
            Assert.Fail($"The settings have changed: compare {received} with {approved}.");
        }
    }
}
