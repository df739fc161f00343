using System.Globalization;
using System.Text.Json.Nodes;
using LoraHub.Api.Models;
using LoraHub.Api.Tests.Support;
using LoraHub.Core;
using NJsonSchema;

namespace LoraHub.Deploy.Tests;

/// <summary>Checks the manifests that the Helm chart renders.</summary>
public sealed class ChartTests(Chart chart) : IClassFixture<Chart>
{
    const string Least = """
        nats: {url: "nats://lorahub:secret-of-nats@nats:4222"}
        postgres: {connectionString: "Host=postgres;Username=lorahub;Password=secret-of-postgres;Database=lorahub"}
        """;

    const string Everything = Least + """

        imagePullSecrets: [{name: registry}]
        api:
          {hardware: gpu, settings: {Queue__Capacity: "5000"}, secretSettings: [tokens],
           nodeSelector: {disk: ssd}, tolerations: [{operator: Exists}], affinity: {podAffinity: {}}}
        workers:
          cpu: {drainSeconds: 305, autoscaling: {enabled: true}}
          gpu: {enabled: true, autoscaling: {enabled: true}, nodeSelector: {gpu: h100}}
        models: {existingClaim: models, base: google/flan-t5-large}
        ingress: {enabled: true, className: nginx, tlsSecret: tls}
        networkPolicy: {workerEgress: [{ports: [{protocol: TCP, port: 4317}]}]}
        podMonitor: {enabled: true, labels: {release: prometheus}}
        serviceAccount: {annotations: {a: b}}
        """;

    const string OfOthers = """
        nats: {existingSecret: my-nats}
        postgres: {existingSecret: my-postgres}
        networkPolicy: {enabled: false}
        """;

    [Theory]
    [InlineData(Least)]
    [InlineData(Everything)]
    [InlineData(OfOthers)]
    public async Task Every_object_has_a_unique_name_and_selects_existing_pods(string values)
    {
        var objects = await chart.RenderAsync(values);

        Assert.Distinct(objects.Select(item => $"{item.Text("kind")} {item["metadata"]!.Text("name")}"));
        Assert.All(Pods(objects), pod => Assert.All(pod.Selector, label => Assert.Equal((string?)label.Value, pod.Labels.Text(label.Key))));
        var selectors = objects.Where(item => item.Text("kind") is "Service" or "PodDisruptionBudget" or "NetworkPolicy" or "PodMonitor")
            .Select(item => item["spec"]!["selector"]?["matchLabels"] ?? item["spec"]!["selector"] ?? item["spec"]!["podSelector"]!["matchLabels"]);
        Assert.All(selectors,
            selector => Assert.Contains(Pods(objects), pod => selector!.AsObject().All(label => pod.Labels.Text(label.Key) == (string?)label.Value)));
    }

    [Theory]
    [InlineData(Least, "secret-of-postgres")]
    [InlineData(Everything, "secret-of-postgres")]
    [InlineData(OfOthers, "my-postgres")]
    public async Task Workers_get_no_PostgreSQL_settings(string values, string secret)
    {
        var objects = await chart.RenderAsync(values);

        var (workers, api) = (Pods(objects).Where(pod => pod.Env("Role") == "worker").ToList(),
            Assert.Single(Pods(objects), pod => pod.Env("Role") == "api"));
        Assert.NotEmpty(workers);
        Assert.All(workers, pod => Assert.DoesNotContain("postgres", pod.Spec.ToJsonString(), StringComparison.OrdinalIgnoreCase));
        Assert.Contains("postgres", api.Spec.ToJsonString(), StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(objects, item => item.Text("kind") != "Secret" && item.ToJsonString().Contains(secret, StringComparison.Ordinal)
            && secret.StartsWith("secret", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Workers_can_reach_the_queue_DNS_and_the_configured_extras()
    {
        var policy = Assert.Single(await chart.RenderAsync(Everything), item => item.Text("kind") == "NetworkPolicy");

        Assert.Equal("worker", policy["spec"]!["podSelector"]!["matchLabels"]!.Text("app.kubernetes.io/component"));
        Assert.Equal([53, 53, 4222, 4317],
            policy["spec"]!["egress"]!.AsArray().SelectMany(rule => rule!["ports"]!.AsArray()).Select(port => (int)port!["port"]!));
    }

    [Theory]
    [InlineData(Least)]
    [InlineData(Everything)]
    public async Task The_grace_period_of_a_pod_exceeds_its_shutdown_time(string values)
    {
        Assert.All(Pods(await chart.RenderAsync(values)).Where(pod => pod.Env("Role") == "worker"), pod => Assert.Equal(
            TimeSpan.FromSeconds((int)pod.Spec["terminationGracePeriodSeconds"]! - 20),
            TimeSpan.Parse(pod.Env("Worker__DrainTime")!, CultureInfo.InvariantCulture)));
    }

    [Fact]
    public async Task Pods_have_no_rights_and_write_where_they_may()
    {
        Assert.All(Pods(await chart.RenderAsync(Everything)), pod =>
        {
            var container = pod.Spec["containers"]![0]!;
            Assert.True((bool)pod.Spec["securityContext"]!["runAsNonRoot"]!);
            Assert.True((bool)container["securityContext"]!["readOnlyRootFilesystem"]!);
            Assert.Equal("ALL", (string?)container["securityContext"]!["capabilities"]!["drop"]![0]);
            Assert.False((bool)container["securityContext"]!["allowPrivilegeEscalation"]!);
            Assert.False((bool)pod.Spec["automountServiceAccountToken"]!);
            Assert.Superset(new HashSet<string?>(["/data", "/tmp"]),
                container["volumeMounts"]!.AsArray().Select(mount => mount!.Text("mountPath")).ToHashSet());
            Assert.StartsWith("/tmp/", pod.Env("Api__ReadyFile"), StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task A_gpu_worker_has_a_gpu_the_image_for_it_and_the_queue_of_its_name()
    {
        var objects = await chart.RenderAsync(Everything);

        var gpu = Assert.Single(Pods(objects), pod => pod.Env("Role") == "worker" && pod.Env("Queue__Hardware") == "gpu");
        Assert.Equal("cuda", gpu.Env("Inference__Device"));
        Assert.Equal(1, (int)gpu.Spec["containers"]![0]!["resources"]!["limits"]!["nvidia.com/gpu"]!);
        Assert.EndsWith("-cuda", gpu.Spec["containers"]![0]!.Text("image"), StringComparison.Ordinal);
        Assert.Equal("nvidia.com/gpu", gpu.Spec["tolerations"]![0]!.Text("key"));
        Assert.Equal("cpu", Assert.Single(Pods(objects), pod => pod.Env("Role") == "worker" && pod != gpu).Env("Inference__Device"));
        Assert.Equal(
            ["workers-cpu: 2", "workers-cpu_generate: 16", "workers-cpu_train: 1", "workers-gpu: 4", "workers-gpu_generate: 16", "workers-gpu_train: 1"],
            objects.Where(item => item.Text("kind") == "ScaledObject").SelectMany(item => item["spec"]!["triggers"]!.AsArray())
                .Select(trigger => trigger!["metadata"]!).Where(trigger => trigger.Text("stream") == "lorahub-queue")
                .Select(trigger => $"{trigger.Text("consumer")}: {trigger.Text("lagThreshold")}"));
    }

    [Theory]
    [InlineData("", "http", null)]
    [InlineData("\nsettings: {Telemetry__MetricsUrl: \"http://*:9464\"}", "metrics", 9464)]
    public async Task Metrics_are_scraped_at_their_own_port_if_they_have_one(string settings, string port, int? number)
    {
        var objects = await chart.RenderAsync(Everything + settings);

        Assert.All(Pods(objects), pod => Assert.Equal(
            number,
            (int?)pod.Spec["containers"]![0]!["ports"]!.AsArray().SingleOrDefault(one => one!.Text("name") == "metrics")?["containerPort"]));
        var monitor = Assert.Single(objects, item => item.Text("kind") == "PodMonitor");
        Assert.Equal(port, monitor["spec"]!["podMetricsEndpoints"]![0]!.Text("port"));
        var policy = Assert.Single(objects, item => item.Text("kind") == "NetworkPolicy");
        Assert.Equal(
            number is null ? ["http"] : ["http", "metrics"],
            policy["spec"]!["ingress"]![0]!["ports"]!.AsArray().Select(one => one!.Text("port")));
    }

    [Fact]
    public async Task An_upgrade_does_not_reset_autoscaled_replicas()
    {
        var deployments = (await chart.RenderAsync(Everything)).Where(item => item.Text("kind") == "Deployment").ToList();

        Assert.Equal(3, deployments.Count);
        Assert.All(deployments, item => Assert.Null(item["spec"]!["replicas"]));
    }

    [Theory]
    [InlineData("", "Set nats.url, or nats.existingSecret.")]
    [InlineData("nats: {existingSecret: a}", "Set postgres.connectionString, or postgres.existingSecret.")]
    [InlineData(Least + "\napi: {hardware: tpu}", "api.hardware is tpu: no such worker is enabled")]
    [InlineData(Least + "\napi: {hardware: gpu}", "api.hardware is gpu: no such worker is enabled")]
    public async Task Invalid_values_are_refused_with_a_message(string values, string reason)
    {
        var (code, output) = await chart.TryAsync(values);

        Assert.NotEqual(0, code);
        Assert.Contains(reason, output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_schema_accepts_the_values_and_refuses_a_misspelled_one()
    {
        var schema = await JsonSchema.FromFileAsync(Path.Combine(Repository.Root, "deploy/helm/lorahub/values.schema.json"),
            TestContext.Current.CancellationToken);
        var values = Yaml.Read("deploy/helm/lorahub/values.yaml");

        Assert.Empty(schema.Validate(values.ToJsonString()));
        Assert.True(new QueueOptions().Hardware is var queue && values["workers"]![queue] is not null && values["api"]!.Text("hardware") == queue);
        values["workers"]!["cpu"]!["slot"] = 2;
        Assert.NotEmpty(schema.Validate(values.ToJsonString()));
    }

    [Fact]
    public void The_chart_is_of_this_version_of_the_program() =>
        Assert.Equal(Composer.ProgramVersion, Yaml.Read("deploy/helm/lorahub/Chart.yaml").Text("appVersion"));

    static IReadOnlyList<Pod> Pods(IEnumerable<JsonObject> objects) =>
        [.. objects.Where(item => item.Text("kind") == "Deployment").Select(item => new Pod(
            item["spec"]!["selector"]!["matchLabels"]!.AsObject(), item["spec"]!["template"]!["metadata"]!["labels"]!.AsObject(),
            item["spec"]!["template"]!["spec"]!.AsObject()))];

    sealed record Pod(JsonObject Selector, JsonObject Labels, JsonObject Spec)
    {
        public string? Env(string name) =>
            Spec["containers"]![0]!["env"]!.AsArray().SingleOrDefault(setting => setting!.Text("name") == name)?.Text("value");
    }
}
