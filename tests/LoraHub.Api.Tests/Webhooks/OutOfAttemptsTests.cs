using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.Webhooks;

/// <summary>A prediction whose process is lost at each attempt.</summary>
public sealed class OutOfAttemptsTests
{
    /// <summary>A start that is never answered stays on its way, however long this process stands still before it kills the service.</summary>
    static readonly (string Key, string Value)[] Settings = [Receiver.Allowed, ("Webhooks:EventTimeout", "00:05:00")];

    [Fact]
    public async Task It_is_closed_before_anything_more_is_sent()
    {
        var data = Directory.CreateTempSubdirectory("lorahub-").FullName;
        await using var receiver = await Receiver.StartAsync();
        receiver.Answer = (number, http) => number == 1 ? Task.Delay(Timeout.Infinite, http.RequestAborted) : Task.CompletedTask;
        (string, string)[] settings = [.. Settings, ("Queue:MaxAttempts", "1")];
        await using (var first = await TestHostProcess.StartAsync(data, settings))
        {
            var client = await first.ReadyAsync();
            await client.PostJsonAsync("/v1/predictions",
                $$"""{"version": "lorahub/lorahub", "input": {"seed": 2}, "webhook": "{{receiver.Url}}"}""");
            Assert.Equal("processing", (await receiver.NextAsync()).Status);
            await first.KillAsync(); // before the receiver has answered
        }

        await using (var second = await TestHostProcess.StartAsync(data, settings))
        {
            Assert.Equal("failed", (await receiver.NextAsync()).Status);
        }

        Assert.Equal(2, receiver.Count);
        Directory.Delete(data, recursive: true);
    }

    [Fact]
    public async Task A_start_that_a_receiver_never_answered_is_not_sent_again()
    {
        var data = Directory.CreateTempSubdirectory("lorahub-").FullName;
        await using var receiver = await Receiver.StartAsync();
        receiver.Answer = (number, http) => number == 1 ? Task.Delay(Timeout.Infinite, http.RequestAborted) : Task.CompletedTask;
        await using (var first = await TestHostProcess.StartAsync(data, Settings))
        {
            var client = await first.ReadyAsync();
            await client.PostJsonAsync(
                "/v1/predictions",
                $$"""
                {"version": "lorahub/lorahub", "input": {"seed": 300}, "webhook": "{{receiver.Url}}", "webhook_events_filter": ["start", "completed"]}
                """);
            await receiver.NextAsync();
            await first.KillAsync();
        }

        await using (var second = await TestHostProcess.StartAsync(data, Settings))
        {
            Assert.Equal("succeeded", (await receiver.NextAsync()).Status);
        }

        Assert.Equal(2, receiver.Count);
        Directory.Delete(data, recursive: true);
    }
}
