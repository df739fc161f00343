namespace LoraHub.Core.Deployments;

/// <summary>A name that is pinned to a version of a model.</summary>
public sealed record Deployment
{
    /// <summary><c>owner/name</c>.</summary>
    public required string Id { get; init; }

    /// <summary>The name of the token that created it, or null.</summary>
    public string? CreatedBy { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>What it serves now.</summary>
    public required DeploymentRelease Release { get; init; }
}

/// <summary>A state of a deployment. Each update makes a new one.</summary>
public sealed record DeploymentRelease
{
    /// <summary>1 for the first release, then increasing by one.</summary>
    public int Number { get; init; } = 1;

    /// <summary>The <c>owner/name</c> of the model.</summary>
    public required string Model { get; init; }

    /// <summary>The id of the version.</summary>
    public required string Version { get; init; }

    /// <summary>The queue of its predictions (<see cref="QueueOptions.Hardware"/>).</summary>
    public required string Hardware { get; init; }

    /// <summary>Workers keep the version loaded unless this is 0.</summary>
    public int MinInstances { get; init; }

    public int MaxInstances { get; init; }

    /// <summary>The name of the token that made this release, or null.</summary>
    public string? CreatedBy { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }
}
