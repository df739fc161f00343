using LoraHub.Api.Models;
using Microsoft.Extensions.DependencyInjection;

namespace LoraHub.Api.Tests.Docs;

/// <summary>Models and other routes under <c>/v1</c> that are not about predictions.</summary>
static class ModelAnswers
{
    const string Model = "/v1/models/{owner}/{name}", Known = "/v1/models/lorahub/lorahub", Unknown = "/v1/models/nobody/nothing";

    public static IReadOnlyDictionary<string, AnswerCase> All { get; } = new Dictionary<string, AnswerCase>
    {
        ["GET /v1/models 200"] = AnswerCase.Get("/v1/models"),
        ["GET /v1/models 422"] = AnswerCase.Get("/v1/models?cursor=none"),
        ["GET /v1/search 200"] = AnswerCase.Get("/v1/search?query=lora"),
        ["GET /v1/search 400"] = AnswerCase.Get("/v1/search"),
        [$"GET {Model} 200"] = AnswerCase.Get(Known),
        [$"GET {Model} 404"] = AnswerCase.Get(Unknown),
        [$"GET {Model}/versions 200"] = AnswerCase.Get($"{Known}/versions"),
        [$"GET {Model}/versions 422"] = AnswerCase.Get($"{Known}/versions?cursor=none"),
        [$"GET {Model}/versions 404"] = AnswerCase.Get($"{Unknown}/versions"),
        [$"GET {Model}/versions/{{version}} 200"] = new((service, client, _) =>
            client.GetAsync(new Uri($"{Known}/versions/{service.Services.GetRequiredService<Composer>().Version}", UriKind.Relative),
                TestContext.Current.CancellationToken)),
        [$"GET {Model}/versions/{{version}} 404"] = AnswerCase.Get($"{Known}/versions/{new string('0', 64)}"),
        [$"GET {Model}/examples 200"] = AnswerCase.Get($"{Known}/examples"),
        [$"GET {Model}/examples 404"] = AnswerCase.Get($"{Unknown}/examples"),
        [$"GET {Model}/readme 200"] = AnswerCase.Get($"{Known}/readme"),
        [$"GET {Model}/readme 404"] = AnswerCase.Get($"{Unknown}/readme"),
        ["GET /v1/account 200"] = AnswerCase.Get("/v1/account"),
        ["GET /v1/hardware 200"] = AnswerCase.Get("/v1/hardware"),
        ["GET /v1/collections 200"] = AnswerCase.Get("/v1/collections"),
        ["GET /v1/collections/{slug} 404"] = AnswerCase.Get("/v1/collections/nothing"),
    };
}
