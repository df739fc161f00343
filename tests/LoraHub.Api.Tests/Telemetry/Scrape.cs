using System.Globalization;
using System.Text.RegularExpressions;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.Telemetry;

/// <summary>A line of <c>/metrics</c>.</summary>
sealed record Sample(string Name, IReadOnlyDictionary<string, string> Labels, double Value)
{
    public bool Has((string Name, string Value) label) => Labels.GetValueOrDefault(label.Name) == label.Value;
}

/// <summary>A response of <c>/metrics</c>.</summary>
sealed partial record Scrape(string Text, IReadOnlyList<Sample> Samples)
{
    public static async Task<Scrape> OfAsync(HttpClient client)
    {
        using var response = await client.FetchAsync("/metrics");
        response.EnsureSuccessStatusCode();
        var text = await response.TextAsync();
        return new Scrape(text, [.. text.Split('\n').Where(line => line.Length > 0 && line[0] != '#').Select(Read)]);
    }

    /// <summary>Scrapes until the condition holds: a response may be slightly out of date.</summary>
    public static async Task<Scrape> UntilAsync(HttpClient client, Func<Scrape, bool> condition)
    {
        using var limit = new CancellationTokenSource(Limits.Wait);
        while (true)
        {
            var scrape = await OfAsync(client);
            if (condition(scrape))
            {
                return scrape;
            }

            Assert.False(limit.IsCancellationRequested, scrape.Text);
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>The value of the one sample with this name and these labels, or null.</summary>
    public double? Value(string name, params (string Name, string Value)[] labels) =>
        Samples.SingleOrDefault(sample => sample.Name == name && labels.All(sample.Has))?.Value;

    static Sample Read(string line)
    {
        var match = Line().Match(line);
        Assert.True(match.Success, line);
        return new Sample(
            match.Groups["name"].Value,
            Label().Matches(match.Groups["labels"].Value).ToDictionary(label => label.Groups["name"].Value, label => label.Groups["value"].Value),
            double.Parse(match.Groups["value"].Value.Replace("+Inf", "Infinity", StringComparison.Ordinal), CultureInfo.InvariantCulture));
    }

    [GeneratedRegex(@"^(?<name>[a-z_:][a-z0-9_:]*)(\{(?<labels>.*)\})? (?<value>\S+)( [0-9.]+)?$", RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Line();

    [GeneratedRegex(@"(?<name>[a-z_]+)=""(?<value>[^""]*)""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Label();
}
