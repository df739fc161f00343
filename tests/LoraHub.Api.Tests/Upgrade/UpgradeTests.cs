using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.Upgrade;

/// <summary>Nothing that version 4dfd9a7 stored is lost (<c>tests/upgrade/4dfd9a7</c>): the same for both engines.</summary>
public abstract class UpgradeTests(Upgraded upgraded)
{
    /// <summary>This program's responses.</summary>
    protected Upgraded Now => upgraded;

    Before Before => Now.Before;

    [Fact]
    public void Finished_predictions_are_returned_as_before()
    {
        foreach (var name in Before.Ended)
        {
            Same.Assert(name, Before.Predictions[name], Now.AtLast[name]);
        }
    }

    [Fact]
    public void Open_predictions_keep_their_requests()
    {
        foreach (var name in Before.Open)
        {
            Same.Assert(name, Before.Predictions[name], Now.AtOnce[name], tolerance: 0, "status", "logs", "output", "metrics",
                "started_at", "completed_at");
            Same.Assert(name, Before.Predictions[name], Now.AtLast[name], tolerance: 0, "status", "logs", "output", "metrics",
                "started_at", "completed_at");
        }
    }

    [Fact]
    public void Open_predictions_end_as_expected()
    {
        foreach (var name in Before.Open)
        {
            var (expected, ended) = (Before.After["predictions"]![name]!, Now.AtLast[name]);
            Assert.Equal((name, expected.Text("status"), expected.Text("error")), (name, ended.Text("status"), ended.Text("error")));
            var modules = expected["modules"]!.AsArray().Select(module => (string)module!).ToArray();
            if (name is "waiting_unseeded" or "waiting_best") // what these compose follows from chance, or from the last digits of a loss
            {
                Assert.Equal(modules.Length, Composed(ended).Length);
            }
            else
            {
                Assert.Equal(modules, Composed(ended));
            }
        }
    }

    [Fact]
    public void A_running_prediction_continues_its_log()
    {
        var (before, now) = (Before.Predictions["running"]!.Text("logs")!, Now.AtLast["running"].Text("logs")!);

        Assert.StartsWith(before, now);
        Assert.Contains("Attempt 2", now[before.Length..], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Predictions_are_listed_in_their_order()
    {
        var listed = (await Now.GetAsync("/v1/predictions"))["results"]!.AsArray();

        Assert.Equal(
            Before.Predictions.Select(one => one.Value!).OrderByDescending(one => one.Text("created_at"), StringComparer.Ordinal)
                .Select(one => one.Text("id")),
            listed.Select(one => one!.Text("id")));
    }

    [Fact]
    public async Task Streams_have_the_same_events()
    {
        foreach (var (name, events) in Before.Responses["streams"]!.AsObject())
        {
            Same.Assert(name, events, Encoding.UTF8.GetString(await Now.DownloadAsync(Before.Predictions[name]!["urls"]!.Text("stream")!)));
        }
    }

    [Fact]
    public async Task Results_are_preserved_byte_for_byte()
    {
        string[] kept = ["adapter", "trace"]; // the checkpoint's megabytes are not in the fixture
        var urls = Before.Ended.Select(name => Before.Predictions[name]!["output"]).OfType<JsonObject>()
            .SelectMany(output => kept.Select(key => output.Text(key))).OfType<string>().Distinct().ToArray();
        Assert.NotEmpty(urls);
        foreach (var url in urls)
        {
            Assert.Equal(url.Split('/')[^2], Convert.ToHexStringLower(SHA256.HashData(await Now.DownloadAsync(url))));
        }
    }

    [Fact]
    public void Only_pending_webhooks_are_delivered()
    {
        var received = Now.Received;
        Assert.Single(received[Now.Id("webhook_due")], one => one.Status == "succeeded");
        Assert.Single(received[Now.Id("waiting_drawn")], one => one.Status == "succeeded");
        Assert.Equal(new[] { Now.Id("webhook_due"), Now.Id("waiting_drawn") }.Order(), received.Select(one => one.Key).Order());
        Same.Assert("webhook_due", Before.Predictions["webhook_due"], received[Now.Id("webhook_due")].Last().Json);
    }

    [Fact]
    public async Task Webhooks_are_signed_with_the_same_key() =>
        Same.Assert("key", Before.Responses["webhook_key"], (await Now.GetAsync("/v1/webhooks/default/secret"))["key"]);

    [Fact]
    public async Task Uploads_are_preserved()
    {
        Same.Assert("files", Before.Responses["files"], (await Now.GetAsync("/v1/files"))["results"]);
        foreach (var file in Before.Responses["files"]!.AsArray())
        {
            var content = await Now.DownloadAsync(file!["urls"]!.Text("download")!);
            Assert.Equal(file["checksums"]!.Text("sha256"), Convert.ToHexStringLower(SHA256.HashData(content)));
        }
    }

    [Fact]
    public void A_module_that_an_open_prediction_names_is_not_deleted()
    {
        Assert.Equal(HttpStatusCode.Conflict, Now.DeletionOfHeld);
        Same.Assert("usage", Before.Responses["usage"], Now.Usage, tolerance: 0, "uses", "last_used_at", "downloads", "predictions");
        var holders = Before.Responses["usage"]!["predictions"]!.AsArray().Select(id => (string)id!);
        Assert.Equal(holders, Now.Usage["predictions"]!.AsArray().Select(id => (string)id!));
    }

    [Fact]
    public void Modules_are_listed_as_before() => AssertModules("modules", Before.Responses["modules"]!.AsArray(), Now.Modules);

    [Fact]
    public async Task Versions_of_modules_are_as_before()
    {
        foreach (var (id, versions) in Before.Responses["versions"]!.AsObject())
        {
            AssertModules(id, versions!.AsArray(), (await Now.GetAsync($"/v1/modules/{id}/versions"))["results"]!.AsArray());
        }
    }

    [Fact]
    public async Task Pages_of_modules_are_as_before()
    {
        foreach (var (id, page) in Before.Responses["pages"]!.AsObject())
        {
            Same.Assert(id, page, await Now.GetAsync($"/v1/modules/{id}"), tolerance: 1e-3, "uses", "last_used_at", "downloads");
        }
    }

    [Fact]
    public async Task Every_version_of_a_module_downloads()
    {
        foreach (var version in Before.Responses["versions"]!.AsObject().SelectMany(versions => versions.Value!.AsArray()))
        {
            Assert.NotEmpty(await Now.DownloadAsync(version!["urls"]!.Text("download")!));
        }
    }

    [Fact]
    public async Task Usage_counts_of_modules_continue()
    {
        var expected = new Dictionary<string, long>(StringComparer.Ordinal);
        var versions = Before.Responses["modules"]!.AsArray()
            .Concat(Before.Responses["versions"]!.AsObject().SelectMany(all => all.Value!.AsArray()));
        foreach (var version in versions)
        {
            expected[$"{version!.Text("id")}@{version!.Text("version")}"] = (long)version!["uses"]!;
        }

        foreach (var module in Before.Open.Select(name => Now.AtLast[name]).SelectMany(Composed))
        {
            expected[module]++;
        }

        foreach (var module in expected.Where(one => one.Value > 0))
        {
            var now = await Now.GetAsync($"/v1/modules/{module.Key.Replace("@", "/versions/", StringComparison.Ordinal)}");
            Assert.Equal((module.Key, module.Value), (module.Key, (long)now["uses"]!));
        }
    }

    [Fact]
    public async Task Data_of_earlier_predictions_can_be_removed()
    {
        var id = Now.Id("waiting_pinned");
        Assert.Equal(HttpStatusCode.NoContent, await Now.DeleteAsync($"/v1/predictions/{id}"));

        var removed = await Now.GetAsync($"/v1/predictions/{id}");
        Assert.True((bool)removed["data_removed"]!);
        Assert.Equal((null, null, null), (removed["input"], removed["logs"], removed["output"]));
    }

    static string[] Composed(JsonObject ended) => ended["output"] is not JsonObject output ? [] :
        [.. output["weights"]!.AsArray().Select(weight => $"{weight!.Text("module")}@{weight!.Text("digest")}").Order(StringComparer.Ordinal)];

    /// <summary>Shipped modules are read from the program's own folder again, which has its own times.</summary>
    static void AssertModules(string what, JsonArray before, JsonArray now)
    {
        Assert.Equal(before.Select(module => module!.Text("id")), now.Select(module => module!.Text("id")));
        foreach (var (one, other) in before.Zip(now))
        {
            string[] counts = ["uses", "last_used_at", "downloads"];
            string[] except = one!.Text("owner") == "lorahub" ? [.. counts, "published_at"] : counts;
            Same.Assert($"{what} {one!.Text("id")}", one, other, tolerance: 1e-3, except);
        }
    }
}
