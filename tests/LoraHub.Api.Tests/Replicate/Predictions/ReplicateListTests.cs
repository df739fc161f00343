using System.Text.Json.Nodes;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.Replicate.Predictions;

public sealed class ReplicateListTests : IAsyncDisposable
{
    const string Default = """{"version": "lorahub/lorahub", "input": {}}""";

    readonly Service _service = new();

    public ValueTask DisposeAsync() => _service.DisposeAsync();

    [Fact]
    public async Task A_list_is_read_page_by_page_newest_first()
    {
        var client = await _service.ReadyAsync();
        var created = new List<string?>();
        for (var i = 0; i < 230; i++)
        {
            created.Insert(0, (await client.PostJsonAsync("/v1/predictions", Default)).Text("id"));
        }

        var pages = new List<JsonObject>();
        for (string? next = "/v1/predictions"; next is not null; next = pages[^1].Text("next"))
        {
            pages.Add(await client.GetJsonAsync(next));
            Assert.StartsWith("http://localhost/v1/predictions?cursor=", pages[^1].Text("next") ?? "http://localhost/v1/predictions?cursor=");
        }

        Assert.Equal([100, 100, 30], pages.Select(page => page["results"]!.AsArray().Count));
        Assert.Equal(created, pages.SelectMany(page => page["results"]!.AsArray()).Select(prediction => prediction!.Text("id")));
        Assert.Equal(["next", "previous", "results"], pages[0].Select(pair => pair.Key));
    }

    [Fact]
    public async Task A_window_of_time_is_kept_from_page_to_page()
    {
        var client = await _service.ReadyAsync();
        var first = await client.PostJsonAsync("/v1/predictions", Default);
        for (var i = 0; i < 102; i++)
        {
            await client.PostJsonAsync("/v1/predictions", Default);
        }

        var last = await client.PostJsonAsync("/v1/predictions", Default);
        var page = await client.GetJsonAsync($"/v1/predictions?created_before={last.Text("created_at")}&created_after={first.Text("created_at")}");
        var rest = await client.GetJsonAsync(page.Text("next")!);

        Assert.Equal(3, rest["results"]!.AsArray().Count);
        Assert.Equal(first.Text("id"), rest["results"]![2]!.Text("id"));
        Assert.DoesNotContain(last.Text("id")!, page.ToJsonString());
    }

    [Fact]
    public async Task An_empty_list_is_a_page()
    {
        var client = await _service.ReadyAsync();

        using var response = await client.FetchAsync("/v1/predictions");
        Assert.Equal("""{"next":null,"previous":null,"results":[]}""", await response.TextAsync());

        await client.PostJsonAsync("/v1/predictions", Default);
        Assert.Empty((await client.GetJsonAsync("/v1/predictions?source=web"))["results"]!.AsArray());
    }
}
