using System.Diagnostics.Metrics;
using LoraHub.Core.Predictions;

namespace LoraHub.Core.Telemetry;

/// <summary>
/// The program's metrics. Label values are the fixed words below and the names of deployments, never an id, an input or a client's URL.
/// </summary>
public static class Instruments
{
    /// <summary>The name of the meter and of the source of spans.</summary>
    public const string Name = "LoraHub";

    public const string ModelCache = "models", ModuleCache = "modules";

    const string Seconds = "s", Predictions = "{prediction}";

    static readonly Meter Meter = new(Name, Version);

    public static Gauge<int> Ready { get; } = Meter.CreateGauge<int>("lorahub.ready", unit: null, "1 while /health/ready answers 200, else 0.");

    public static Gauge<int> KeptLoaded { get; } = Meter.CreateGauge<int>(
        "lorahub.deployment.kept", "{version}", "Model versions that this worker keeps loaded for deployments.");

    /// <summary>Attempts whose results are discarded: another worker has the prediction, or it has ended.</summary>
    public static Counter<long> LeasesLost { get; } =
        Meter.CreateCounter<long>("lorahub.leases.lost", "{lease}", "Attempts whose worker lost its lease.");

    public static Histogram<double> EvaluationDuration { get; } = Histogram(
        "lorahub.evaluation.duration",
        "Duration of one objective evaluation in a search.",
        [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]);

    internal static Histogram<double> PhaseDuration { get; } = Histogram(
        "lorahub.phase.duration",
        "Duration of one phase of a prediction.",
        [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600]);

    static readonly double[] PredictionSeconds = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600];

    static Gauge<int> QueueWaiting { get; } =
        Meter.CreateGauge<int>("lorahub.queue.waiting", Predictions, "Predictions that no worker has started, by kind.");

    static Gauge<int> QueueRunning { get; } =
        Meter.CreateGauge<int>("lorahub.queue.running", Predictions, "Predictions that a worker has started and not finished, by kind.");

    static Gauge<double> QueueOldestAge { get; } =
        Meter.CreateGauge<double>("lorahub.queue.oldest_age", Seconds, "Age of the oldest waiting prediction, by kind; 0 when none waits.");

    static Counter<long> PredictionsCreated { get; } =
        Meter.CreateCounter<long>("lorahub.predictions.created", Predictions, "Predictions created.");

    static Histogram<double> PredictionDuration { get; } = Histogram(
        "lorahub.prediction.duration", "Time from the start of a prediction's last attempt to its end.", PredictionSeconds);

    static Counter<long> DeploymentCreated { get; } =
        Meter.CreateCounter<long>("lorahub.deployment.predictions.created", Predictions, "Predictions created, by deployment.");

    static Counter<long> DeploymentEnded { get; } =
        Meter.CreateCounter<long>("lorahub.deployment.predictions.ended", Predictions, "Finished predictions, by deployment and status.");

    static Histogram<double> DeploymentDuration { get; } = Histogram(
        "lorahub.deployment.prediction.duration",
        "Time from the start of a prediction's last attempt to its end, by deployment.",
        PredictionSeconds);

    static string Version => typeof(Instruments).Assembly.GetName().Version!.ToString(3);

    static Counter<long> PredictionsEnded { get; } =
        Meter.CreateCounter<long>("lorahub.predictions.ended", Predictions, "Finished predictions by status.");

    static Counter<long> Webhooks { get; } =
        Meter.CreateCounter<long>("lorahub.webhooks", "{webhook}", "Webhooks by outcome after all attempts: taken or failed.");

    static Counter<long> CacheRequests { get; } =
        Meter.CreateCounter<long>("lorahub.cache.requests", "{request}", "Requests for models and modules by cache outcome: hit or miss.");

    static Counter<long> Tokens { get; } =
        Meter.CreateCounter<long>("lorahub.tokens", "{token}", "Tokens of the clients' texts, each counted once, and generated tokens.");

    /// <param name="oldestAge">In seconds.</param>
    public static void RecordQueue(PredictionKind kind, int waiting, int running, double oldestAge)
    {
        var label = Label("kind", kind.ToString().ToLowerInvariant());
        QueueWaiting.Record(waiting, label);
        QueueRunning.Record(running, label);
        QueueOldestAge.Record(oldestAge, label);
    }

    /// <summary>Counts a new prediction.</summary>
    /// <param name="deployment">The existing deployment that it calls, or null.</param>
    public static void CountCreated(string? deployment)
    {
        PredictionsCreated.Add(1);
        if (deployment is not null)
        {
            DeploymentCreated.Add(1, Label("deployment", deployment));
        }
    }

    /// <summary>Counts the end of a prediction. The code that records the end calls it once.</summary>
    /// <param name="end">A terminal event.</param>
    /// <param name="deployment">The deployment that it called, or null.</param>
    public static void CountEnd(PredictionEvent end, string? deployment)
    {
        PredictionsEnded.Add(1, Label("status", Status(end)));
        if (deployment is not null)
        {
            DeploymentEnded.Add(1, Label("deployment", deployment), Label("status", Status(end)));
        }
    }

    /// <param name="seconds">From the start of the prediction's last attempt to its end.</param>
    /// <param name="deployment">The deployment that it called, or null.</param>
    public static void RecordDuration(double seconds, string? deployment)
    {
        PredictionDuration.Record(seconds);
        if (deployment is not null)
        {
            DeploymentDuration.Record(seconds, Label("deployment", deployment));
        }
    }

    public static void CountWebhook(WebhookEvent sent, bool isTaken) => CountWebhook(sent, isTaken ? "taken" : "failed", 1);

    /// <param name="cache"><see cref="ModelCache"/> or <see cref="ModuleCache"/>.</param>
    public static void CountCacheRequest(string cache, bool isHit) => CountCacheRequest(cache, isHit ? "hit" : "miss", 1);

    public static void CountInputTokens(int count) => Tokens.Add(count, Label("kind", "input"));

    public static void CountGeneratedTokens(int count) => Tokens.Add(count, Label("kind", "generated"));

    /// <summary>Exports every counter as 0 at the start; otherwise a rate would miss a counter's first increment.</summary>
    public static void InitializeCounters()
    {
        PredictionsCreated.Add(0);
        LeasesLost.Add(0);
        foreach (var status in (string[])["succeeded", "failed", "canceled"])
        {
            PredictionsEnded.Add(0, Label("status", status));
        }

        foreach (var sent in Enum.GetValues<WebhookEvent>())
        {
            CountWebhook(sent, "taken", 0);
            CountWebhook(sent, "failed", 0);
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
        _ => throw new ArgumentException($"{end.GetType().Name} is not a terminal event.", nameof(end)),
    };

    internal static KeyValuePair<string, object?> Label(string name, string value) => new(name, value);

    static void CountWebhook(WebhookEvent sent, string outcome, int count) =>
        Webhooks.Add(count, Label("event", sent.ToString().ToLowerInvariant()), Label("outcome", outcome));

    static void CountCacheRequest(string cache, string outcome, int count) =>
        CacheRequests.Add(count, Label("cache", cache), Label("outcome", outcome));

    static Histogram<double> Histogram(string name, string description, double[] seconds) => Meter.CreateHistogram(
        name, Seconds, description, tags: null, new InstrumentAdvice<double> { HistogramBucketBoundaries = seconds });
}
