using System.IO.Compression;
using System.Net;
using System.Text.Json.Nodes;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.EndToEnd;

/// <summary>The life cycle of a module in the shipped service, over HTTP.</summary>
public sealed class MarketplaceTests
{
    const string Module = "anna/plurals", Page = $"/v1/modules/{Module}";

    /// <summary>Examples that take a minute or more, so that the prediction is open until it is canceled.</summary>
    static readonly string Long =
        string.Join("\\n", Enumerable.Repeat(string.Concat(Enumerable.Repeat("all mimsy were the borogoves ", 20)), 100));

    [Fact]
    public async Task A_module_is_published_found_composed_protected_while_in_use_and_deleted()
    {
        await using var service = new RealService();
        service.UseKestrel(0);
        service.StartServer();
        var client = await service.ReadyAsync();
        var folder = Path.Combine(AppContext.BaseDirectory, "models", "lorahub", "t5_mini-plurals");

        var push = await FinishedRun.OfAsync(service.DataPath, ["modules", "push", folder, "--to", client.BaseAddress!.ToString(), "--as", Module]);

        Assert.True(push.Code == 0, push.Error);
        var digest = push.Output.Trim().Split('/')[^1];
        var found = Assert.Single((await client.GetJsonAsync("/v1/modules?q=plurals&owner=anna"))["results"]!.AsArray())!;
        Assert.Equal((Module, digest, "ready"), (found.Text("id"), found.Text("version"), found.Text("state")));
        // shipped modules are registered in the background
        await UntilAsync(async () => (await client.GetJsonAsync("/v1/modules/lorahub/t5_mini-plurals"))["id"] is not null);
        var page = await client.GetJsonAsync(Page);
        Assert.Equal("lorahub/t5_mini-plurals", page["similar"]![0]!.Text("id"));
        Assert.True((bool)page["similar"]![0]!["is_near_duplicate"]!);

        var prediction = await client.PostJsonAsync("/predictions", Input($$$"""{"module_weights": "{\"{{{Module}}}@{{{digest}}}\": 1}"}"""));
        Assert.Equal("succeeded", prediction.Text("status"));
        Assert.Equal(digest, Assert.Single(prediction["output"]!["weights"]!.AsArray())!.Text("digest"));
        Assert.Contains(digest, await CardAsync(client, prediction), StringComparison.Ordinal);
        Assert.Equal(1, (int)(await client.GetJsonAsync($"{Page}/usage"))["uses"]!);

        var created = await client.PostJsonAsync("/v1/predictions", Creation(
            $$"""{"lora_modules_specified": "{{Module}}", "example_inputs": "{{Long}}", "example_outputs": "{{Long}}"}"""));

        using var refused = await client.SendAsync(HttpMethod.Delete, Page, json: null);
        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
        Assert.Contains("this module", (await refused.JsonAsync()).Text("detail"));
        using var canceled = await client.PostAsync($"/v1/predictions/{created.Text("id")}/cancel", json: null);
        await UntilAsync(async () => (int)(await client.GetJsonAsync($"{Page}/usage"))["open_predictions"]! == 0);
        using var deleted = await client.SendAsync(HttpMethod.Delete, Page, json: null);
        using var gone = await client.FetchAsync(Page);
        using var unknown = await client.PostAsync("/predictions", Input($$"""{"lora_modules_specified": "{{Module}}"}"""));

        Assert.Equal((HttpStatusCode.NoContent, HttpStatusCode.NotFound, HttpStatusCode.UnprocessableEntity),
            (deleted.StatusCode, gone.StatusCode, unknown.StatusCode));
        Assert.Empty((await client.GetJsonAsync("/v1/modules?owner=anna"))["results"]!.AsArray());
    }

    static string Input(string input) => $$"""{"input": {{input}} }""";

    static string Creation(string input) => $$"""{"version": "lorahub/lorahub", "input": {{input}} }""";

    static async Task<string> CardAsync(HttpClient client, JsonObject prediction)
    {
        await using var content = await client.GetStreamAsync(new Uri(prediction["output"]!.Text("adapter")!), TestContext.Current.CancellationToken);
        await using var zip = new ZipArchive(content);
        using var card = new StreamReader(await zip.GetEntry("README.md")!.OpenAsync(TestContext.Current.CancellationToken));
        return await card.ReadToEndAsync(TestContext.Current.CancellationToken);
    }

    static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        while (!await condition())
        {
            await Task.Delay(20, limit.Token);
        }
    }
}
