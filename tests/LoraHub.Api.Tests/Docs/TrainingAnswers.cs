using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.Docs;

/// <summary>Trainings under <c>/v1</c>.</summary>
static class TrainingAnswers
{
    const string Create = "POST /v1/models/{owner}/{name}/versions/{version}/trainings", Body = """{"destination": "me/x", "input": {}}""";

    static readonly string Unknown = $"/v1/models/lorahub/lorahub/versions/{new string('0', 64)}/trainings";

    public static IReadOnlyDictionary<string, AnswerCase> All { get; } = new Dictionary<string, AnswerCase>
    {
        [$"{Create} 201"] = new((_, client, name) => client.TrainAsync($"me/{name}", TrainingRequests.Tune())),
        [$"{Create} 404"] = AnswerCase.Of(HttpMethod.Post, Unknown, Body),
        [$"{Create} 409"] = new((_, client, _) => client.TrainAsync(TrainingRequests.Composer, TrainingRequests.Tune())),
        [$"{Create} 422"] = new((_, client, name) => client.TrainAsync($"me/{name}", [])),
        ["GET /v1/trainings 200"] = AfterCreation((client, _) => client.FetchAsync("/v1/trainings")),
        ["GET /v1/trainings 422"] = AnswerCase.Get("/v1/trainings?cursor=nothing"),
        ["GET /v1/trainings/{id} 200"] = AfterCreation((client, id) => client.FetchAsync($"/v1/trainings/{id}")),
        ["GET /v1/trainings/{id} 404"] = AnswerCase.Get("/v1/trainings/nothing"),
        ["DELETE /v1/trainings/{id} 204"] = AfterCreation((client, id) => client.SendAsync(HttpMethod.Delete, $"/v1/trainings/{id}", json: null)),
        ["DELETE /v1/trainings/{id} 404"] = AnswerCase.Of(HttpMethod.Delete, "/v1/trainings/nothing"),
        ["DELETE /v1/trainings/{id} 409"] = new(DeleteRunningAsync) { SpoilsService = true },
        ["POST /v1/trainings/{id}/cancel 200"] = AfterCreation((client, id) => client.PostAsync($"/v1/trainings/{id}/cancel", json: null)),
        ["POST /v1/trainings/{id}/cancel 404"] = AnswerCase.Of(HttpMethod.Post, "/v1/trainings/nothing/cancel"),
    }
    .Concat(AnswerCases.BadBodies(Create, HttpMethod.Post, Unknown))
    .ToDictionary();

    static AnswerCase AfterCreation(Func<HttpClient, string, Task<HttpResponseMessage>> then) => new(async (_, client, name) =>
        await then(client, (await client.TrainedAsync($"me/{name}", TrainingRequests.Tune())).Text("id")!));

    static async Task<HttpResponseMessage> DeleteRunningAsync(Service service, HttpClient client, string name)
    {
        service.Predictor.TuneScript = (_, _, _, _, canceled) =>
        {
            canceled.WaitHandle.WaitOne(Limits.Wait);
            throw new OperationCanceledException(canceled);
        };
        using var created = await client.TrainAsync($"me/{name}", TrainingRequests.Tune());
        var id = (await created.JsonAsync()).Text("id");
        var answer = await client.SendAsync(HttpMethod.Delete, $"/v1/trainings/{id}", json: null);
        using var canceled = await client.PostAsync($"/v1/trainings/{id}/cancel", json: null);
        return answer;
    }
}
