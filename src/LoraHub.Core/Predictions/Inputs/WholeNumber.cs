using System.Globalization;
using System.Text.RegularExpressions;

namespace LoraHub.Core.Predictions.Inputs;

/// <summary>Reads a JSON number as a whole number without rounding: 20, 20.0 and 2e1 are 20; 2.5e-42 and 1.0000…0001 are none.</summary>
static partial class WholeNumber
{
    /// <param name="json">A JSON number.</param>
    public static bool TryParse(string json, out long number)
    {
        number = 0;
        var match = Form().Match(json);
        if (!match.Success)
        {
            return false;
        }

        var fraction = match.Groups["fraction"].Value;
        var digits = (match.Groups["whole"].Value + fraction).TrimStart('0');
        var significant = digits.TrimEnd('0');
        if (significant.Length == 0)
        {
            return true; // zero, whatever its exponent
        }

        var written = match.Groups["exponent"] is { Success: true } group ? group.Value : "0";
        if (!int.TryParse(written, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var exponent))
        {
            return false;
        }

        var zeros = (long)exponent - fraction.Length + digits.Length - significant.Length;
        const int LongestLong = 19;
        return zeros >= 0
            && zeros + significant.Length <= LongestLong
            && long.TryParse(
                match.Groups["sign"].Value + significant + new string('0', (int)zeros),
                NumberStyles.AllowLeadingSign,
                CultureInfo.InvariantCulture,
                out number);
    }

    [GeneratedRegex(
        @"^(?<sign>-?)(?<whole>\d+)(?:\.(?<fraction>\d+))?(?:[eE](?<exponent>[+-]?\d+))?\z",
        RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Form();
}
