using System.Globalization;
using System.Net;
using LoraHub.Api.Tests.Support;
using LoraHub.Core.Predictions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace LoraHub.Api.Tests.Replicate.Predictions;

public sealed class CancelAfterTests(SharedService shared) : IClassFixture<SharedService>
{
    const string Default = """{"version": "lorahub/lorahub", "input": {}}""";

    [Theory]
    [InlineData("30", 30)]
    [InlineData("30s", 30)]
    [InlineData("5m", 300)]
    [InlineData("2h", 7200)]
    [InlineData("1h30m45s", 5445)]
    [InlineData("24h", 86400)]
    [InlineData("5", 5)]
    public async Task The_deadline_counts_from_the_creation(string text, int seconds)
    {
        var client = await shared.Service.ReadyAsync();

        var prediction = await client.PostJsonAsync("/v1/predictions", Default, ("Cancel-After", text));

        Assert.Equal(TimeSpan.FromSeconds(seconds), Time(prediction.Text("deadline")) - Time(prediction.Text("created_at")));
    }

    [Theory]
    [InlineData("4")]
    [InlineData("25h")]
    [InlineData("soon")]
    [InlineData("5 m")]
    [InlineData("-5")]
    [InlineData("5m1h")]
    [InlineData("s")]
    [InlineData("99999999999999999999")]
    public async Task An_invalid_duration_is_refused_with_the_rule(string text)
    {
        var client = await shared.Service.ReadyAsync();

        using var response = await client.PostAsync("/v1/predictions", Default, ("Cancel-After", text));

        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        var problem = await response.JsonAsync();
        Assert.Equal("Cancel-After", problem["invalid_fields"]![0]!.Text("field"));
        Assert.Contains("from 5s to 24h", problem.Text("detail"));
    }

    [Fact]
    public async Task A_prediction_is_canceled_at_its_deadline()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56));
        await using var service = new Service { Replace = services => services.AddSingleton<TimeProvider>(time) };
        service.Predictor.Script = run => run.UntilCanceled();
        var client = await service.ReadyAsync();
        var running = (await client.PostJsonAsync("/v1/predictions", Default, ("Cancel-After", "30s"))).Text("id")!;
        var waiting = (await client.PostJsonAsync("/v1/predictions", Default, ("Cancel-After", "20s"))).Text("id")!;
        var patient = (await client.PostJsonAsync("/v1/predictions", Default)).Text("id")!;
        await service.UntilAsync<PredictionEvent.Started>(running);

        time.Advance(TimeSpan.FromSeconds(20));
        var canceled = service.UntilAsync<PredictionEvent.Canceled>(waiting);
        while (!canceled.IsCompleted)
        {
            time.Advance(TimeSpan.FromMilliseconds(10)); // the timer that looks may be younger than the client
            await Task.WhenAny(canceled, Task.Delay(20, TestContext.Current.CancellationToken));
        }

        await canceled;
        Assert.Equal("processing", (await client.GetJsonAsync($"/v1/predictions/{running}")).Text("status"));
        time.Advance(TimeSpan.FromSeconds(10));

        await service.UntilAsync<PredictionEvent.Canceled>(running);
        await service.UntilAsync<PredictionEvent.Started>(patient);
    }

    static DateTimeOffset Time(string? text) => DateTimeOffset.Parse(text!, CultureInfo.InvariantCulture);
}
