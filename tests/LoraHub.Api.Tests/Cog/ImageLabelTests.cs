using System.Text.RegularExpressions;
using LoraHub.Api.Tests.Support;
using LoraHub.Deploy.Tests;

namespace LoraHub.Api.Tests.Cog;

/// <summary>Cog's tools read the schema of the inputs from a label of the image.</summary>
public sealed partial class ImageLabelTests(SharedService shared) : IClassFixture<SharedService>
{
    /// <summary>When it fails, <c>artifacts/Dockerfile.received</c> contains the current document: review it, then replace the file.</summary>
    [Fact]
    public async Task The_schema_in_the_label_equals_the_served_document()
    {
        var client = await shared.Service.ReadyAsync();

        using var response = await client.FetchAsync("/openapi.json");
        var served = await response.TextAsync();

        if (Dockerfile.Label("run.cog.openapi_schema") != served)
        {
            var received = Path.Combine(Repository.Root, "artifacts", "Dockerfile.received");
            var line = $"LABEL run.cog.openapi_schema=\"{Special().Replace(served, @"\$&")}\"";
            await File.WriteAllTextAsync(received, SchemaLine().Replace(Dockerfile.Text, _ => line), TestContext.Current.CancellationToken);
            Assert.Fail($"It has changed: compare {received} with Dockerfile.");
        }
    }

    [GeneratedRegex("^LABEL run\\.cog\\.openapi_schema=.*$", RegexOptions.Multiline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex SchemaLine();

    [GeneratedRegex("""["\\$]""", RegexOptions.NonBacktracking)]
    private static partial Regex Special();
}
