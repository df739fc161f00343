using LoraHub.Api.Models;
using LoraHub.Api.Tests.Replicate.Deployments;
using LoraHub.Api.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace LoraHub.Api.Tests.Docs;

/// <summary>Deployments under <c>/v1/deployments</c>; predictions of them are in <see cref="PredictionAnswers"/>.</summary>
static class DeploymentAnswers
{
    const string Path = "/v1/deployments", One = $"{Path}/{{owner}}/{{name}}", Own = $"{Path}/lorahub/lorahub", Unknown = $"{Path}/nobody/nothing",
        Change = """{"min_instances": 1}""";

    public static IReadOnlyDictionary<string, AnswerCase> All { get; } = new Dictionary<string, AnswerCase>
    {
        [$"GET {Path} 200"] = AnswerCase.Get(Path),
        [$"GET {Path} 422"] = AnswerCase.Get($"{Path}?cursor=none"),
        [$"GET {One} 200"] = AnswerCase.Get(Own),
        [$"GET {One} 404"] = AnswerCase.Get(Unknown),
        [$"POST {Path} 201"] = new(CreateAsync),
        [$"POST {Path} 409"] = Created(HttpMethod.Post),
        [$"POST {Path} 422"] = AnswerCase.Of(HttpMethod.Post, Path, "{}"),
        [$"PATCH {One} 200"] = Created(HttpMethod.Patch, Change),
        [$"PATCH {One} 404"] = AnswerCase.Of(HttpMethod.Patch, Unknown, Change),
        [$"PATCH {One} 409"] = AnswerCase.Of(HttpMethod.Patch, Own, Change),
        [$"PATCH {One} 422"] = Created(HttpMethod.Patch, "{}"),
        [$"PATCH {One} 400"] = Created(HttpMethod.Patch, "{"),
        [$"PATCH {One} 413"] = Created(HttpMethod.Patch, new string(' ', 2000)).With(("Api:MaxRequestBody", "1024")),
        [$"PATCH {One} 415"] = Created(HttpMethod.Patch, Change, "text/plain"),
        [$"DELETE {One} 204"] = Created(HttpMethod.Delete),
        [$"DELETE {One} 404"] = AnswerCase.Of(HttpMethod.Delete, Unknown),
        [$"DELETE {One} 409"] = AnswerCase.Of(HttpMethod.Delete, Own),
    }.Concat(AnswerCases.Unreadable($"POST {Path}", HttpMethod.Post, Path)).ToDictionary();

    static Task<HttpResponseMessage> CreateAsync(Service service, HttpClient client, string name)
    {
        var version = service.Services.GetRequiredService<Composer>().Version;
        return client.PostAsync(Path, DeploymentTests.Body(name, "lorahub/lorahub", version));
    }

    /// <summary>A request about a deployment that was created before it; another creation of it, when it is a POST.</summary>
    static AnswerCase Created(HttpMethod method, string? json = null, string type = "application/json") => new(async (service, client, name) =>
    {
        using var created = await CreateAsync(service, client, name);
        Assert.True(created.IsSuccessStatusCode, await created.TextAsync());
        return method == HttpMethod.Post ? await CreateAsync(service, client, name)
            : json is null ? await client.SendAsync(method, $"{Path}/lorahub/{name}", json)
            : await AnswerCase.Text(method, $"{Path}/lorahub/{name}", json, type).Send(service, client, name);
    });
}
