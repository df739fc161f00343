using System.Text.Json;
using System.Text.Json.Nodes;

namespace LoraHub.Api.Tests.Cog.Recorded;

/// <summary>Requests to a Cog container, in their order, and what Cog answers.</summary>
/// <param name="Source">Where the answers are known from.</param>
/// <param name="Service">In which state the service is: <c>ready</c>, <c>starting</c> or <c>failed</c> (its setup).</param>
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
/// <param name="As">A name for the answer, which a later step waits for; this one does not.</param>
/// <param name="Answer">The name of the answer that this step waits for.</param>
/// <param name="Until">The status that this step waits for: the service's health, or what became of a prediction.</param>
/// <param name="Of">The prediction whose status is waited for. Cog says BUSY when it runs one; here it is said when one is taken in, a moment before a worker has it.</param>
sealed record Step(
    string? Send, IReadOnlyDictionary<string, string>? Headers, JsonNode? Json, string? Text, string? Type, string? As, string? Answer, string? Until, string? Of, CogAnswer? Cog);

/// <summary>
/// What Cog answers. In JSON, <c>&lt;text&gt;</c>, <c>&lt;number&gt;</c>, <c>&lt;time&gt;</c> and <c>&lt;any&gt;</c> stand for what differs from run to run.
/// </summary>
/// <param name="Type">The media type, where there is a body.</param>
/// <param name="Text">The body as it is.</param>
/// <param name="Events">Of a stream, each an object of one key: the event's name, and its data.</param>
sealed record CogAnswer(
    int Status, IReadOnlyDictionary<string, string>? Headers, string? Type, JsonNode? Json, string? Text, IReadOnlyList<JsonObject>? Events);

/// <summary>Where this service is meant to answer otherwise.</summary>
/// <param name="Step">Which of the exchange's steps, from 1 on.</param>
/// <param name="At">What of the answer: <c>status</c>, <c>header.NAME</c>, <c>type</c>, <c>body</c> or a place in it.</param>
sealed record Difference(string Exchange, int Step, string At, string Cog, string Ours, string Why);
