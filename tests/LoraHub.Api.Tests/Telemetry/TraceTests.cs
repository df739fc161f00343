using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using LoraHub.Api.Tests.EndToEnd;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.Telemetry;

/// <summary>The spans of one prediction of the real model, from the request on.</summary>
public sealed class TraceTests(RealService service) : IClassFixture<RealService>
{
    [Fact]
    public async Task One_trace_spans_the_request_the_queue_and_the_phases_of_the_prediction()
    {
        var trace = ActivityTraceId.CreateRandom();
        using var spans = new Spans(trace);
        var client = await service.ReadyAsync();

        var prediction = await client.PostJsonAsync(
            "/predictions",
            """
            {"input": {"example_inputs": "mimsy ; sun ;", "example_outputs": "soleil", "test_inputs": "mimsy ; sea ;",
             "num_random_lora_modules": 3, "max_inference_step": 10, "seed": 1}}
            """,
            ("traceparent", $"00-{trace}-{ActivitySpanId.CreateRandom()}-01"));

        Assert.Equal("succeeded", prediction.Text("status"));
        var request = await spans.EndedAsync("Microsoft.AspNetCore.Hosting.HttpRequestIn");
        var attempt = await spans.EndedAsync("prediction");
        Assert.Equal(request.SpanId, attempt.ParentSpanId);
        Assert.Equal(ActivityKind.Consumer, attempt.Kind);
        Assert.Equal(
            [("lorahub.prediction.attempt", "1"), ("lorahub.prediction.id", prediction.Text("id")), ("lorahub.prediction.status", "succeeded")],
            attempt.TagObjects.Select(tag => (tag.Key, Convert.ToString(tag.Value, CultureInfo.InvariantCulture))).Order());
        foreach (var name in (string[])["model", "modules", "search", "answers", "files", "publish"])
        {
            var phase = await spans.EndedAsync(name);
            Assert.Equal(attempt.SpanId, phase.ParentSpanId);
            Assert.Empty(phase.TagObjects);
            Assert.InRange(phase.Duration, TimeSpan.Zero, attempt.Duration);
        }
    }

    [Fact]
    public async Task A_failure_sets_the_span_status_without_its_message()
    {
        await using var scripted = new Service();
        scripted.Predictor.Script = _ => throw new Core.Predictions.PredictionException("CANARY");
        var trace = ActivityTraceId.CreateRandom();
        using var spans = new Spans(trace);
        var client = await scripted.ReadyAsync();

        await client.PostJsonAsync("/predictions", "{}", ("traceparent", $"00-{trace}-{ActivitySpanId.CreateRandom()}-01"));

        var attempt = await spans.EndedAsync("prediction");
        Assert.Equal("failed", attempt.GetTagItem("lorahub.prediction.status"));
        Assert.Equal((ActivityStatusCode.Error, null), (attempt.Status, attempt.StatusDescription));
        Assert.Empty(attempt.Events);
    }

    /// <summary>The spans of one trace, however many others there are in the process.</summary>
    sealed class Spans : IDisposable
    {
        readonly ConcurrentQueue<Activity> _ended = [];
        readonly ActivityListener _listener;

        public Spans(ActivityTraceId trace)
        {
            _listener = new ActivityListener
            {
                ShouldListenTo = source => source.Name is "LoraHub" or "Microsoft.AspNetCore",
                Sample = (ref ActivityCreationOptions<ActivityContext> options) =>
                    options.Parent.TraceId == trace ? ActivitySamplingResult.AllDataAndRecorded : ActivitySamplingResult.None,
                ActivityStopped = span =>
                {
                    if (span.TraceId == trace)
                    {
                        _ended.Enqueue(span);
                    }
                },
            };
            ActivitySource.AddActivityListener(_listener);
        }

        public async Task<Activity> EndedAsync(string name)
        {
            using var limit = new CancellationTokenSource(Limits.Wait);
            while (true)
            {
                if (_ended.Where(span => span.OperationName == name).ToArray() is [.., _] found)
                {
                    return Assert.Single(found);
                }

                await Task.Delay(10, limit.Token);
            }
        }

        public void Dispose() => _listener.Dispose();
    }
}
