using System.Text.Json;
using System.Text.Json.Nodes;
using LoraHub.Api.Http;
using LoraHub.Core.Json;
using LoraHub.Modules.Folders;
using LoraHub.Modules.Library;
using LoraHub.Modules.Ranking;
using LoraHub.Modules.Versions;

namespace LoraHub.Api.Modules;

/// <summary>Deletes, quarantines and releases modules.</summary>
sealed partial class ModuleChanges(
    VersionStore store, IModuleIndex index, ModuleIndexer indexer, SimilarModules similar, ILogger<ModuleChanges> logger)
{
    const int LongestReason = 500;

    static readonly string ReasonRule = $"reason is required: one line of 1 to {LongestReason} characters that says why the module is quarantined";

    public static Task<IResult> DeleteAsync(string owner, string name, HttpContext http, ModuleChanges changes) => changes.DeleteAsync(
        $"{owner}/{name}", http);

    public static async Task<IResult> QuarantineAsync(string owner, string name, HttpContext http, ModuleChanges changes)
    {
        switch (await JsonBody.ReadAsync(http.Request))
        {
            case JsonBody.Refused(var statusCode, var why):
                return Problems.Because(statusCode, null, why);
            case JsonBody.Parsed(JsonObject body) when body["reason"] is JsonValue value && value.GetValueKind() == JsonValueKind.String
                && ((string)value!).Trim() is { Length: > 0 and <= LongestReason } reason && !reason.Any(char.IsControl):
                return await changes.MarkAsync(owner, name, reason, http);
            default:
                return Problems.Fields([new InvalidField("required", "reason", ReasonRule)]);
        }
    }

    public static Task<IResult> ReleaseAsync(string owner, string name, HttpContext http, ModuleChanges changes) => changes.MarkAsync(
        owner, name, reason: null, http);

    async Task<IResult> DeleteAsync(string id, HttpContext http)
    {
        if (!ModelId.IsValid(id) || await index.FindAsync(new ModuleReference(id, null), http.RequestAborted) is null)
        {
            return Problems.NotFound();
        }

        if (await ModuleRights.RefuseChangeAsync(id, http, index) is { } forbidden)
        {
            return forbidden;
        }

        var holders = await index.HoldersAsync(id, http.RequestAborted);
        if (holders.Count > 0)
        {
            return Problems.Because(StatusCodes.Status409Conflict, null, Held(holders.Count));
        }

        if (!await store.RemoveAsync(id, http.RequestAborted))
        {
            return Problems.Because(StatusCodes.Status409Conflict, null, ModuleRights.NotOwned);
        }

        LogDeleted(id);
        await indexer.RefreshAsync(id, CancellationToken.None);
        return TypedResults.NoContent();
    }

    /// <param name="reason">Why the module is quarantined; null releases it.</param>
    async Task<IResult> MarkAsync(string owner, string name, string? reason, HttpContext http)
    {
        if (ModuleReference.Parse($"{owner}/{name}") is not { } named || await index.FindAsync(named, http.RequestAborted) is not { } module)
        {
            return Problems.NotFound();
        }

        var reference = new ModuleReference(module.Id, module.Digest);
        if (!await store.QuarantineAsync(reference, reason, http.RequestAborted))
        {
            return Problems.Because(StatusCodes.Status409Conflict, null, ModuleRights.NotOwned);
        }

        if (reason is null)
        {
            LogReleased(module.Id, module.Digest);
        }
        else
        {
            LogQuarantined(module.Id, module.Digest);
        }

        await indexer.RefreshAsync(module.Id, CancellationToken.None);
        module = await index.FindAsync(reference, CancellationToken.None) ?? module;
        return TypedResults.Json(await ModulePages.WholeAsync(module, http.Request, similar, http.RequestAborted), WireJson.Options);
    }

    public static string Held(int count) => count == 1
        ? "A queued or running prediction uses this module; cancel the prediction or wait for it to finish."
        : $"{count} queued or running predictions use this module; cancel them or wait for them to finish.";

    [LoggerMessage(LogLevel.Information, "Deleted module {Module}.")]
    partial void LogDeleted(string module);

    [LoggerMessage(LogLevel.Information, "Quarantined module {Module}, version {Digest}.")]
    partial void LogQuarantined(string module, string? digest);

    [LoggerMessage(LogLevel.Information, "Released module {Module}, version {Digest}, from quarantine.")]
    partial void LogReleased(string module, string? digest);
}
