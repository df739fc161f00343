using CsCheck;
using LoraHub.Inference.Tokenization;

namespace LoraHub.Inference.Tests.Tokenization;

public sealed class T5TokenizerLoadTests
{
    [Fact]
    public void Sentinels_follow_the_pieces_the_highest_first_as_in_FLAN_T5()
    {
        using var file = SpieceFile.With(Enumerable.Range(0, 32_000 - 3).Select(number => ($"▁{number}", -(float)number)));

        var tokenizer = T5Tokenizer.Load(file.Folder);

        Assert.Equal(32_100, tokenizer.Count);
        Assert.Equal([32_099, 32_000, 31_999, 1], tokenizer.Encode("<extra_id_0><extra_id_99>31996").Ids);
        Assert.Equal("<extra_id_0>", tokenizer.Decode([32_099, 32_127], skipSpecialTokens: false));
    }

    [Fact]
    public void The_folder_sets_the_number_of_sentinels_and_the_cleanup_of_spaces()
    {
        using var file = SpieceFile.With([("▁", -1), (".", -2)]);
        File.WriteAllText(
            Path.Combine(file.Folder, "tokenizer_config.json"),
            """{ "extra_ids": 2, "clean_up_tokenization_spaces": false }""");

        var tokenizer = T5Tokenizer.Load(file.Folder);

        Assert.Equal([6, 5, 3, 2, 1], tokenizer.Encode("<extra_id_0><extra_id_1><extra_id_2>").Ids);
        Assert.Equal(" .", tokenizer.Decode([3, 3, 4]));
        Assert.Equal(".", tokenizer.Decode([3, 3, 4], cleanUpSpaces: true));
    }

    [Fact]
    public void Of_two_equal_splits_the_one_with_the_longer_last_piece_wins()
    {
        using var file = SpieceFile.With([("▁", -1), ("Y", -3), ("YYY", -4)]);

        Assert.Equal([3, 4, 5, 1], T5Tokenizer.Load(file.Folder).Encode("YYYY").Ids);
    }

    [Fact]
    public void Unknown_characters_in_a_row_are_one_unknown_but_not_across_words()
    {
        using var file = SpieceFile.With([("▁", -1), ("a", -2)]);

        Assert.Equal([3, 2, 4, 2, 3, 2, 1], T5Tokenizer.Load(file.Folder).Encode("xyaz 😀😀").Ids);
    }

    [Fact]
    public void A_missing_model_file_is_named()
    {
        using var file = SpieceFile.WithBytes([]);
        File.Delete(file.ModelPath);

        var exception = Assert.Throws<FileNotFoundException>(() => T5Tokenizer.Load(file.Folder));

        Assert.Contains(Path.GetFileName(file.ModelPath), exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_file_cut_anywhere_is_named()
    {
        var whole = File.ReadAllBytes(Path.Combine(Bundled.Folder, "spiece.model"));
        foreach (var length in new[] { 0, 1, 7, 1000, whole.Length / 2, whole.Length - 1 })
        {
            using var file = SpieceFile.WithBytes(whole[..length]);

            AssertNames(file.ModelPath, file);
        }
    }

    [Fact]
    public void A_model_file_of_another_kind_is_named()
    {
        using var text = SpieceFile.WithBytes("version https://git-lfs.github.com/spec/v1\n"u8.ToArray());
        using var bytePairs = SpieceFile.With([("▁", -1)], algorithm: 2);
        using var notT5 = SpieceFile.With([("▁", -1)], endOfSequence: "<eos>");

        AssertNames(text.ModelPath, text);
        AssertNames(bytePairs.ModelPath, bytePairs);
        AssertNames(notT5.ModelPath, notT5);
    }

    [Fact]
    public void A_model_file_with_a_wrong_byte_is_named_or_works()
    {
        var whole = File.ReadAllBytes(Path.Combine(Bundled.Folder, "spiece.model"));
        Gen.Select(Gen.Int[0, whole.Length - 1], Gen.Byte).Sample(
            (position, value) =>
            {
                byte[] bytes = [.. whole];
                bytes[position] = value;
                using var file = SpieceFile.WithBytes(bytes);
                try
                {
                    T5Tokenizer.Load(file.Folder).Encode("Ａ ﬁne e\u0301 text\u00A0\u0301 <pad>");
                }
                catch (InvalidDataException exception)
                {
                    Assert.StartsWith(Path.GetFileName(file.ModelPath), exception.Message, StringComparison.Ordinal);
                }
            },
            iter: 50);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("""{ "extra_ids": -1 }""")]
    [InlineData("""{ "extra_ids": "many" }""")]
    public void A_broken_configuration_is_named(string json)
    {
        using var file = SpieceFile.With([("▁", -1)]);
        var path = Path.Combine(file.Folder, "tokenizer_config.json");
        File.WriteAllText(path, json);

        AssertNames(path, file);
    }

    static void AssertNames(string path, SpieceFile file)
    {
        var exception = Assert.Throws<InvalidDataException>(() => T5Tokenizer.Load(file.Folder));

        Assert.StartsWith(Path.GetFileName(path), exception.Message, StringComparison.Ordinal);
    }
}
