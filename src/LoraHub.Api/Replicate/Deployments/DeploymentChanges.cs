using LoraHub.Api.Http;
using LoraHub.Api.Models;
using LoraHub.Api.Security;
using LoraHub.Core;
using LoraHub.Core.Deployments;
using LoraHub.Modules.Versions;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Replicate.Deployments;

/// <summary>
/// Creates, updates and deletes deployments. A prediction takes its version when it is created, so no change affects those that wait or run.
/// </summary>
sealed partial class DeploymentChanges(
    DeploymentCatalog catalog,
    ModelCatalog models,
    IDeploymentStore store,
    IOptions<QueueOptions> queue,
    TimeProvider time,
    ILogger<DeploymentChanges> logger)
{
    public const string InSettings = "This deployment is the service's own: it always serves the composer. Api:Deployment names it.";

    const string NameRule = "name must have 1 to 96 letters, digits, `.`, `-` and `_`, and begin with a letter, a digit or `_`";

    const string OfOthers = "This deployment was created with another token; use a token with the scope `admin`.";

    /// <returns>The new deployment.</returns>
    /// <exception cref="RequestRefusedException">The body is wrong, or the name is taken.</exception>
    public async Task<Deployment> CreateAsync(HttpContext http)
    {
        var body = await BodyFields.ReadAsync(http.Request);
        var given = DeploymentRequest.ReadCreation(body);
        var id = $"{catalog.Owner}/{given.Name}";
        if (given.Name.Length > 0 && !ModelId.IsValid(id))
        {
            body.Refuse("invalid_value", DeploymentRequest.Name, NameRule);
        }

        CheckHardware(body, given.Hardware);
        body.Check();
        var model = await FindAsync(body, given.Model, given.Version, http.RequestAborted);
        var (now, token) = (time.GetUtcNow(), http.User.Identity?.Name);
        var deployment = new Deployment
        {
            Id = id,
            CreatedBy = token,
            CreatedAt = now,
            Release = new DeploymentRelease
            {
                Model = model.Name,
                Version = model.Version,
                Hardware = given.Hardware,
                MinInstances = given.MinInstances,
                MaxInstances = given.MaxInstances,
                CreatedBy = token,
                CreatedAt = now,
            },
        };
        if (catalog.IsBuiltIn(id) || !await store.CreateAsync(deployment, http.RequestAborted))
        {
            throw new RequestRefusedException(Problems.Because(StatusCodes.Status409Conflict, null, Taken(id)));
        }

        LogCreated(id, model.Name, model.Version);
        return deployment;
    }

    /// <returns>The deployment with its new release, or null when there is none with this id.</returns>
    /// <exception cref="RequestRefusedException">The body is wrong, or the token may not change the deployment.</exception>
    public async Task<Deployment?> UpdateAsync(string id, HttpContext http)
    {
        if (await FindOwnAsync(id, http) is not { } current)
        {
            return null;
        }

        var body = await BodyFields.ReadAsync(http.Request);
        var given = DeploymentRequest.ReadUpdate(body);
        if (given.Hardware is { } hardware)
        {
            CheckHardware(body, hardware);
        }

        body.Check();
        var model = given.Version is { } version ? await FindAsync(body, current.Release.Model, version, http.RequestAborted) : null;
        var updated = await store.UpdateAsync(
            id,
            release =>
            {
                var next = release with
                {
                    Version = model?.Version ?? release.Version,
                    Hardware = given.Hardware ?? release.Hardware,
                    MinInstances = given.MinInstances ?? release.MinInstances,
                    MaxInstances = given.MaxInstances ?? release.MaxInstances,
                    CreatedBy = http.User.Identity?.Name,
                    CreatedAt = time.GetUtcNow(),
                };
                DeploymentRequest.CheckInstances(body, next.MinInstances, next.MaxInstances);
                body.Check(); // before anything is written: the instances that are not given are those of the current release
                return next;
            },
            http.RequestAborted);
        if (updated is not null)
        {
            LogUpdated(id, updated.Release.Number, updated.Release.Version);
        }

        return updated;
    }

    /// <returns>False when there is none with this id.</returns>
    /// <exception cref="RequestRefusedException">The token may not delete it.</exception>
    public async Task<bool> DeleteAsync(string id, HttpContext http)
    {
        if (await FindOwnAsync(id, http) is null || !await store.RemoveAsync(id, http.RequestAborted))
        {
            return false;
        }

        LogDeleted(id);
        return true;
    }

    public static string Taken(string id) => $"There is already a deployment `{id}`; choose another name, or update that one.";

    /// <exception cref="RequestRefusedException">The token may not change it.</exception>
    async Task<Deployment?> FindOwnAsync(string id, HttpContext http)
    {
        if (catalog.IsBuiltIn(id))
        {
            throw new RequestRefusedException(Problems.Because(StatusCodes.Status409Conflict, null, InSettings));
        }

        var found = await catalog.FindAsync(id, http.RequestAborted);
        return found is null || http.IsAdmin() || found.CreatedBy == http.User.Identity?.Name
            ? found
            : throw new RequestRefusedException(Problems.Because(StatusCodes.Status403Forbidden, "Forbidden", OfOthers));
    }

    /// <exception cref="RequestRefusedException">There is no such version, or it cannot be called.</exception>
    async Task<CallableModel> FindAsync(BodyFields body, string name, string version, CancellationToken cancellationToken)
    {
        var model = await models.FindAsync(name, version, cancellationToken);
        if (model is null && await models.FindAsync(name, version: null, cancellationToken) is null)
        {
            body.Refuse("invalid_value", DeploymentRequest.Model, models.Unknown(name));
        }
        else if (model is null)
        {
            body.Refuse("invalid_value", DeploymentRequest.Version, models.Unknown(name, version));
        }
        else if (model.Problem is { } problem)
        {
            body.Refuse("invalid_value", DeploymentRequest.Version, $"`{model.Name}` cannot be called: {problem}");
        }

        body.Check();
        return model!;
    }

    void CheckHardware(BodyFields body, string sku)
    {
        if (sku.Length > 0 && sku != queue.Value.Hardware)
        {
            body.Refuse("invalid_value", DeploymentRequest.Hardware, "hardware must be a sku from GET /v1/hardware");
        }
    }

    [LoggerMessage(LogLevel.Information, "Created deployment {Deployment} of {Model}, version {Version}.")]
    partial void LogCreated(string deployment, string model, string version);

    [LoggerMessage(LogLevel.Information, "Updated deployment {Deployment}: release {Number} serves version {Version}.")]
    partial void LogUpdated(string deployment, int number, string version);

    [LoggerMessage(LogLevel.Information, "Deleted deployment {Deployment}.")]
    partial void LogDeleted(string deployment);
}
