using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.Faults;

/// <summary>Asserts that everything acknowledged holds once the servers are stable.</summary>
sealed class Verdict(Load load, int nodes, TimeSpan patience, History history)
{
    static readonly string[] Ends = ["succeeded", "failed", "canceled"];

    public async Task PassAsync()
    {
        foreach (var promise in load.Promises.Values)
        {
            await JudgeAsync(promise);
        }

        Assert.NotEmpty(load.Promises);
        history.Add($"{load.Promises.Count} predictions are as they should be");
    }

    async Task JudgeAsync(Promise promise)
    {
        var status = await EndAsync(promise.Id);
        for (var node = 0; node < nodes; node++)
        {
            var seen = await load.GetAsync($"v1/predictions/{promise.Id}", node);
            Assert.Equal((promise.Id, status), (promise.Id, seen.Text("status")));
        }

        Assert.False(promise.IsCanceled && status == "succeeded", $"{promise.Id} has succeeded though its cancellation was acknowledged.");
        await JudgeStreamAsync(promise, status);
        await JudgeWebhooksAsync(promise);
    }

    async Task<string> EndAsync(string id)
    {
        using var limit = new CancellationTokenSource(patience);
        while (true)
        {
            var status = (await load.GetAsync($"v1/predictions/{id}", 0)).Text("status")!;
            if (Ends.Contains(status))
            {
                return status;
            }

            Assert.False(limit.IsCancellationRequested, $"{id} is still {status}.");
            await Task.Delay(100);
        }
    }

    async Task JudgeStreamAsync(Promise promise, string status)
    {
        var url = (string)(await load.GetAsync($"v1/predictions/{promise.Id}", 0))["urls"]!["stream"]!;
        var whole = await load.ReplayAsync(url);
        var events = EventStream.Parse(whole);
        Assert.Equal((promise.Id, 1), (promise.Id, events.Count(one => one.Name == "done")));
        var outputs = events.Where(one => one.Name == "output").Select(one => one.Data).ToArray();
        if (promise.Answer is not { } answer)
        {
            Assert.Equal((promise.Id, status == "succeeded" ? 1 : 0), (promise.Id, outputs.Length));
        }
        else if (status == "succeeded")
        {
            Assert.Equal((promise.Id, answer), (promise.Id, string.Concat(outputs))); // each piece once, however many attempts it took
        }

        Assert.StartsWith(promise.Read, whole, StringComparison.Ordinal); // no duplicates, no gaps, no foreign events
    }

    async Task JudgeWebhooksAsync(Promise promise)
    {
        if (!promise.HasWebhook)
        {
            return;
        }

        using var limit = new CancellationTokenSource(patience);
        while (!promise.Told.Any(told => Ends.Contains(told.Text("status"))))
        {
            Assert.False(limit.IsCancellationRequested, $"The end of {promise.Id} was not told.");
            await Task.Delay(100);
        }

        var statuses = promise.Told.Select(told => told.Text("status")).ToArray();
        var first = Array.FindIndex(statuses, Ends.Contains);
        Assert.True(statuses.Skip(first).All(Ends.Contains), $"The end of {promise.Id} was not told last: {string.Join(' ', statuses)}");
        Assert.Single(promise.Told.Skip(first).Select(told => told.ToJsonString()).Distinct());
    }
}
