using System.CommandLine;
using LoraHub.Core.Modules;

namespace LoraHub.Api.Commands.Modules;

/// <summary><c>lorahub modules search</c>: over ids and cards.</summary>
static class SearchCommand
{
    static readonly char[] Parting = [' ', '\t', '\n', '/', '-', '_', '.', ',', ';', ':', '(', ')', '[', ']', '|', '"', '\'', '`', '*', '#'];

    public static Command Create(Action<IServiceCollection>? replace)
    {
        var words = new Argument<string[]>("words") { Description = "Each must be a word, or begin one, of the id or the card.", Arity = ArgumentArity.OneOrMore };
        var limit = new Option<int>("--limit") { Description = "The most modules to show. Default: 20.", DefaultValueFactory = _ => 20 };
        var command = new Command("search", "Searches ids and cards, best match first.") { words, limit };
        command.SetAction((parsed, _) => ModulesCommand.RunAsync(replace, services =>
        {
            var asked = parsed.GetRequiredValue(words).SelectMany(Words).ToArray();
            var found = services.GetRequiredService<IModuleCatalog>().List()
                .Select(module => (Module: module, Score: Score(module, asked)))
                .Where(match => match.Score > 0)
                .OrderByDescending(match => match.Score).ThenBy(match => match.Module.Id, StringComparer.Ordinal)
                .Take(parsed.GetValue(limit)).Select(match => match.Module).ToArray();
            ModuleTable.Show(found);
            return Task.FromResult(found.Length > 0 ? ModulesCommand.Succeeded : ModulesCommand.Failed);
        }));
        return command;
    }

    /// <summary>A word of the id counts as ten of the card, a whole word as two beginnings. Zero when one of the words is nowhere.</summary>
    static int Score(ModuleInfo module, string[] asked)
    {
        var (id, card) = (Words(module.Id), Words(module.Card));
        int[] scores = [.. asked.Select(word => (10 * Score(id, word)) + Score(card, word))];
        return scores.Length > 0 && scores.All(score => score > 0) ? scores.Sum() : 0;
    }

    static int Score(string[] words, string asked) =>
        words.Contains(asked, StringComparer.OrdinalIgnoreCase) ? 2 : Array.Exists(words, word => word.StartsWith(asked, StringComparison.OrdinalIgnoreCase)) ? 1 : 0;

    static string[] Words(string text) => text.Split(Parting, StringSplitOptions.RemoveEmptyEntries);
}
