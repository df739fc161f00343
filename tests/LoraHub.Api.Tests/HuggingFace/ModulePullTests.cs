using LoraHub.Modules.HuggingFace;

namespace LoraHub.Api.Tests.HuggingFace;

public sealed class ModulePullTests
{
    [Fact]
    public async Task A_module_is_published_with_its_own_files_its_source_and_its_commit()
    {
        await using var hub = await HuggingFaceServer.StartAsync();
        var module = hub.Add("anna/one", Samples.Module(1));
        using var here = new DownloadsUnderTest(hub.Endpoint);

        var downloaded = Assert.IsType<PullOutcome.Downloaded>(Assert.Single(await here.PullAsync("anna/one")));

        Assert.Equal(module.Commit, downloaded.Commit);
        var names = Directory.EnumerateFiles(Path.Combine(here.Models, "anna/one")).Select(Path.GetFileName);
        string[] files = [.. names.OfType<string>().Order(StringComparer.Ordinal)];
        Assert.Equal(["README.md", "adapter_config.json", "adapter_model.safetensors", "lorahub.json"], files);
        Assert.All(files.SkipLast(1), file => Assert.Equal(module.Files[file].Content, here.Read("anna/one", file)));
        var record = Assert.Single(here.Library.List());
        Assert.Equal(($"{hub.Endpoint}/anna/one", module.Commit), (record.Source, record.Revision));
        Assert.Equal(downloaded.Bytes, here.Bytes["anna/one"]);
        Assert.Empty(here.Incoming);
    }

    [Fact]
    public async Task A_pattern_downloads_every_matching_module_of_the_owner_across_search_pages()
    {
        await using var hub = await HuggingFaceServer.StartAsync(pageSize: 10);
        foreach (var i in Enumerable.Range(0, 24))
        {
            hub.Add($"anna/set-{i:000}", Samples.Module(i));
        }

        hub.Add("anna/other", Samples.Module(500));
        hub.Add("anna/not-set-1", Samples.Module(501));
        hub.Add("bert/set-1", Samples.Module(502));
        using var here = new DownloadsUnderTest(hub.Endpoint);

        var outcomes = await here.PullAsync("anna/set-*");

        Assert.Equal(24, outcomes.OfType<PullOutcome.Downloaded>().Count());
        Assert.All(here.Library.List(), module => Assert.StartsWith("anna/set-", module.Id, StringComparison.Ordinal));
        Assert.Equal(3, hub.Requests.Count(request => request.Path.StartsWith("/api/models?", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_module_keeps_its_commit_until_update_is_requested()
    {
        await using var hub = await HuggingFaceServer.StartAsync();
        var first = hub.Add("anna/one", Samples.Module(1));
        using var here = new DownloadsUnderTest(hub.Endpoint);
        await here.PullAsync("anna/one");
        var second = hub.Add("anna/one", Samples.Module(2));
        var asked = hub.Requests.Count;

        Assert.IsType<PullOutcome.AlreadyHere>(Assert.Single(await here.PullAsync("anna/one")));
        Assert.Equal(asked, hub.Requests.Count);
        Assert.Equal(first.Files["adapter_model.safetensors"].Content, here.Read("anna/one", "adapter_model.safetensors"));

        Assert.IsType<PullOutcome.Downloaded>(Assert.Single(await here.PullAsync("anna/one", update: true)));
        Assert.Equal(second.Files["adapter_model.safetensors"].Content, here.Read("anna/one", "adapter_model.safetensors"));
        Assert.IsType<PullOutcome.AlreadyHere>(Assert.Single(await here.PullAsync("anna/one", update: true)));
        Assert.IsType<PullOutcome.AlreadyHere>(Assert.Single(await here.PullAsync("anna/one", revision: second.Commit)));
    }

    [Fact]
    public async Task A_refused_module_does_not_stop_the_others_and_leaves_no_files()
    {
        await using var hub = await HuggingFaceServer.StartAsync();
        hub.Add("anna/a", Samples.Module(1));
        hub.Add("anna/b", Samples.Module(float.NaN));
        hub.Add("anna/c", ("README.md", []));
        hub.Add("anna/d", Samples.Module(4));
        using var here = new DownloadsUnderTest(hub.Endpoint);

        var outcomes = await here.PullAsync("anna/*");

        Assert.Equal(["anna/a", "anna/d"], outcomes.OfType<PullOutcome.Downloaded>().Select(outcome => outcome.Id));
        Assert.Equal(
            [
                new("anna/b", $"adapter_model.safetensors: `{Samples.LastLayer}` holds a number that is not finite (NaN or infinity)."),
                new("anna/c", "anna/c has no adapter_config.json and is not a LoRA module as PEFT saves it."),
            ],
            outcomes.OfType<PullOutcome.Failed>());
        Assert.Equal(["anna/a", "anna/d"], here.Library.List().Select(module => module.Id));
        Assert.Empty(here.Incoming);
    }

    [Fact]
    public async Task A_module_that_is_too_large_is_refused_before_any_file_is_downloaded()
    {
        await using var hub = await HuggingFaceServer.StartAsync();
        hub.Add("anna/one", Samples.Module(1));
        hub.Add("anna/card", Samples.Module(1).Select(file => file.Name == "README.md" ? (file.Name, new byte[(1 << 20) + 1]) : file));
        using var here = new DownloadsUnderTest(hub.Endpoint, ("Hub:MaxModuleBytes", "200000"));

        Assert.Matches("^anna/one has [0-9]+ bytes; the limit is 200000", await here.FailureAsync("anna/one"));
        Assert.Equal("README.md of anna/card has 1048577 bytes; the limit is 1048576.", await here.FailureAsync("anna/card"));
        Assert.DoesNotContain(hub.Requests, request => request.IsFile);
    }

    [Fact]
    public async Task Files_with_names_outside_the_folder_are_never_written()
    {
        await using var hub = await HuggingFaceServer.StartAsync();
        hub.Add("anna/one", [.. Samples.Module(1), ("../../evil", [1]), ("/etc/evil", [1]), ("..\\evil", [1]), ("a/adapter_config.json", [1])]);
        using var here = new DownloadsUnderTest(hub.Endpoint);

        Assert.IsType<PullOutcome.Downloaded>(Assert.Single(await here.PullAsync("anna/one")));

        Assert.DoesNotContain(
            Directory.EnumerateFileSystemEntries(here.Models, "*", SearchOption.AllDirectories),
            path => path.Contains("evil", StringComparison.Ordinal));
        Assert.Equal(4, Directory.GetFileSystemEntries(Path.Combine(here.Models, "anna/one")).Length);
    }

    [Theory]
    [InlineData("Hub:Offline", "true", true)]
    [InlineData("HF_HUB_OFFLINE", "1", true)]
    [InlineData("Hub:Parallel", "2", false)]
    public async Task Offline_makes_no_connection(string key, string value, bool hasEndpoint)
    {
        await using var hub = await HuggingFaceServer.StartAsync();
        hub.Add("anna/one", Samples.Module(1));
        using var here = new DownloadsUnderTest(hasEndpoint ? hub.Endpoint : null, (key, value));

        const string Message = "Access to the Hub is off: Hub:Offline or HF_HUB_OFFLINE is set, or neither Hub:Endpoint nor HF_ENDPOINT is.";
        Assert.Equal(Message, await here.FailureAsync("anna/one"));
        Assert.Equal(Message, (await Assert.ThrowsAsync<HubException>(() => here.PullAsync("anna/*"))).Message);
        Assert.Empty(hub.Requests);
    }

    [Theory]
    [InlineData("anna/one", true)]
    [InlineData("anna/one-*", true)]
    [InlineData("anna/*", true)]
    [InlineData("anna", false)]
    [InlineData("anna/one/two", false)]
    [InlineData("../one", false)]
    [InlineData("anna/..", false)]
    [InlineData("anna/../*", false)]
    [InlineData("*/one", false)]
    [InlineData("anna/*\\", false)]
    [InlineData("", false)]
    public void A_name_is_an_id_or_a_pattern_of_one_owner(string name, bool isOne) => Assert.Equal(isOne, ModulePull.IsName(name));
}
