using System.Net;
using LoraHub.Api.Tests.Security;
using LoraHub.Api.Tests.Support;
using LoraHub.Core.Predictions;
using LoraHub.Modules.Library;
using LoraHub.Modules.Versions;
using Microsoft.Extensions.DependencyInjection;

namespace LoraHub.Api.Tests.Pages;

/// <summary>The list of modules, a module's page, and its forms.</summary>
public sealed class LibraryPageTests(SharedService shared, ScopedService scoped) : IClassFixture<SharedService>, IClassFixture<ScopedService>
{
    [Fact]
    public async Task The_list_has_filters_pages_and_an_empty_state()
    {
        var client = await shared.Service.ReadyAsync();
        foreach (var name in (string[])["one", "two", "three"])
        {
            await client.PublishedAsync($"pages/{name}", [1]);
        }

        var visitor = await Visitor.OfAsync(shared.Service);
        var first = await visitor.ReadAsync("/modules?q=&owner=pages&base_model=&rank=&sort=name&limit=2");
        var next = WebUtility.HtmlDecode(first.Split("Next page")[0].Split("href=\"")[^1].Split('"')[0]);
        var second = await visitor.ReadAsync(new Uri(next).PathAndQuery);
        var none = await visitor.ReadAsync("/modules?owner=nobody");

        Assert.Equal((true, false, true), (Lists(first, "pages/one"), Lists(first, "pages/two"), Lists(first, "pages/three")));
        Assert.Equal((false, true, false), (Lists(second, "pages/one"), Lists(second, "pages/two"), Lists(second, "pages/three")));
        Assert.Contains("1 to 2 of 3", first, StringComparison.Ordinal);
        Assert.Contains("Previous page", second, StringComparison.Ordinal);
        Assert.DoesNotContain("Next page", second, StringComparison.Ordinal);
        Assert.Contains("No module matches.", none, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_no_module_has_all_words_those_with_some_are_shown()
    {
        var client = await shared.Service.ReadyAsync();
        await client.PublishedAsync("words/translate", [1]);

        var page = await (await Visitor.OfAsync(shared.Service)).ReadAsync("/modules?q=translate+marzipan");

        Assert.Contains("No module has all of these words.", page, StringComparison.Ordinal);
        Assert.True(Lists(page, "words/translate"));
    }

    [Fact]
    public async Task Without_filters_the_composer_and_the_base_models_are_on_top()
    {
        var visitor = await Visitor.OfAsync(shared.Service);

        var page = await visitor.ReadAsync("/modules");
        var composer = await visitor.ReadAsync("/modules/lorahub/lorahub");

        Assert.Contains("<a href=\"/modules/lorahub/lorahub\">lorahub/lorahub</a>", page, StringComparison.Ordinal);
        Assert.Contains("<a href=\"/modules/lorahub/t5-mini\">lorahub/t5-mini</a>", page, StringComparison.Ordinal);
        Assert.Contains("Answers a prompt with the base model alone", await visitor.ReadAsync("/modules/lorahub/t5-mini"), StringComparison.Ordinal);
        Assert.Contains("<h1>lorahub/lorahub</h1>", composer, StringComparison.Ordinal);
        Assert.Contains("href=\"/\">Open the playground</a>", composer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/modules?rank=x", HttpStatusCode.BadRequest, "rank")]
    [InlineData("/modules?unknown=x", HttpStatusCode.BadRequest, "Unknown query parameter")]
    [InlineData("/modules/nobody/nothing", HttpStatusCode.NotFound, "There is no model <code>nobody/nothing</code>.")]
    [InlineData("/modules/.x/y", HttpStatusCode.NotFound, "There is no model")]
    [InlineData("/modules/lorahub/t5-mini?version=000000000000", HttpStatusCode.NotFound, "has no such version")]
    public async Task What_is_wrong_or_unknown_is_said_on_a_page(string path, HttpStatusCode status, string text)
    {
        using var response = await (await Visitor.OfAsync(shared.Service)).OpenAsync(path);

        Assert.Equal((status, "text/html"), (response.StatusCode, response.Content.Headers.ContentType!.MediaType));
        Assert.Contains(text, await response.TextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_page_shows_the_card_inert_the_layers_the_neighbors_and_each_version()
    {
        var client = await shared.Service.ReadyAsync();
        var earlier = (await client.PublishedAsync("shown/one", [1, 0, 0])).Text("version")!;
        using var form = PeftFiles.Form([.. PeftFiles.Of(1, 0.01f, 0)[..2], (ModuleFiles.Card, "# Hi\n\n<script>alert(1)</script>"u8.ToArray())]);
        using var published = await client.PublishAsync("shown/one", form);
        await client.PublishedAsync("shown/copy", [1, 0.01f, 0]);

        var visitor = await Visitor.OfAsync(shared.Service);
        var page = await visitor.ReadAsync("/modules/shown/one");
        var old = await visitor.ReadAsync($"/modules/shown/one?version={earlier[..12]}");

        Assert.Contains("&lt;script&gt;alert(1)&lt;/script&gt;", page, StringComparison.Ordinal);
        Assert.Contains("encoder.block.0.layer.0.SelfAttention.q: ", page, StringComparison.Ordinal);
        Assert.Matches("/modules/shown/copy\">shown/copy</a></th>\\s*<td class=\"number\">1.000, a near-duplicate", page);
        Assert.Contains($"/modules/shown/one?version={earlier[..12]}", page, StringComparison.Ordinal);
        Assert.Contains("This is an earlier version.", old, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_prompt_becomes_a_prediction_of_the_version_that_the_page_shows()
    {
        var version = (await (await shared.Service.ReadyAsync()).PublishedAsync("asked/one", [1])).Text("version")!;
        var visitor = await Visitor.OfAsync(shared.Service);

        using var asked = await AskAsync(("max_new_tokens", "8"), ("seed", ""));
        using var refused = await AskAsync(("max_new_tokens", "0"));

        var id = asked.Headers.Location!.ToString().Split("/predictions/")[1];
        var prediction = await shared.Service.Services.GetRequiredService<IPredictionStore>().FindAsync(id, TestContext.Current.CancellationToken);
        Assert.Equal(("asked/one", version), (prediction!.Created.Model, prediction.Created.Version));
        Assert.Equal("""{"prompt":"dog","max_new_tokens":8}""", prediction.Input.ToJsonString());
        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.StatusCode);
        Assert.Contains("max_new_tokens", await refused.TextAsync(), StringComparison.Ordinal);

        Task<HttpResponseMessage> AskAsync(params (string, string)[] fields) => visitor.SendAsync(
            "/modules/asked/one", "/pages/models/asked/one/predictions", [("version", version), ("prompt", "dog"), .. fields]);
    }

    [Fact]
    public async Task An_admin_quarantines_a_version_with_a_reason_and_releases_it()
    {
        var client = await shared.Service.ReadyAsync();
        var version = (await client.PublishedAsync("marked/one", [1])).Text("version")!;
        var visitor = await Visitor.OfAsync(shared.Service);

        using var silent = await MarkAsync("quarantine", ("reason", " "));
        using var marked = await MarkAsync("quarantine", ("reason", "In dispute."));
        var page = await visitor.ReadAsync(marked.Headers.Location!.ToString());
        using var released = await MarkAsync("release");

        Assert.Equal(HttpStatusCode.UnprocessableEntity, silent.StatusCode);
        Assert.Contains("It is in quarantine: In dispute.", page, StringComparison.Ordinal);
        Assert.Contains("is released.", await visitor.ReadAsync(released.Headers.Location!.ToString()), StringComparison.Ordinal);
        Assert.Equal("ready", (await client.GetJsonAsync("/v1/modules/marked/one")).Text("state"));

        Task<HttpResponseMessage> MarkAsync(string how, params (string, string)[] fields) =>
            visitor.SendAsync("/modules/marked/one", $"/pages/modules/marked/one/{how}", [("version", version), .. fields]);
    }

    [Theory]
    [InlineData("predictor", "/pages/modules/a/b/quarantine", "admin")]
    [InlineData("publisher", "/pages/modules/a/b/quarantine", "admin")]
    [InlineData("publisher", "/pages/modules/a/b/release", "admin")]
    [InlineData("predictor", "/pages/modules", "publish")]
    [InlineData("reader", "/pages/models/a/b/predictions", "predict")]
    public async Task A_token_without_the_scope_is_refused(string token, string action, string scope)
    {
        var visitor = await Visitor.OfAsync(scoped.Service);
        using var signedIn = await visitor.SignInAsync(token);

        using var response = await visitor.SendAsync("/sign-in", action, ("reason", "x"));

        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        Assert.Contains($"Your token lacks the scope <code>{scope}</code>", await response.TextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Modules_are_sorted_by_use_and_by_date_also_among_those_that_match_words()
    {
        var client = await shared.Service.ReadyAsync();
        foreach (var name in (string[])["b", "a", "c"])
        {
            await client.PublishedAsync($"sorted/{name}", [1]);
        }

        var index = shared.Service.Services.GetRequiredService<IModuleIndex>();

        Assert.Equal(["sorted/c", "sorted/a", "sorted/b"], await IdsAsync(new ModuleQuery { Owner = "sorted", Order = ModuleOrder.Newest }));
        Assert.Equal(["sorted/c", "sorted/a", "sorted/b"], await IdsAsync(new ModuleQuery { Text = "sorted", Order = ModuleOrder.Newest }));
        Assert.Equal(["sorted/a", "sorted/b", "sorted/c"], await IdsAsync(new ModuleQuery { Text = "sorted", Order = ModuleOrder.Uses }));

        async Task<IEnumerable<string>> IdsAsync(ModuleQuery query) =>
            (await index.ListAsync(query, TestContext.Current.CancellationToken)).Select(module => module.Id);
    }

    static bool Lists(string page, string id) => page.Contains($"href=\"/modules/{id}\"", StringComparison.Ordinal);
}
