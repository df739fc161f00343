namespace LoraHub.Web.Predictions;

/// <summary>The addresses that belong to a run. The pages make none themselves.</summary>
/// <param name="Model">What it called: <c>owner/name</c>.</param>
/// <param name="Version">The model's version.</param>
/// <param name="Origin">The scheme and host of the service.</param>
/// <param name="Adapter">The path of <c>adapter.zip</c>; null without one. So are the others.</param>
public sealed record RunLinks(string Model, string Version, string Origin, string? Adapter, string? Checkpoint, string? Trace)
{
    /// <summary>The path of the model's page; null without one.</summary>
    public string? ModelPage { get; init; }
}
