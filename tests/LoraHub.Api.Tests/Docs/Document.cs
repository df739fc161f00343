using System.Text.Json.Nodes;
using NJsonSchema;

namespace LoraHub.Api.Tests.Docs;

/// <summary>The document of the service's routes, as Swagger UI reads it.</summary>
sealed class Document(JsonObject json)
{
    readonly Dictionary<string, JsonSchema> _read = [];

    public JsonObject Json => json;

    /// <summary>Every operation, as <c>POST /v1/predictions</c>, and its description.</summary>
    public IReadOnlyDictionary<string, JsonObject> Operations { get; } = json["paths"]!.AsObject()
        .SelectMany(path => path.Value!.AsObject()
            .Select(operation => (Route: $"{operation.Key.ToUpperInvariant()} {path.Key}", Operation: operation.Value!.AsObject())))
        .ToDictionary(pair => pair.Route, pair => pair.Operation);

    /// <summary>The documented response, or null.</summary>
    public JsonNode? Answer(string route, int statusCode) =>
        Operations[route]["responses"]?[$"{statusCode}"] ?? Operations[route]["responses"]?["default"];

    /// <summary>The schema that a reference refers to, or the schema itself.</summary>
    public JsonNode Resolve(JsonNode schema)
    {
        var reference = (string?)(schema["$ref"] ?? schema["allOf"]?[0]?["$ref"]);
        return reference is null ? schema : json["components"]!["schemas"]![reference.Split('/')[^1]]!;
    }

    /// <summary>The errors of a value against the schema; empty when it is valid.</summary>
    public async Task<IReadOnlyList<string>> FaultsAsync(JsonNode schema, string value)
    {
        var key = schema.ToJsonString();
        var read = _read.TryGetValue(key, out var known) ? known : _read[key] = await ReadAsync(schema);
        return [.. read.Validate(value).Select(error => error.ToString())];
    }

    async Task<JsonSchema> ReadAsync(JsonNode schema)
    {
        var whole = new JsonObject { ["definitions"] = json["components"]!["schemas"]!.DeepClone(), ["allOf"] = new JsonArray(schema.DeepClone()) };
        WriteNullable(whole);
        return await JsonSchema.FromJsonAsync(whole.ToJsonString().Replace("#/components/schemas/", "#/definitions/", StringComparison.Ordinal),
            TestContext.Current.CancellationToken);
    }

    /// <summary>Translates OpenAPI 3.0's <c>nullable</c> to JSON Schema.</summary>
    static void WriteNullable(JsonNode? node)
    {
        foreach (var child in node is JsonObject members ? [.. members.Select(pair => pair.Value)] : node is JsonArray items ? items.ToArray() : [])
        {
            WriteNullable(child);
        }

        if (node is not JsonObject schema || schema["nullable"] is not JsonValue)
        {
            return;
        }

        if (schema["type"] is JsonValue type)
        {
            schema["type"] = new JsonArray(type.DeepClone(), "null");
        }

        if (schema.Remove("allOf", out var all))
        {
            schema["anyOf"] = new JsonArray(new JsonObject { ["allOf"] = all }, new JsonObject { ["type"] = "null" });
        }
    }
}
