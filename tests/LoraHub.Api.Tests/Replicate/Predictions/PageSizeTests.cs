using System.Text.Json.Nodes;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.Replicate.Predictions;

/// <summary>Pages of lists whose items are large.</summary>
public sealed class PageSizeTests : IAsyncDisposable
{
    const int PageBytes = 64 * 1024;

    readonly Service _service = new(("Limits:PageBytes", $"{PageBytes}"));

    public ValueTask DisposeAsync() => _service.DisposeAsync();

    [Theory]
    [InlineData(15_000, 3)]
    [InlineData(100_000, 1)]
    public async Task A_page_of_large_predictions_ends_early_and_next_leads_on(int inputBytes, int each)
    {
        var client = await _service.ReadyAsync();
        var body = new JsonObject
        {
            ["version"] = "lorahub/lorahub",
            ["input"] = new JsonObject { ["example_inputs"] = new string('ü', inputBytes / 2), ["example_outputs"] = "a" },
        }.ToJsonString();
        var created = new List<string?>();
        for (var i = 0; i < 7; i++)
        {
            created.Insert(0, (await client.PostJsonAsync("/v1/predictions", body)).Text("id"));
        }

        var pages = await PagesAsync(client, "/v1/predictions", "id");

        Assert.Equal(created, pages.SelectMany(page => page.Keys));
        Assert.All(pages, page => Assert.InRange(page.Keys.Length, 1, each));
        Assert.All(pages.SkipLast(1), page => Assert.Equal(each, page.Keys.Length));
        Assert.All(pages, page => Assert.True(page.Bytes <= PageBytes || page.Keys.Length == 1, $"{page.Bytes} bytes"));
    }

    [Fact]
    public async Task A_page_of_files_ends_early_and_next_leads_on()
    {
        var client = await _service.ReadyAsync();
        var ids = new List<string?>();
        for (var i = 0; i < 20; i++)
        {
            using var response = await client.UploadAsync("a", metadata: $$"""{"note": "{{new string('x', 8000)}}"}""");
            ids.Insert(0, (await response.JsonAsync()).Text("id"));
        }

        var pages = await PagesAsync(client, "/v1/files", "id");

        Assert.Equal(ids, pages.SelectMany(page => page.Keys));
        Assert.All(pages, page => Assert.InRange(page.Bytes, 1, PageBytes + 500));
    }

    static async Task<List<(string?[] Keys, int Bytes)>> PagesAsync(HttpClient client, string url, string key)
    {
        var pages = new List<(string?[] Keys, int Bytes)>();
        for (string? next = url; next is not null;)
        {
            using var response = await client.FetchAsync(next);
            var text = await response.TextAsync();
            var page = JsonNode.Parse(text)!.AsObject();
            pages.Add(([.. page["results"]!.AsArray().Select(item => item!.Text(key))], System.Text.Encoding.UTF8.GetByteCount(text)));
            next = page.Text("next");
        }

        return pages;
    }
}
