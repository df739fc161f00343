using LoraHub.Web.Library;

namespace LoraHub.Web.Tests.Library;

/// <summary>The tables of a card as pages show them.</summary>
public sealed class CardTableTests
{
    [Theory]
    [InlineData("0.60587955822164418", "<td>0.6059</td>")]
    [InlineData("-1.2345678901234567E-05", "<td>-1.235E-05</td>")]
    [InlineData("0.25", "<td>0.25</td>")]
    [InlineData("12.3456789", "<td>12.35</td>")]
    [InlineData("not finite", "<td>not finite</td>")]
    public void A_long_number_is_rounded(string number, string cell) =>
        Assert.Contains(cell, CardHtml.Render($"| loss |\n|---|\n| {number} |\n"), StringComparison.Ordinal);

    [Fact]
    public void A_digest_is_shortened()
    {
        var html = CardHtml.Render($"| version |\n|---|\n| {new string('a', 64)} |\n");

        Assert.Contains($"<td>{new string('a', 12)}…</td>", html, StringComparison.Ordinal);
    }

    [Fact]
    public void Modules_are_links_only_in_their_column()
    {
        var html = CardHtml.Render("| weight | module | other |\n|---|---|---|\n| 1 | me/french | and/or |\n| 2 | [x](/sign-out) | no |\n| 3 | ../x | no |\n");

        Assert.Contains("<a href=\"/modules/me/french\">me/french</a>", html, StringComparison.Ordinal);
        Assert.Equal(1, html.Split("href=").Length - 1);
    }

    [Fact]
    public void A_long_table_is_folded()
    {
        var rows = string.Concat(Enumerable.Range(0, 28).Select(row => $"| {row} |\n"));

        var html = CardHtml.Render($"| evaluation |\n|---|\n{rows}");

        Assert.Contains("<details><summary>A table of 28 rows</summary><table>", html, StringComparison.Ordinal);
    }

    [Fact]
    public void The_title_is_not_said_twice()
    {
        var html = CardHtml.Render("---\nbase_model: x\n---\n# An adapter for x\n\ntext\n\n## Use\n");

        Assert.DoesNotContain("An adapter for x", html, StringComparison.Ordinal);
        Assert.Contains("<h3>Use</h3>", html, StringComparison.Ordinal);
    }
}
