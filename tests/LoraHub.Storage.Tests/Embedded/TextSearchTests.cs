using LoraHub.Modules.Library;
using LoraHub.Modules.Ranking;
using LoraHub.Modules.Versions;
using LoraHub.Storage.Tests.Contracts;

namespace LoraHub.Storage.Tests.Embedded;

public sealed class TextSearchTests
{
    static readonly string[] Vocabulary =
        ["French", "English", "question", "questions", "flanQuestion", "t5", "mini", "an", "answer", "année", "task"];

    [Fact]
    public async Task The_search_in_folders_ranks_as_the_index_does()
    {
        var token = TestContext.Current.CancellationToken;
        await using var engine = await EmbeddedEngine.StartAsync();
        var random = new Random(1);
        ModuleVersion[] modules = [.. Enumerable.Range(0, 60).Select(i => Some.Module(
            $"mine/{Words(random, 2)}-{i}".Replace(' ', '_'), card: Words(random, random.Next(30))))];
        foreach (var module in modules)
        {
            await engine.Modules.PutAsync(module, token);
        }

        foreach (var query in (string[])["french", "quest", "an", "mine task", "FLAN answer", "t5 mini an", "task task -tas", "none", "7", ""])
        {
            var indexed = await engine.Modules.ListAsync(new ModuleQuery { Text = query, Limit = 100 }, token);
            var found = TextSearch.Find(query, modules, module => module.Id, module => module.Card.Text);

            Assert.Equal(indexed.Select(module => module.Id), found.Select(module => module.Id));
        }
    }

    static string Words(Random random, int count) => string.Join(' ', random.GetItems(Vocabulary, count));
}
