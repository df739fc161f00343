using System.Text;
using LoraHub.Formats.Tests;
using LoraHub.Modules.Cards;
using LoraHub.Modules.Folders;
using LoraHub.Modules.Library;

namespace LoraHub.Inference.Tests.Models;

public sealed class CardPurposeTests
{
    [Fact]
    public void Of_the_front_matter_only_tags_task_and_data_sets_stay()
    {
        const string Card =
            """
            ---
            license: mit
            library_name: peft
            tags:
            - lora
            - question-answering
            pipeline_tag: text2text-generation
            task_categories: [summarization]
            base_model: hub/base
            datasets:
              - squad
            metrics:
            - bleu
            ---
            # hub/mine
            Answers questions.
            """;

        Assert.Equal(
            "lora\nquestion-answering\ntext2text-generation\nsummarization\nsquad\n# hub/mine\nAnswers questions.",
            Read(Encoding.UTF8.GetBytes(Card.ReplaceLineEndings("\r\n"))));
    }

    [Theory]
    [InlineData("no front matter\n---\ntags: x", "no front matter\n---\ntags: x")]
    [InlineData("---\ntags: never closed", "---\ntags: never closed")]
    [InlineData("---\n: : [\n\t- {{\n---\ntext", "text")]
    [InlineData("\uFEFF---\ntags: a\n---\ntext", "a\ntext")]
    [InlineData("---\n---", "")]
    [InlineData("", "")]
    public void A_card_of_any_form_is_read(string card, string text)
    {
        Assert.Equal(text, Read(Encoding.UTF8.GetBytes(card)));
    }

    [Theory]
    [InlineData(new byte[] { 0x66, 0xE9, 0x65 }, "f\uFFFDe")] // Latin-1
    [InlineData(new byte[] { 0x66, 0xC3 }, "f")] // cut short
    public void What_is_not_utf8_is_read_as_far_as_it_can_be(byte[] card, string text)
    {
        Assert.Equal(text, Read(card));
    }

    [Fact]
    public void A_long_card_is_read_to_64_KiB_even_when_that_parts_a_character()
    {
        Assert.Equal("a" + new string('é', (32 * 1024) - 1), Read(Encoding.UTF8.GetBytes("a" + new string('é', 50_000))));
    }

    [Fact]
    public void No_card_a_folder_or_a_dangling_link_in_its_place_are_empty()
    {
        using var folder = new TemporaryFolder();
        var card = Path.Combine(folder.Path, "README.md");
        var none = CardReader.ReadFolder(folder.Path).Purpose;
        Directory.CreateDirectory(card);
        var aFolder = CardReader.ReadFolder(folder.Path).Purpose;
        Directory.Delete(card);
        File.CreateSymbolicLink(card, Path.Combine(folder.Path, "nowhere"));
        var aLink = CardReader.ReadFolder(folder.Path).Purpose;

        Assert.Equal(["", "", ""], [none, aFolder, aLink]);
    }

    [Fact]
    public void The_catalog_shows_a_card_as_it_is_now_and_a_broken_one_breaks_nothing()
    {
        using var folder = new TemporaryFolder();
        var module = Directory.CreateDirectory(Path.Combine(folder.Path, "hub", "plurals")).FullName;
        foreach (var name in new[] { "adapter_config.json", "adapter_model.bin" })
        {
            File.Copy(Golden.Model($"lorahub/t5_mini-plurals/{name}"), Path.Combine(module, name));
        }

        var catalog = new ModuleLibrary(new SearchPath([folder.Path]), new BaseModels(new SearchPath([folder.Path]), "lorahub/t5-mini"));
        var without = Purpose();
        File.WriteAllText(Path.Combine(module, "README.md"), "the plural of a noun");
        var with = Purpose();
        File.WriteAllBytes(Path.Combine(module, "README.md"), [0xFF, 0xFF, 0xFF]);
        var broken = Purpose();

        Assert.Equal(["", "the plural of a noun", ""], [without, with, broken]);

        string Purpose()
        {
            var info = Assert.Single(catalog.List());
            Assert.Null(info.Problem);
            return info.Card.Purpose;
        }
    }

    static string Read(byte[] card)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(Path.Combine(folder.Path, "README.md"), card);
        return CardReader.ReadFolder(folder.Path).Purpose;
    }
}
