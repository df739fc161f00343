using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using LoraHub.Api.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace LoraHub.Api.Tests.Security;

/// <summary>
/// What a web page of another site can do to a service without tokens, tried in a real browser. <see cref="OtherSiteTests"/> and
/// <see cref="HostRuleTests"/> cover the same rules without one.
/// </summary>
[LongRunning]
public sealed class BrowserTests
{
    /// <summary>Sends everything that a page may send without asking first, and asks for what needs a preflight.</summary>
    const string Attack = """
        <iframe name="sink"></iframe>
        <form id="form" method="post" enctype="text/plain" target="sink" action="SERVICE/predictions"><input name="x" value="y"></form>
        <script>
        const attempt = promise => promise.then(() => 'sent', error => 'blocked');
        const files = new FormData();
        files.append('content', new Blob(['text']), 'file.txt');
        document.getElementById('form').submit();
        Promise.all([
          attempt(fetch('SERVICE/predictions', { method: 'POST', mode: 'no-cors' })),
          attempt(fetch('SERVICE/v1/files', { method: 'POST', mode: 'no-cors', body: files })),
          attempt(fetch('SERVICE/v1/predictions', {
            method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"version": "lorahub/lorahub", "input": {}}' })),
          attempt(fetch('SERVICE/v1/predictions').then(answer => answer.text())),
          attempt(fetch('SERVICE/shutdown', { method: 'POST', mode: 'no-cors' })),
        ]).then(all => document.body.append('done: ' + all.join(' ')));
        </script>
        """;

    /// <summary>Other sites: another name, another loopback name, and another port of the same name.</summary>
    [Fact]
    public async Task A_page_of_another_site_changes_nothing()
    {
        Browser.SkipUnlessInstalled();
        await using var host = await TestHostProcess.StartAsync();
        foreach (var site in (string[])["evil.test", "evil.localhost", "127.0.0.1"])
        {
            Assert.Equal((0, 0), await AttackAsync(host, site));
        }
    }

    /// <summary>The attack itself works: only the rule stops it.</summary>
    [Fact]
    public async Task The_same_page_changes_things_once_its_origin_is_allowed()
    {
        Browser.SkipUnlessInstalled();
        await using var host = await TestHostProcess.StartAsync(("Api:CorsOrigins:0", "*"), ("Queue:BareCapacity", "10"));

        var (predictions, files) = await AttackAsync(host, "evil.test");

        Assert.InRange(predictions, 1, 3);
        Assert.Equal(1, files);
    }

    /// <summary>To such an address browsers send no <c>Sec-Fetch-Site</c>.</summary>
    [Fact]
    public async Task A_page_of_another_site_changes_nothing_at_an_address_of_the_network()
    {
        Browser.SkipUnlessInstalled();
        var address = NetworkInterface.GetAllNetworkInterfaces().SelectMany(network => network.GetIPProperties().UnicastAddresses)
            .Select(own => own.Address)
            .FirstOrDefault(own => own.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(own));
        Assert.SkipWhen(address is null, "This machine has no address but loopback.");
        await using var host = await TestHostProcess.StartAsync(("urls", $"http://{address}:0"));

        Assert.Equal((0, 0), await AttackAsync(host, "evil.test"));
    }

    [Fact]
    public async Task A_name_that_was_rebound_to_the_service_gets_nothing()
    {
        const string Refusal = "answers only to IP addresses";
        Browser.SkipUnlessInstalled();
        await using var host = await TestHostProcess.StartAsync();
        var port = (await host.ReadyAsync()).BaseAddress!.Port;
        foreach (var path in (string[])["/v1/predictions", "/predictions", "/docs/index.html"])
        {
            Assert.Contains(Refusal, await Browser.OpenAsync($"http://evil.test:{port}{path}", "evil.test"), StringComparison.Ordinal);
        }

        Assert.DoesNotContain(Refusal, await Browser.OpenAsync($"http://localhost:{port}/v1/predictions"), StringComparison.Ordinal);
    }

    /// <returns>The predictions and files that the service has afterwards.</returns>
    static async Task<(int Predictions, int Files)> AttackAsync(TestHostProcess host, string site)
    {
        var client = await host.ReadyAsync();
        var service = client.BaseAddress!.OriginalString.TrimEnd('/');
        await using var page = await ServeAsync(Attack.Replace("SERVICE", service, StringComparison.Ordinal));

        var document = await Browser.OpenAsync($"http://{site}:{new Uri(page.Urls.Single()).Port}/", "evil.test");

        Assert.Contains("done: ", document, StringComparison.Ordinal);
        Assert.Equal("READY", (await client.GetJsonAsync("/health-check")).Text("status"));
        return (
            (await client.GetJsonAsync("/v1/predictions"))["results"]!.AsArray().Count,
            (await client.GetJsonAsync("/v1/files"))["results"]!.AsArray().Count);
    }

    static async Task<WebApplication> ServeAsync(string html)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.Run(http => TypedResults.Content(html, "text/html").ExecuteAsync(http));
        await app.StartAsync(TestContext.Current.CancellationToken);
        return app;
    }
}
