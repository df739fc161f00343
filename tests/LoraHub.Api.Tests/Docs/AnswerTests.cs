using System.Globalization;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.Docs;

/// <summary>Every route gives its documented responses.</summary>
public sealed class AnswerTests(ServicePool pool) : IClassFixture<ServicePool>
{
    public static TheoryData<string> Cases => [.. AnswerCases.All.Keys];

    [Fact]
    public async Task Every_documented_response_has_a_request()
    {
        var document = new Document(await (await pool.Get().ReadyAsync()).GetJsonAsync("/docs/service.json"));

        var documented = document.Operations
            .SelectMany(pair => pair.Value["responses"]!.AsObject().Select(answer => $"{pair.Key} {answer.Key}"))
            .Where(answer => !AnswerCases.IsRefusalOfAll(answer));

        Assert.Equal(documented.Order(StringComparer.Ordinal), AnswerCases.All.Keys.Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task A_route_answers_as_documented(string answer)
    {
        var request = AnswerCases.All[answer];
        if (request.SpoilsService)
        {
            await using var own = request.NewService();
            await CheckAsync(answer, own);
            return;
        }

        var service = request.FailsSetup ? pool.Get("setup fails", request.NewService) : pool.Get([.. request.Settings]);
        await CheckAsync(answer, service);

        await service.CreateClient().UntilHealthAsync(request.FailsSetup ? "SETUP_FAILED" : "READY"); // what the case created has ended
    }

    static async Task CheckAsync(string answer, Service service)
    {
        var space = answer.LastIndexOf(' ');
        var (route, status) = (answer[..space], int.Parse(answer[space..], CultureInfo.InvariantCulture));
        var client = await service.ReadyAsync();
        var document = new Document(await client.GetJsonAsync("/docs/service.json"));

        using var response = await AnswerCases.All[answer].Send(service, client, $"case-{Guid.NewGuid():n}");

        Assert.Equal(status, (int)response.StatusCode);
        var contents = document.Answer(route, status)!["content"]?.AsObject();
        if (contents is null)
        {
            return;
        }

        var type = response.Content.Headers.ContentType?.MediaType;
        Assert.True(type is not null && contents.ContainsKey(type), $"{type} is none of {string.Join(", ", contents.Select(pair => pair.Key))}");
        if (type.EndsWith("json", StringComparison.Ordinal))
        {
            Assert.Empty(await document.FaultsAsync(contents[type]!["schema"]!, await response.TextAsync()));
        }
    }
}
