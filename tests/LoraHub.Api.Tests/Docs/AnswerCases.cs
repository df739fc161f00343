namespace LoraHub.Api.Tests.Docs;

/// <summary>A request for every documented response, by route and status.</summary>
static class AnswerCases
{
    public static IReadOnlyDictionary<string, AnswerCase> All { get; } = CogAnswers.All
        .Concat(PredictionAnswers.All)
        .Concat(ModelAnswers.All)
        .Concat(ModelChangeAnswers.All)
        .Concat(TrainingAnswers.All)
        .Concat(DeploymentAnswers.All)
        .Concat(FileAnswers.All)
        .Concat(WebhookAnswers.All)
        .Concat(HubAnswers.All)
        .ToDictionary();

    /// <summary>Whether every operation under <c>/v1</c> has the response; <see cref="RefusalTests"/> covers those.</summary>
    public static bool IsRefusalOfAll(string answer) =>
        answer.Contains(" /v1/", StringComparison.Ordinal) && answer[^3..] is ("401" or "403" or "429");

    /// <summary>The responses of every route that creates predictions to invalid bodies, and to any after a failed setup.</summary>
    public static IEnumerable<KeyValuePair<string, AnswerCase>> BadBodies(string route, HttpMethod method, string path) =>
        Unreadable(route, method, path).Append(new($"{route} 503", AnswerCase.Of(method, path, "{}").AfterFailedSetup()));

    /// <summary>The responses of every route that reads JSON to bodies that it cannot read.</summary>
    public static IEnumerable<KeyValuePair<string, AnswerCase>> Unreadable(string route, HttpMethod method, string path) =>
        new Dictionary<string, AnswerCase>
        {
            [$"{route} 400"] = AnswerCase.Of(method, path, "{"),
            [$"{route} 413"] = AnswerCase.Of(method, path, new string(' ', 2000)).With(("Api:MaxRequestBody", "1024")),
            [$"{route} 415"] = AnswerCase.Text(method, path, "{}", "text/plain"),
        };
}
