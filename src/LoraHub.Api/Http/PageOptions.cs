namespace LoraHub.Api.Http;

/// <summary>The pages for people with a browser.</summary>
public sealed class PageOptions
{
    public const string Section = "Web";

    /// <summary>Whether the service has pages. Default: true.</summary>
    public bool Enabled { get; init; } = true;
}
