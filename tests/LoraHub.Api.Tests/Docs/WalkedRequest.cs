using System.Net.Http.Headers;
using System.Text.Json.Nodes;

namespace LoraHub.Api.Tests.Docs;

/// <summary>A request made from an operation's document: its example, or the example with one thing changed.</summary>
/// <param name="What">What was changed, for the message of a failure.</param>
/// <param name="IsValid">Whether the document permits the request.</param>
sealed record WalkedRequest(
    string Route, string What, bool IsValid, string Path, string Query, JsonNode? Body, bool HasBody, IReadOnlyDictionary<string, string> Headers)
{
    static readonly string[] OddTexts =
    [
        "", " ", "x", "-1", "0", "1.5", "1e999", "99999999999999999999", "\u0001", "\ud83d\ude00", "null", "true", "2026-13-45", new('x', 3000),
    ];

    public HttpRequestMessage Message()
    {
        var request = new HttpRequestMessage(new HttpMethod(Route.Split(' ')[0]), Query.Length == 0 ? Path : $"{Path}?{Query}");
        foreach (var (name, value) in Headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        if (HasBody)
        {
            request.Content = new StringContent(Body?.ToJsonString() ?? "null");
            request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse("application/json");
        }

        return request;
    }

    /// <summary>The example of the operation, then one request for each way to change one part of it.</summary>
    public static IEnumerable<WalkedRequest> Of(Document document, string route)
    {
        var operation = document.Operations[route];
        var parameters = operation["parameters"]?.AsArray().Select(one => one!.AsObject()).ToArray() ?? [];
        var path = route.Split(' ')[1];
        foreach (var parameter in parameters.Where(one => In(one) == "path"))
        {
            var value = Example(parameter) is { Length: > 0 } example ? example : "x";
            path = path.Replace($"{{{Name(parameter)}}}", Uri.EscapeDataString(value), StringComparison.Ordinal);
        }

        var query = parameters.Where(one => In(one) == "query" && Example(one) is { Length: > 0 }).ToDictionary(Name, one => Example(one)!);
        var body = operation["requestBody"]?["content"]?["application/json"];
        var start = new WalkedRequest(
            route,
            "the example",
            operation["requestBody"] is null || body is not null,
            path,
            Text(query),
            body is null ? null : body["example"]?.DeepClone() ?? new JsonObject(),
            body is not null,
            new Dictionary<string, string>());

        return [start, .. Queries(start, parameters, query), .. HeaderValues(start, parameters), .. Bodies(start, document, body)];
    }

    static IEnumerable<WalkedRequest> Queries(WalkedRequest start, JsonObject[] parameters, Dictionary<string, string> query)
    {
        foreach (var parameter in parameters.Where(one => In(one) == "query"))
        {
            var name = Name(parameter);
            var others = Text(query.Where(one => one.Key != name));
            yield return start with { What = $"no {name}", IsValid = (bool?)parameter["required"] != true, Query = others };
            yield return start with { What = $"{name} twice", IsValid = false, Query = $"{Text(query)}&{name}=1&{name}=2" };
            foreach (var odd in OddTexts)
            {
                var changed = new Dictionary<string, string>(query) { [name] = odd };
                yield return start with { What = $"{name}={odd}", IsValid = false, Query = Text(changed) };
            }
        }

        yield return start with { What = "an unknown query parameter", IsValid = false, Query = $"{Text(query)}&surely_unknown=1" };
    }

    static IEnumerable<WalkedRequest> HeaderValues(WalkedRequest start, JsonObject[] parameters) =>
        from parameter in parameters
        where In(parameter) == "header"
        from odd in OddTexts.Where(odd => odd.All(char.IsAscii) && !odd.Any(char.IsControl))
        let headers = new Dictionary<string, string> { [Name(parameter)] = odd }
        select start with { What = $"{Name(parameter)}: {odd}", IsValid = false, Headers = headers };

    static IEnumerable<WalkedRequest> Bodies(WalkedRequest start, Document document, JsonNode? content)
    {
        if (content is null)
        {
            yield break;
        }

        foreach (var whole in Odd())
        {
            yield return start with { What = $"the body {Short(whole)}", IsValid = false, Body = whole };
        }

        foreach (var keys in Members(document, content["schema"]!, []))
        {
            foreach (var odd in Odd())
            {
                var what = $"{string.Join('.', keys)} is {Short(odd)}";
                yield return start with { What = what, IsValid = false, Body = Changed(start.Body, keys, odd) };
            }
        }

        yield return start with { What = "an unknown member", IsValid = false, Body = Changed(start.Body, ["surely_unknown"], 1) };
    }

    /// <summary>The paths of all members of a schema: <c>input</c>, <c>input.seed</c>.</summary>
    static IEnumerable<string[]> Members(Document document, JsonNode schema, string[] above)
    {
        var all = document.Resolve(schema)["properties"]?.AsObject() ?? [];
        return all.SelectMany(member =>
        {
            string[] keys = [.. above, member.Key];
            return (string[][])[keys, .. above.Length < 2 ? Members(document, member.Value!, keys) : []];
        });
    }

    static IEnumerable<JsonNode?> Odd() =>
    [
        null, true, 0, -1, 1.5, 1e300, 12345678901234567890m, "", "x", " \n ", "{\"a\": 1}", "[\"a\"]", "http://x.example/y", new string('x', 3000),
        new JsonArray(), new JsonArray(1, null), new JsonObject(), new JsonObject { ["x"] = new JsonArray() },
    ];

    static JsonObject Changed(JsonNode? body, string[] keys, JsonNode? value)
    {
        var changed = (body?.DeepClone() ?? new JsonObject()).AsObject();
        var at = changed;
        foreach (var key in keys[..^1])
        {
            at = (at[key] ??= new JsonObject()).AsObject();
        }

        at[keys[^1]] = value?.DeepClone();
        return changed;
    }

    static string Text(IEnumerable<KeyValuePair<string, string>> query) => string.Join(
        '&', query.Select(one => $"{one.Key}={Uri.EscapeDataString(one.Value)}"));

    static string Short(JsonNode? value) => value?.ToJsonString() is { } text ? text[..Math.Min(text.Length, 40)] : "null";

    static string In(JsonObject parameter) => (string)parameter["in"]!;

    static string Name(JsonObject parameter) => (string)parameter["name"]!;

    static string? Example(JsonObject parameter) => (parameter["example"] ?? parameter["examples"]?["example"]?["value"])?.ToString();
}
