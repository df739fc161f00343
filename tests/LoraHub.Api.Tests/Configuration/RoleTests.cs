using System.Net;
using LoraHub.Api.Tests.Support;
using LoraHub.Storage.Tests.Distributed;

namespace LoraHub.Api.Tests.Configuration;

/// <summary>Runs the real program in each role.</summary>
public sealed class RoleTests(NatsServer nats, PostgresServer postgres)
{
    [Theory]
    [InlineData("boss", "Role is `boss`; use `all`, `api` or `worker`.")]
    [InlineData("7", "Role is `7`; use `all`, `api` or `worker`.")]
    [InlineData("worker", "set Distributed:Nats")]
    [InlineData("api", "set Distributed:Nats")]
    public async Task An_invalid_role_stops_the_start(string role, string why)
    {
        var data = Directory.CreateTempSubdirectory("lorahub-").FullName;

        var run = await FinishedRun.OfAsync(data, ["--urls", "http://127.0.0.1:0"], ("Role", role));

        Assert.Equal(1, run.Code);
        Assert.StartsWith("lorahub cannot start: ", run.Error);
        Assert.Contains(why, run.Error);
        Directory.Delete(data, recursive: true);
    }

    [Fact]
    public async Task A_worker_serves_only_probes_and_needs_no_database()
    {
        await using var worker = await TestHostProcess.StartAsync(("Role", "worker"), ("Distributed:Nats", nats.UrlOrSkip()),
            ("Distributed:Prefix", "roles-worker"));
        await UntilReadyAsync(worker);

        Assert.Equal(HttpStatusCode.OK, await StatusAsync(worker, "/health/live"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(worker, "/metrics"));
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(worker, "/v1/predictions"));
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(worker, "/docs"));
    }

    [Fact]
    public async Task Only_workers_of_its_hardware_serve_a_queue()
    {
        (string Key, string Value)[] shared = [("Distributed:Nats", nats.UrlOrSkip()), ("Distributed:Prefix", "roles-hardware")];
        await using var api = await TestHostProcess.StartAsync([.. shared, ("Role", "api"), ("Queue:Hardware", "gpu"),
            ("Distributed:Postgres", await postgres.NewDatabaseOrSkipAsync())]);
        await using var cpu = await TestHostProcess.StartAsync([.. shared, ("Role", "worker")]);
        await cpu.UntilLogAsync("The worker is ready.");
        await UntilReadyAsync(api);
        var created = await api.Client.PostJsonAsync("/v1/predictions", """{"version": "lorahub/lorahub", "input": {"seed": 7}}""");

        await using var gpu = await TestHostProcess.StartAsync([.. shared, ("Role", "worker"), ("Queue:Hardware", "gpu")]);
        await gpu.UntilLogAsync($"{created.Text("id")} has ended");

        Assert.DoesNotContain("was started", cpu.Log);
    }

    [Fact]
    public async Task A_node_is_live_but_not_ready_until_its_servers_are_reachable()
    {
        _ = nats.UrlOrSkip();
        await using var late = new NatsServer();
        await using var api = await TestHostProcess.StartAsync(
            ("Role", "api"), ("Distributed:Nats", late.Url), ("Distributed:Postgres", await postgres.NewDatabaseOrSkipAsync()));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(api, "/health/live"));
        using var unready = await api.Client.FetchAsync("/health/ready");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, unready.StatusCode);
        Assert.Contains("NATS", await unready.TextAsync());

        await late.StartAsync();

        await UntilReadyAsync(api);
    }

    static async Task UntilReadyAsync(TestHostProcess host)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (await StatusAsync(host, "/health/ready") != HttpStatusCode.OK)
        {
            await Task.Delay(100, limit.Token);
        }
    }

    static async Task<HttpStatusCode> StatusAsync(TestHostProcess host, string path)
    {
        using var response = await host.Client.FetchAsync(path);
        return response.StatusCode;
    }
}
