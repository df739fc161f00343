using LoraHub.Api.Tests.Support;
using LoraHub.Modules.Library;
using LoraHub.Modules.Versions;
using Microsoft.Extensions.DependencyInjection;

namespace LoraHub.Api.Tests.Docs;

/// <summary>Modules under <c>/v1</c>.</summary>
static class HubAnswers
{
    const string Module = "/v1/modules/{owner}/{name}", Version = $"{Module}/versions/{{digest}}", Mine = "/v1/modules/anna/{new}",
        Unknown = "/v1/modules/nobody/nothing", Scripted = "/v1/modules/lorahub/colors";

    public static IReadOnlyDictionary<string, AnswerCase> All { get; } = new Dictionary<string, AnswerCase>
    {
        ["GET /v1/modules 200"] = Published((client, _) => client.FetchAsync("/v1/modules?limit=1")),
        ["GET /v1/modules 400"] = AnswerCase.Get("/v1/modules?rank=x"),
        [$"GET {Module} 200"] = Published((client, module) => client.FetchAsync(module.Path)),
        [$"GET {Module} 404"] = AnswerCase.Get(Unknown),
        [$"GET {Module}/versions 200"] = Published((client, module) => client.FetchAsync($"{module.Path}/versions")),
        [$"GET {Module}/versions 404"] = AnswerCase.Get($"{Unknown}/versions"),
        [$"GET {Module}/similar 200"] = Published((client, module) => client.FetchAsync($"{module.Path}/similar")),
        [$"GET {Module}/similar 404"] = AnswerCase.Get($"{Unknown}/similar"),
        [$"GET {Module}/usage 200"] = Published((client, module) => client.FetchAsync($"{module.Path}/usage")),
        [$"GET {Module}/usage 404"] = AnswerCase.Get($"{Unknown}/usage"),
        [$"GET {Module}/card 200"] = Published((client, module) => client.FetchAsync($"{module.Path}/card")),
        [$"GET {Module}/card 404"] = AnswerCase.Get($"{Unknown}/card"),
        [$"GET {Module}/download 200"] = Published((client, module) => client.FetchAsync($"{module.Path}/download")),
        [$"GET {Module}/download 404"] = AnswerCase.Get($"{Unknown}/download"),
        [$"GET {Version} 200"] = Published((client, module) => client.FetchAsync($"{module.Path}/versions/{module.Digest[..12]}")),
        [$"GET {Version} 404"] = AnswerCase.Get($"{Unknown}/versions/{new string('0', 64)}"),
        [$"GET {Version}/download 200"] = Published((client, module) => client.FetchAsync($"{module.Path}/versions/{module.Digest}/download")),
        [$"GET {Version}/download 404"] = AnswerCase.Get($"{Unknown}/versions/{new string('0', 64)}/download"),
        [$"GET {Version}/files/{{file}} 200"] =
            Published((client, module) => client.FetchAsync($"{module.Path}/versions/{module.Digest}/files/{ModuleFiles.Config}")),
        [$"GET {Version}/files/{{file}} 404"] =
            Published((client, module) => client.FetchAsync($"{module.Path}/versions/{module.Digest}/files/{RecordFile.Name}")),
        [$"POST {Module}/versions 201"] = Publish(PeftFiles.Of(1)),
        [$"POST {Module}/versions 200"] = Published(async (client, module) =>
        {
            using var form = PeftFiles.Form(PeftFiles.Of(1, 2));
            return await client.PublishAsync(module.Id, form);
        }),
        [$"POST {Module}/versions 400"] = AnswerCase.Text(HttpMethod.Post, $"{Mine}/versions", "--", "multipart/form-data"),
        [$"POST {Module}/versions 404"] = Publish(PeftFiles.Of(1), "anna/.first"),
        [$"POST {Module}/versions 409"] = Scripting(async client =>
        {
            using var form = PeftFiles.Form(PeftFiles.Of(1));
            return await client.PublishAsync("lorahub/colors", form);
        }),
        [$"POST {Module}/versions 413"] = Publish(PeftFiles.Of(new float[1000])).With(("Modules:MaxBytes", "1024")),
        [$"POST {Module}/versions 415"] = AnswerCase.Of(HttpMethod.Post, $"{Mine}/versions", "{}"),
        [$"POST {Module}/versions 422"] = Publish(PeftFiles.Of(1)[..1]),
        [$"DELETE {Module} 204"] = Published((client, module) => client.SendAsync(HttpMethod.Delete, module.Path, json: null)),
        [$"DELETE {Module} 404"] = AnswerCase.Of(HttpMethod.Delete, Unknown),
        [$"DELETE {Module} 409"] = Scripting(client => client.SendAsync(HttpMethod.Delete, Scripted, json: null)),
        [$"POST {Module}/quarantine 200"] =
            Published((client, module) => client.PostAsync($"{module.Path}/quarantine", """{"reason": "In dispute."}""")),
        [$"POST {Module}/quarantine 400"] = AnswerCase.Of(HttpMethod.Post, $"{Mine}/quarantine", "{"),
        [$"POST {Module}/quarantine 404"] = AnswerCase.Of(HttpMethod.Post, $"{Unknown}/quarantine", """{"reason": "In dispute."}"""),
        [$"POST {Module}/quarantine 409"] = Scripting(client => client.PostAsync($"{Scripted}/quarantine", """{"reason": "In dispute."}""")),
        [$"POST {Module}/quarantine 413"] = AnswerCase.Of(HttpMethod.Post, $"{Mine}/quarantine", new string(' ', 2000))
            .With(("Api:MaxRequestBody", "1024")),
        [$"POST {Module}/quarantine 415"] = AnswerCase.Text(HttpMethod.Post, $"{Mine}/quarantine", "{}", "text/plain"),
        [$"POST {Module}/quarantine 422"] = AnswerCase.Of(HttpMethod.Post, $"{Mine}/quarantine", "{}"),
        [$"POST {Module}/release 200"] = Published((client, module) => client.PostAsync($"{module.Path}/release", json: null)),
        [$"POST {Module}/release 404"] = AnswerCase.Of(HttpMethod.Post, $"{Unknown}/release"),
        [$"POST {Module}/release 409"] = Scripting(client => client.PostAsync($"{Scripted}/release", json: null)),
    };

    static AnswerCase Publish((string Name, byte[] Content)[] files, string? id = null) => new(async (_, client, name) =>
    {
        using var form = PeftFiles.Form(files);
        return await client.PublishAsync(id ?? $"anna/{name}", form);
    });

    /// <summary>After two modules were published; the request is about the second.</summary>
    static AnswerCase Published(Func<HttpClient, PublishedModule, Task<HttpResponseMessage>> then) => new(async (_, client, name) =>
    {
        await client.PublishedAsync($"anna/{name}-other", [1, 0]);
        var id = $"anna/{name}";
        return await then(client, new PublishedModule(id, (await client.PublishedAsync(id, [1, 2])).Text("version")!));
    });

    /// <summary>While the module library has a module that lies in a folder of the settings.</summary>
    static AnswerCase Scripting(Func<HttpClient, Task<HttpResponseMessage>> then) => new(async (service, client, _) =>
    {
        // The indexer's first pass forgets what has no folder.
        await service.Services.GetRequiredService<ModuleIndexer>().CompletedAsync(TestContext.Current.CancellationToken);
        await service.Services.GetRequiredService<IModuleIndex>().PutAsync(Foreign("lorahub/colors"), TestContext.Current.CancellationToken);
        return await then(client);
    });

    sealed record PublishedModule(string Id, string Digest)
    {
        public string Path => $"/v1/modules/{Id}";
    }

    /// <summary>A module of a folder that the library does not own.</summary>
    static ModuleVersion Foreign(string id) => new() { Id = id, Digest = new string('f', 64), Size = 1, PublishedAt = DateTimeOffset.UnixEpoch };
}
