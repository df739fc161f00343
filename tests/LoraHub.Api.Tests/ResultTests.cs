using System.Net;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests;

public sealed class ResultTests(SharedService shared) : IClassFixture<SharedService>
{
    [Fact]
    public async Task A_result_is_downloaded_without_a_token_and_cached_as_immutable()
    {
        var (client, url) = await PredictAsync();

        using var response = await client.FetchAsync(url);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(Run.AdapterBytes, await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        Assert.Equal("application/zip", response.Content.Headers.ContentType!.MediaType);
        Assert.Equal("attachment", response.Content.Headers.ContentDisposition!.DispositionType);
        Assert.Equal("adapter.zip", response.Content.Headers.ContentDisposition.FileName);
        Assert.Contains("immutable", response.Headers.CacheControl!.ToString());
        Assert.Equal(["bytes"], response.Headers.AcceptRanges);
    }

    [Theory]
    [InlineData("bytes=0-9", 0, 10)]
    [InlineData("bytes=990-", 990, 10)]
    [InlineData("bytes=-10", 990, 10)]
    public async Task A_range_is_served(string range, int from, int length)
    {
        var (client, url) = await PredictAsync();

        using var response = await client.FetchAsync(url, ("Range", range));

        Assert.Equal(HttpStatusCode.PartialContent, response.StatusCode);
        Assert.Equal($"bytes {from}-{from + length - 1}/1000", response.Content.Headers.ContentRange!.ToString());
        Assert.Equal(Run.AdapterBytes[from..(from + length)], await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_range_beyond_the_end_is_refused()
    {
        var (client, url) = await PredictAsync();

        using var response = await client.FetchAsync(url, ("Range", "bytes=1000-"));

        Assert.Equal(HttpStatusCode.RequestedRangeNotSatisfiable, response.StatusCode);
    }

    [Fact]
    public async Task A_conditional_GET_is_a_304_and_HEAD_returns_the_size()
    {
        var (client, url) = await PredictAsync();

        using var head = await client.SendAsync(HttpMethod.Head, url, json: null);
        using var known = await client.FetchAsync(url, ("If-None-Match", head.Headers.ETag!.ToString()));

        Assert.Equal(1000, head.Content.Headers.ContentLength);
        Assert.Equal(HttpStatusCode.NotModified, known.StatusCode);
    }

    [Theory]
    [InlineData("/results/0000000000000000000000000000000000000000000000000000000000000000/adapter.zip")]
    [InlineData("/results/0000000000000000000000000000000000000000000000000000000000000000/trace.json")]
    [InlineData("/results/..%2F..%2Fstream.key/trace.json")]
    [InlineData("/results/..%2F..%2Fstream.key/adapter.zip")]
    [InlineData("/results/%2e%2e/adapter.zip")]
    public async Task An_unknown_result_is_not_found(string url)
    {
        var client = await shared.Service.ReadyAsync();

        using var response = await client.FetchAsync(url);

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    [Fact]
    public async Task A_result_is_served_under_its_names_only()
    {
        var (client, url) = await PredictAsync();

        using var response = await client.FetchAsync(url.Replace("adapter.zip", "page.html"));

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    [Fact]
    public async Task The_trace_of_a_search_is_a_JSON_attachment()
    {
        var (client, url) = await PredictAsync("trace");

        using var response = await client.FetchAsync(url);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("application/json", response.Content.Headers.ContentType!.ToString());
        Assert.Equal("attachment", response.Content.Headers.ContentDisposition!.DispositionType);
        Assert.Equal("trace.json", response.Content.Headers.ContentDisposition.FileName);
        Assert.Equal(["nosniff"], response.Headers.GetValues("X-Content-Type-Options"));
        Assert.Contains("immutable", response.Headers.CacheControl!.ToString());
        Assert.Equal(["bytes"], response.Headers.AcceptRanges);
        Assert.Equal(
            """
            {
              "base_model": "lorahub/scripted",
              "seed": 42,
              "budget": 40,
              "composition": "factors",
              "objective": "token_loss",
              "optimizer": "cobyla",
              "modules": [
                {"id":"lorahub/plurals","digest":"1111111111111111111111111111111111111111111111111111111111111111"},
                {"id":"lorahub/colors","digest":"2222222222222222222222222222222222222222222222222222222222222222"}
              ],
              "steps": [
                {"index":0,"kind":"search","weights":[0,0],"loss":null,"seconds":0.01},
                {"index":1,"kind":"search","weights":[0.5,-0.25],"loss":0.30000000000000004,"seconds":1E-05}
              ]
            }

            """,
            await response.TextAsync());
    }

    [Fact]
    public async Task A_range_of_a_trace_is_served()
    {
        var (client, url) = await PredictAsync("trace");

        using var response = await client.FetchAsync(url, ("Range", "bytes=0-16"));

        Assert.Equal(HttpStatusCode.PartialContent, response.StatusCode);
        Assert.Equal("{\n  \"base_model\":", await response.TextAsync());
    }

    [Fact]
    public async Task Without_a_search_there_is_no_trace()
    {
        var client = await shared.Service.ReadyAsync();

        var output = (await client.PostJsonAsync("/predictions",
            """{"input": {"module_weights": {"lorahub/plurals": 0.5}}}"""))["output"]!.AsObject();

        Assert.False(output.ContainsKey("trace"));
        Assert.True(output.ContainsKey("adapter"));
    }

    async Task<(HttpClient Client, string Url)> PredictAsync(string key = "adapter")
    {
        var client = await shared.Service.ReadyAsync();
        return (client, (await client.PostJsonAsync("/predictions", "{}"))["output"]!.Text(key)!);
    }
}
