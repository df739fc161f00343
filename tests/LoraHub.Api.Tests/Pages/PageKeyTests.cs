using System.Net;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.Pages;

/// <summary>The key of the cookies: the same on all nodes, and nowhere else.</summary>
public sealed class PageKeyTests
{
    const string KeyFile = "pages.key";

    [Fact]
    public async Task A_node_reads_the_cookies_of_another_with_the_same_keys()
    {
        await using var first = new Service(TestTokens.Settings);
        await using var second = new Service(TestTokens.Settings);
        var cookie = await SignedInAsync(first, second);

        using var page = await (await Visitor.OfAsync(second)).OpenAsync("/trainings", ("Cookie", cookie));

        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        Assert.Contains("anna", await page.TextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_removed_token_signs_out_at_once()
    {
        await using var before = new Service(TestTokens.Settings);
        await using var after = new Service([.. TestTokens.Settings.Where(setting => setting.Key.StartsWith("Auth:Tokens:1", StringComparison.Ordinal))
            .Select(setting => (setting.Key.Replace(":1:", ":0:", StringComparison.Ordinal), setting.Value))]);
        var cookie = await SignedInAsync(before, after);

        using var page = await (await Visitor.OfAsync(after)).OpenAsync("/trainings", ("Cookie", cookie));

        Assert.Equal("/sign-in?return=%2Ftrainings", page.Headers.Location!.ToString());
    }

    [Fact]
    public async Task A_cookie_of_other_keys_signs_nobody_in_and_is_no_error()
    {
        await using var first = new Service(TestTokens.Settings);
        await using var second = new Service([.. TestTokens.Settings, ("Serilog:MinimumLevel:Default", "Verbose")]);
        using var signedIn = await (await Visitor.OfAsync(first)).SignInAsync(TestTokens.Anna);
        var visitor = await Visitor.OfAsync(second);
        var form = signedIn.RequestMessage!.Headers.GetValues("Cookie").Single();

        using var page = await visitor.OpenAsync("/trainings", ("Cookie", CookieOf(signedIn)));
        using var signIn = await visitor.OpenAsync("/sign-in", ("Cookie", form)); // with the form cookie of the other service

        Assert.Equal(HttpStatusCode.Redirect, page.StatusCode);
        Assert.Equal(HttpStatusCode.OK, signIn.StatusCode);
        Assert.DoesNotContain(second.Log.Events, entry => entry.Level >= Serilog.Events.LogEventLevel.Warning);
    }

    [Fact]
    public async Task Signing_in_leaves_the_token_in_no_log_and_the_key_in_no_file_of_the_framework()
    {
        var home = Directory.CreateTempSubdirectory("lorahub-home-");
        try
        {
            await using var host = await TestHostProcess.StartAsync(
                [.. TestTokens.Settings, ("Serilog:MinimumLevel:Default", "Verbose"), ("HOME", home.FullName)]);
            await host.ReadyAsync();
            using var browser = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = host.Client.BaseAddress };
            using var signedIn = await new Visitor(browser).SignInAsync(TestTokens.Anna, "/trainings");

            Assert.Equal("/trainings", signedIn.Headers.Location!.ToString());
            Assert.Empty(home.EnumerateFileSystemInfos());
            Assert.DoesNotContain(TestTokens.Anna, host.Log, StringComparison.Ordinal);
            var lines = host.Log.Split('\n')
                .Where(line => !line.Contains("the heartbeat has been running", StringComparison.Ordinal)); // on a busy machine
            Assert.DoesNotContain(lines, line => line.Contains(" WRN ", StringComparison.Ordinal));
            Assert.DoesNotContain(lines, line => line.Contains(" ERR ", StringComparison.Ordinal));
        }
        finally
        {
            home.Delete(recursive: true);
        }
    }

    /// <summary>Signs anna in at one service, and gives its key to the other, which has not started.</summary>
    static async Task<string> SignedInAsync(Service first, Service second)
    {
        using var response = await (await Visitor.OfAsync(first)).SignInAsync(TestTokens.Anna);
        File.Copy(Path.Combine(first.DataPath, KeyFile), Path.Combine(second.DataPath, KeyFile));
        return CookieOf(response);
    }

    static string CookieOf(HttpResponseMessage signedIn) =>
        signedIn.Headers.GetValues("Set-Cookie").Single(value => value.StartsWith("lorahub=", StringComparison.Ordinal)).Split(';')[0];
}
