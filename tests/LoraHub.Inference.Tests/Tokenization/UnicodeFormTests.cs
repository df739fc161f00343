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
