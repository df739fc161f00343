using LoraHub.Api.Http;
using LoraHub.Api.Models;
using LoraHub.Api.Predictions;
using LoraHub.Core;
using LoraHub.Core.Models;
using LoraHub.Core.Predictions;
using LoraHub.Modules.Library;
using LoraHub.Modules.Ranking;
using LoraHub.Modules.Versions;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Replicate.Models;

/// <summary>
/// Lists and searches the models: the composer, then the base models, then the modules that can be used, then the models without a version. A page
/// costs a few queries and reads no file.
/// </summary>
sealed class ModelList(
    ModelCatalog catalog,
    Composer composer,
    IModuleIndex index,
    IModelStore entries,
    PredictionIntake intake,
    IOptions<LimitsOptions> limits)
{
    const int PageSize = 100;

    /// <param name="skip">The number of models before the page.</param>
    /// <param name="order">Null for the order of this class. Models without a version are last in every order.</param>
    /// <returns>The models of a page, and the number of models before the next one; null on the last page.</returns>
    public async Task<(IReadOnlyList<ReplicateModel> Models, int? Next)> ReadAsync(
        int skip, ModelOrder? order, string origin, CancellationToken cancellationToken)
    {
        var all = (await catalog.BasesAsync(cancellationToken)).Prepend(catalog.Composer).Concat(catalog.Modules.Select(Listed)).ToArray();
        if (order is not null)
        {
            all = await SortAsync(all, order, cancellationToken);
        }

        var page = all.Skip(skip).Take(PageSize + 1).ToList(); // one extra shows whether there is a next page
        var room = PageSize + 1 - page.Count;
        if (room > 0)
        {
            var empty = await entries.ListWithoutModuleAsync(Math.Max(0, skip - all.Length), room, cancellationToken);
            page.AddRange(empty.Select(ModelCatalog.Empty));
        }

        var described = await DescribeAsync(page.Take(PageSize), origin, cancellationToken);
        var fitting = ReplicatePage.Within(limits.Value.PageBytes, described.Select(model => model.Description));
        var read = fitting.Length < described.Count ? described[fitting.Length].Position : Math.Min(PageSize, page.Count);
        return (fitting, read < page.Count ? skip + read : null);
    }

    /// <summary>The models whose names and descriptions contain the words: composer and base models, then modules, best match first.</summary>
    public async Task<IReadOnlyList<ReplicateModel>> SearchAsync(string query, int limit, string origin, CancellationToken cancellationToken)
    {
        var others = (await catalog.BasesAsync(cancellationToken)).Prepend(catalog.Composer);
        var found = TextSearch.Find(query, others, model => model.Name, ModelText.DescriptionOf);
        var modules = await index.ListAsync(new ModuleQuery { Text = query, UsableOnly = true, Limit = limit }, cancellationToken);
        var described = await DescribeAsync(found.Concat(modules.Select(Listed)).Take(limit), origin, cancellationToken);
        return [.. described.Select(model => model.Description)];
    }

    /// <summary>The model in Replicate's JSON.</summary>
    public ReplicateModel Describe(CallableModel model, string origin) =>
        ReplicateModel.From(model, origin, model.Module?.Uses ?? intake.Count(model)) with
        {
            DefaultExample = CardExamples.Of(model, composer, origin).FirstOrDefault(),
        };

    /// <summary>All versions of the model: the current one first, then from newest to oldest.</summary>
    public async Task<IReadOnlyList<CallableModel>> VersionsAsync(CallableModel model, CancellationToken cancellationToken)
    {
        if (model.IsEmpty)
        {
            return [];
        }

        var versions = model.Module is null ? [] : await index.VersionsAsync(model.Name, cancellationToken);
        return versions.Count == 0 ? [model] : [.. versions.Where(version => version.Digest is not null).Select(Listed)];
    }

    /// <summary>Adds what only the database has of a module's version, such as its use count and its description.</summary>
    public async Task<CallableModel> WithRecordsAsync(CallableModel model, CancellationToken cancellationToken) =>
        model.Module is null ? model : model with
        {
            Module = await index.FindAsync(new ModuleReference(model.Name, model.Version), cancellationToken) ?? model.Module,
            Entry = await entries.FindAsync(model.Name, cancellationToken),
        };

    static CallableModel Listed(ModuleVersion module) =>
        new(module.Id, module.Digest ?? "", PredictionKind.Generate) { BaseModel = module.BaseModel, Module = module };

    /// <summary>Sorts by the times that the models show; models of the same time are ordered by name.</summary>
    async Task<CallableModel[]> SortAsync(IEnumerable<CallableModel> models, ModelOrder order, CancellationToken cancellationToken)
    {
        var times = await index.TimesAsync(cancellationToken);
        var byName = models.OrderBy(model => model.Name, StringComparer.Ordinal);
        return [.. order.IsAscending ? byName.OrderBy(TimeOf) : byName.OrderByDescending(TimeOf)];

        DateTimeOffset TimeOf(CallableModel model) => model.Module is null || !times.TryGetValue(model.Name, out var known) ? Composer.CreatedAt
            : order.ByCreation ? known.First : known.Latest;
    }

    /// <summary>Omits modules that the indexer has not read yet, and entries with one of the service's own names.</summary>
    async Task<IReadOnlyList<(int Position, ReplicateModel Description)>> DescribeAsync(
        IEnumerable<CallableModel> models, string origin, CancellationToken cancellationToken)
    {
        var known = await WithRecordsAsync([.. models], cancellationToken);
        return
        [
            .. known.Index().Where(model => model.Item.IsEmpty ? !catalog.IsOfService(model.Item.Name) : model.Item.Version.Length > 0)
                .Select(model => (model.Index, Describe(model.Item, origin))),
        ];
    }

    /// <summary>
    /// Adds what only the database has of a module's current version: its use count, its description, and for a folder without a record its digest.
    /// </summary>
    async Task<IReadOnlyList<CallableModel>> WithRecordsAsync(IReadOnlyList<CallableModel> models, CancellationToken cancellationToken)
    {
        string[] ids = [.. models.Where(model => model.Module is not null).Select(model => model.Name)];
        if (ids.Length == 0)
        {
            return models;
        }

        var indexed = await index.FindAsync(ids, cancellationToken);
        var described = await entries.FindAsync(ids, cancellationToken);
        return
        [
            .. models.Select(model => model.Module is null ? model : Recorded(model) with { Entry = described.GetValueOrDefault(model.Name) }),
        ];

        CallableModel Recorded(CallableModel model) =>
            indexed.GetValueOrDefault(model.Name) is { Digest: { } digest } module && (model.Version.Length == 0 || model.Version == digest)
                ? model with { Version = digest, Module = module }
                : model;
    }
}
