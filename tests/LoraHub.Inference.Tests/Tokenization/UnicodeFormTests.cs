using System.Security.Cryptography;
using System.Text;
using CsCheck;
using LoraHub.Inference.Tokenization;

namespace LoraHub.Inference.Tests.Tokenization;

/// <summary>The four forms, with values of Python's unicodedata.</summary>
public sealed class UnicodeFormTests
{
    static readonly Gen<string> AnyText = Gen.OneOf(
            Gen.Char['\0', '\uD7FF'].Select(character => $"{character}"),
            Gen.OneOf("e", "\u0301", "\u0323", "\u0307", "\u1100", "\u1161", "\u11A8", "각", "ﬁ", "Å", "𝒜", "\uD83D"))
        .Array[0, 30].Select(string.Concat);

    [Theory]
    [InlineData("e\u0301", "é", "e\u0301", "é", "e\u0301")]
    [InlineData("ﬁ", "ﬁ", "ﬁ", "fi", "fi")]
    [InlineData("Å", "Å", "A\u030A", "Å", "A\u030A")]
    [InlineData("a\u0307\u0323", "ạ\u0307", "a\u0323\u0307", "ạ\u0307", "a\u0323\u0307")]
    [InlineData("\u0958", "\u0915\u093C", "\u0915\u093C", "\u0915\u093C", "\u0915\u093C")]
    [InlineData("각", "각", "\u1100\u1161\u11A8", "각", "\u1100\u1161\u11A8")]
    [InlineData("①½", "①½", "①½", "11⁄2", "11⁄2")]
    [InlineData("ｶﾞ", "ｶﾞ", "ｶﾞ", "ガ", "カ\u3099")]
    [InlineData("\u1E9B\u0323", "\u1E9B\u0323", "\u017F\u0323\u0307", "\u1E69", "s\u0323\u0307")]
    public void A_text_has_the_forms_of_Unicode(string text, string nfc, string nfd, string nfkc, string nfkd)
    {
        Assert.Equal(nfc, UnicodeForm.Nfc.Normalize(text));
        Assert.Equal(nfd, UnicodeForm.Nfd.Normalize(text));
        Assert.Equal(nfkc, UnicodeForm.Nfkc.Normalize(text));
        Assert.Equal(nfkd, UnicodeForm.Nfkd.Normalize(text));
    }

    // SHA-256 of the forms of texts with each code point before and behind marks, by Python's unicodedata 14.0.0.
    [Theory]
    [InlineData("Nfc", "eedf9e535641a3e9850a343aa2497245cd7c09cfd198f3cbb10c4cd71d792492")]
    [InlineData("Nfd", "70cc41d755574c21a4030c0795a4e92eae34691f8c7d11a34428fa2bb8426340")]
    [InlineData("Nfkc", "19840b1eebe59995f1266ac53fb2c991c2cd80d8d21c6f10ba3040d9b4c2c140")]
    [InlineData("Nfkd", "9de7c2d61828469de4273c8c5b0163fa9f8d6b074cb4226e293b810857aa9651")]
    public void Every_code_point_has_the_forms_of_Python(string name, string expected)
    {
        var form = name switch
        {
            "Nfc" => UnicodeForm.Nfc,
            "Nfd" => UnicodeForm.Nfd,
            "Nfkc" => UnicodeForm.Nfkc,
            _ => UnicodeForm.Nfkd,
        };
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var point = 0; point < 0x110000; point++)
        {
            if (Rune.IsValid(point))
            {
                hash.AppendData(Encoding.UTF8.GetBytes(form.Normalize($"a{new Rune(point)}\u0301\u0327{new Rune(point)}") + "\n"));
            }
        }

        Assert.Equal(expected, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    [Fact]
    public void Forms_of_forms_are_as_Unicode_says() => AnyText.Sample(text =>
    {
        var (nfc, nfd) = (UnicodeForm.Nfc.Normalize(text), UnicodeForm.Nfd.Normalize(text));

        Assert.Equal(nfc, UnicodeForm.Nfc.Normalize(nfd));
        Assert.Equal(nfd, UnicodeForm.Nfd.Normalize(nfc));
        Assert.Equal(UnicodeForm.Nfkc.Normalize(text), UnicodeForm.Nfkc.Normalize(nfd));
        Assert.Equal(UnicodeForm.Nfkd.Normalize(text), UnicodeForm.Nfd.Normalize(UnicodeForm.Nfkc.Normalize(text)));
    });

    [Fact]
    public void Every_unit_of_a_form_has_a_place_in_the_text() => AnyText.Sample(text =>
    {
        var sources = new List<SourceRange>();

        var form = UnicodeForm.Nfkc.Normalize(text, sources);

        Assert.Equal(form.Length, sources.Count);
        Assert.All(sources, source => Assert.True(source.Start < source.End && source.End <= text.Length));
    });
}
