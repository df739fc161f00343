using System.CommandLine;
using LoraHub.Modules.Library;
using LoraHub.Modules.Versions;

namespace LoraHub.Api.Commands.Modules;

/// <summary><c>lorahub modules search</c>: searches ids and cards.</summary>
static class SearchCommand
{
    static readonly char[] Separators = [' ', '\t', '\n', '/', '-', '_', '.', ',', ';', ':', '(', ')', '[', ']', '|', '"', '\'', '`', '*', '#'];

    public static Command Create(CommandHost host)
    {
        var words = new Argument<string[]>("words")
        {
            Description = "Each must match a word of the id or the card, or the start of one.",
            Arity = ArgumentArity.OneOrMore,
        };
        var limit = new Option<int>("--limit") { Description = "The maximum number of modules. Default: 20.", DefaultValueFactory = _ => 20 };
        var command = new Command("search", "Searches ids and cards, best match first.") { words, limit };
        return host.Verb(
            command,
            invocation =>
            {
                var query = invocation.Require(words).SelectMany(Words).ToArray();
                var found = invocation.Service<ModuleLibrary>().List()
                    .Select(module => (Module: module, Score: Score(module, query)))
                    .Where(match => match.Score > 0)
                    .OrderByDescending(match => match.Score).ThenBy(match => match.Module.Id, StringComparer.Ordinal)
                    .Take(invocation.Get(limit)).Select(match => match.Module).ToArray();
                ModuleTable.Show(invocation.Output, found);
                return Task.FromResult(found.Length > 0 ? ExitCode.Succeeded : ExitCode.Failed);
            });
    }

    /// <summary>
    /// A match in the id counts ten times as much as one in the card, a whole word twice as much as a prefix. Zero if a word has no match.
    /// </summary>
    static int Score(ModuleVersion module, string[] query)
    {
        var (id, card) = (Words(module.Id), Words(module.Card.Purpose));
        int[] scores = [.. query.Select(word => (10 * Score(id, word)) + Score(card, word))];
        return scores.Length > 0 && scores.All(score => score > 0) ? scores.Sum() : 0;
    }

    static int Score(string[] words, string query) => words.Contains(query, StringComparer.OrdinalIgnoreCase)
        ? 2
        : Array.Exists(words, word => word.StartsWith(query, StringComparison.OrdinalIgnoreCase)) ? 1 : 0;

    static string[] Words(string text) => text.Split(Separators, StringSplitOptions.RemoveEmptyEntries);
}
