using System.Net;
using System.Text.Json.Nodes;
using LoraHub.Api.Predictions;
using LoraHub.Api.Tests.Support;
using LoraHub.Core.Outbound;
using Microsoft.AspNetCore.Http;

namespace LoraHub.Api.Tests.Webhooks;

/// <summary>Validation of a request's webhook in each API.</summary>
public sealed class WebhookRequestTests(SharedService shared) : IClassFixture<SharedService>
{
    const string Parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    public static TheoryData<string, string> Wrong => new()
    {
        { """{"webhook": 5}""", "webhook" },
        { """{"webhook": ["http://example.com"]}""", "webhook" },
        { """{"webhook": ""}""", "webhook" },
        { """{"webhook": "nowhere"}""", "webhook" },
        { """{"webhook": "/hook"}""", "webhook" },
        { """{"webhook": "//example.com/hook"}""", "webhook" },
        { """{"webhook": "http://"}""", "webhook" },
        { """{"webhook": "file:///etc/passwd"}""", "webhook" },
        { """{"webhook": "ftp://example.com/"}""", "webhook" },
        { """{"webhook": "javascript:alert(1)"}""", "webhook" },
        { """{"webhook": "http://user:pw@example.com/"}""", "webhook" },
        { """{"webhook": "http://user@example.com/"}""", "webhook" },
        { $$"""{"webhook": "http://example.com/{{new string('x', 9000)}}"}""", "webhook" },
        { """{"webhook": "http://example.com", "webhook_events_filter": []}""", "webhook_events_filter" },
        { """{"webhook_events_filter": "completed"}""", "webhook_events_filter" },
        { """{"webhook_events_filter": {"start": true}}""", "webhook_events_filter" },
        { """{"webhook_events_filter": ["end"]}""", "webhook_events_filter" },
        { """{"webhook_events_filter": ["Completed"]}""", "webhook_events_filter" },
        { """{"webhook_events_filter": ["0"]}""", "webhook_events_filter" },
        { """{"webhook_events_filter": ["completed", null]}""", "webhook_events_filter" },
        { """{"webhook_events_filter": [4]}""", "webhook_events_filter" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task Under_v1_an_invalid_webhook_is_a_problem_that_names_the_field(string keys, string field)
    {
        var client = await shared.Service.ReadyAsync();
        var body = JsonNode.Parse(keys)!;
        (body["version"], body["input"]) = ("lorahub/lorahub", new JsonObject());

        using var response = await client.PostAsync("/v1/predictions", body.ToJsonString());

        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
        var problem = await response.JsonAsync();
        Assert.Equal([field], problem["invalid_fields"]!.AsArray().Select(invalid => invalid!.Text("field")));
        Assert.DoesNotContain("user", problem.Text("detail")!.Replace("user name", "", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task On_the_bare_path_an_invalid_webhook_is_a_422_in_plain_text(string keys, string field)
    {
        var client = await shared.Service.ReadyAsync();

        using var response = await client.PostAsync("/predictions", keys);

        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        Assert.Equal("text/plain", response.Content.Headers.ContentType!.MediaType);
        Assert.StartsWith($"{field} ", await response.TextAsync());
    }

    [Theory]
    [InlineData("""{}""", null)]
    [InlineData("""{"webhook": null, "webhook_events_filter": null}""", null)]
    [InlineData("""{"webhook_events_filter": []}""", null)]
    [InlineData("""{"webhook_events_filter": ["start"]}""", null)]
    [InlineData("""{"webhook": "http://example.com/a?b=c#d"}""", "Start Output Logs Completed")]
    [InlineData("""{"webhook": "HTTPS://[::1]:8080"}""", "Start Output Logs Completed")]
    [InlineData("""{"webhook": "http://127.0.0.1", "webhook_events_filter": ["completed", "start", "completed"]}""", "Start Completed")]
    public void A_valid_webhook_is_read(string body, string? events)
    {
        var (webhook, errors) = WebhookRequest.Read(JsonNode.Parse(body)!.AsObject(), new HeaderDictionary(), new AllowsAll());

        Assert.Empty(errors);
        Assert.Equal(events, webhook is null ? null : string.Join(' ', webhook.Events.Order()));
        Assert.Equal(events is null ? null : JsonNode.Parse(body)!.Text("webhook"), webhook?.Url);
    }

    [Theory]
    [InlineData(Parent, "a=1,b=2", 2)]
    [InlineData(Parent, "", 1)]
    [InlineData(Parent, "ä=1", 1)]
    [InlineData("nonsense", "a=1", 0)]
    [InlineData("", "a=1", 0)]
    public void A_valid_trace_header_is_stored(string parent, string state, int kept)
    {
        var (webhook, _) = WebhookRequest.Read(
            new JsonObject { ["webhook"] = "http://example.com" }, new HeaderDictionary { ["traceparent"] = parent, ["tracestate"] = state },
            new AllowsAll());

        Assert.Equal(((string[])["traceparent", "tracestate"])[..kept], webhook!.Trace.Keys);
    }

    [Fact]
    public async Task A_prediction_without_a_webhook_omits_it()
    {
        var client = await shared.Service.ReadyAsync();

        var prediction = await client.PostJsonAsync("/v1/predictions",
            """{"version": "lorahub/lorahub", "input": {}, "webhook_events_filter": ["start"]}""");

        Assert.False(prediction.ContainsKey("webhook"));
        Assert.False(prediction.ContainsKey("webhook_events_filter"));
    }

    sealed class AllowsAll : IAddressGuard
    {
        public bool Allows(string host, IPEndPoint endpoint) => true;
    }
}
