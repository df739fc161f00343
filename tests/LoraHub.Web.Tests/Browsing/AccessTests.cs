using System.Security.Cryptography;
using System.Text;
using LoraHub.Api.Tests.Support;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace LoraHub.Web.Tests.Browsing;

/// <summary>Who may see and do what, and what other sites may not.</summary>
public sealed class AccessTests(Chromium chromium)
{
    const string Reader = "lh_a-reader-4f0c", Runner = "lh_a-runner-93aa";

    static readonly (string, string)[] Tokens = [.. Token(0, "reader", Reader, "read"), .. Token(1, "runner", Runner, "predict")];

    [Fact]
    public async Task A_token_that_may_only_read_can_look_and_do_nothing_else()
    {
        await using var host = await TestHostProcess.StartAsync(Tokens);
        host.Client.DefaultRequestHeaders.Authorization = new("Bearer", Runner);
        await host.ReadyAsync();
        var id = await ScriptedService.StartRunAsync(host.Client, ScriptedService.Hangs);
        await chromium.VisitAsync(host.Client.BaseAddress!, async page =>
        {
            await page.OpenAsync($"/predictions/{id}"); // which asks for a token first
            await page.GetByLabel("Token").FillAsync(Reader);
            await page.Button("Sign in").ClickAsync();

            await page.UntilStatusAsync("processing");
            Assert.Equal(0, await page.Button("Cancel").CountAsync());
            await page.OpenAsync("/");
            Assert.Equal(0, await page.Button("Run").CountAsync());
            Assert.Equal(403, await PostAsync(page, $"/pages/runs/{id}/cancel"));
            Assert.Equal(403, await PostAsync(page, "/pages/predictions"));
            await AssertCookieIsClosedAsync(page);

            await page.Button("Sign out").ClickAsync();
            await Expect(page.GetByLabel("Token")).ToBeVisibleAsync();
        });

        Assert.Equal("processing", (await host.Client.GetJsonAsync($"/v1/predictions/{id}")).Text("status"));
    }

    /// <summary>The first rule refuses the origin. Where it is lifted for the API, forms still need what only our own pages have.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("*")]
    public async Task A_form_of_another_site_changes_nothing(string allowedOrigin)
    {
        await using var host = await TestHostProcess.StartAsync(allowedOrigin.Length == 0 ? [] : [("Api:CorsOrigins:0", allowedOrigin)]);
        await host.ReadyAsync();
        var id = await ScriptedService.StartRunAsync(host.Client, ScriptedService.Hangs);
        await chromium.VisitAsync(host.Client.BaseAddress!, async page =>
        {
            await page.OpenAsync("/"); // the cookies of a visitor
            foreach (var path in (string[])["/pages/predictions", $"/pages/runs/{id}/cancel", "/pages/sign-out"])
            {
                await page.Context.RouteAsync("http://evil.test/", route => route.FulfillAsync(new()
                {
                    ContentType = "text/html",
                    Body = $"<form method=post action='{new Uri(host.Client.BaseAddress!, path)}'><button>Win</button></form>",
                }));
                await page.GotoAsync("http://evil.test/");
                var answer = await page.RunAndWaitForResponseAsync(() => page.Button("Win").ClickAsync(), sent => sent.Request.Method == "POST");

                Assert.Equal(allowedOrigin.Length == 0 ? 403 : 400, answer.Status);
            }
        });

        Assert.Equal("processing", (await host.Client.GetJsonAsync($"/v1/predictions/{id}")).Text("status"));
        Assert.Single((await host.Client.GetJsonAsync("/v1/predictions"))["results"]!.AsArray());
    }

    /// <summary>Sends a form from the page itself, with its own token against other sites.</summary>
    static Task<int> PostAsync(IPage page, string path) => page.EvaluateAsync<int>(
        """
        async path => {
            const field = document.querySelector("form [type=hidden]");
            const answer = await fetch(path, { method: "POST", body: new URLSearchParams([[field.name, field.value]]), redirect: "manual" });
            return answer.status;
        }
        """,
        path);

    static async Task AssertCookieIsClosedAsync(IPage page)
    {
        var cookie = (await page.Context.CookiesAsync()).Single(cookie => cookie.Name == "lorahub");
        Assert.True(cookie.HttpOnly);
        Assert.Equal(SameSiteAttribute.Lax, cookie.SameSite);
        Assert.DoesNotContain(Reader, cookie.Value, StringComparison.Ordinal);
    }

    static (string, string)[] Token(int index, string name, string token, string scope) =>
    [
        ($"Auth:Tokens:{index}:Name", name),
        ($"Auth:Tokens:{index}:Hash", $"sha256:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)))}"),
        ($"Auth:Tokens:{index}:Scopes:0", scope),
    ];
}
