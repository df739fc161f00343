using System.CommandLine;
using LoraHub.Modules.Library;
using LoraHub.Modules.Ranking;

namespace LoraHub.Api.Commands.Modules;

/// <summary><c>lorahub modules search</c>: searches ids and cards.</summary>
static class SearchCommand
{
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
                var query = string.Join(' ', invocation.Require(words));
                var modules = invocation.Service<ModuleLibrary>().List();
                var found = TextSearch.Find(query, modules, module => module.Id, module => module.Card.Text)
                    .Take(invocation.Get(limit)).ToArray();
                if (found.Length > 0 || invocation.Output.IsJson)
                {
                    ModuleTable.Show(invocation.Output, found);
                }
                else
                {
                    Output.Note($"No module matches all of the words `{query}`; try fewer words, or see `lorahub modules list`.");
                }

                return Task.FromResult(found.Length > 0 ? ExitCode.Succeeded : ExitCode.Failed);
            });
    }
}
