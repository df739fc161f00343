using System.Net;
using System.Text.Json.Nodes;
using LoraHub.Api.Tests.Support;
using LoraHub.Core.Predictions;
using Microsoft.Extensions.DependencyInjection;

namespace LoraHub.Api.Tests.Replicate.Predictions;

/// <summary>What clients see of predictions whose data were removed.</summary>
public sealed class DataRemovalTests : IAsyncDisposable
{
    static readonly string[] Parts = ["input", "logs", "output"];

    readonly Service _service = new();

    public ValueTask DisposeAsync() => _service.DisposeAsync();

    [Fact]
    public async Task Deleting_a_finished_prediction_removes_only_its_own_data()
    {
        var client = await _service.ReadyAsync();
        var (before, other) = (await PredictAsync(client, "mine"), await PredictAsync(client, "other"));

        using var response = await DeleteAsync(client, "mine");
        using var again = await DeleteAsync(client, "mine");

        Assert.Equal((HttpStatusCode.NoContent, HttpStatusCode.NoContent), (response.StatusCode, again.StatusCode));
        Assert.Equal("", await response.TextAsync());
        var after = await client.GetJsonAsync("/v1/predictions/mine");
        Assert.All(Parts, part => Assert.True(after.ContainsKey(part) && after[part] is null, part));
        Assert.True((bool)after["data_removed"]!);
        foreach (var kept in new[] { "id", "status", "urls", "metrics", "created_at", "completed_at", "error" })
        {
            Assert.True(JsonNode.DeepEquals(before[kept], after[kept]), kept);
        }

        Assert.True(JsonNode.DeepEquals(other, await client.GetJsonAsync("/v1/predictions/other")));
    }

    [Theory]
    [InlineData(DataParts.Inputs, "input")]
    [InlineData(DataParts.Logs, "logs")]
    [InlineData(DataParts.Results, "output")]
    public async Task Each_part_can_be_removed_separately(DataParts parts, string gone)
    {
        var client = await _service.ReadyAsync();
        var before = await PredictAsync(client, "mine");

        await _service.Services.GetRequiredService<IDataRetention>()
            .RemoveAsync(parts, DateTimeOffset.MaxValue, TestContext.Current.CancellationToken);

        var after = await client.GetJsonAsync("/v1/predictions/mine");
        Assert.True((bool)after["data_removed"]!);
        Assert.All(Parts, part => Assert.True(part == gone ? after[part] is null : JsonNode.DeepEquals(before[part], after[part]), part));
    }

    [Fact]
    public async Task A_list_shows_a_prediction_as_GET_does()
    {
        var client = await _service.ReadyAsync();
        await PredictAsync(client, "mine");
        await PredictAsync(client, "other");
        using var response = await DeleteAsync(client, "mine");

        var listed = (await client.GetJsonAsync("/v1/predictions"))["results"]!.AsArray();

        Assert.Equal(["other", "mine"], listed.Select(item => item!.Text("id")));
        Assert.Equal([false, true], listed.Select(item => (bool)item!["data_removed"]!));
        Assert.True(JsonNode.DeepEquals(await client.GetJsonAsync("/v1/predictions/mine"), listed[1]));
    }

    [Fact]
    public async Task The_stream_of_a_deleted_prediction_still_ends()
    {
        var client = await _service.ReadyAsync();
        var url = (await PredictAsync(client, "mine"))["urls"]!.Text("stream")!;
        var before = EventStream.Parse(await (await client.FetchAsync(url)).TextAsync());
        using var response = await DeleteAsync(client, "mine");

        var after = EventStream.Parse(await (await client.FetchAsync(url)).TextAsync());

        Assert.Equal(before[^1], Assert.Single(after));
        Assert.Equal(("done", "{}"), (after[0].Name, after[0].Data));
    }

    [Fact]
    public async Task A_repeated_PUT_omits_removed_data_and_does_not_run_again()
    {
        var client = await _service.ReadyAsync();
        await PredictAsync(client, "mine");
        using var response = await DeleteAsync(client, "mine");
        _service.Predictor.Script = _ => throw new PredictionException("It ran again.");

        foreach (var accept in new[] { "application/json", "text/event-stream" })
        {
            using var again = await client.SendAsync(HttpMethod.Put, "/predictions/mine", """{"input": {"seed": 42}}""", ("Accept", accept));

            Assert.Equal(HttpStatusCode.OK, again.StatusCode);
            var answer = await again.JsonAsync();
            Assert.Equal(["id", "status", "metrics"], answer.Select(pair => pair.Key));
            Assert.Equal("succeeded", answer.Text("status"));
        }
    }

    [Fact]
    public async Task A_running_or_waiting_prediction_is_not_deleted()
    {
        _service.Predictor.Script = run => run.UntilCanceled();
        var client = await _service.ReadyAsync();
        var running = await client.PostJsonAsync("/v1/predictions", """{"version": "lorahub/lorahub", "input": {"seed": 42}}""");
        await _service.UntilAsync<PredictionEvent.Started>(running.Text("id")!);

        using var response = await DeleteAsync(client, running.Text("id")!);

        Assert.Equal(HttpStatusCode.Conflict, response.StatusCode);
        Assert.Equal("The prediction has not ended; cancel it first.", (await response.JsonAsync()).Text("detail"));
        var after = await client.GetJsonAsync($"/v1/predictions/{running.Text("id")}");
        Assert.False((bool)after["data_removed"]!);
        Assert.Equal(42, (int)after["input"]!["seed"]!);
    }

    [Fact]
    public async Task An_unknown_prediction_is_not_found()
    {
        var client = await _service.ReadyAsync();

        using var response = await DeleteAsync(client, "unknown");

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    /// <summary>A finished prediction as <c>/v1</c> returns it.</summary>
    static async Task<JsonObject> PredictAsync(HttpClient client, string id)
    {
        using var response = await client.SendAsync(HttpMethod.Put, $"/predictions/{id}", """{"input": {"seed": 42}}""");
        Assert.Equal("succeeded", (await response.JsonAsync()).Text("status"));
        return await client.GetJsonAsync($"/v1/predictions/{id}");
    }

    static Task<HttpResponseMessage> DeleteAsync(HttpClient client, string id) =>
        client.SendAsync(HttpMethod.Delete, $"/v1/predictions/{id}", json: null);
}
