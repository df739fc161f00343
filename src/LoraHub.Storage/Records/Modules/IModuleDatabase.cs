namespace LoraHub.Storage.Records.Modules;

/// <summary>What differs between the databases where modules are registered: above all the search for words, in the table <c>module_words</c>.</summary>
interface IModuleDatabase
{
    /// <exception cref="Core.StorageUnavailableException">The database is away.</exception>
    Task<T> ReadAsync<T>(Func<RecordsContext, Task<T>> read, CancellationToken cancellationToken);

    /// <summary>Until the transaction ends, nobody else writes of this module.</summary>
    Task HoldAsync(RecordsContext records, string id, CancellationToken cancellationToken);

    /// <summary>Makes a row found by words, of which those of its id weigh more. It has none yet.</summary>
    Task AddWordsAsync(RecordsContext records, long number, IReadOnlyList<string> ofId, IReadOnlyList<string> ofCard, CancellationToken cancellationToken);

    Task RemoveWordsAsync(RecordsContext records, long number, CancellationToken cancellationToken);

    /// <summary>The rows for each of the words of which there is a word that begins with it.</summary>
    /// <param name="words">Of <see cref="SearchWords"/>; at least one.</param>
    IQueryable<ModuleMatch> Matches(RecordsContext records, IReadOnlyList<string> words);
}

/// <param name="Distance">The smaller, the better it matches.</param>
sealed record ModuleMatch(long Number, double Distance);
