using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.Docs;

/// <summary>Checks that the service has a route for every request in samples/*.http.</summary>
public sealed partial class SampleTests(SharedService shared) : IClassFixture<SharedService>
{
    const string Host = "{{host}}";

    public static TheoryData<string> Files => new(
        Directory.EnumerateFiles(Path.Combine(Repository.Root, "samples"), "*.http").Select(file => Path.GetFileName(file)));

    [Theory]
    [MemberData(nameof(Files))]
    public async Task Every_request_has_a_route_and_a_readable_body(string file)
    {
        var document = new Document(await (await shared.Service.ReadyAsync()).GetJsonAsync("/docs/service.json"));
        var routes = document.Operations.Keys.Select(route => new Regex($"^{Parameter().Replace(Regex.Escape(route), "[^/?]+")}(\\?.*)?$",
            RegexOptions.NonBacktracking)).ToArray();

        var requests = Requests(await File.ReadAllTextAsync(Path.Combine(Repository.Root, "samples", file), TestContext.Current.CancellationToken))
            .ToArray();

        Assert.NotEmpty(requests);
        Assert.All(requests.Where(request => request.Line.Contains(Host, StringComparison.Ordinal)), request => // other URLs come from responses
        {
            var line = Variable().Replace(request.Line.Replace(Host, "", StringComparison.Ordinal), "x");
            Assert.Contains(routes, route => route.IsMatch(line));
        });
        Assert.All(requests.Where(request => request.Body.StartsWith('{')),
            request => Assert.NotNull(JsonNode.Parse(Variable().Replace(request.Body, "x"))));
    }

    /// <summary>Requests follow lines of ###. Each is comments, the request line with its headers, an empty line, the body.</summary>
    static IEnumerable<(string Line, string Body)> Requests(string text) => text.Split("\n###").Skip(1).Select(request =>
    {
        var lines = request.Split('\n').Skip(1).SkipWhile(line => line.Length == 0 || line[0] == '#').ToArray();
        var head = Array.IndexOf(lines, "");
        return (lines[0], head < 0 ? "" : string.Join('\n', lines[head..]).Trim());
    });

    /// <summary>A value from an earlier response, such as <c>{{created.response.body.$.id}}</c>.</summary>
    [GeneratedRegex(@"\{\{[^}]+}}", RegexOptions.NonBacktracking)]
    private static partial Regex Variable();

    [GeneratedRegex(@"\\\{[^}]+}", RegexOptions.NonBacktracking)]
    private static partial Regex Parameter();
}
