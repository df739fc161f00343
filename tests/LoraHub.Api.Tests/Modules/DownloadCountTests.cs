using System.Net;
using LoraHub.Api.Tests.Support;
using LoraHub.Modules.Versions;

namespace LoraHub.Api.Tests.Modules;

/// <summary>Which requests count as downloads of a module.</summary>
public sealed class DownloadCountTests(SharedService shared) : IClassFixture<SharedService>
{
    [Fact]
    public async Task Weights_that_were_sent_from_their_start_count_and_other_requests_do_not()
    {
        var client = await shared.Service.ReadyAsync();
        var version = (await client.PublishedAsync("counted/one", [1, 2])).Text("version")!;
        await client.PublishedAsync("counted/two", [3]);
        var (files, zip) = ($"/v1/modules/counted/one/versions/{version}/files", "/v1/modules/counted/one/download");
        var weights = $"{files}/{ModuleFiles.Weights}";

        await ReadAsync(client, weights, HttpStatusCode.PartialContent, ("Range", "bytes=4-7"));
        await ReadAsync(client, weights, HttpStatusCode.RequestedRangeNotSatisfiable, ("Range", "bytes=9999999-"));
        await ReadAsync(client, zip, HttpStatusCode.NotModified, ("If-None-Match", $"\"{version}\""));
        await ReadAsync(client, $"{files}/{ModuleFiles.Config}", HttpStatusCode.OK);
        await ReadAsync(client, $"{files}/{ModuleFiles.PickledWeights}", HttpStatusCode.NotFound);
        await ReadAsync(client, "/v1/modules/counted/one/card", HttpStatusCode.OK);
        using (var head = new HttpRequestMessage(HttpMethod.Head, zip))
        using (var response = await client.SendAsync(head, TestContext.Current.CancellationToken))
        {
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }

        await ReadAsync(client, weights, HttpStatusCode.OK);
        await ReadAsync(client, weights, HttpStatusCode.PartialContent, ("Range", "bytes=0-3"));
        await ReadAsync(client, zip, HttpStatusCode.OK);
        await UntilAsync(client, "counted/one", 3);

        // Later than all others, so that one of them which counted by mistake is in the sum, too.
        await ReadAsync(client, "/v1/modules/counted/two/download", HttpStatusCode.OK);
        await UntilAsync(client, "counted/two", 1);

        var usage = await client.GetJsonAsync("/v1/modules/counted/one/usage");
        Assert.Equal((3, 3), ((int)usage["downloads"]!, (int)usage["versions"]![0]!["downloads"]!));
        var list = (await client.GetJsonAsync("/v1/modules?owner=counted&sort=downloads"))["results"]!.AsArray();
        Assert.Equal([("counted/one", 3), ("counted/two", 1)], list.Select(module => (module!.Text("id")!, (int)module!["downloads"]!)));
    }

    static async Task ReadAsync(HttpClient client, string url, HttpStatusCode expected, params (string Name, string Value)[] headers)
    {
        using var response = await client.FetchAsync(url, headers);
        Assert.Equal(expected, response.StatusCode);
        await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Waits until so many downloads, or more, are in the index.</summary>
    static async Task UntilAsync(HttpClient client, string id, int downloads)
    {
        using var limit = new CancellationTokenSource(Limits.Wait);
        while ((int)(await client.GetJsonAsync($"/v1/modules/{id}/usage"))["downloads"]! < downloads)
        {
            await Task.Delay(10, limit.Token);
        }
    }
}
