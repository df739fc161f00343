using System.Diagnostics.Metrics;
using LoraHub.Core.Predictions;

namespace LoraHub.Core.Telemetry;

/// <summary>What the program measures of itself. Labels have the few words that stand here, never an id, an input or a URL of a client.</summary>
public static class Instruments
{
    /// <summary>The name of the meter and of the source of spans.</summary>
    public const string Name = "LoraHub";

    public const string ModelCache = "models", ModuleCache = "modules";

    const string Seconds = "s", Predictions = "{prediction}";

    static readonly Meter Meter = new(Name, Version);

    public static Gauge<int> QueueWaiting { get; } = Meter.CreateGauge<int>("lorahub.queue.waiting", Predictions, "Predictions that no worker has begun.");

    public static Gauge<int> QueueRunning { get; } = Meter.CreateGauge<int>("lorahub.queue.running", Predictions, "Predictions that a worker has begun and that have not ended.");

    public static Gauge<double> QueueOldestAge { get; } = Meter.CreateGauge<double>("lorahub.queue.oldest_age", Seconds, "How long the prediction that waits longest has waited; 0 when none waits.");

    public static Gauge<int> Ready { get; } = Meter.CreateGauge<int>("lorahub.ready", unit: null, "1 while /health/ready answers 200, else 0.");

    public static Counter<long> PredictionsCreated { get; } = Meter.CreateCounter<long>("lorahub.predictions.created", Predictions, "Predictions that were taken in.");

    /// <summary>From the start of the attempt that ended it.</summary>
    public static Histogram<double> PredictionDuration { get; } = Histogram(
        "lorahub.prediction.duration", "Predictions that a worker has ended, by the time from the start of the work to its end.", [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600]);

    /// <summary>An attempt whose results nobody takes any more: another worker has the prediction, or it has ended.</summary>
    public static Counter<long> LeasesLost { get; } = Meter.CreateCounter<long>("lorahub.leases.lost", "{lease}", "Attempts whose worker lost its right to the prediction.");

    public static Histogram<double> EvaluationDuration { get; } = Histogram(
        "lorahub.evaluation.duration", "Evaluations of the objective in a search.", [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]);

    internal static Histogram<double> PhaseDuration { get; } = Histogram(
        "lorahub.phase.duration", "Parts of a prediction's work.", [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600]);

    static string Version => typeof(Instruments).Assembly.GetName().Version!.ToString(3);

    static Counter<long> PredictionsEnded { get; } = Meter.CreateCounter<long>("lorahub.predictions.ended", Predictions, "Predictions that have ended, by how.");

    static Counter<long> Webhooks { get; } = Meter.CreateCounter<long>("lorahub.webhooks", "{webhook}", "Webhooks by whether the receiver took them, after all attempts.");

    static Counter<long> CacheRequests { get; } = Meter.CreateCounter<long>("lorahub.cache.requests", "{request}", "Models and modules that were asked for, by whether they were loaded already.");

    static Counter<long> Tokens { get; } = Meter.CreateCounter<long>("lorahub.tokens", "{token}", "Tokens of the clients' texts, each counted once, and tokens that the model generated.");

    /// <summary>Counts the end of a prediction; to be called once, by whoever has recorded it.</summary>
    /// <param name="end">A terminal event.</param>
    public static void CountEnd(PredictionEvent end) => PredictionsEnded.Add(1, Label("status", Status(end)));

    public static void CountWebhook(WebhookEvent told, bool isTaken) => CountWebhook(told, isTaken ? "taken" : "failed", 1);

    /// <param name="cache"><see cref="ModelCache"/> or <see cref="ModuleCache"/>.</param>
    public static void CountCacheRequest(string cache, bool isHit) => CountCacheRequest(cache, isHit ? "hit" : "miss", 1);

    public static void CountInputTokens(int count) => Tokens.Add(count, Label("kind", "input"));

    public static void CountGeneratedTokens(int count) => Tokens.Add(count, Label("kind", "generated"));

    /// <summary>Lets every counter be seen before there is anything to count: a rate cannot know a first count that comes from nowhere.</summary>
    public static void BeginAtZero()
    {
        PredictionsCreated.Add(0);
        LeasesLost.Add(0);
        foreach (var status in (string[])["succeeded", "failed", "canceled"])
        {
            PredictionsEnded.Add(0, Label("status", status));
        }

        foreach (var told in Enum.GetValues<WebhookEvent>())
        {
            CountWebhook(told, "taken", 0);
            CountWebhook(told, "failed", 0);
        }

        foreach (var cache in (string[])[ModelCache, ModuleCache])
        {
            CountCacheRequest(cache, "hit", 0);
            CountCacheRequest(cache, "miss", 0);
        }

        CountInputTokens(0);
        CountGeneratedTokens(0);
    }

    internal static string Status(PredictionEvent end) => end switch
    {
        PredictionEvent.Succeeded => "succeeded",
        PredictionEvent.Failed => "failed",
        PredictionEvent.Canceled => "canceled",
        _ => throw new ArgumentException($"{end.GetType().Name} is not an end.", nameof(end)),
    };

    internal static KeyValuePair<string, object?> Label(string name, string value) => new(name, value);

    static void CountWebhook(WebhookEvent told, string outcome, int count) =>
        Webhooks.Add(count, Label("event", told.ToString().ToLowerInvariant()), Label("outcome", outcome));

    static void CountCacheRequest(string cache, string outcome, int count) => CacheRequests.Add(count, Label("cache", cache), Label("outcome", outcome));

    static Histogram<double> Histogram(string name, string description, double[] seconds) => Meter.CreateHistogram(
        name, Seconds, description, tags: null, new InstrumentAdvice<double> { HistogramBucketBoundaries = seconds });
}
