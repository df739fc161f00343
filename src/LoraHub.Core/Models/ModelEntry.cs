namespace LoraHub.Core.Models;

/// <summary>What clients have stored about a model. What is null comes from the card of the model's current version.</summary>
public sealed record ModelEntry
{
    /// <summary><c>owner/name</c>.</summary>
    public required string Id { get; init; }

    public string? Description { get; init; }

    /// <summary>Markdown.</summary>
    public string? Readme { get; init; }

    /// <summary><c>public</c> or <c>private</c>.</summary>
    public string Visibility { get; init; } = "public";

    public string? GithubUrl { get; init; }

    public string? PaperUrl { get; init; }

    public string? LicenseUrl { get; init; }

    public string? WeightsUrl { get; init; }

    public string? CoverImageUrl { get; init; }

    /// <summary>
    /// The name of the token that the model's name belongs to, or null: nobody else may publish versions of it. For the entry of a module that was
    /// published before, the one that published it.
    /// </summary>
    public string? CreatedBy { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }
}
