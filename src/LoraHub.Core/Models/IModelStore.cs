namespace LoraHub.Core.Models;

/// <summary>
/// What clients have stored about models. Only a model that a client created or described has an entry; a module without one is a model, too.
/// </summary>
public interface IModelStore
{
    /// <summary>Adds the entry of a new model, whose name then belongs to <see cref="ModelEntry.CreatedBy"/>.</summary>
    /// <returns>False, with nothing changed, when there is an entry or a module with this id.</returns>
    Task<bool> CreateAsync(ModelEntry entry, CancellationToken cancellationToken);

    /// <summary>Adds or replaces an entry atomically.</summary>
    /// <param name="change">
    /// Returns the new entry, with the same id, from the current one, or from null. May be called again after a transient error.
    /// </param>
    /// <returns>The new entry.</returns>
    Task<ModelEntry> UpdateAsync(string id, Func<ModelEntry?, ModelEntry> change, CancellationToken cancellationToken);

    Task<ModelEntry?> FindAsync(string id, CancellationToken cancellationToken);

    /// <summary>The entries among these ids, by id.</summary>
    Task<IReadOnlyDictionary<string, ModelEntry>> FindAsync(IReadOnlyCollection<string> ids, CancellationToken cancellationToken);

    /// <summary>
    /// The entries that belong to no module of the library, ordered by id: of models that have no version yet, and of described base models.
    /// </summary>
    Task<IReadOnlyList<ModelEntry>> ListWithoutModuleAsync(int skip, int limit, CancellationToken cancellationToken);

    /// <summary>Removes an entry.</summary>
    /// <returns>False when there was none.</returns>
    Task<bool> RemoveAsync(string id, CancellationToken cancellationToken);
}
