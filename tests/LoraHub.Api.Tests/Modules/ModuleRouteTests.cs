using System.Globalization;
using System.IO.Compression;
using System.Net;
using LoraHub.Api.Tests.Support;
using LoraHub.Modules.Versions;

namespace LoraHub.Api.Tests.Modules;

/// <summary>The endpoints that list, show and change modules.</summary>
public sealed class ModuleRouteTests(SharedService shared) : IClassFixture<SharedService>
{
    [Fact]
    public async Task A_list_has_pages_and_filters()
    {
        var client = await shared.Service.ReadyAsync();
        foreach (var name in (string[])["one", "two", "three"])
        {
            await client.PublishedAsync($"list/{name}", [1]);
        }

        var first = await client.GetJsonAsync("/v1/modules?owner=list&limit=2");
        var second = await client.GetJsonAsync(new Uri(first.Text("next")!).PathAndQuery);

        Assert.Equal(["list/one", "list/three"], first["results"]!.AsArray().Select(module => module!.Text("id")));
        Assert.Equal(["list/two"], second["results"]!.AsArray().Select(module => module!.Text("id")));
        Assert.Null(second.Text("next"));
        Assert.Empty((await client.GetJsonAsync("/v1/modules?owner=list&rank=4"))["results"]!.AsArray());
    }

    [Theory]
    [InlineData("rank=x", "rank")]
    [InlineData("rank=0", "rank")]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=101", "limit")]
    [InlineData("usable=maybe", "usable")]
    [InlineData("cursor=nothing", "cursor")]
    [InlineData("similar_to=nothing", "similar_to")]
    [InlineData("similar_to=nobody/nothing", "similar_to")]
    [InlineData("similar_to=list/one&q=a", "similar_to")]
    [InlineData("similar_to=list/one&sort=uses", "similar_to")]
    [InlineData("sort=size", "sort")]
    [InlineData("sort=1", "sort")]
    [InlineData("q=a&q=b", "q")]
    [InlineData("owner=", "owner")]
    [InlineData("ranks=8", "rank")]
    public async Task An_invalid_query_is_refused_with_the_parameters_name(string query, string parameter)
    {
        var client = await shared.Service.ReadyAsync();

        using var response = await client.FetchAsync($"/v1/modules?{query}");

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains(parameter, (await response.JsonAsync()).Text("detail"));
    }

    [Fact]
    public async Task Neighbors_are_listed_nearest_first_and_near_duplicates_are_flagged()
    {
        var client = await shared.Service.ReadyAsync();
        await client.PublishedAsync("near/one", [1, 0, 0]);
        await client.PublishedAsync("near/far", [0, 1, 0]);
        await client.PublishedAsync("near/copy", [1, 0.01f, 0]);
        await client.PublishedAsync("near/close", [1, 1, 0]);

        var list = (await client.GetJsonAsync("/v1/modules?similar_to=near/one&owner=near"))["results"]!.AsArray();
        var page = (await client.GetJsonAsync("/v1/modules/near/one"))["similar"]!.AsArray();

        Assert.Equal(["near/copy", "near/close", "near/far"], list.Select(module => module!.Text("id")));
        Assert.Equal(0.7071, (double)list[1]!["similarity"]!, 4);
        Assert.Equal( // below these, modules of other tests tie with the orthogonal one
            [("near/copy", true), ("near/close", false)],
            page.Take(2).Select(module => (module!.Text("id")!, (bool)module!["is_near_duplicate"]!)));
    }

    [Fact]
    public async Task A_download_is_a_zip_of_the_files_that_can_be_published_again()
    {
        var client = await shared.Service.ReadyAsync();
        var module = await client.PublishedAsync("zip/one", [5, 6]);

        using var response = await client.FetchAsync("/v1/modules/zip/one/download");
        var bytes = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);

        Assert.Equal($"\"{module.Text("version")}\"", response.Headers.ETag!.Tag);
        Assert.Equal("attachment", response.Content.Headers.ContentDisposition!.DispositionType);
        using var zip = new ZipArchive(new MemoryStream(bytes));
        Assert.Equal([ModuleFiles.Config, ModuleFiles.Weights, ModuleFiles.Card], zip.Entries.Select(entry => entry.FullName));
        Assert.All(zip.Entries, entry => Assert.Equal(entry.Length, entry.CompressedLength));
        using var form = PeftFiles.Form(("again.zip", bytes));
        using var again = await client.PublishAsync("zip/one", form);
        Assert.Equal(HttpStatusCode.OK, again.StatusCode);
    }

    [Fact]
    public async Task A_file_supports_ranges_and_other_files_are_not_found()
    {
        var client = await shared.Service.ReadyAsync();
        var version = (await client.PublishedAsync("file/one", [7, 8])).Text("version")!;
        var url = $"/v1/modules/file/one/versions/{version[..12]}/files";

        using var part = await client.FetchAsync($"{url}/{ModuleFiles.Weights}", ("Range", "bytes=4-7"));

        Assert.Equal(HttpStatusCode.PartialContent, part.StatusCode);
        Assert.Equal(PeftFiles.Weights(7, 8)[4..8], await part.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        foreach (var name in (string[])[RecordFile.Name, "..%2f..%2fkeys", "%2e%2e%2fREADME.md", "/etc/passwd", ModuleFiles.PickledWeights])
        {
            using var missing = await client.FetchAsync($"{url}/{name}");
            Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
        }
    }

    [Fact]
    public async Task A_card_with_a_script_in_it_is_served_inert()
    {
        var client = await shared.Service.ReadyAsync();
        using var form = PeftFiles.Form([.. PeftFiles.Of(9)[..2], (ModuleFiles.Card, "<script>alert(1)</script>"u8.ToArray())]);
        using var published = await client.PublishAsync("card/one", form);

        using var card = await client.FetchAsync("/v1/modules/card/one/card");

        Assert.Equal("<script>alert(1)</script>", await card.TextAsync());
        Assert.Equal("text/markdown", card.Content.Headers.ContentType!.MediaType);
        Assert.Equal("attachment", card.Content.Headers.ContentDisposition!.DispositionType);
        Assert.Equal("nosniff", Assert.Single(card.Headers.GetValues("X-Content-Type-Options")));
        Assert.Equal("default-src 'none'; sandbox; frame-ancestors 'none'", Assert.Single(card.Headers.GetValues("Content-Security-Policy")));
    }

    [Fact]
    public async Task A_quarantined_module_shows_the_reason_until_it_is_released()
    {
        var client = await shared.Service.ReadyAsync();
        await client.PublishedAsync("quarantine/one", [1]);

        var quarantined = await client.PostJsonAsync("/v1/modules/quarantine/one/quarantine", """{"reason": "In dispute."}""");
        var released = await client.PostJsonAsync("/v1/modules/quarantine/one/release", json: null);

        Assert.Equal(("quarantined", "In dispute."), (quarantined.Text("state"), quarantined.Text("reason")));
        Assert.Equal(("ready", null), (released.Text("state"), released.Text("reason")));
    }

    [Fact]
    public async Task A_module_in_use_cannot_be_deleted_until_its_predictions_finish()
    {
        await using var service = new Service(("Queue:BareCapacity", "2"));
        var client = await service.ReadyAsync();
        await client.PublishedAsync("anna/held", [1]);
        service.Predictor.Script = run => run.UntilCanceled();
        string[] holders = ["first", "second"];
        foreach (var id in holders)
        {
            var json = $$$"""{"id": "{{{id}}}", "input": {"lora_modules_specified": "anna/held"}}""";
            await client.PostJsonAsync("/predictions", json, ("Prefer", "respond-async"));
        }

        using var refused = await client.SendAsync(HttpMethod.Delete, "/v1/modules/anna/held", json: null);
        var usage = await client.GetJsonAsync("/v1/modules/anna/held/usage");
        foreach (var id in holders)
        {
            using var canceled = await client.PostAsync($"/predictions/{id}/cancel", json: null);
            await client.UntilPredictionAsync(id, "canceled");
        }

        using var deleted = await client.SendAsync(HttpMethod.Delete, "/v1/modules/anna/held", json: null);
        using var gone = await client.FetchAsync("/v1/modules/anna/held");

        Assert.Equal(
            (HttpStatusCode.Conflict, HttpStatusCode.NoContent, HttpStatusCode.NotFound),
            (refused.StatusCode, deleted.StatusCode, gone.StatusCode));
        Assert.StartsWith("2 queued or running predictions use this module", (await refused.JsonAsync()).Text("detail"), StringComparison.Ordinal);
        Assert.Equal((2, 2), ((int)usage["open_predictions"]!, usage["predictions"]!.AsArray().Count));
    }

    [Fact]
    public async Task The_log_reports_changes_of_a_module_without_the_reason()
    {
        await using var service = new Service();
        var client = await service.ReadyAsync();

        var version = (await client.PublishedAsync("anna/logged", [1])).Text("version");
        await client.PostJsonAsync("/v1/modules/anna/logged/quarantine", """{"reason": "In dispute."}""");
        await client.PostJsonAsync("/v1/modules/anna/logged/release", json: null);
        using var deleted = await client.SendAsync(HttpMethod.Delete, "/v1/modules/anna/logged", json: null);

        Assert.Equal(
            [
                $"Published module \"anna/logged\", version \"{version}\".",
                $"Quarantined module \"anna/logged\", version \"{version}\".",
                $"Released module \"anna/logged\", version \"{version}\", from quarantine.",
                "Deleted module \"anna/logged\".",
            ],
            from entry in service.Log.Events
            let line = entry.RenderMessage(CultureInfo.InvariantCulture)
            where line.Contains("module \"anna/logged\"", StringComparison.Ordinal)
            select line);
        Assert.DoesNotContain("In dispute.", service.Log.Text, StringComparison.Ordinal);
    }
}
