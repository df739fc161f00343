using System.Globalization;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.Docs;

/// <summary>Every route answers with what its document says.</summary>
public sealed class AnswerTests(SharedService shared) : IClassFixture<SharedService>
{
    public static TheoryData<string> Cases => [.. AnswerCases.All.Keys];

    [Fact]
    public async Task Every_documented_answer_has_a_request_that_gets_it()
    {
        var document = new Document(await (await shared.Service.ReadyAsync()).GetJsonAsync("/docs/service.json"));

        var documented = document.Operations
            .SelectMany(pair => pair.Value["responses"]!.AsObject().Select(answer => $"{pair.Key} {answer.Key}"))
            .Where(answer => !AnswerCases.IsRefusalOfAll(answer));

        Assert.Equal(documented.Order(StringComparer.Ordinal), AnswerCases.All.Keys.Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task A_route_answers_as_documented(string answer)
    {
        var space = answer.LastIndexOf(' ');
        var (route, status) = (answer[..space], int.Parse(answer[space..], CultureInfo.InvariantCulture));
        await using var service = AnswerCases.All[answer].Service();
        var client = service.CreateClient();
        var document = new Document(await client.GetJsonAsync("/docs/service.json"));

        await service.ReadyAsync();

        using var response = await AnswerCases.All[answer].Send(service, client);

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
