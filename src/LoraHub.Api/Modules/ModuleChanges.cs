using System.Text.Json;
using System.Text.Json.Nodes;
using LoraHub.Api.Http;
using LoraHub.Core.Json;
using LoraHub.Modules.Folders;
using LoraHub.Modules.Library;
using LoraHub.Modules.Ranking;
using LoraHub.Modules.Versions;

namespace LoraHub.Api.Modules;

/// <summary>Quarantines and releases versions of modules, under every name that has the same bytes.</summary>
sealed partial class ModuleChanges(
    VersionStore store,
    ModuleLibrary library,
    IModuleIndex index,
    ModuleIndexer indexer,
    SimilarModules similar,
    ILogger<ModuleChanges> logger)
{
    const int LongestReason = 500;

    public static readonly string ReasonRule =
        $"reason is required: one line of 1 to {LongestReason} characters that says why the module is quarantined";

    public static async Task<IResult> QuarantineAsync(string owner, string name, HttpContext http, ModuleChanges changes)
    {
        switch (await JsonBody.ReadAsync(http.Request))
        {
            case JsonBody.Refused(var statusCode, var why):
                return Problems.Because(statusCode, null, why);
            case JsonBody.Parsed(JsonObject body) when body["reason"] is JsonValue value && value.GetValueKind() == JsonValueKind.String
                && ((string)value!).Trim() is var reason && IsReason(reason):
                return await changes.MarkAsync(ModuleReference.Parse($"{owner}/{name}"), reason, http);
            default:
                return Problems.Fields([new InvalidField("required", "reason", ReasonRule)]);
        }
    }

    public static Task<IResult> ReleaseAsync(string owner, string name, HttpContext http, ModuleChanges changes) => changes.MarkAsync(
        ModuleReference.Parse($"{owner}/{name}"), reason: null, http);

    /// <summary>Whether the text, trimmed, is a reason by <see cref="ReasonRule"/>.</summary>
    public static bool IsReason(string text) => text.Length is > 0 and <= LongestReason && !text.Any(char.IsControl);

    /// <param name="named">Null if what the request names is no reference.</param>
    /// <param name="reason">Why the module is quarantined; null releases it.</param>
    public async Task<IResult> MarkAsync(ModuleReference? named, string? reason, HttpContext http)
    {
        if (named is null || await index.FindAsync(named, http.RequestAborted) is not { } module)
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
        foreach (var same in library.VersionsOf(module.Digest!).Where(same => same.Id != module.Id))
        {
            await store.QuarantineAsync(new ModuleReference(same.Id, same.Digest), reason, CancellationToken.None);
            await indexer.RefreshAsync(same.Id, CancellationToken.None);
        }

        module = await index.FindAsync(reference, CancellationToken.None) ?? module;
        return TypedResults.Json(await ModulePages.WholeAsync(module, http.Request, similar, http.RequestAborted), WireJson.Options);
    }

    [LoggerMessage(LogLevel.Information, "Quarantined module {Module}, version {Digest}.")]
    partial void LogQuarantined(string module, string? digest);

    [LoggerMessage(LogLevel.Information, "Released module {Module}, version {Digest}, from quarantine.")]
    partial void LogReleased(string module, string? digest);
}
