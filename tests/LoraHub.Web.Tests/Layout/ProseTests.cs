using Bunit;
using LoraHub.Web.Layout;

namespace LoraHub.Web.Tests.Layout;

public sealed class ProseTests : BunitContext
{
    [Theory]
    [InlineData("Give `input` and `target`.", "Give <code>input</code> and <code>target</code>.")]
    [InlineData("`a`", "<code>a</code>")]
    [InlineData("no code", "no code")]
    [InlineData("a lone ` stays", "a lone ` stays")]
    [InlineData("`a` and a lone `", "<code>a</code> and a lone `")]
    [InlineData("`<b>`", "<code>&lt;b&gt;</code>")]
    [InlineData("", "")]
    public void What_is_between_backticks_is_code(string text, string html) =>
        Render<Prose>(prose => prose.Add(one => one.Text, text)).MarkupMatches(html);
}
