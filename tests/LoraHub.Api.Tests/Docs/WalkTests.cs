using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.Docs;

/// <summary>
/// Sends every documented operation its example and the example with one part changed, and holds the answers to the document: no server error, only
/// documented
/// statuses and media types, only bodies that fit their schema. These are the checks of schemathesis, which cannot be installed where the tests run.
/// </summary>
public sealed class WalkTests(ServicePool pool) : IClassFixture<ServicePool>
{
    /// <summary>A full queue is no fault of the document.</summary>
    static readonly (string Key, string Value)[] Settings =
        [("Queue:Capacity", "1000000"), ("Queue:BareCapacity", "1000000"), ("Webhooks:ShutdownTime", "00:00:00")];

    [Theory]
    [InlineData("/docs/service.json")]
    [InlineData("/openapi.json")]
    public async Task An_answer_is_what_the_document_says_whatever_the_request(string url)
    {
        var client = await pool.Get(Settings).ReadyAsync();
        var document = new Document(await client.GetJsonAsync(url));
        var faults = new List<string>();

        var routes = document.Operations.Keys.Where(route => !route.EndsWith("/shutdown", StringComparison.Ordinal));
        foreach (var request in routes.SelectMany(route => WalkedRequest.Of(document, route)))
        {
            using var message = request.Message();
            using var response = await client.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
            if (await FaultAsync(document, request, response) is { } fault)
            {
                faults.Add($"{request.Route} with {request.What}: {fault}");
            }
        }

        Assert.True(faults.Count == 0, $"{faults.Count} answers differ from the document:\n{string.Join('\n', faults.Take(100))}");
    }

    static async Task<string?> FaultAsync(Document document, WalkedRequest request, HttpResponseMessage response)
    {
        var status = (int)response.StatusCode;
        if (status >= 500 || document.Answer(request.Route, status) is not { } documented)
        {
            return $"{status} {await response.TextAsync()}";
        }

        if (request.IsValid && status is 400 or 415 or 422)
        {
            return $"{status} to a request that the document permits: {await response.TextAsync()}";
        }

        var contents = documented["content"]?.AsObject();
        var type = response.Content.Headers.ContentType?.MediaType;
        if (contents is null || type == "text/event-stream" || response.Content.Headers.ContentLength == 0)
        {
            return null;
        }

        if (type is null || contents[type] is not { } content)
        {
            return $"{status} is {type}, documented as {string.Join(", ", contents.Select(pair => pair.Key))}";
        }

        var faults = type.EndsWith("json", StringComparison.Ordinal)
            ? await document.FaultsAsync(content["schema"]!, await response.TextAsync())
            : [];
        return faults.Count == 0 ? null : $"{status} does not fit: {string.Join("; ", faults)}";
    }
}
