using LoraHub.Core.Deployments;
using LoraHub.Storage.Records.Modules;

namespace LoraHub.Storage.Records.Deployments;

/// <summary>A deployment with its current release, in the table <c>deployments</c>.</summary>
sealed class DeploymentRow
{
    public required string Id { get; init; }

    public string? CreatedBy { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required int Number { get; init; }

    public required string Model { get; init; }

    public required string Version { get; init; }

    public required string Hardware { get; init; }

    public required int MinInstances { get; init; }

    public required int MaxInstances { get; init; }

    public string? ReleasedBy { get; init; }

    public required DateTimeOffset ReleasedAt { get; init; }

    public static DeploymentRow From(Deployment deployment) => new()
    {
        Id = StoredText.Of(deployment.Id),
        CreatedBy = StoredText.Of(deployment.CreatedBy),
        CreatedAt = deployment.CreatedAt,
        Number = deployment.Release.Number,
        Model = StoredText.Of(deployment.Release.Model),
        Version = StoredText.Of(deployment.Release.Version),
        Hardware = StoredText.Of(deployment.Release.Hardware),
        MinInstances = deployment.Release.MinInstances,
        MaxInstances = deployment.Release.MaxInstances,
        ReleasedBy = StoredText.Of(deployment.Release.CreatedBy),
        ReleasedAt = deployment.Release.CreatedAt,
    };

    public Deployment ToDeployment() => new()
    {
        Id = Id,
        CreatedBy = CreatedBy,
        CreatedAt = CreatedAt,
        Release = new DeploymentRelease
        {
            Number = Number,
            Model = Model,
            Version = Version,
            Hardware = Hardware,
            MinInstances = MinInstances,
            MaxInstances = MaxInstances,
            CreatedBy = ReleasedBy,
            CreatedAt = ReleasedAt,
        },
    };
}
