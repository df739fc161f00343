using LoraHub.Api.Models;
using LoraHub.Api.Replicate.Account;

namespace LoraHub.Api.Replicate.Deployments;

/// <summary>The single deployment, which is this service.</summary>
public sealed record ReplicateDeployment(string Owner, string Name, ReplicateRelease CurrentRelease)
{
    internal static ReplicateDeployment From(Composer model, ReplicateHardware hardware)
    {
        var name = model.Deployment.Split('/');
        return new ReplicateDeployment(name[0], name[1], new ReplicateRelease(
            Number: 1,
            model.Name,
            model.Version,
            Composer.CreatedAt,
            ReplicateAccount.From(model),
            new ReplicateConfiguration(hardware.Sku, MinInstances: 1, MaxInstances: 1)));
    }
}

public sealed record ReplicateRelease(
    int Number, string Model, string Version, DateTimeOffset CreatedAt, ReplicateAccount CreatedBy, ReplicateConfiguration Configuration);

/// <param name="Hardware">A <c>sku</c> from <c>GET /v1/hardware</c>.</param>
public sealed record ReplicateConfiguration(string Hardware, int MinInstances, int MaxInstances);
