using AngleSharp.Dom;
using AngleSharp.Html.Parser;
using LoraHub.Web.Library;

namespace LoraHub.Web.Tests.Library;

/// <summary>Cards of hostile authors are inert and bounded.</summary>
public sealed class CardHtmlTests
{
    static readonly string[] Elements =
    [
        "p", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "code", "em", "strong", "a",
        "table", "thead", "tbody", "tr", "th", "td", "hr", "br",
    ];

    [Theory]
    [InlineData("<script>alert(1)</script>")]
    [InlineData("<SCRIPT SRC=https://evil.example/x.js></SCRIPT>")]
    [InlineData("text <img src=x onerror=alert(1)> text")]
    [InlineData("<svg onload=alert(1)><a xlink:href=\"javascript:alert(1)\">x</a></svg>")]
    [InlineData("<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">")]
    [InlineData("<iframe srcdoc=\"<script>alert(1)</script>\"></iframe><form action=/pages/sign-out><button>x</button></form>")]
    [InlineData("<div style=\"position:fixed\" class=\"notice\" id=\"content\">x</div>")]
    [InlineData("```\n</code></pre><script>alert(1)</script>\n```")]
    [InlineData("`</code><script>alert(1)</script>`")]
    [InlineData("# a {onclick=alert(1)}\n\n[a](/x){onclick=alert(1)}")]
    [InlineData("[a](https://x.example \"\\\" onclick=\\\"alert(1)\")")]
    [InlineData("<https://x.example/\"onmouseover=alert(1)>")]
    [InlineData("![a](https://evil.example/track.png) ![b](data:image/svg+xml;base64,PHN2Zz4=) [![c](x.png)](https://ci.example)")]
    [InlineData("|a|\n|-:|\n|<script>|")]
    [InlineData("&lt;script&gt; &#60;script&#62;")]
    public void Only_plain_elements_remain_with_no_attribute_but_safe_links(string card)
    {
        var html = Body(CardHtml.Render(card));

        Assert.All(html.QuerySelectorAll("*"), element =>
        {
            Assert.Contains(element.LocalName, Elements);
            Assert.Empty(element.Attributes.Select(attribute => attribute.Name).Except(["href", "rel", "start"]));
        });
    }

    [Theory]
    [InlineData("[a](javascript:alert(1))")]
    [InlineData("[a](JaVaScRiPt:alert(1))")]
    [InlineData("[a](&#106;avascript:alert(1))")]
    [InlineData("[a](java\tscript:alert(1))")]
    [InlineData("[a](<java\u0000script:alert(1)>)")]
    [InlineData("[a](vbscript:x)")]
    [InlineData("[a](data:text/html,x)")]
    [InlineData("[a](file:///etc/passwd)")]
    [InlineData("[a](blob:https://x.example/1)")]
    [InlineData("[a](/pages/sign-out)")]
    [InlineData("[a](//evil.example)")]
    [InlineData("[a](\\\\\\\\evil.example)")]
    [InlineData("[a](?x=1)")]
    [InlineData("[a](#content)")]
    [InlineData("<javascript:alert(1)>")]
    [InlineData("[a]\n\n[a]: javascript:alert(1)")]
    public void A_link_to_anything_but_another_site_leads_nowhere(string card) =>
        Assert.Empty(Body(CardHtml.Render(card)).QuerySelectorAll("[href]"));

    [Theory]
    [InlineData("[a](https://ok.example/?a=b&c)", "https://ok.example/?a=b&c")]
    [InlineData("<http://ok.example>", "http://ok.example")]
    [InlineData("https://ok.example", "https://ok.example")]
    [InlineData("[a](mailto:a@b.example)", "mailto:a@b.example")]
    public void A_link_to_another_site_neither_vouches_for_it_nor_gives_it_the_window(string card, string target)
    {
        var link = Assert.Single(Body(CardHtml.Render(card)).QuerySelectorAll("a"));

        Assert.Equal((target, "nofollow noopener"), (link.GetAttribute("href"), link.GetAttribute("rel")));
    }

    [Fact]
    public void An_image_is_shown_as_its_description() =>
        Assert.Equal("a cat and a dog", Body(CardHtml.Render("a ![cat *and*](https://x.example/1.png) a ![dog](2.png)")).TextContent.Trim());

    [Fact]
    public void Headings_come_below_the_pages_own_and_without_a_gap() => Assert.Equal(
        ["h3", "h4", "h5", "h4"],
        Body(CardHtml.Render("# a\n\n###### b\n\n###### c\n\n## d\n")).QuerySelectorAll("*").Select(heading => heading.LocalName));

    [Fact]
    public void The_front_matter_is_not_shown() => Assert.Equal("<p>Hello</p>", CardHtml.Render("---\ntags: [a]\n---\nHello").Trim());

    [Theory]
    [InlineData("[", 1)]
    [InlineData("![", 1)]
    [InlineData("> ", 1)]
    [InlineData("1. ", 1)]
    [InlineData("- ```\n", 8)]
    [InlineData("*a_", 1)]
    [InlineData("`a``b```", 3)]
    [InlineData("[a](b", 2)]
    [InlineData("&", 5)]
    [InlineData("|x|y|\n", 8)]
    [InlineData("# a\n", 8)]
    [InlineData("<a@", 8)]
    public void A_megabyte_of_anything_is_cut_off(string piece, int growth)
    {
        var html = CardHtml.Render(string.Concat(Enumerable.Repeat(piece, 1_000_000 / piece.Length)));

        Assert.InRange(html.Length, 0, (growth + 4) * CardHtml.MostCharacters);
    }

    [Fact]
    public void A_table_with_a_wide_head_and_many_short_rows_is_not_filled_up() // 4000 columns times 4000 rows
    {
        var (bars, lines) = (string.Concat(Enumerable.Repeat("|a", 4000)), string.Concat(Enumerable.Repeat("|-", 4000)));

        var html = CardHtml.Render($"{bars}\n{lines}\n{string.Concat(Enumerable.Repeat("|b\n", 4000))}");

        Assert.DoesNotContain("<table>", html, StringComparison.Ordinal);
        Assert.InRange(html.Length, 0, 2 * CardHtml.MostCharacters);
    }

    [Fact]
    public void What_is_nested_too_deeply_is_shown_as_it_was_written()
    {
        var card = string.Concat(Enumerable.Repeat("> - ", 1000)) + "<script>";

        Assert.Equal(card, Assert.Single(Body(CardHtml.Render(card)).Children).TextContent);
    }

    static IElement Body(string html) => new HtmlParser().ParseDocument(html).Body!;
}
