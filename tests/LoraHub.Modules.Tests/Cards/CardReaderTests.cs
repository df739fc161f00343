using System.Text;
using LoraHub.Api.Tests.Support;
using LoraHub.Modules.Cards;
using LoraHub.Modules.Versions;

namespace LoraHub.Modules.Tests.Cards;

public sealed class CardReaderTests
{
    [Fact]
    public void The_card_of_a_shipped_module_is_read()
    {
        var card = CardReader.ReadFolder(Path.Combine(Repository.Root, "models/lorahub/t5_mini-french"));

        Assert.Equal(["lora", "lorahub", "t5", "text2text-generation"], card.Tags);
        Assert.Equal(("mit", null, null), (card.License, card.Task, card.PromptTemplate));
        Assert.Equal(["t5-mini-generated"], card.Datasets);
        Assert.Contains("| en>fr window | fenêtre |", card.Text);
    }

    [Theory]
    [InlineData("pipeline_tag: qa", "qa")]
    [InlineData("task_categories: [nli, qa]", "nli")]
    [InlineData("tags:\n- lora\n- task:quoref", "quoref")]
    [InlineData("tags: [a]\npipeline_tag: {a: b}", null)]
    public void The_task_is_read_from_any_of_its_fields(string front, string? task) => Assert.Equal(task, Read($"---\n{front}\n---\n# x").Task);

    [Fact]
    public void A_single_value_is_read_as_a_list_and_the_spelling_licence_is_accepted()
    {
        var card = Read("---\r\ntags: one\r\nlicence: mit\r\ndatasets: squad\r\n---\r\nbody");

        Assert.Equal(["one"], card.Tags);
        Assert.Equal("mit", card.License);
        Assert.Equal(["squad"], card.Datasets);
    }

    [Theory]
    [InlineData("---\nprompt_template: |\n  Q: {x}\n  A:\n---\n## Prompt\n```\nother\n```", "Q: {x}\nA:")]
    [InlineData("# x\n```\nno\n```\n## Prompt template\ntext\n```text\nQ: {x}\n# no heading\n```\n```\nlater\n```", "Q: {x}\n# no heading")]
    [InlineData("## The TEMPLATE\n~~~~\n```\n~~~~", "```")]
    [InlineData("## Prompt\n## Other\n```\nno\n```", null)]
    [InlineData("## Prompt\n```\nnever closed", "never closed")]
    [InlineData("```\n## Prompt\n```\n```\nno\n```", null)]
    public void The_prompt_template_is_read_from_the_front_matter_or_the_first_block_under_its_heading(string card, string? template) =>
        Assert.Equal(template, Read(card).PromptTemplate);

    [Theory]
    [InlineData("a: &a [x, x]\nb: *a\ntags: [t]")]
    [InlineData("tags: &t [t]")]
    [InlineData("tags: [t\n")]
    [InlineData("tags: [t]\ntags: [u]")]
    [InlineData("- tags")]
    [InlineData("tags: !!binary [")]
    [InlineData("*: :")]
    public void A_front_matter_that_is_invalid_or_has_anchors_is_ignored_and_the_text_is_kept(string front)
    {
        var card = Read($"---\n{front}\n---\n# body");

        Assert.Empty(card.Tags);
        Assert.EndsWith("# body", card.Text);
    }

    [Fact]
    public void A_front_matter_that_expands_or_nests_without_limit_is_ignored()
    {
        var laughs = string.Concat(Enumerable.Range(1, 9).Select(i => $"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 9))}]\n"));

        Assert.Empty(Read($"---\na0: &a0 lol\n{laughs}tags: [t]\n---\n").Tags);
        Assert.Empty(Read($"---\ntags: [t]\nx: {new string('[', 20_000)}\n---\n").Tags);
        Assert.Empty(Read($"---\ntags: [t]\nx: {string.Concat(Enumerable.Repeat("{a: ", 10_000))}\n---\n").Tags);
        Assert.Empty(Read($"---\ntags: [{string.Concat(Enumerable.Repeat("t,", 20_000))}]\n---\n").Tags);
    }

    [Fact]
    public void At_most_64_values_are_kept_and_very_long_ones_are_dropped()
    {
        var card = Read($"---\ntags: [{string.Join(", ", Enumerable.Range(0, 200).Select(i => $"t{i}"))}]\nlicense: {new string('x', 5000)}\n---\n");

        Assert.Equal(64, card.Tags.Count);
        Assert.Null(card.License);
    }

    [Fact]
    public void At_most_64_KiB_are_read_and_invalid_bytes_are_replaced()
    {
        Assert.Equal(64 * 1024, Read(new string('a', 100_000)).Text.Length);
        Assert.Equal("a\uFFFDb", CardReader.Read([0x61, 0xFF, 0x62]).Text);
        Assert.Equal("", CardReader.ReadFolder("/nowhere").Text);
    }

    static ModuleCard Read(string card) => CardReader.Read(Encoding.UTF8.GetBytes(card));
}
