using LoraHub.Api.Http;
using LoraHub.Core.Models;

namespace LoraHub.Api.Replicate.Models;

/// <summary>The body of a creation, for the API documents.</summary>
public sealed record ModelCreationRequest(
    string Owner,
    string Name,
    string Visibility,
    string Hardware,
    string? Description,
    string? GithubUrl,
    string? PaperUrl,
    string? LicenseUrl,
    string? CoverImageUrl);

/// <summary>The body of an update, for the API documents. What is omitted stays.</summary>
public sealed record ModelUpdateRequest(
    string? Description, string? Readme, string? GithubUrl, string? PaperUrl, string? LicenseUrl, string? WeightsUrl);

/// <summary>Reads the bodies of creations and updates.</summary>
static class ModelRequest
{
    public const string Owner = "owner", Name = "name", Visibility = "visibility", Hardware = "hardware";

    const string Description = "description", Readme = "readme", Github = "github_url", Paper = "paper_url", License = "license_url",
        Weights = "weights_url", CoverImage = "cover_image_url";

    const int LongestDescription = 10_000, LongestReadme = 200_000;

    static readonly string[] Changeable = [Description, Readme, Github, Paper, License, Weights];

    /// <summary>Reads what a creation may leave out.</summary>
    public static ModelEntry ReadDetails(BodyFields body, ModelEntry entry) => entry with
    {
        Description = body.Text(Description, LongestDescription),
        GithubUrl = body.WebAddress(Github),
        PaperUrl = body.WebAddress(Paper),
        LicenseUrl = body.WebAddress(License),
        CoverImageUrl = body.WebAddress(CoverImage),
    };

    /// <summary>Reads what an update changes. Null and the empty text remove what was stored.</summary>
    public static Func<ModelEntry, ModelEntry> ReadUpdate(BodyFields body)
    {
        if (!Changeable.Any(body.Has))
        {
            body.Refuse("required", "", $"give at least one of {string.Join(", ", Changeable)}");
        }

        var given = Changeable.Where(body.Has).ToDictionary(name => name, name => name switch
        {
            Description => body.Text(name, LongestDescription),
            Readme => body.Text(name, LongestReadme),
            _ => body.WebAddress(name),
        });
        return entry => entry with
        {
            Description = given.GetValueOrDefault(Description, entry.Description),
            Readme = given.GetValueOrDefault(Readme, entry.Readme),
            GithubUrl = given.GetValueOrDefault(Github, entry.GithubUrl),
            PaperUrl = given.GetValueOrDefault(Paper, entry.PaperUrl),
            LicenseUrl = given.GetValueOrDefault(License, entry.LicenseUrl),
            WeightsUrl = given.GetValueOrDefault(Weights, entry.WeightsUrl),
        };
    }
}
