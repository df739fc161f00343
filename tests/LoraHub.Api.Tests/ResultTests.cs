using System.Net;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests;

public sealed class ResultTests(SharedService shared) : IClassFixture<SharedService>
{
    [Fact]
    public async Task A_result_is_downloaded_without_a_token_and_kept_for_ever()
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
    public async Task Who_has_the_file_is_told_so_and_who_asks_for_its_size_gets_that()
    {
        var (client, url) = await PredictAsync();

        using var head = await client.SendAsync(HttpMethod.Head, url, json: null);
        using var known = await client.FetchAsync(url, ("If-None-Match", head.Headers.ETag!.ToString()));

        Assert.Equal(1000, head.Content.Headers.ContentLength);
        Assert.Equal(HttpStatusCode.NotModified, known.StatusCode);
    }

    [Theory]
    [InlineData("/results/0000000000000000000000000000000000000000000000000000000000000000/adapter.zip")]
    [InlineData("/results/..%2F..%2Fstream.key/adapter.zip")]
    [InlineData("/results/%2e%2e/adapter.zip")]
    public async Task What_is_no_result_is_not_found(string url)
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

    async Task<(HttpClient Client, string Url)> PredictAsync()
    {
        var client = await shared.Service.ReadyAsync();
        return (client, (await client.PostJsonAsync("/predictions", "{}"))["output"]!.Text("adapter")!);
    }
}
