using System.Text.Json.Nodes;
using LoraHub.Core.Uploads;
using LoraHub.Web.Playground;

namespace LoraHub.Web.Trainings;

/// <summary>What the form of a new training shows.</summary>
/// <param name="Destination"><c>owner/name</c>, as it was typed.</param>
/// <param name="Given">The inputs, without those that have their defaults.</param>
/// <param name="Input">The same, as the form shows them.</param>
/// <param name="File">The file that <c>train_data</c> refers to, or null.</param>
public sealed record TrainingDraft(string Destination, JsonObject Given, PlaygroundInput Input, Upload? File)
{
    /// <summary>The name of the form's field with the URL of a file that was uploaded before.</summary>
    public const string EarlierFile = "earlier_file";

    public static TrainingDraft Empty { get; } = new("", [], new PlaygroundInput([], [], []), null);
}
