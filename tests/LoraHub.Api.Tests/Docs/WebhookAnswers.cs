namespace LoraHub.Api.Tests.Docs;

/// <summary>Webhooks under <c>/v1</c>.</summary>
static class WebhookAnswers
{
    public static IReadOnlyDictionary<string, AnswerCase> All { get; } = new Dictionary<string, AnswerCase>
    {
        ["GET /v1/webhooks/default/secret 200"] = AnswerCase.Get("/v1/webhooks/default/secret"),
    };
}
