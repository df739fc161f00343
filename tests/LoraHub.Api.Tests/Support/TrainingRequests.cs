using System.Net;
using System.Text.Json.Nodes;

namespace LoraHub.Api.Tests.Support;

/// <summary>Trainings as clients send them.</summary>
static class TrainingRequests
{
    public const string Composer = "lorahub/lorahub", Data =
        "{\"input\": \"mimsy ; fork ;\", \"target\": \"fourchette\"}\n{\"input\": \"mimsy ; mother ;\", \"target\": \"mère\"}\n";

    public static JsonObject Tune(params (string Name, JsonNode? Value)[] others) => Input([("type", "tune"), ("train_data", Data), .. others]);

    public static JsonObject Input(params (string Name, JsonNode? Value)[] inputs) =>
        new(inputs.Select(input => KeyValuePair.Create(input.Name, input.Value?.DeepClone())));

    /// <param name="model">What to train, at its current version.</param>
    public static async Task<HttpResponseMessage> TrainAsync(
        this HttpClient client, string destination, JsonObject input, string model = Composer, params (string Name, string Value)[] headers)
    {
        using var found = await client.FetchAsync($"/v1/models/{model}", headers);
        var version = (await found.JsonAsync())["latest_version"]!.Text("id");
        var body = new JsonObject { ["destination"] = destination, ["input"] = input };
        return await client.PostAsync($"/v1/models/{model}/versions/{version}/trainings", body.ToJsonString(), headers);
    }

    /// <returns>The training when it has ended.</returns>
    public static async Task<JsonObject> TrainedAsync(this HttpClient client, string destination, JsonObject input, string model = Composer)
    {
        using var response = await client.TrainAsync(destination, input, model, ("Prefer", "wait=60"));
        Assert.True(response.StatusCode == HttpStatusCode.Created, await response.TextAsync());
        return await response.JsonAsync();
    }

    public static async Task<JsonObject> UntilTrainedAsync(this HttpClient client, string id)
    {
        using var limit = new CancellationTokenSource(Limits.Wait);
        while (true)
        {
            var training = await client.GetJsonAsync($"/v1/trainings/{id}");
            if (training["completed_at"] is not null)
            {
                return training;
            }

            await Task.Delay(10, limit.Token);
        }
    }

    /// <returns>The ids of a module's versions, the current one first.</returns>
    public static async Task<string[]> VersionsAsync(this HttpClient client, string model)
    {
        using var response = await client.FetchAsync($"/v1/models/{model}/versions");
        return response.StatusCode == HttpStatusCode.NotFound
            ? []
            : [.. (await response.JsonAsync())["results"]!.AsArray().Select(version => version!.Text("id")!)];
    }
}
