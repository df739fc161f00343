using System.Globalization;

namespace LoraHub.Api.Http;

/// <summary>The <c>Prefer</c> header (RFC 7240), a list. Malformed and unknown preferences are ignored, as the RFC requires.</summary>
/// <param name="Wait">How long to wait for the result. 60 seconds when the header has no number.</param>
sealed record PreferHeader(bool RespondAsync, TimeSpan? Wait)
{
    public static PreferHeader Of(HttpRequest request)
    {
        var preferences = request.Headers.GetCommaSeparatedValues("Prefer");
        return new PreferHeader(
            preferences.Any(preference => preference.Trim().Equals("respond-async", StringComparison.OrdinalIgnoreCase)),
            preferences.Select(ReadWait).FirstOrDefault(wait => wait is not null));
    }

    static TimeSpan? ReadWait(string preference)
    {
        var parts = preference.Split('=', 2, StringSplitOptions.TrimEntries);
        if (!parts[0].Equals("wait", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        return parts is [_, var number]
            ? int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
                ? TimeSpan.FromSeconds(Math.Max(1, seconds))
                : null
            : TimeSpan.FromSeconds(60);
    }
}
