using System.Net;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.Docs;

/// <summary>The documented refusals of every operation under <c>/v1</c>: missing authorization and rate limits.</summary>
public sealed class RefusalTests(SharedService shared) : IClassFixture<SharedService>
{
    [Fact]
    public async Task Only_operations_with_a_security_requirement_are_401_without_a_token()
    {
        await using var service = new Service(TestTokens.Settings);
        var client = await service.ReadyAsync();
        var document = await DocumentAsync();

        foreach (var (route, operation) in document.Operations.Where(pair => IsReplicate(pair.Key)))
        {
            using var response = await SendAsync(client, route);

            var isLocked = operation["security"] is not null;
            Assert.True(isLocked == (response.StatusCode == HttpStatusCode.Unauthorized), $"{route}: {response.StatusCode}");
            Assert.Equal(isLocked, document.Answer(route, 401) is not null);
            if (isLocked)
            {
                await CheckAsync(document, route, response);
            }
        }
    }

    [Fact]
    public async Task Every_operation_is_429_beyond_the_limit()
    {
        await using var service = new Service(("RateLimits:CreationsPerMinute", "1"), ("RateLimits:OthersPerMinute", "1"));
        var client = await service.ReadyAsync();
        var document = await DocumentAsync();
        using var creation = await client.PostAsync("/v1/predictions", json: null);
        using var other = await client.FetchAsync("/v1/predictions");

        foreach (var route in document.Operations.Keys.Where(IsReplicate))
        {
            using var response = await SendAsync(client, route);

            Assert.True(response.StatusCode == HttpStatusCode.TooManyRequests, $"{route}: {response.StatusCode}");
            await CheckAsync(document, route, response);
        }
    }

    [Fact]
    public async Task Only_operations_that_change_data_are_403_to_a_page_of_another_site()
    {
        await using var service = new Service();
        var client = await service.ReadyAsync();
        var document = await DocumentAsync();

        foreach (var route in document.Operations.Keys.Where(IsReplicate))
        {
            using var response = await SendAsync(client, route, ("Sec-Fetch-Site", "cross-site"), ("Origin", "https://elsewhere.example"));

            var isRead = route.StartsWith("GET ", StringComparison.Ordinal);
            Assert.True(isRead == (response.StatusCode != HttpStatusCode.Forbidden), $"{route}: {response.StatusCode}");
            Assert.Equal(isRead, document.Answer(route, 403) is null);
            if (!isRead)
            {
                await CheckAsync(document, route, response);
            }
        }
    }

    static bool IsReplicate(string route) => route.Contains(" /v1/", StringComparison.Ordinal);

    static Task<HttpResponseMessage> SendAsync(HttpClient client, string route, params (string Name, string Value)[] headers)
    {
        var parts = route.Split(' ', 2);
        var path = string.Join('/', parts[1].Split('/').Select(segment => segment.StartsWith('{') ? "x" : segment));
        return client.SendAsync(new HttpMethod(parts[0]), path, json: null, headers);
    }

    static async Task CheckAsync(Document document, string route, HttpResponseMessage response)
    {
        var content = document.Answer(route, (int)response.StatusCode)?["content"]?["application/problem+json"];
        Assert.True(content is not null, $"{route} does not document {response.StatusCode}");
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
        Assert.Empty(await document.FaultsAsync(content["schema"]!, await response.TextAsync()));
    }

    async Task<Document> DocumentAsync() => new(await (await shared.Service.ReadyAsync()).GetJsonAsync("/docs/service.json"));
}
