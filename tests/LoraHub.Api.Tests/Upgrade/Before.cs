using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json.Nodes;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.Upgrade;

/// <summary>What version 4dfd9a7 stored and returned: the fixtures of <c>tests/upgrade/4dfd9a7</c>.</summary>
/// <param name="Responses">The responses just before that program was killed, under the names of <c>make.py</c>.</param>
sealed record Before(JsonObject Responses)
{
    /// <summary>The receiver of webhooks and a closed port, at the time the fixtures were made.</summary>
    public const string Receiver = "127.0.0.1:18516", Nobody = "127.0.0.1:18517";

    /// <summary>The root of every URL.</summary>
    public const string Origin = "http://upgrade.example";

    public const string Version = "4dfd9a7000000000000000000000000000000000000000000000000000000000";

    static readonly string Folder = Path.Combine(Repository.Root, "tests", "upgrade", "4dfd9a7");

    /// <summary>By name.</summary>
    public JsonObject Predictions => Responses["predictions"]!.AsObject();

    public JsonObject After => Responses["after"]!.AsObject();

    public IEnumerable<string> Ended =>
        Predictions.Select(one => one.Key).Where(name => Predictions[name]!.Text("status") is "succeeded" or "failed" or "canceled");

    public IEnumerable<string> Open => Predictions.Select(one => one.Key).Except(Ended);

    /// <param name="name"><c>embedded</c> or <c>distributed</c>.</param>
    /// <param name="receiver">Host and port that replace those of the webhooks.</param>
    public static Before Read(string name, string receiver) =>
        new(WithPages(WithLicenseKey(JsonNode.Parse(WithReceiver(File.ReadAllText(PathOf($"{name}.json")), receiver))!)).AsObject());

    /// <summary>The response with the key that was renamed since: <c>licence</c> became <c>license</c>.</summary>
    public static JsonNode WithLicenseKey(JsonNode answer) =>
        JsonNode.Parse(answer.ToJsonString().Replace("\"licence\":", "\"license\":", StringComparison.Ordinal))!;

    /// <summary>The response with the address of the page, which there was not: <c>urls.web</c> was the same as <c>urls.get</c>.</summary>
    static JsonNode WithPages(JsonNode answer) =>
        JsonNode.Parse(answer.ToJsonString().Replace($"\"web\":\"{Origin}/v1/", $"\"web\":\"{Origin}/", StringComparison.Ordinal))!;

    public static string WithReceiver(string text, string receiver) =>
        text.Replace(Receiver, receiver, StringComparison.Ordinal).Replace(Nobody, receiver, StringComparison.Ordinal);

    public static string Sql(string receiver)
    {
        using var zip = new GZipStream(File.OpenRead(PathOf("distributed.sql.gz")), CompressionMode.Decompress);
        using var reader = new StreamReader(zip);
        return WithReceiver(reader.ReadToEnd(), receiver);
    }

    public static async Task ExtractAsync(string file, string folder)
    {
        await using var zip = new GZipStream(File.OpenRead(PathOf(file)), CompressionMode.Decompress);
        await TarFile.ExtractToDirectoryAsync(zip, folder, overwriteFiles: true, TestContext.Current.CancellationToken);
    }

    static string PathOf(string file) => Path.Combine(Folder, file);
}
