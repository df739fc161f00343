using System.Collections.Concurrent;
using System.Net;
using AngleSharp.Html.Dom;
using Ganss.Xss;
using Markdig;
using Markdig.Extensions.Yaml;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace LoraHub.Web.Library;

/// <summary>
/// Renders a module's card. Its author is untrusted: raw HTML is shown as text, what remains is filtered by a list of allowed elements, images are
/// replaced by their descriptions, and links lead only to other sites.
/// </summary>
public static class CardHtml
{
    /// <summary>A longer card is cut off: some Markdown takes time that grows with the square of its length.</summary>
    public const int MostCharacters = 32 * 1024;

    /// <summary>Short rows are filled up, so that a small text can make a huge table. A card with more cells is shown without tables.</summary>
    const int MostCells = 4096;

    /// <summary>The cards that are kept: a hostile card takes up to a second, but only once.</summary>
    const int MostKept = 64;

    /// <summary>The page's own headings are of the levels 1 and 2.</summary>
    const int FirstHeading = 3, LastHeading = 6;

    /// <summary>How the titles of this program's cards begin.</summary>
    const string OwnTitle = "An adapter for ";

    static readonly MarkdownPipeline WithoutTables = Markdown().Build(), WithTables = Markdown().UsePipeTables().Build();

    static readonly HtmlSanitizer Sanitizer = Create();

    static readonly ConcurrentDictionary<string, string> Kept = new(StringComparer.Ordinal);

    /// <returns>HTML without classes, ids, styles, scripts and images.</returns>
    public static string Render(string card)
    {
        if (Kept.Count >= MostKept)
        {
            Kept.Clear();
        }

        return Kept.GetOrAdd(card.Length <= MostCharacters ? card : card[..MostCharacters], Read);
    }

    static string Read(string text)
    {
        try
        {
            var pipeline = Cells(text) <= MostCells ? WithTables : WithoutTables;
            var document = Markdig.Markdown.Parse(text, pipeline);
            DropTitle(document);
            LowerHeadings(document);
            DescribeImages(document);
            return Sanitizer.Sanitize(document.ToHtml(pipeline));
        }
        catch (ArgumentException) // nested too deeply
        {
            return $"<pre>{WebUtility.HtmlEncode(text)}</pre>";
        }
    }

    static MarkdownPipelineBuilder Markdown() => new MarkdownPipelineBuilder().DisableHtml().UseYamlFrontMatter().UseAutoLinks();

    /// <summary>The most cells that the tables of a text may have.</summary>
    static int Cells(string text)
    {
        int rows = 0, columns = 0;
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            var bars = line.Count('|');
            rows += Math.Min(bars, 1);
            columns = Math.Max(columns, bars + 1);
        }

        return rows * columns;
    }

    /// <summary>The title of this program's cards is written before the result has a name; the page has it.</summary>
    static void DropTitle(MarkdownDocument document)
    {
        if (document.FirstOrDefault(block => block is not YamlFrontMatterBlock) is HeadingBlock { Level: 1 } title
            && title.Inline?.FirstChild is LiteralInline text && text.Content.ToString().StartsWith(OwnTitle, StringComparison.Ordinal))
        {
            document.Remove(title);
        }
    }

    /// <summary>Below the page's headings, and without a gap: screen readers navigate by them.</summary>
    static void LowerHeadings(MarkdownDocument document)
    {
        var previous = FirstHeading - 1;
        foreach (var heading in document.Descendants<HeadingBlock>())
        {
            previous = heading.Level = Math.Min(Math.Min(heading.Level + FirstHeading - 1, previous + 1), LastHeading);
        }
    }

    static void DescribeImages(MarkdownDocument document)
    {
        foreach (var image in document.Descendants<LinkInline>().Where(link => link.IsImage).ToArray())
        {
            image.ReplaceBy(new ContainerInline(), copyChildren: true);
        }
    }

    static HtmlSanitizer Create()
    {
        var sanitizer = new HtmlSanitizer(new HtmlSanitizerOptions
        {
            AllowedTags = new HashSet<string>(StringComparer.OrdinalIgnoreCase)
            {
                "p", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "code", "em", "strong", "a", "hr", "br",
                "table", "thead", "tbody", "tr", "th", "td",
            },
            AllowedAttributes = new HashSet<string>(StringComparer.OrdinalIgnoreCase) { "href", "start" },
            AllowedSchemes = new HashSet<string>(StringComparer.OrdinalIgnoreCase) { Uri.UriSchemeHttp, Uri.UriSchemeHttps, Uri.UriSchemeMailto },
            UriAttributes = new HashSet<string>(StringComparer.OrdinalIgnoreCase) { "href" },
        });
        sanitizer.FilterUrl += (_, url) =>
        {
            if (!Uri.TryCreate(url.OriginalUrl, UriKind.Absolute, out var target) || !sanitizer.AllowedSchemes.Contains(target.Scheme))
            {
                url.SanitizedUrl = null; // within this site no link of a card leads where its author means
            }
        };
        sanitizer.PostProcessNode += (_, node) =>
        {
            if (node.Node is IHtmlAnchorElement link && link.HasAttribute("href"))
            {
                link.SetAttribute("rel", "nofollow noopener");
            }
            else if (node.Node is IHtmlTableElement table)
            {
                CardTable.Shorten(table);
            }
        };
        return sanitizer;
    }
}
