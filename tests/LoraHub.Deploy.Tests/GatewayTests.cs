using System.Text.RegularExpressions;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Deploy.Tests;

/// <summary>Checks the gateway of compose, <c>nginx.conf</c>.</summary>
public sealed partial class GatewayTests
{
    /// <summary>Routing answers all of these as <c>/metrics</c>. nginx compares the path after decoding it and merging slashes.</summary>
    [Theory]
    [InlineData("/metrics", true)]
    [InlineData("/metrics/", true)]
    [InlineData("/METRICS", true)]
    [InlineData("/Metrics/", true)]
    [InlineData("/v1/metrics", false)]
    [InlineData("/metricsx", false)]
    [InlineData("/", false)]
    public void The_metrics_are_hidden_in_every_spelling(string path, bool isHidden)
    {
        var location = Assert.Single(Hidden().Matches(File.ReadAllText(Path.Combine(Repository.Root, "deploy", "compose", "nginx.conf"))));

        Assert.Equal(isHidden, Regex.IsMatch(path, location.Groups["pattern"].Value, RegexOptions.IgnoreCase, TimeSpan.FromSeconds(1)));
    }

    /// <summary>A location with a pattern without case, whose answer is 404.</summary>
    [GeneratedRegex(@"location ~\* (?<pattern>\S+) \{\s*return 404;", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Hidden();
}
