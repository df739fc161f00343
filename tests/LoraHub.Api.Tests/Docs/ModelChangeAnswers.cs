using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.Docs;

/// <summary>Changes of models under <c>/v1/models</c>.</summary>
static class ModelChangeAnswers
{
    const string Models = "/v1/models", Model = $"{Models}/{{owner}}/{{name}}", Mine = $"{Models}/me/{{new}}", Composer = $"{Models}/lorahub/lorahub",
        Unknown = $"{Models}/nobody/nothing", Change = """{"description": "x"}""",
        Creation = """{"owner": "me", "name": "{new}", "visibility": "public", "hardware": "cpu"}""";

    public static IReadOnlyDictionary<string, AnswerCase> All { get; } = new Dictionary<string, AnswerCase>
    {
        [$"POST {Models} 201"] = AnswerCase.Of(HttpMethod.Post, Models, Creation),
        [$"POST {Models} 409"] = AnswerCase.Of(HttpMethod.Post, Models, Creation).After(Models, Creation),
        [$"POST {Models} 422"] = AnswerCase.Of(HttpMethod.Post, Models, "{}"),
        [$"PATCH {Model} 200"] = AnswerCase.Of(HttpMethod.Patch, Mine, Change).After(Models, Creation),
        [$"PATCH {Model} 404"] = AnswerCase.Of(HttpMethod.Patch, Unknown, Change),
        [$"PATCH {Model} 409"] = AnswerCase.Of(HttpMethod.Patch, Composer, Change),
        [$"PATCH {Model} 422"] = AnswerCase.Of(HttpMethod.Patch, Mine, "{}").After(Models, Creation),
        [$"DELETE {Model} 204"] = AnswerCase.Of(HttpMethod.Delete, Mine).After(Models, Creation),
        [$"DELETE {Model} 404"] = AnswerCase.Of(HttpMethod.Delete, Unknown),
        [$"DELETE {Model} 409"] = AnswerCase.Of(HttpMethod.Delete, Composer),
        [$"DELETE {Model}/versions/{{version}} 202"] = new(async (_, client, name) =>
        {
            var published = await client.PublishedAsync($"me/{name}", [1, 2]);
            return await client.SendAsync(HttpMethod.Delete, $"{Models}/me/{name}/versions/{published.Text("version")}", json: null);
        }),
        [$"DELETE {Model}/versions/{{version}} 404"] = AnswerCase.Of(HttpMethod.Delete, $"{Unknown}/versions/{new string('0', 64)}"),
        [$"DELETE {Model}/versions/{{version}} 409"] = AnswerCase.Of(HttpMethod.Delete, $"{Composer}/versions/{new string('0', 64)}"),
    }
    .Concat(AnswerCases.Unreadable($"POST {Models}", HttpMethod.Post, Models))
    .Concat(AnswerCases.Unreadable($"PATCH {Model}", HttpMethod.Patch, Mine)
        .Select(one => KeyValuePair.Create(one.Key, one.Value.After(Models, Creation))))
    .ToDictionary();
}
