using LoraHub.Api.Http;
using LoraHub.Api.Models;
using LoraHub.Api.Modules;
using LoraHub.Core;
using LoraHub.Core.Models;
using LoraHub.Modules.Library;
using LoraHub.Modules.Versions;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Replicate.Models;

/// <summary>Creates, describes and deletes models. A model is a module of the library, or a name for one that is not published yet.</summary>
sealed partial class ModelChanges(
    ModelCatalog catalog,
    ModuleLibrary library,
    IModuleIndex index,
    ModuleRights rights,
    ModuleDeletion deletion,
    IModelStore store,
    IOptions<QueueOptions> queue,
    TimeProvider time,
    ILogger<ModelChanges> logger)
{
    public const string OfService = "This model is the service's own: the composer or a base model. It cannot be changed or deleted.";

    const string NameRule = "owner and name must each have 1 to 96 letters, digits, `.`, `-` and `_`, and begin with a letter, a digit or `_`";

    /// <returns>The new model.</returns>
    /// <exception cref="RequestRefusedException">The body is wrong, or the name is taken.</exception>
    public async Task<ModelEntry> CreateAsync(HttpContext http)
    {
        var body = await BodyFields.ReadAsync(http.Request);
        var entry = Read(body, http);
        if (await rights.RefuseSpellingAsync(entry.Id, http) is { } refusal)
        {
            throw new RequestRefusedException(refusal);
        }

        if (catalog.IsOfService(entry.Id) || library.Find(new ModuleReference(entry.Id, null)) is not null
            || !await store.CreateAsync(entry, http.RequestAborted))
        {
            throw Refused(StatusCodes.Status409Conflict, Taken(entry.Id));
        }

        LogCreated(entry.Id);
        return entry;
    }

    /// <returns>False when there is no such model.</returns>
    /// <exception cref="RequestRefusedException">The body is wrong, or the token may not change the model.</exception>
    public async Task<bool> UpdateAsync(string id, HttpContext http)
    {
        var module = await FindOwnAsync(id, http);
        if (module is null && await store.FindAsync(id, http.RequestAborted) is null)
        {
            return false;
        }

        var body = await BodyFields.ReadAsync(http.Request);
        var change = ModelRequest.ReadUpdate(body);
        body.Check();
        if (await rights.RefuseChangeAsync(id, http) is { } forbidden)
        {
            throw new RequestRefusedException(forbidden);
        }

        var now = time.GetUtcNow();
        await store.UpdateAsync(
            id,
            entry => change(entry ?? new ModelEntry { Id = id, CreatedBy = module?.PublishedBy ?? http.User.Identity?.Name, CreatedAt = now }),
            http.RequestAborted);
        LogUpdated(id);
        return true;
    }

    /// <summary>Deletes a model with all of its versions.</summary>
    /// <returns>The response.</returns>
    public async Task<IResult> DeleteAsync(string id, HttpContext http)
    {
        if (await FindOwnAsync(id, http) is not null)
        {
            return await deletion.DeleteAsync(id, http) ?? Problems.NotFound();
        }

        if (await store.FindAsync(id, http.RequestAborted) is null)
        {
            return Problems.NotFound();
        }

        if (await rights.RefuseChangeAsync(id, http) is { } forbidden)
        {
            return forbidden;
        }

        await store.RemoveAsync(id, http.RequestAborted);
        LogDeleted(id);
        return TypedResults.NoContent();
    }

    /// <returns>The response.</returns>
    public async Task<IResult> DeleteVersionAsync(string id, string version, HttpContext http) =>
        await FindOwnAsync(id, http) is null ? Problems.NotFound() : await deletion.DeleteVersionAsync(id, version, http) ?? Problems.NotFound();

    public static string Taken(string id) => $"There is already a model `{id}`; choose another name.";

    /// <exception cref="RequestRefusedException">The body is wrong.</exception>
    ModelEntry Read(BodyFields body, HttpContext http)
    {
        var (owner, name) = (body.RequiredText(ModelRequest.Owner), body.RequiredText(ModelRequest.Name));
        if (owner.Length > 0 && name.Length > 0 && !ModelId.IsValid($"{owner}/{name}"))
        {
            body.Refuse("invalid_value", ModelRequest.Name, NameRule);
        }

        var visibility = body.RequiredText(ModelRequest.Visibility);
        if (visibility is not ("" or "public" or "private"))
        {
            body.Refuse("enum", ModelRequest.Visibility, $"{ModelRequest.Visibility} must be public or private");
        }

        if (body.RequiredText(ModelRequest.Hardware) is { Length: > 0 } hardware && hardware != queue.Value.Hardware)
        {
            body.Refuse("invalid_value", ModelRequest.Hardware, $"{ModelRequest.Hardware} must be a sku from GET /v1/hardware");
        }

        var entry = new ModelEntry
        {
            Id = $"{owner}/{name}",
            Visibility = visibility,
            CreatedBy = http.User.Identity?.Name,
            CreatedAt = time.GetUtcNow(),
        };
        entry = ModelRequest.ReadDetails(body, entry);
        body.Check();
        return entry;
    }

    /// <summary>The current version of the module with this name, or null.</summary>
    /// <exception cref="RequestRefusedException">The name is the service's own.</exception>
    async Task<ModuleVersion?> FindOwnAsync(string id, HttpContext http) =>
        !ModelId.IsValid(id) ? null
        : catalog.IsOfService(id) ? throw Refused(StatusCodes.Status409Conflict, OfService)
        : await index.FindAsync(new ModuleReference(id, null), http.RequestAborted);

    static RequestRefusedException Refused(int statusCode, string detail) => new(Problems.Because(statusCode, null, detail));

    [LoggerMessage(LogLevel.Information, "Created model {Model}.")]
    partial void LogCreated(string model);

    [LoggerMessage(LogLevel.Information, "Updated the description of model {Model}.")]
    partial void LogUpdated(string model);

    [LoggerMessage(LogLevel.Information, "Deleted model {Model}.")]
    partial void LogDeleted(string model);
}
