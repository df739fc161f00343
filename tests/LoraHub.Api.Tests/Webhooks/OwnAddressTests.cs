using System.Net;
using System.Threading.Channels;
using LoraHub.Api.Tests.Support;
using LoraHub.Api.Webhooks;
using LoraHub.Core.Outbound;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Tests.Webhooks;

/// <summary>A client cannot make the service send requests to itself.</summary>
public sealed class OwnAddressTests(ServicePool pool) : IClassFixture<ServicePool>
{
    [Fact]
    public async Task A_webhook_to_the_service_is_refused_whatever_the_settings()
    {
        await using var host = await TestHostProcess.StartAsync(
            ("Webhooks:AllowedNetworks:0", "0.0.0.0/0"), ("Webhooks:AllowedNetworks:1", "::/0"));
        var client = await host.ReadyAsync();
        var port = client.BaseAddress!.Port;
        string[] names = ["localhost", "LOCALHOST.", "some.localhost", "127.0.0.1", "127.1", "2130706433", "0x7f000001", "[::1]",
            "[::ffff:127.0.0.1]", "0.0.0.0", "[::]"];

        foreach (var name in names)
        {
            var webhook = $"http://{name}:{port}/shutdown";
            using var bare = await client.PostAsync("/predictions", $$"""{"webhook": "{{webhook}}"}""");
            using var v1 = await client.PostAsync("/v1/predictions",
                $$"""{"version": "lorahub/lorahub", "input": {}, "webhook": "{{webhook}}"}""");

            Assert.True(bare.StatusCode == HttpStatusCode.UnprocessableEntity, $"{name}: {bare.StatusCode}");
            Assert.True(v1.StatusCode == HttpStatusCode.UnprocessableEntity, $"{name}: {v1.StatusCode}");
        }

        Assert.False(host.HasExited);
    }

    [Theory]
    [InlineData("/shutdown")]
    [InlineData("/predictions")]
    [InlineData("/v1/predictions")]
    public async Task A_webhook_that_comes_back_through_a_proxy_is_refused(string path)
    {
        await using var host = await TestHostProcess.StartAsync(
            Receiver.Allowed, ("Webhooks:AuthToken", "token"), ("Webhooks:EventTimeout", "00:05:00"), ("Webhooks:Timeout", "00:05:00"));
        var client = await host.ReadyAsync();
        await using var proxy = await Receiver.StartAsync();
        var answers = Channel.CreateUnbounded<HttpStatusCode>();
        proxy.Answer = async (_, http) =>
        {
            using var forwarded = new HttpRequestMessage(HttpMethod.Post, new Uri(client.BaseAddress!, path));
            foreach (var header in http.Request.Headers.Where(header => header.Key.StartsWith("X-", StringComparison.OrdinalIgnoreCase)))
            {
                forwarded.Headers.Add(header.Key, header.Value.ToArray());
            }

            using var answer = await client.SendAsync(forwarded, http.RequestAborted);
            await answers.Writer.WriteAsync(answer.StatusCode);
        };

        await client.PostJsonAsync("/predictions", $$"""{"webhook": "{{proxy.Url}}"}""");
        var all = await proxy.UntilEndAsync();

        using var limit = new CancellationTokenSource(Limits.Wait);
        for (var i = 0; i < all.Count; i++) // the last webhook is here before it has come back
        {
            Assert.Equal(HttpStatusCode.Forbidden, await answers.Reader.ReadAsync(limit.Token));
        }

        Assert.Equal("READY", (await client.GetJsonAsync("/health-check")).Text("status"));
    }

    [Theory]
    [InlineData("http://localhost:9000/")]
    [InlineData("http://a.localhost/")]
    [InlineData("http://127.0.0.1:9000/?secret=do-not-log")]
    [InlineData("http://127.1/")]
    [InlineData("http://2130706433/")]
    [InlineData("http://[::1]/")]
    [InlineData("http://[::ffff:10.0.0.1]/")]
    [InlineData("http://[64:ff9b::a00:1]/")]
    [InlineData("http://10.0.0.1/")]
    [InlineData("https://192.168.1.1:8443/")]
    [InlineData("http://169.254.169.254/latest/meta-data")]
    [InlineData("http://0.0.0.0/")]
    public async Task A_webhook_to_a_private_address_is_a_422_that_names_the_setting(string url)
    {
        var service = pool.Get();
        var client = await service.ReadyAsync();

        using var bare = await client.PostAsync("/predictions", $$"""{"webhook": "{{url}}"}""");
        using var v1 = await client.PostAsync("/v1/predictions", $$"""{"version": "lorahub/lorahub", "input": {}, "webhook": "{{url}}"}""");

        Assert.Equal((HttpStatusCode.UnprocessableEntity, HttpStatusCode.UnprocessableEntity), (bare.StatusCode, v1.StatusCode));
        Assert.Contains("Webhooks:AllowedNetworks", await bare.TextAsync(), StringComparison.Ordinal);
        var problem = await v1.JsonAsync();
        Assert.Equal("webhook", problem["invalid_fields"]![0]!.Text("field"));
        Assert.Contains("Webhooks:AllowedNetworks", problem.Text("detail"), StringComparison.Ordinal);
        Assert.DoesNotContain("do-not-log", service.Log.Text);
    }

    [Theory]
    [InlineData("127.0.0.1", 5000, false)]
    [InlineData("127.0.0.1", 8080, false)]
    [InlineData("::1", 8443, false)]
    [InlineData("::ffff:127.0.0.1", 5000, false)]
    [InlineData("0.0.0.0", 5000, false)]
    [InlineData("::", 5000, false)]
    [InlineData("127.0.0.1", 9000, true)]
    [InlineData("10.0.0.1", 5000, true)]
    [InlineData("1.1.1.1", 5000, true)]
    public void The_services_own_ports_are_refused_on_this_machine(string address, int port, bool isAllowed)
    {
        using var server = new Listening("http://localhost:5000", "http://*:8080", "https://[::]:8443");
        var guard = new AddressGuard(
            Options.Create(new WebhookOptions { AllowedNetworks = ["0.0.0.0/0", "::/0"] }), new OwnAddresses(server));

        Assert.Equal(isAllowed, guard.Allows("some.example", new IPEndPoint(IPAddress.Parse(address), port)));
    }

    [Fact]
    public async Task A_name_that_resolves_to_the_service_is_refused()
    {
        using var server = new Listening("http://localhost:5000");
        var guard = new AddressGuard(Options.Create(new WebhookOptions { AllowedNetworks = ["127.0.0.0/8"] }), new OwnAddresses(server));
        using var http = new HttpClient(new GuardedConnection(guard, (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback])).CreateHandler());

        var exception = await Assert.ThrowsAsync<HttpRequestException>(
            () => http.PostAsync(new Uri("http://public.example:5000/shutdown"), content: null, TestContext.Current.CancellationToken));

        Assert.IsType<RefusedAddressException>(exception.InnerException);
    }

    /// <summary>A server that listens on these URLs.</summary>
    sealed class Listening : IServer, IServerAddressesFeature
    {
        public Listening(params string[] urls)
        {
            Addresses = urls;
            Features.Set<IServerAddressesFeature>(this);
        }

        public IFeatureCollection Features { get; } = new FeatureCollection();

        public ICollection<string> Addresses { get; }

        public bool PreferHostingUrls { get; set; }

        public Task StartAsync<TContext>(IHttpApplication<TContext> application, CancellationToken cancellationToken)
            where TContext : notnull => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public void Dispose()
        {
        }
    }
}
