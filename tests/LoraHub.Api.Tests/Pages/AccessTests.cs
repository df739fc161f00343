using System.Net;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.Pages;

public sealed class AccessTests(ServicePool pool) : IClassFixture<ServicePool>
{
    const string Cookie = "lorahub=";

    static readonly (string Key, string Value)[] WithReader = [.. TestTokens.Settings, ("Auth:Tokens:1:Scopes:0", "read")]; // bert may only look

    [Theory]
    [InlineData("/")]
    [InlineData("/predictions")]
    [InlineData("/predictions?cursor=abc")]
    [InlineData("/predictions/unknown")]
    [InlineData("/trainings")]
    [InlineData("/trainings/new?module=me%2Ffrench")]
    public async Task Every_page_asks_for_a_token_and_then_shows_what_was_wanted(string path)
    {
        var visitor = await Visitor.OfAsync(pool.Get(TestTokens.Settings));

        using var refused = await visitor.OpenAsync(path);
        var signIn = refused.Headers.Location!.ToString();
        using var signed = await visitor.SendAsync(
            signIn, "/pages/sign-in", ("token", TestTokens.Anna), ("return", Uri.UnescapeDataString(signIn["/sign-in?return=".Length..])));
        using var shown = await visitor.OpenAsync(path);

        Assert.Equal(HttpStatusCode.Redirect, refused.StatusCode);
        Assert.Equal($"/sign-in?return={Uri.EscapeDataString(path)}", signIn);
        Assert.Equal(path, signed.Headers.Location!.ToString());
        Assert.NotEqual(HttpStatusCode.Redirect, shown.StatusCode);
    }

    [Theory]
    [InlineData("http://localhost", false)]
    [InlineData("https://localhost", true)]
    public async Task The_cookie_is_encrypted_and_neither_scripts_nor_other_sites_get_it(string origin, bool isSecure)
    {
        var visitor = await Visitor.OfAsync(pool.Get(TestTokens.Settings), origin);

        using var response = await visitor.SignInAsync(TestTokens.Anna);

        var cookie = Assert.Single(response.Headers.GetValues("Set-Cookie"), value => value.StartsWith(Cookie, StringComparison.Ordinal));
        Assert.DoesNotContain(TestTokens.Anna, cookie, StringComparison.Ordinal);
        Assert.Contains("; httponly", cookie, StringComparison.Ordinal);
        Assert.Contains("; samesite=lax", cookie, StringComparison.Ordinal);
        Assert.Equal(isSecure, cookie.Contains("; secure", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_wrong_token_is_401_in_words_and_sets_no_cookie()
    {
        var visitor = await Visitor.OfAsync(pool.Get(TestTokens.Settings));

        using var response = await visitor.SignInAsync("guess");

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Contains("This token is not known here.", await response.TextAsync(), StringComparison.Ordinal);
        Assert.False(response.Headers.TryGetValues("Set-Cookie", out var cookies)
            && cookies.Any(value => value.StartsWith(Cookie, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Guesses_are_limited_by_address_as_those_of_the_API_are()
    {
        await using var service = new Service([.. TestTokens.Settings, ("RateLimits:OthersPerMinute", "3")]);
        var visitor = await Visitor.OfAsync(service);

        using var first = await visitor.SignInAsync("guess"); // with the page of the form, two requests
        var token = await visitor.TokenAsync("/sign-in");
        using var second = await visitor.PostAsync("/pages/sign-in", Form(token, ("token", TestTokens.Anna)));

        Assert.Equal(HttpStatusCode.Unauthorized, first.StatusCode);
        Assert.Equal(HttpStatusCode.TooManyRequests, second.StatusCode);
        Assert.Equal("text/html", second.Content.Headers.ContentType!.MediaType);
        Assert.NotEmpty(second.Headers.GetValues("Retry-After"));
    }

    [Fact]
    public async Task Sign_ins_are_limited_by_address_without_any_setting_for_others()
    {
        await using var service = new Service([.. TestTokens.Settings, ("RateLimits:SignInsPerMinute", "2")]);
        var visitor = await Visitor.OfAsync(service);

        using var first = await visitor.SignInAsync("guess");
        using var second = await visitor.SignInAsync("guess");
        using var third = await visitor.SignInAsync(TestTokens.Anna);
        using var page = await visitor.OpenAsync("/sign-in");

        Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.TooManyRequests), (second.StatusCode, third.StatusCode));
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
    }

    [Fact]
    public async Task A_cookie_whose_token_is_no_longer_known_is_deleted()
    {
        var visitor = await Visitor.OfAsync(pool.Get(TestTokens.Settings));

        using var refused = await visitor.OpenAsync("/trainings", ("Cookie", "lorahub=old"));

        Assert.Equal(HttpStatusCode.Redirect, refused.StatusCode);
        Assert.Contains(
            refused.Headers.GetValues("Set-Cookie"), cookie => cookie.StartsWith("lorahub=; expires=Thu, 01 Jan 1970", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_address_without_a_page_still_knows_who_asks()
    {
        var visitor = await Visitor.OfAsync(pool.Get(TestTokens.Settings));
        using var before = await visitor.OpenAsync("/no-such-page");
        using var signedIn = await visitor.SignInAsync(TestTokens.Anna);
        using var after = await visitor.OpenAsync("/no-such-page");

        Assert.Contains("href=\"/sign-in\"", await before.TextAsync(), StringComparison.Ordinal);
        Assert.Contains("Sign out", await after.TextAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://evil.example/")]
    [InlineData("//evil.example/")]
    [InlineData("/\\evil.example/")]
    [InlineData("/\t/evil.example/")]
    [InlineData("/%0d%0aSet-Cookie: a=b\r\n")]
    [InlineData("javascript:alert(1)")]
    [InlineData("predictions")]
    [InlineData("")]
    public async Task Signing_in_never_leads_to_another_site(string next)
    {
        var visitor = await Visitor.OfAsync(pool.Get(TestTokens.Settings));

        using var response = await visitor.SignInAsync(TestTokens.Anna, next);

        Assert.Equal("/", response.Headers.Location!.ToString());
    }

    [Fact]
    public async Task Signing_out_forgets_the_token()
    {
        var visitor = await Visitor.OfAsync(pool.Get(TestTokens.Settings));
        using var signedIn = await visitor.SignInAsync(TestTokens.Anna);
        Assert.Contains("Sign out", await visitor.ReadAsync("/trainings"), StringComparison.Ordinal);

        using var signedOut = await visitor.SendAsync("/trainings", "/pages/sign-out");
        using var after = await visitor.OpenAsync("/trainings");

        Assert.Equal("/sign-in", signedOut.Headers.Location!.ToString());
        Assert.Equal(HttpStatusCode.Redirect, after.StatusCode);
    }

    [Theory]
    [InlineData("GET", "/v1/predictions")]
    [InlineData("POST", "/v1/predictions")]
    [InlineData("GET", "/v1/account")]
    public async Task The_cookie_gives_nothing_on_v1(string method, string path)
    {
        var service = pool.Get(TestTokens.Settings);
        var visitor = await Visitor.OfAsync(service);
        using var signedIn = await visitor.SignInAsync(TestTokens.Anna);
        var given = Assert.Single(signedIn.Headers.GetValues("Set-Cookie"), value => value.StartsWith(Cookie, StringComparison.Ordinal));
        var cookie = given.Split(';')[0];
        var client = await service.ReadyAsync();

        using var response = await client.SendAsync(new HttpMethod(method), path, method == "POST" ? "{}" : null, ("Cookie", cookie));

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
    }

    [Fact]
    public async Task A_token_that_may_only_look_sees_no_button_and_is_refused_in_HTML()
    {
        var visitor = await Visitor.OfAsync(pool.Get(WithReader));
        using var signedIn = await visitor.SignInAsync(TestTokens.Bert);

        var (playground, list) = (await visitor.ReadAsync("/"), await visitor.ReadAsync("/trainings"));
        var form = await visitor.ReadAsync("/trainings/new");
        using var run = await visitor.SendAsync("/trainings", "/pages/predictions");
        using var train = await visitor.SendFileAsync(
            "/trainings", "/pages/trainings", ("a.jsonl", TrainingRequests.Data), ("destination", "bert/french"));

        Assert.DoesNotContain("<button class=\"main\">Run", playground, StringComparison.Ordinal);
        Assert.DoesNotContain("New training", list, StringComparison.Ordinal);
        Assert.DoesNotContain("name=\"action\"", form, StringComparison.Ordinal);
        foreach (var (response, scope) in new[] { (run, "predict"), (train, "predict") })
        {
            Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
            Assert.Equal("text/html", response.Content.Headers.ContentType!.MediaType);
            Assert.Contains($"Your token lacks the scope <code>{scope}</code>", await response.TextAsync(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("Origin", "null")] // what Referrer-Policy same-origin makes of another site's form
    [InlineData("Origin", "http://evil.example")]
    [InlineData("Origin", "http://localhost:8080")]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    [InlineData("Sec-Fetch-Site", "same-site")]
    public async Task A_form_of_another_site_is_refused_even_with_a_token_of_its_own(string header, string value)
    {
        var visitor = await Visitor.OfAsync(pool.Get());
        var token = await visitor.TokenAsync("/");

        using var response = await visitor.PostAsync("/pages/predictions", Form(token), (header, value));

        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        Assert.Equal("text/html", response.Content.Headers.ContentType!.MediaType);
    }

    [Fact]
    public async Task On_a_plain_name_a_browser_proves_its_site_by_its_origin_alone()
    {
        var visitor = await Visitor.OfAsync(pool.Get(("Api:Hosts:0", "lorahub.lan")), "http://lorahub.lan");
        var token = await visitor.TokenAsync("/trainings/new");

        using var own = await visitor.PostAsync("/pages/predictions", Form(token), ("Origin", "http://lorahub.lan"));
        using var others = await visitor.PostAsync("/pages/predictions", Form(token), ("Origin", "null"));

        Assert.Equal(HttpStatusCode.UnprocessableEntity, own.StatusCode); // accepted as the visitor's own; the form is empty
        Assert.Equal(HttpStatusCode.Forbidden, others.StatusCode);
    }

    [Fact]
    public async Task A_form_without_the_visitors_token_is_refused()
    {
        var service = pool.Get();
        var (visitor, other) = (await Visitor.OfAsync(service), await Visitor.OfAsync(service));
        await visitor.ReadAsync("/");
        var foreign = await other.TokenAsync("/");

        using var without = await visitor.PostAsync("/pages/predictions", Form());
        using var others = await visitor.PostAsync("/pages/predictions", Form(foreign));
        using var broken = await visitor.PostAsync("/pages/predictions", Form(("__RequestVerificationToken", "%%%")));

        Assert.All([without, others, broken], response => Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode));
    }

    static FormUrlEncodedContent Form(params (string Name, string Value)[] fields) =>
        new(fields.Select(field => KeyValuePair.Create(field.Name, field.Value)));
}
