using System.Collections.Concurrent;
using System.IO.Enumeration;
using System.Text.RegularExpressions;
using LoraHub.Modules.Versions;
using Microsoft.Extensions.Options;

namespace LoraHub.Modules.HuggingFace;

/// <summary>Brings a set of modules: one that fails does not stop the others.</summary>
sealed partial class ModulePull(HubClient hub, ModuleFetch fetch, IOptions<HubOptions> options)
{
    public const string NameRule = "a module is `owner/name`, a set of an owner's modules `owner/name-*`, with `*` for any letters and `?` for one";

    /// <summary>Whether the text is an id, or a pattern of one owner's ids.</summary>
    public static bool IsName(string text) => ModelId.IsValid(text) || Pattern().IsMatch(text);

    /// <param name="names">Ids and patterns, valid ones.</param>
    /// <returns>One outcome each, ordered by id.</returns>
    /// <exception cref="HubException">The hub does not say what a pattern means, or it means nothing.</exception>
    public async Task<IReadOnlyList<PullOutcome>> RunAsync(IReadOnlyList<string> names, string? revision, bool update, string? baseModel, IPullProgress progress, CancellationToken cancellationToken)
    {
        var ids = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var name in names)
        {
            ids.UnionWith(ModelId.IsValid(name) ? [name] : await FindAsync(name, cancellationToken));
        }

        progress.Found(ids.Count);
        var outcomes = new ConcurrentBag<PullOutcome>();
        await Parallel.ForEachAsync(
            ids,
            new ParallelOptions { MaxDegreeOfParallelism = options.Value.Parallel, CancellationToken = cancellationToken },
            async (id, token) =>
            {
                var outcome = await fetch.FetchAsync(id, revision, update, baseModel, progress, token);
                outcomes.Add(outcome);
                progress.Ended(outcome);
            });
        return [.. outcomes.OrderBy(outcome => outcome.Id, StringComparer.Ordinal)];
    }

    async Task<IReadOnlyCollection<string>> FindAsync(string pattern, CancellationToken cancellationToken)
    {
        var (owner, name) = (pattern[..pattern.IndexOf('/', StringComparison.Ordinal)], pattern[(pattern.IndexOf('/', StringComparison.Ordinal) + 1)..]);
        var text = name.Split('*', '?').Select(run => run.Trim('-', '_', '.')).MaxBy(run => run.Length)!; // what the hub can look for itself
        var found = new HashSet<string>(StringComparer.Ordinal);
        await foreach (var id in hub.SearchAsync(owner, text, cancellationToken))
        {
            if (FileSystemName.MatchesSimpleExpression(pattern, id, ignoreCase: false))
            {
                found.Add(id);
            }
        }

        return found.Count > 0 ? found : throw new HubException($"No model on {hub.Endpoint} is called {pattern}.");
    }

    [GeneratedRegex(@"^[A-Za-z0-9_][A-Za-z0-9._-]{0,95}/[A-Za-z0-9_*?][A-Za-z0-9._*?-]{0,95}\z", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Pattern();
}
