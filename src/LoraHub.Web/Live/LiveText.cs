namespace LoraHub.Web.Live;

/// <summary>Shortens what a client gave while its run goes on: a live page is kept in memory until its reader has taken it.</summary>
static class LiveText
{
    /// <summary>The most characters of one text.</summary>
    public const int Most = 2000;

    /// <returns>The text, or its beginning; and how many characters are left out.</returns>
    public static (string Shown, int Left) Of(string text, bool hasEnded)
    {
        if (hasEnded || text.Length <= Most)
        {
            return (text, 0);
        }

        var end = char.IsHighSurrogate(text[Most - 1]) ? Most - 1 : Most;
        return (text[..end], text.Length - end);
    }
}
