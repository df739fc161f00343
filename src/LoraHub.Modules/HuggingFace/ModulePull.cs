using System.Collections.Concurrent;
using System.IO.Enumeration;
using System.Text.RegularExpressions;
using LoraHub.Modules.Versions;
using Microsoft.Extensions.Options;

namespace LoraHub.Modules.HuggingFace;

/// <summary>Downloads a set of modules. A failed download does not stop the others.</summary>
sealed partial class ModulePull(HubClient hub, ModuleDownload download, IOptions<HubOptions> options)
{
    public const string NameRule = "use `owner/name`, or a pattern such as `owner/name-*`, where `*` matches any characters and `?` matches one";

    /// <summary>Whether the text is an id, or a pattern for one owner's ids.</summary>
    public static bool IsName(string text) => ModelId.IsValid(text) || Pattern().IsMatch(text);

    /// <param name="names">Valid ids and patterns.</param>
    /// <returns>One outcome per module, ordered by id.</returns>
    /// <exception cref="HubException">A search failed, or a pattern matches no module.</exception>
    public async Task<IReadOnlyList<PullOutcome>> RunAsync(
        IReadOnlyList<string> names, string? revision, bool update, string? baseModel, IPullProgress progress, CancellationToken cancellationToken)
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
                var outcome = await download.DownloadAsync(id, revision, update, baseModel, progress, token);
                outcomes.Add(outcome);
                progress.Ended(outcome);
            });
        return [.. outcomes.OrderBy(outcome => outcome.Id, StringComparer.Ordinal)];
    }

    async Task<IReadOnlyCollection<string>> FindAsync(string pattern, CancellationToken cancellationToken)
    {
        var slash = pattern.IndexOf('/', StringComparison.Ordinal);
        var (owner, name) = (pattern[..slash], pattern[(slash + 1)..]);
        var text = name.Split('*', '?').Select(run => run.Trim('-', '_', '.')).MaxBy(run => run.Length)!; // the Hub searches for plain text only
        var found = new HashSet<string>(StringComparer.Ordinal);
        await foreach (var id in hub.SearchAsync(owner, text, cancellationToken))
        {
            if (FileSystemName.MatchesSimpleExpression(pattern, id, ignoreCase: false))
            {
                found.Add(id);
            }
        }

        return found.Count > 0 ? found : throw new HubException($"No model on {hub.Endpoint} matches {pattern}.");
    }

    [GeneratedRegex(@"^[A-Za-z0-9_][A-Za-z0-9._-]{0,95}/[A-Za-z0-9_*?][A-Za-z0-9._*?-]{0,95}\z", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Pattern();
}
