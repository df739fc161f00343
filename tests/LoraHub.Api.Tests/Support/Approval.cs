using System.Text.Encodings.Web;
using System.Text.Json;

namespace LoraHub.Api.Tests.Support;

/// <summary>Compares public JSON with an approved file.</summary>
static class Approval
{
    static readonly JsonSerializerOptions Written = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>When it fails, a file <c>*.received.json</c> is written beside the approved one: review it, then replace the approved file.</summary>
    /// <param name="file">Below <c>tests/LoraHub.Api.Tests</c>.</param>
    public static async Task VerifyAsync<T>(string file, T value)
    {
        var approved = Path.Combine(Repository.Root, "tests", "LoraHub.Api.Tests", file);
        var received = JsonSerializer.Serialize(value, Written) + "\n";
        if (!File.Exists(approved) || received != await File.ReadAllTextAsync(approved, TestContext.Current.CancellationToken))
        {
            var path = Path.ChangeExtension(approved, "received.json");
            await File.WriteAllTextAsync(path, received, TestContext.Current.CancellationToken);
            Assert.Fail($"It has changed: compare {path} with {approved}.");
        }
    }
}
