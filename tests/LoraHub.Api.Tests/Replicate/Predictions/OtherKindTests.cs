using System.Net;
using System.Text.Json.Nodes;
using LoraHub.Api.Tests.Support;
using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;
using Microsoft.Extensions.DependencyInjection;

namespace LoraHub.Api.Tests.Replicate.Predictions;

/// <summary>A training is no prediction for clients: its id is not found under the paths of predictions.</summary>
public sealed class OtherKindTests : IAsyncDisposable
{
    // No worker of this service serves its hardware, so it keeps waiting.
    static readonly CreatedPrediction Training = new()
    {
        Id = "training",
        Kind = PredictionKind.Train,
        Input = [],
        Origin = "http://localhost",
        CreatedAt = TimeProvider.System.GetUtcNow(),
        Hardware = "gpu",
    };

    readonly Service _service = new();

    public ValueTask DisposeAsync() => _service.DisposeAsync();

    [Theory]
    [InlineData("GET", "/v1/predictions/training", HttpStatusCode.NotFound)]
    [InlineData("DELETE", "/v1/predictions/training", HttpStatusCode.NotFound)]
    [InlineData("POST", "/v1/predictions/training/cancel", HttpStatusCode.NotFound)]
    [InlineData("POST", "/predictions/training/cancel", HttpStatusCode.NotFound)]
    [InlineData("PUT", "/predictions/training", HttpStatusCode.Conflict)]
    public async Task A_training_is_not_found_as_a_prediction_and_goes_on(string method, string path, HttpStatusCode status)
    {
        var client = await StartAsync();
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Content = method == "PUT" ? JsonContent("""{"input": {}}""") : null;

        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(status, response.StatusCode);
        Assert.Equal(PredictionStatus.Starting, (await FindAsync())!.Status);
    }

    [Fact]
    public async Task A_training_is_not_listed_with_predictions()
    {
        var client = await StartAsync();
        var created = await client.PostJsonAsync("/v1/predictions", """{"version": "lorahub/lorahub", "input": {}}""");

        var listed = (await client.GetJsonAsync("/v1/predictions"))["results"]!.AsArray();

        Assert.Equal([created.Text("id")], listed.Select(one => one!.Text("id")));
    }

    [Fact]
    public async Task A_training_is_no_adapter_to_use()
    {
        var client = await StartAsync();
        var request = new JsonObject
        {
            ["version"] = "lorahub/lorahub",
            ["input"] = new JsonObject { [InputSchema.Adapter] = Training.Id },
        };

        using var response = await client.PostAsync("/v1/predictions", JsonContent(request.ToJsonString()), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        Assert.Contains("There is no such prediction", await response.TextAsync(), StringComparison.Ordinal);
    }

    async Task<HttpClient> StartAsync()
    {
        var client = await _service.ReadyAsync();
        Assert.Equal(Creation.Created, await Store.CreateAsync(Training, capacity: 1, TestContext.Current.CancellationToken));
        return client;
    }

    Task<Prediction?> FindAsync() => Store.FindAsync(Training.Id, TestContext.Current.CancellationToken);

    IPredictionStore Store => _service.Services.GetRequiredService<IPredictionStore>();

    static StringContent JsonContent(string json) => new(json, System.Text.Encoding.UTF8, "application/json");
}
