using LoraHub.Api.Http;

namespace LoraHub.Api.Replicate.Deployments;

/// <summary>The body of a creation, for the API documents.</summary>
public sealed record DeploymentCreationRequest(string Name, string Model, string Version, string Hardware, int MinInstances, int MaxInstances);

/// <summary>The body of an update, for the API documents. What is omitted stays.</summary>
public sealed record DeploymentUpdateRequest(string? Version, string? Hardware, int? MinInstances, int? MaxInstances);

/// <summary>Reads the bodies of creations and updates.</summary>
static class DeploymentRequest
{
    public const string Name = "name", Model = "model", Version = "version", Hardware = "hardware";

    public const int MostMinInstances = 5, MostMaxInstances = 20;

    const string MinInstances = "min_instances", MaxInstances = "max_instances";

    static readonly string[] Changeable = [Version, Hardware, MinInstances, MaxInstances];

    /// <summary>Reads all members of a creation. The caller checks names and calls <see cref="BodyFields.Check"/>.</summary>
    public static DeploymentCreationRequest ReadCreation(BodyFields body)
    {
        var read = new DeploymentCreationRequest(
            body.RequiredText(Name),
            body.RequiredText(Model),
            body.RequiredText(Version),
            body.RequiredText(Hardware),
            body.RequiredInteger(MinInstances, 0, MostMinInstances) ?? 0,
            body.RequiredInteger(MaxInstances, 0, MostMaxInstances) ?? MostMaxInstances);
        CheckInstances(body, read.MinInstances, read.MaxInstances);
        return read;
    }

    /// <summary>Reads what an update changes.</summary>
    public static DeploymentUpdateRequest ReadUpdate(BodyFields body)
    {
        if (!Changeable.Any(body.Has))
        {
            body.Refuse("required", "", $"give at least one of {string.Join(", ", Changeable)}");
        }

        return new DeploymentUpdateRequest(
            body.Text(Version, int.MaxValue),
            body.Text(Hardware, int.MaxValue),
            body.Integer(MinInstances, 0, MostMinInstances),
            body.Integer(MaxInstances, 0, MostMaxInstances));
    }

    public static void CheckInstances(BodyFields body, int least, int most)
    {
        if (least > most)
        {
            body.Refuse("invalid_value", MinInstances, $"{MinInstances} must not be greater than {MaxInstances}");
        }
    }
}
