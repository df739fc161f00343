using System.Globalization;

namespace LoraHub.Api.Http;

/// <summary>The <c>Prefer</c> header (RFC 7240), a list. Malformed and unknown preferences are ignored, as the RFC requires.</summary>
/// <param name="Wait">How long to wait for the result. 60 seconds when the header has no number.</param>
sealed record PreferHeader(bool RespondAsync, TimeSpan? Wait)
{
    public static PreferHeader Of(HttpRequest request)
    {
        var preferences = request.Headers.GetCommaSeparatedValues("Prefer");
        var known = preferences.Select(Read).ToArray();
        return new PreferHeader(
            known.Contains(("respond-async", "")),
            known.Select(preference => WaitOf(preference.Name, preference.Value)).FirstOrDefault(wait => wait is not null));
    }

    /// <summary>Reads a preference without its parameters, of which neither preference has any.</summary>
    /// <returns>The name in lower case, and the value without quotes, empty when there is none.</returns>
    static (string Name, string Value) Read(string preference)
    {
        var parts = preference.Split(';')[0].Split('=', 2, StringSplitOptions.TrimEntries);
        var value = parts.Length == 1 ? "" : parts[1] is ['"', .. var quoted, '"'] ? quoted : parts[1];
        return (parts[0].ToLowerInvariant(), value);
    }

    static TimeSpan? WaitOf(string name, string value) =>
        name != "wait" ? null
        : value.Length == 0 ? TimeSpan.FromSeconds(60)
        : int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? TimeSpan.FromSeconds(Math.Max(1, seconds))
        : null;
}
