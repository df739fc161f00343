using LoraHub.Inference.Adaptation;

namespace LoraHub.Inference.Tests.Predictions;

/// <summary>Which answers count as right.</summary>
public sealed class AnswerComparisonTests
{
    [Theory]
    [InlineData("été", "e\u0301te\u0301")]
    [InlineData("e\u0301te\u0301", "été")]
    [InlineData("été", "\uFEFFété")]
    [InlineData("paris", " \uFEFF Paris.\uFEFF\n")]
    [InlineData("각", "\u1100\u1161\u11A8")]
    [InlineData("Ångström", "A\u030Angstro\u0308m")]
    [InlineData("ạ\u0307", "a\u0307\u0323")]
    [InlineData("the U.S.", "The US")]
    public void Equal_text_is_right_whatever_its_Unicode_form(string answer, string expected) => Assert.True(ExactMatch.IsRight(answer, expected));

    [Theory]
    [InlineData("ete", "été")]
    [InlineData("fi", "ﬁ")]
    [InlineData("a b", "ab")]
    [InlineData("", "x")]
    public void Other_text_is_wrong(string answer, string expected) => Assert.False(ExactMatch.IsRight(answer, expected));
}
