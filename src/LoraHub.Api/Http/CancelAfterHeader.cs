using System.Globalization;
using System.Text.RegularExpressions;

namespace LoraHub.Api.Http;

/// <summary>The <c>Cancel-After</c> header: how long a prediction may take, including its time in the queue.</summary>
abstract partial record CancelAfterHeader
{
    public const string Name = "Cancel-After";

    public const string Rule =
        "Cancel-After must be from 5s to 24h, such as 30, 30s, 5m or 1h30m45s; a prediction that has not ended by then is canceled.";

    static readonly TimeSpan Shortest = TimeSpan.FromSeconds(5), Longest = TimeSpan.FromHours(24);

    CancelAfterHeader()
    {
    }

    public sealed record Absent : CancelAfterHeader;

    public sealed record Given(TimeSpan Time) : CancelAfterHeader;

    /// <summary>The header violates the <see cref="Rule"/>.</summary>
    public sealed record Invalid : CancelAfterHeader;

    public static CancelAfterHeader Of(HttpRequest request)
    {
        var text = request.Headers[Name].ToString();
        if (text.Length == 0)
        {
            return new Absent();
        }

        return Form().Match(text) is { Success: true } match && Read(match) is var time && time >= Shortest && time <= Longest
            ? new Given(time)
            : new Invalid();
    }

    static TimeSpan Read(Match match) =>
        TimeSpan.FromHours(Number(match, "h")) + TimeSpan.FromMinutes(Number(match, "m")) + TimeSpan.FromSeconds(Number(match, "s"));

    static int Number(Match match, string unit) =>
        match.Groups[unit] is { Success: true } group ? int.Parse(group.Value, CultureInfo.InvariantCulture) : 0;

    [GeneratedRegex(
        @"^(?=\d)(?:(?<h>\d{1,6})h)?(?:(?<m>\d{1,6})m)?(?:(?<s>\d{1,6})s?)?\z", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Form();
}
