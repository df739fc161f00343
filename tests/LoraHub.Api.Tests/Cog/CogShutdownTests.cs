using System.Net;
using LoraHub.Api.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace LoraHub.Api.Tests.Cog;

public sealed class CogShutdownTests(ServicePool pool) : IClassFixture<ServicePool>
{
    [Fact]
    public async Task The_service_finishes_its_responses_and_exits_with_0()
    {
        await using var host = await TestHostProcess.StartAsync();
        var client = await host.ReadyAsync();
        var running = client.PostJsonAsync("/predictions", """{"input": {"seed": 1000}}""");
        await host.UntilLogAsync("was started");

        using var answer = await client.PostAsync("/shutdown", json: null);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("{}", await answer.TextAsync());
        Assert.Equal("succeeded", (await running).Text("status"));
        Assert.Equal(0, await host.ExitedAsync());
    }

    [Theory]
    [InlineData("loopback", "203.0.113.7", "", "")]
    [InlineData("loopback", "127.0.0.1", "X-Forwarded-For", "127.0.0.1")]
    [InlineData("loopback", "127.0.0.1", "Host", "attacker.example")]
    [InlineData("loopback", "127.0.0.1", "Origin", "https://attacker.example")]
    [InlineData("loopback", "127.0.0.1", "Origin", "null")]
    [InlineData("loopback", "127.0.0.1", "Origin", "http://localhost:8080")]
    [InlineData("loopback", "127.0.0.1", "Sec-Fetch-Site", "cross-site")]
    [InlineData("loopback", "127.0.0.1", "Sec-Fetch-Site", "same-site")]
    [InlineData("open", "203.0.113.7", "Sec-Fetch-Site", "cross-site")]
    [InlineData("off", "127.0.0.1", "", "")]
    public async Task An_unauthorized_client_cannot_stop_the_service(string setting, string sender, string header, string value)
    {
        var service = pool.Get(IPAddress.Parse(sender), ("Auth:Shutdown", setting));

        using var refused = await StopAsync(service, header, value);

        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.Equal("failed", (await refused.JsonAsync()).Text("status"));
        Assert.False(service.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.IsCancellationRequested);
    }

    [Theory]
    [InlineData("loopback", "127.0.0.1", "", "")]
    [InlineData("loopback", "127.0.0.1", "Origin", "http://localhost")]
    [InlineData("loopback", "::1", "Sec-Fetch-Site", "same-origin")]
    [InlineData("open", "203.0.113.7", "", "")]
    public async Task An_authorized_client_can_stop_the_service(string setting, string sender, string header, string value)
    {
        await using var service = new Service(("Auth:Shutdown", setting)) { Sender = IPAddress.Parse(sender) };
        await service.ReadyAsync();
        var stopping = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        service.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.Register(stopping.SetResult);

        using var answer = await StopAsync(service, header, value);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        await stopping.Task.WaitAsync(Limits.Wait, TestContext.Current.CancellationToken);
    }

    static async Task<HttpResponseMessage> StopAsync(Service service, string header, string value) =>
        await (await service.ReadyAsync()).PostAsync("/shutdown", json: null, header.Length == 0 ? [] : [(header, value)]);
}
