using System.Text.Json;
using System.Text.Json.Nodes;
using LoraHub.Core.Json;

namespace LoraHub.Api.Docs;

/// <summary>Finds example responses among those of all APIs.</summary>
sealed class AnswerExamples(IEnumerable<IAnswerExamples> fronts)
{
    /// <summary>An example response of the type, serialized as the routes serialize it.</summary>
    /// <exception cref="InvalidOperationException">The type has no example.</exception>
    public JsonNode Of(Type type, int statusCode)
    {
        var answer = fronts.Select(front => front.Find(type, statusCode)).FirstOrDefault(example => example is not null)
            ?? throw new InvalidOperationException($"No example response is registered for {type}.");
        return JsonSerializer.SerializeToNode(answer, type, WireJson.Options)!;
    }
}
