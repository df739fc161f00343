using LoraHub.Core.Modules;

namespace LoraHub.Api.Modules;

/// <summary>Brings the registry up to what the folders are now.</summary>
sealed class ModuleRegistration(IModuleRegistry registry, IModuleCatalog catalog)
{
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        var known = await registry.StampsAsync(cancellationToken);
        var now = catalog.List();
        foreach (var gone in known.Keys.Except(now.Select(module => module.Id), StringComparer.Ordinal))
        {
            await registry.RemoveAsync(gone, cancellationToken);
        }

        foreach (var module in now.Where(module => module.Record is not null && known.GetValueOrDefault(module.Id) != module.Stamp))
        {
            await registry.PutAsync(Of(module, module.Record!), cancellationToken);
        }
    }

    static RegisteredModule Of(ModuleInfo module, ModuleRecord record) => new()
    {
        Id = module.Id,
        Digest = record.Digest,
        Size = record.Files[^1].Size,
        Stamp = module.Stamp,
        IsOwned = module.IsOwned,
        Report = record.Report,
        Source = record.Source,
        Revision = record.Revision,
        PublishedBy = record.PublishedBy,
        PublishedAt = record.PublishedAt,
        Quarantine = record.Quarantine,
        Problem = module.Problem,
        Card = new ModuleCard { Text = module.Card },
    };
}
