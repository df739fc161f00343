using System.Globalization;
using System.Text.Json.Nodes;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Deploy.Tests;

/// <summary>Checks docker-compose.yml.</summary>
public sealed class ComposeTests
{
    static readonly JsonObject Services = Yaml.Read("docker-compose.yml")["services"]!.AsObject();

    [Fact]
    public void Two_replicas_of_each_service_start_after_their_dependencies_are_healthy()
    {
        Assert.All(["api", "worker"], name => Assert.Equal(2, (int)Services[name]!["deploy"]!["replicas"]!));
        Assert.Equal(["nats", "postgres"], Needs("api"));
        Assert.Equal(["nats"], Needs("worker"));
        Assert.All(["gateway", "nats", "postgres"], name => Assert.NotNull(Services[name]!["healthcheck"])); // the program's own is in its image
    }

    [Fact]
    public void Workers_have_neither_credentials_of_PostgreSQL_nor_a_network_to_it()
    {
        var worker = Services["worker"]!;

        Assert.DoesNotContain("postgres", worker.ToJsonString(), StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(Networks("worker"), network => Networks("postgres").Contains(network, StringComparer.Ordinal));
        Assert.Contains(Networks("api"), network => Networks("postgres").Contains(network, StringComparer.Ordinal));
    }

    [Fact]
    public void The_grace_period_of_a_worker_exceeds_its_shutdown_time()
    {
        var grace = int.Parse(Services["worker"]!.Text("stop_grace_period")!.TrimEnd('s'), CultureInfo.InvariantCulture);

        Assert.True(TimeSpan.Parse(Services["worker"]!["environment"]!.Text("Worker__DrainTime")!, CultureInfo.InvariantCulture)
            < TimeSpan.FromSeconds(grace - 10));
    }

    [Fact]
    public void Mounted_files_exist() => Assert.All(
        Services.SelectMany(service => service.Value!["volumes"]?.AsArray() ?? []).Select(volume => ((string)volume!).Split(':')[0])
            .Where(source => source.StartsWith("./", StringComparison.Ordinal)),
        source => Assert.True(File.Exists(Path.Combine(Repository.Root, source)), source));

    static IEnumerable<string> Needs(string service) => Services[service]!["depends_on"]!.AsObject()
        .Where(need => need.Value!.Text("condition") == "service_healthy").Select(need => need.Key);

    static IReadOnlyList<string?> Networks(string service) => [.. Services[service]!["networks"]!.AsArray().Select(network => (string?)network)];
}
