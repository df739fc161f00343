using LoraHub.Core.Predictions;
using LoraHub.Storage.Records;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace LoraHub.Storage.Tests.Embedded;

/// <summary>Claims of two processes on a prediction's webhook.</summary>
public sealed class WebhookClaimTests : IAsyncLifetime
{
    EmbeddedEngine _engine = null!;

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _engine = await EmbeddedEngine.StartAsync();

    public ValueTask DisposeAsync() => _engine.DisposeAsync();

    [Theory]
    [InlineData(-20_000)]
    [InlineData(-5)]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(20_000)]
    public async Task Only_one_process_delivers_a_webhook_despite_different_clocks(int milliseconds)
    {
        var id = await CreateAsync();
        var (first, second) = (New(TimeSpan.FromMilliseconds(milliseconds)), New(TimeSpan.Zero));

        Assert.Single(await first.ClaimAsync([id], 10, Cancellation));

        Assert.Empty(await second.ClaimAsync(null, 10, Cancellation));
        Assert.Equal([id], await first.RenewAsync([id], Cancellation));
    }

    [Fact]
    public async Task Another_process_takes_over_an_expired_claim()
    {
        var id = await CreateAsync();
        var (first, second) = (New(TimeSpan.Zero), New(IWebhookClaims.Validity + TimeSpan.FromSeconds(1)));
        Assert.Equal((false, false), Known(Assert.Single(await first.ClaimAsync(null, 10, Cancellation))));
        await first.MarkStartSentAsync(id, Cancellation);

        Assert.Equal((true, true), Known(Assert.Single(await second.ClaimAsync(null, 10, Cancellation))));

        Assert.Empty(await first.RenewAsync([id], Cancellation));
        await second.ReleaseAsync([id], Cancellation);
        Assert.Single(await first.ClaimAsync(null, 10, Cancellation));
    }

    [Fact]
    public async Task A_claim_from_before_a_clock_change_does_not_block_delivery()
    {
        await CreateAsync();
        await New(TimeSpan.FromHours(3)).ClaimAsync(null, 10, Cancellation);

        Assert.Single(await New(TimeSpan.Zero).ClaimAsync(null, 10, Cancellation));
    }

    [Fact]
    public async Task A_completed_delivery_is_not_claimed_again()
    {
        var id = await CreateAsync();
        var first = New(TimeSpan.Zero);
        await first.ClaimAsync(null, 10, Cancellation);

        await first.CloseAsync(id, Cancellation);

        Assert.Empty(await New(TimeSpan.FromDays(1)).ClaimAsync(null, 10, Cancellation));
    }

    /// <summary>The claims of a process whose clock is ahead by the given time.</summary>
    RecordWebhookClaims New(TimeSpan ahead) =>
        ActivatorUtilities.CreateInstance<RecordWebhookClaims>(_engine.Services, new FakeTimeProvider(_engine.Time.GetUtcNow() + ahead));

    async Task<string> CreateAsync()
    {
        var prediction = _engine.NewPrediction() with
        {
            Webhook = new PredictionWebhook("http://localhost/", new HashSet<WebhookEvent> { WebhookEvent.Completed }),
        };
        await _engine.Store.CreateAsync(prediction, capacity: 10, Cancellation);
        return prediction.Id;
    }

    static (bool StartTold, bool IsTakenOver) Known(WebhookClaim claim) => (claim.StartTold, claim.IsTakenOver);
}
