using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.Docs;

/// <summary>The bare paths, and the results.</summary>
static class CogAnswers
{
    const string Post = "POST /predictions", Put = "PUT /predictions/{id}";

    public static IReadOnlyDictionary<string, AnswerCase> All { get; } = new Dictionary<string, AnswerCase>
    {
        ["GET / 200"] = AnswerCase.Get("/"),
        ["GET /health-check 200"] = AnswerCase.Get("/health-check"),
        ["GET /openapi.json 200"] = AnswerCase.Get("/openapi.json"),
        ["GET /openapi.json 503"] = AnswerCase.Get("/openapi.json").AfterFailedSetup(),
        ["POST /shutdown 200"] = AnswerCase.Of(HttpMethod.Post, "/shutdown").With(("Auth:Shutdown", "open")).Stopping(),
        ["GET /results/{digest}/{name} 200"] = Result("adapter"),
        ["GET /results/{digest}/{name} 404"] = AnswerCase.Get("/results/0/adapter.zip"),
        ["GET /results/{digest}/trace.json 200"] = Result("trace"),
        ["GET /results/{digest}/trace.json 404"] = AnswerCase.Get("/results/0/trace.json"),
        ["POST /predictions/{id}/cancel 200"] = AnswerCase.Of(HttpMethod.Post, "/predictions/{new}/cancel").WhileBusy(),
        ["POST /predictions/{id}/cancel 404"] = AnswerCase.Of(HttpMethod.Post, "/predictions/unknown/cancel"),
    }
        .Concat(Creation(Post, HttpMethod.Post, "/predictions"))
        .Concat(Creation(Put, HttpMethod.Put, "/predictions/my-{new}"))
        .Concat(Refusals("GET /", HttpMethod.Get, "/"))
        .Concat(Refusals("GET /openapi.json", HttpMethod.Get, "/openapi.json"))
        .Concat(Refusals(Post, HttpMethod.Post, "/predictions"))
        .Concat(Refusals(Put, HttpMethod.Put, "/predictions/mine"))
        .Concat(Refusals("POST /predictions/{id}/cancel", HttpMethod.Post, "/predictions/mine/cancel"))
        .Concat(Refusals("POST /shutdown", HttpMethod.Post, "/shutdown"))
        .ToDictionary();

    static AnswerCase Result(string key) => new(async (_, client, _) =>
    {
        var prediction = await client.PostJsonAsync("/predictions", "{}");
        return await client.FetchAsync(new Uri(prediction["output"]!.Text(key)!).PathAndQuery);
    });

    static Dictionary<string, AnswerCase> Refusals(string route, HttpMethod method, string path) => new()
    {
        [$"{route} 401"] = AnswerCase.Of(method, path).With([.. TestTokens.Settings, ("Auth:Bare", "token")]),
        [$"{route} 403"] = AnswerCase.Of(method, path).With(("Auth:Bare", "loopback")),
    };

    static IEnumerable<KeyValuePair<string, AnswerCase>> Creation(string route, HttpMethod method, string path) => new Dictionary<string, AnswerCase>
    {
        [$"{route} 200"] = AnswerCase.Of(method, path, "{}"),
        [$"{route} 202"] = AnswerCase.Of(method, path, "{}", ("Prefer", "respond-async")),
        [$"{route} 409"] = AnswerCase.Of(method, path, "{}").WhileBusy(),
        [$"{route} 422"] = AnswerCase.Of(method, path, """{"input": {"max_inference_step": 5}}"""),
        [$"{route} 429"] = AnswerCase.Of(method, path, "{}", ("Accept", "text/event-stream")).WhileStreaming(),
    }.Concat(AnswerCases.BadBodies(route, method, path));
}
