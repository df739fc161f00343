namespace LoraHub.Api.Tests.Docs;

/// <summary>A request for every answer that the document promises, under the route and the status.</summary>
static class AnswerCases
{
    public static IReadOnlyDictionary<string, AnswerCase> All { get; } = CogAnswers.All
        .Concat(PredictionAnswers.All)
        .Concat(ModelAnswers.All)
        .Concat(FileAnswers.All)
        .Concat(WebhookAnswers.All)
        .Concat(HubAnswers.All)
        .ToDictionary();

    /// <summary>Whether every operation under <c>/v1</c> has the answer; then <see cref="RefusalTests"/> gets it from each.</summary>
    public static bool IsRefusalOfAll(string answer) =>
        answer.Contains(" /v1/", StringComparison.Ordinal) && answer[^3..] is ("401" or "403" or "429");

    /// <summary>What every route that takes a creation in JSON answers to a body that it cannot take.</summary>
    public static IEnumerable<KeyValuePair<string, AnswerCase>> BadBodies(string route, HttpMethod method, string path) => new Dictionary<string, AnswerCase>
    {
        [$"{route} 400"] = AnswerCase.Of(method, path, "{"),
        [$"{route} 413"] = AnswerCase.Of(method, path, new string(' ', 2000)).With(("Api:MaxRequestBody", "1024")),
        [$"{route} 415"] = AnswerCase.Text(method, path, "{}", "text/plain"),
        [$"{route} 503"] = AnswerCase.Of(method, path, "{}").AfterFailedSetup(),
    };
}
