using LoraHub.Core.Predictions;

namespace LoraHub.Storage.Tests.Embedded;

public sealed class OutOfAttemptsTests
{
    [Fact]
    public async Task A_prediction_out_of_attempts_has_failed_once_the_service_has_started()
    {
        await using var engine = await EmbeddedEngine.StartAsync(("Queue:MaxAttempts", "2"));
        var created = await engine.CreateAsync();
        for (var attempt = 1; attempt <= 2; attempt++)
        {
            await engine.LeaseAsync();
            Assert.False((await engine.FindAsync(created.Id)).IsTerminal);
            await engine.RestartAsync();
        }

        var failed = await engine.FindAsync(created.Id);

        Assert.Equal(PredictionStatus.Failed, failed.Status);
        Assert.StartsWith("The prediction was started 2 times", failed.Error);
    }
}
