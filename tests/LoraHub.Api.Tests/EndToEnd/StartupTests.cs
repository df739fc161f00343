using System.Net;
using System.Net.Sockets;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.EndToEnd;

/// <summary>What a person reads after starting the service.</summary>
public sealed class StartupTests
{
    [Fact]
    public async Task The_log_names_the_version_the_urls_the_data_folder_the_model_the_device_and_who_has_access()
    {
        await using var host = await TestHostProcess.StartAsync(("Inference:Threads", "1"));
        await host.UntilLogAsync("Access: ");
        await host.UntilLogAsync("The worker is ready.");

        Assert.Matches(@" INF LoraHub \d+\.\d+\.\d+, role all\. Press Ctrl\+C to stop\.\n", host.Log);
        Assert.Matches(@" INF Now listening on: http://127\.0\.0\.1:\d+\n", host.Log);
        Assert.Matches(@" INF Try it in a browser: http://127\.0\.0\.1:\d+\n", host.Log);
        Assert.Contains($" INF Data folder: {host.DataPath}\n", host.Log, StringComparison.Ordinal);
        Assert.Contains(" INF Base model: lorahub/t5-mini", host.Log, StringComparison.Ordinal);
        Assert.Contains(" INF Device: cpu, precision auto, threads: 1\n", host.Log, StringComparison.Ordinal);
        Assert.Contains(" INF Access: no token is required", host.Log, StringComparison.Ordinal);
        Assert.DoesNotContain("Content root", host.Log, StringComparison.Ordinal);
        Assert.DoesNotContain("Hosting environment", host.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_url_of_a_wildcard_address_can_be_opened()
    {
        await using var host = await TestHostProcess.StartAsync(("urls", "http://*:0"));
        await host.UntilLogAsync("Access: ");

        Assert.Matches(@" INF Now listening on: http://localhost:\d+\n", host.Log);
        Assert.DoesNotContain("[::]", host.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_misspelled_setting_is_named_with_the_closest_known_one()
    {
        await using var host = await TestHostProcess.StartAsync(("Inference:Precison", "fp32"));

        await host.UntilLogAsync("Unknown setting `Inference:Precison`; did you mean `Inference:Precision`?");
    }

    [Fact]
    public async Task A_port_in_use_is_reported_in_one_line_with_the_cure()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var data = Directory.CreateTempSubdirectory("lorahub-");
        try
        {
            var address = $"http://{other.LocalEndpoint}";

            var run = await FinishedRun.OfAsync(data.FullName, ["--urls", address]);

            Assert.Equal(1, run.Code);
            Assert.Equal(
                $"lorahub cannot start: Failed to bind to address {address}: address already in use; "
                + "stop the other program, or choose another port: --urls http://localhost:5001.\n",
                run.Error);
        }
        finally
        {
            data.Delete(recursive: true);
        }
    }
}
