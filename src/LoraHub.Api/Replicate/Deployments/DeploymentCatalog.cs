using LoraHub.Api.Http;
using LoraHub.Api.Models;
using LoraHub.Core;
using LoraHub.Core.Deployments;
using LoraHub.Modules.Versions;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Replicate.Deployments;

/// <summary>The deployments: the one of the settings, which serves the composer, and those that clients have created.</summary>
sealed class DeploymentCatalog(Composer composer, ModelCatalog models, IDeploymentStore store, IOptions<QueueOptions> queue)
{
    /// <summary>The deployment of the settings (<see cref="ApiOptions.Deployment"/>). It serves the composer's current version.</summary>
    public Deployment BuiltIn => new()
    {
        Id = composer.Deployment,
        CreatedAt = Composer.CreatedAt,
        Release = new DeploymentRelease
        {
            Model = composer.Name,
            Version = composer.Version,
            Hardware = queue.Value.Hardware,
            MinInstances = 1,
            MaxInstances = 1,
            CreatedAt = Composer.CreatedAt,
        },
    };

    /// <summary>The owner of the deployments that clients create: the account's name.</summary>
    public string Owner => composer.Owner;

    public bool IsBuiltIn(string id) => id == composer.Deployment;

    public async Task<Deployment?> FindAsync(string id, CancellationToken cancellationToken) =>
        IsBuiltIn(id) ? BuiltIn
        : ModelId.IsValid(id) ? await store.FindAsync(id, cancellationToken)
        : null;

    /// <summary>The model version that the deployment serves.</summary>
    /// <exception cref="RequestRefusedException">It cannot be called now; the answer says why.</exception>
    public async Task<CallableModel> ResolveAsync(Deployment deployment, CancellationToken cancellationToken)
    {
        var release = deployment.Release;
        if (IsBuiltIn(deployment.Id))
        {
            return models.Composer;
        }

        if (release.Hardware != queue.Value.Hardware)
        {
            throw Refused(
                deployment, $"it runs on `{release.Hardware}`, which this service no longer has; GET /v1/hardware lists what it has.");
        }

        return await models.FindAsync(release.Model, release.Version, cancellationToken) switch
        {
            null => throw Refused(
                deployment, $"version {release.Version} of `{release.Model}` no longer exists; update the deployment to another version."),
            { Problem: { } problem } => throw Refused(deployment, $"`{release.Model}` cannot be called: {problem}"),
            var model => model,
        };
    }

    static RequestRefusedException Refused(Deployment deployment, string reason) =>
        new(Problems.InvalidVersion($"The deployment `{deployment.Id}` cannot be called: {reason}"));
}
