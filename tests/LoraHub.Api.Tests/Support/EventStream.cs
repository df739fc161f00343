namespace LoraHub.Api.Tests.Support;

/// <summary>Reads <c>text/event-stream</c> as a client does.</summary>
static class EventStream
{
    public static IReadOnlyList<(string Name, string Data, string? Id)> Parse(string text)
    {
        var events = new List<(string, string, string?)>();
        foreach (var block in text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries))
        {
            var fields = block.Split('\n').Where(line => !line.StartsWith(':')).Select(line => line.Split(": ", 2))
                .ToLookup(pair => pair[0], pair => pair[1]);
            if (fields.Count > 0)
            {
                events.Add((fields["event"].Single(), string.Join('\n', fields["data"]), fields["id"].SingleOrDefault()));
            }
        }

        return events;
    }

    public static async Task UntilLineAsync(this TextReader reader, string expected)
    {
        using var limit = new CancellationTokenSource(Limits.Wait);
        while (await reader.ReadLineAsync(limit.Token) is { } line)
        {
            if (line == expected)
            {
                return;
            }
        }

        Assert.Fail($"The stream has ended without the line {expected}");
    }
}
