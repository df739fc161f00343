using LoraHub.Api.Replicate.Account;
using LoraHub.Core.Deployments;

namespace LoraHub.Api.Replicate.Deployments;

/// <summary>A deployment in Replicate's JSON.</summary>
public sealed record ReplicateDeployment(string Owner, string Name, ReplicateRelease CurrentRelease)
{
    /// <param name="account">The creator of what no token has created.</param>
    internal static ReplicateDeployment From(Deployment deployment, ReplicateAccount account)
    {
        var (name, release) = (deployment.Id.Split('/'), deployment.Release);
        return new ReplicateDeployment(name[0], name[1], new ReplicateRelease(
            release.Number,
            release.Model,
            release.Version,
            release.CreatedAt,
            release.CreatedBy is { } token ? new ReplicateAccount("user", token, token) : account,
            new ReplicateConfiguration(release.Hardware, release.MinInstances, release.MaxInstances)));
    }
}

/// <param name="Number">1 for the first release; each update adds 1.</param>
/// <param name="CreatedBy">The token that made the release.</param>
public sealed record ReplicateRelease(
    int Number, string Model, string Version, DateTimeOffset CreatedAt, ReplicateAccount CreatedBy, ReplicateConfiguration Configuration);

/// <param name="Hardware">A <c>sku</c> from <c>GET /v1/hardware</c>.</param>
/// <param name="MinInstances">Workers keep the version loaded unless this is 0.</param>
public sealed record ReplicateConfiguration(string Hardware, int MinInstances, int MaxInstances);
