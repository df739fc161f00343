using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.Docs;

/// <summary>Predictions under <c>/v1</c>.</summary>
static class PredictionAnswers
{
    const string Publish = "POST /v1/predictions/{id}/publish", Destination = """{"destination": "me/{new}"}""";

    const string Body = """{"version": "lorahub/lorahub", "input": {}}""";

    public static IReadOnlyDictionary<string, AnswerCase> All { get; } = new Dictionary<string, AnswerCase>
    {
        ["GET /v1/predictions 200"] = AfterCreation((client, _) => client.FetchAsync("/v1/predictions")),
        ["GET /v1/predictions 422"] = AnswerCase.Get("/v1/predictions?cursor=nothing"),
        ["GET /v1/predictions/{id} 200"] = AfterCreation((client, id) => client.FetchAsync($"/v1/predictions/{id}")),
        ["GET /v1/predictions/{id} 404"] = AnswerCase.Get("/v1/predictions/unknown"),
        ["DELETE /v1/predictions/{id} 204"] = AfterCreation((client, id) => client.SendAsync(HttpMethod.Delete, $"/v1/predictions/{id}", json: null)),
        ["DELETE /v1/predictions/{id} 404"] = AnswerCase.Of(HttpMethod.Delete, "/v1/predictions/unknown"),
        ["DELETE /v1/predictions/{id} 409"] = AnswerCase.Of(HttpMethod.Delete, "/v1/predictions/{new}").WhileBusy(),
        ["POST /v1/predictions/{id}/cancel 200"] = AfterCreation((client, id) => client.PostAsync($"/v1/predictions/{id}/cancel", json: null)),
        ["POST /v1/predictions/{id}/cancel 404"] = AnswerCase.Of(HttpMethod.Post, "/v1/predictions/unknown/cancel"),
        [$"{Publish} 201"] = Published(times: 1),
        [$"{Publish} 200"] = Published(times: 2),
        [$"{Publish} 404"] = AnswerCase.Of(HttpMethod.Post, "/v1/predictions/unknown/publish", Destination),
        [$"{Publish} 409"] = AnswerCase.Of(HttpMethod.Post, "/v1/predictions/{new}/publish", Destination).WhileBusy(),
        [$"{Publish} 422"] = AnswerCase.Of(HttpMethod.Post, "/v1/predictions/unknown/publish", "{}"),
        ["GET /v1/streams/{address} 200"] = new(async (_, client, _) =>
        {
            var prediction = await client.PostJsonAsync("/v1/predictions", Body, ("Prefer", "wait"));
            return await client.FetchAsync(new Uri(prediction["urls"]!.Text("stream")!).PathAndQuery);
        }),
        ["GET /v1/streams/{address} 404"] = AnswerCase.Get("/v1/streams/unknown"),
    }
        .Concat(AnswerCases.Unreadable(Publish, HttpMethod.Post, "/v1/predictions/unknown/publish"))
        .Concat(Creation("POST /v1/predictions", "/v1/predictions"))
        .Concat(Creation("POST /v1/models/{owner}/{name}/predictions", "/v1/models/lorahub/lorahub/predictions"))
        .Concat(Creation("POST /v1/deployments/{owner}/{name}/predictions", "/v1/deployments/lorahub/lorahub/predictions"))
        .Append(new("POST /v1/models/{owner}/{name}/predictions 404", AnswerCase.Of(HttpMethod.Post, "/v1/models/nobody/nothing/predictions", Body)))
        .Append(new("POST /v1/deployments/{owner}/{name}/predictions 404",
            AnswerCase.Of(HttpMethod.Post, "/v1/deployments/nobody/nothing/predictions", Body)))
        .ToDictionary();

    static IEnumerable<KeyValuePair<string, AnswerCase>> Creation(string route, string path) => new Dictionary<string, AnswerCase>
    {
        [$"{route} 201"] = AnswerCase.Of(HttpMethod.Post, path, Body, ("Prefer", "wait")),
        [$"{route} 422"] = AnswerCase.Of(HttpMethod.Post, path, """{"version": "lorahub/lorahub", "input": {"max_inference_step": 5}}"""),
    }.Concat(AnswerCases.BadBodies(route, HttpMethod.Post, path));

    static AnswerCase Published(int times) => new(async (_, client, name) =>
    {
        var id = (await client.PostJsonAsync("/v1/predictions", Body, ("Prefer", "wait"))).Text("id");
        var json = Destination.Replace("{new}", name, StringComparison.Ordinal);
        for (var time = 1; time < times; time++)
        {
            using var before = await client.PostAsync($"/v1/predictions/{id}/publish", json);
        }

        return await client.PostAsync($"/v1/predictions/{id}/publish", json);
    });

    static AnswerCase AfterCreation(Func<HttpClient, string, Task<HttpResponseMessage>> then) => new(async (_, client, _) =>
        await then(client, (await client.PostJsonAsync("/v1/predictions", Body, ("Prefer", "wait"))).Text("id")!));
}
