using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http.Extensions;

namespace LoraHub.Api.Http;

/// <summary>Encodes a position in a list as the opaque <c>cursor</c> of its pages.</summary>
static class ListCursor
{
    public const string Key = "cursor", Rule = "cursor is not one that this service issued";

    /// <summary>The URL of the page after this item, in a list that is sorted newest first. Keeps the rest of the query.</summary>
    public static string NextUrl(HttpRequest request, DateTimeOffset createdAt, string id) => NextUrl(request, $"{createdAt.UtcTicks}:{id}");

    /// <summary>The URL of the page after <paramref name="skip"/> items, in a list with any other order.</summary>
    public static string NextUrl(HttpRequest request, int skip) => NextUrl(request, $"+{skip}");

    /// <summary>The number of items before the page that a request asks for, in a list with any other order.</summary>
    /// <exception cref="RequestRefusedException">The cursor is not one of such a list.</exception>
    public static int SkipOf(HttpRequest request)
    {
        var cursor = request.Query[Key].ToString();
        return cursor.Length == 0 ? 0
            : ReadSkip(cursor) ?? throw new RequestRefusedException(Problems.Fields([new InvalidField("invalid_value", Key, Rule)]));
    }

    /// <returns>The number of items before the page, or null when the text is not a cursor of such a list.</returns>
    public static int? ReadSkip(string cursor) =>
        Base64Url.IsValid(cursor)
        && Encoding.UTF8.GetString(Base64Url.DecodeFromChars(cursor)) is ['+', .. var digits]
        && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var skip)
            ? skip
            : null;

    /// <returns>Null when the text is not a cursor.</returns>
    public static (DateTimeOffset CreatedAt, string Id)? Read(string cursor)
    {
        if (!Base64Url.IsValid(cursor))
        {
            return null;
        }

        var parts = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(cursor)).Split(':', 2);
        return parts is [var ticks, var id]
            && long.TryParse(ticks, NumberStyles.None, CultureInfo.InvariantCulture, out var at)
            && at <= DateTimeOffset.MaxValue.Ticks
                ? (new DateTimeOffset(at, TimeSpan.Zero), id)
                : null;
    }

    static string NextUrl(HttpRequest request, string position)
    {
        var query = new QueryBuilder(request.Query.Where(pair => pair.Key != Key))
        {
            { Key, Base64Url.EncodeToString(Encoding.UTF8.GetBytes(position)) },
        };
        return $"{Origin.Of(request)}{request.Path}{query}";
    }
}
