using System.Text.Json;
using System.Text.Json.Nodes;

namespace LoraHub.Api.Tests.Cog.Recorded;

/// <summary>Requests to a Cog container, in order, and Cog's responses.</summary>
/// <param name="Source">The source of the responses.</param>
/// <param name="Service">The state of the service: <c>ready</c>, <c>starting</c> or <c>failed</c> (its setup).</param>
sealed record Exchange(string Name, string Source, IReadOnlyList<Step> Steps, string Service = "ready")
{
    public static IReadOnlyList<Exchange> All { get; } = Read<Exchange>("exchanges.json");

    public static IReadOnlyList<T> Read<T>(string file)
    {
        var path = Path.Combine(Support.Repository.Root, "tests", "LoraHub.Api.Tests", "Cog", "Recorded", file);
        return JsonSerializer.Deserialize<T[]>(File.ReadAllText(path), JsonSerializerOptions.Web)!;
    }
}

/// <param name="Send">Method and path, or null in a step that only waits.</param>
/// <param name="Json">The body, sent as JSON; or <paramref name="Text"/>, sent as <paramref name="Type"/> or as nothing in particular.</param>
/// <param name="As">A name for the response, for a later step to wait for.</param>
/// <param name="Answer">The name of the response that this step waits for.</param>
/// <param name="Until">The status that this step waits for, of the service or of a prediction.</param>
/// <param name="Of">The prediction whose status the step waits for. Cog reports BUSY while it runs one; LoraHub already does when it accepts
/// one.</param>
sealed record Step(
    string? Send, IReadOnlyDictionary<string, string>? Headers, JsonNode? Json, string? Text, string? Type, string? As, string? Answer, string? Until,
    string? Of, CogAnswer? Cog);

/// <summary>
/// Cog's response. In JSON, <c>&lt;text&gt;</c>, <c>&lt;number&gt;</c>, <c>&lt;time&gt;</c> and <c>&lt;any&gt;</c> are placeholders for varying
/// values.
/// </summary>
/// <param name="Type">The media type, if there is a body.</param>
/// <param name="Text">The body as it is.</param>
/// <param name="Events">The events of a stream, each an object with one key: the event's name, and its data.</param>
sealed record CogAnswer(
    int Status, IReadOnlyDictionary<string, string>? Headers, string? Type, JsonNode? Json, string? Text, IReadOnlyList<JsonObject>? Events);

/// <summary>An intended difference between this service and Cog.</summary>
/// <param name="Step">Which of the exchange's steps, from 1 on.</param>
/// <param name="At">The part of the response: <c>status</c>, <c>header.NAME</c>, <c>type</c>, <c>body</c> or a path in it.</param>
sealed record Difference(string Exchange, int Step, string At, string Cog, string Ours, string Why);
