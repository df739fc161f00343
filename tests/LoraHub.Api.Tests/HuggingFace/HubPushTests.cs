using System.Text;
using LoraHub.Modules.HuggingFace;

namespace LoraHub.Api.Tests.HuggingFace;

/// <summary>A module is published on the Hub in one commit, and only what the Hub lacks is sent.</summary>
public sealed class HubPushTests
{
    const string Secret = "hf_secret", Weights = "adapter_model.safetensors";

    [Theory]
    [InlineData(0, 1)]
    [InlineData(30_000, 3)]
    public async Task A_new_module_arrives_in_one_commit_and_can_be_pulled(int partBytes, int leastParts)
    {
        await using var hub = await HuggingFaceServer.StartAsync();
        hub.Uploads.PartBytes = partBytes;
        using var here = new DownloadsUnderTest(hub.Endpoint, ("HF_TOKEN", Secret));
        var folder = here.Write("mine", Samples.Module(1));
        var weights = File.ReadAllBytes(Path.Combine(folder, Weights));

        var outcome = await here.PushAsync(folder, "anna/one");

        Assert.Equal((hub.Find("anna/one").Commit, $"{hub.Endpoint}/anna/one"), (outcome.Commit, outcome.Url));
        Assert.Equal(["README.md", "adapter_config.json", Weights], outcome.Files);
        var (id, lines) = Assert.Single(hub.Uploads.Commits);
        Assert.Equal(("anna/one", "Upload"), (id, (string?)lines[0]["value"]!["summary"]));
        Assert.Equal(["header", "file", "file", "lfsFile"], lines.Select(line => (string)line["key"]!));
        Assert.Equal([".gitattributes", "README.md", "adapter_config.json", Weights], hub.Find("anna/one").Files.Keys.Order(StringComparer.Ordinal));
        Assert.False(hub.Find("anna/one").IsPrivate);
        Assert.Equal((weights.Length, (weights.Length, weights.Length)), (hub.Uploads.Received, here.Pushed));
        Assert.InRange(hub.Requests.Count(request => request.Method == "PUT"), leastParts, leastParts * 20);

        Assert.IsType<PullOutcome.Downloaded>(Assert.Single(await here.PullAsync("anna/one")));
        Assert.Equal(weights, here.Read("anna/one", Weights));
    }

    [Fact]
    public async Task The_token_goes_to_the_hub_and_not_to_the_storage()
    {
        await using var hub = await HuggingFaceServer.StartAsync();
        using var here = new DownloadsUnderTest(hub.Endpoint, ("HF_TOKEN", Secret));

        await here.PushAsync(here.Write("mine", Samples.Module(1)), "anna/one");

        Assert.Contains(hub.Requests, request => request.IsCdn);
        Assert.All(hub.Requests, request => Assert.Equal(request.IsCdn ? null : $"Bearer {Secret}", request.Authorization));
    }

    [Fact]
    public async Task A_second_push_sends_nothing()
    {
        await using var hub = await HuggingFaceServer.StartAsync();
        using var here = new DownloadsUnderTest(hub.Endpoint, ("HF_TOKEN", Secret));
        var folder = here.Write("mine", Samples.Module(1));
        var first = await here.PushAsync(folder, "anna/one");
        var asked = hub.Requests.Count;

        var again = await here.PushAsync(folder, "anna/one");

        Assert.Equal((first.Commit, 0), (again.Commit, again.Bytes));
        Assert.Empty(again.Files);
        Assert.Equal("GET", Assert.Single(hub.Requests.Skip(asked)).Method);
    }

    [Fact]
    public async Task Only_changed_files_are_committed()
    {
        await using var hub = await HuggingFaceServer.StartAsync();
        using var here = new DownloadsUnderTest(hub.Endpoint, ("HF_TOKEN", Secret));
        var folder = here.Write("mine", Samples.Module(1));
        await here.PushAsync(folder, "anna/one");
        var received = hub.Uploads.Received;
        File.WriteAllText(Path.Combine(folder, "README.md"), "# Another card\n");

        var outcome = await here.PushAsync(folder, "anna/one");

        Assert.Equal(["README.md"], outcome.Files);
        Assert.Equal(received, hub.Uploads.Received);
        Assert.Equal(["header", "file"], hub.Uploads.Commits.Last().Lines.Select(line => (string)line["key"]!));
    }

    [Fact]
    public async Task Weights_that_another_model_of_the_hub_has_are_not_sent()
    {
        await using var hub = await HuggingFaceServer.StartAsync();
        hub.Add("berta/copy", Samples.Module(1));
        using var here = new DownloadsUnderTest(hub.Endpoint, ("HF_TOKEN", Secret));

        var outcome = await here.PushAsync(here.Write("mine", Samples.Module(1)), "anna/one");

        Assert.Equal((0, 0), (outcome.Bytes, hub.Uploads.Received));
        Assert.Equal(hub.Find("berta/copy").Files[Weights].Sha256, hub.Find("anna/one").Files[Weights].Sha256);
    }

    [Fact]
    public async Task The_cards_of_both_sides_are_respected()
    {
        await using var hub = await HuggingFaceServer.StartAsync();
        hub.Add("anna/one", ("README.md", "---\nlicense: mit\n---\n# Written on the Hub\n"u8.ToArray()), ("notes.txt", "kept"u8.ToArray()));
        using var here = new DownloadsUnderTest(hub.Endpoint, ("HF_TOKEN", Secret));
        var folder = here.Write("mine", Samples.Module(1).Where(file => file.Name != "README.md"));

        await here.PushAsync(folder, "anna/one");

        Assert.Equal(
            """
            ---
            license: mit
            tags:
            - lora
            - base_model:adapter:google/flan-t5-small
            base_model: google/flan-t5-small
            library_name: peft
            ---
            # Written on the Hub

            """,
            Card());
        Assert.True(hub.Find("anna/one").Files.ContainsKey("notes.txt"));

        File.WriteAllText(Path.Combine(folder, "README.md"), "# Mine\n");
        await here.PushAsync(folder, "anna/one");
        Assert.EndsWith("library_name: peft\n---\n\n# Mine\n", Card(), StringComparison.Ordinal);

        string Card() => Encoding.UTF8.GetString(hub.Find("anna/one").Files["README.md"].Content);
    }

    [Fact]
    public async Task Weights_in_another_format_are_replaced()
    {
        await using var hub = await HuggingFaceServer.StartAsync();
        hub.Add("anna/one", [.. Samples.Module(2), ("adapter_model.bin", [1, 2, 3])]);
        using var here = new DownloadsUnderTest(hub.Endpoint, ("HF_TOKEN", Secret));

        var outcome = await here.PushAsync(here.Write("mine", Samples.Module(1)), "anna/one");

        Assert.Equal(["README.md", "adapter_model.bin", Weights], outcome.Files);
        Assert.False(hub.Find("anna/one").Files.ContainsKey("adapter_model.bin"));
    }

    [Fact]
    public async Task Private_creates_a_private_model_and_sends_nothing_to_a_public_one()
    {
        await using var hub = await HuggingFaceServer.StartAsync();
        hub.Add("anna/public", Samples.Module(2));
        using var here = new DownloadsUnderTest(hub.Endpoint, ("HF_TOKEN", Secret));
        var folder = here.Write("mine", Samples.Module(1));

        await here.PushAsync(folder, "anna/secret", isPrivate: true);
        var message = await here.PushFailureAsync(folder, "anna/public", isPrivate: true);

        Assert.True(hub.Find("anna/secret").IsPrivate);
        Assert.Equal(
            $"anna/public exists on the Hub and is public; make it private at {hub.Endpoint}/anna/public/settings, or leave out --private.", message);
        Assert.Equal("anna/secret", Assert.Single(hub.Uploads.Commits).Id);
    }

    [Fact]
    public async Task A_commit_of_somebody_else_in_between_is_kept()
    {
        await using var hub = await HuggingFaceServer.StartAsync();
        hub.Add("anna/one", Samples.Module(2));
        var others = 0;
        hub.Uploads.BeforeCommit = () =>
        {
            if (Interlocked.Increment(ref others) == 1)
            {
                hub.Add("anna/one", [.. Samples.Module(2), ("theirs.txt", "kept"u8.ToArray())]);
            }
        };
        using var here = new DownloadsUnderTest(hub.Endpoint, ("HF_TOKEN", Secret));

        await here.PushAsync(here.Write("mine", Samples.Module(1)), "anna/one");

        Assert.True(hub.Find("anna/one").Files.ContainsKey("theirs.txt"));
        Assert.Equal(Samples.Module(1)[3].Content, hub.Find("anna/one").Files[Weights].Content);
        Assert.Equal(Samples.Module(1)[3].Content.Length, hub.Uploads.Received);
    }

    [Fact]
    public async Task A_folder_without_a_module_is_refused_before_any_request()
    {
        await using var hub = await HuggingFaceServer.StartAsync();
        using var here = new DownloadsUnderTest(hub.Endpoint, ("HF_TOKEN", Secret));

        var error = await Assert.ThrowsAsync<InvalidDataException>(() => here.PushAsync(here.Write("mine", []), "anna/one"));

        Assert.Contains("is not a module: it needs adapter_config.json and adapter_model.safetensors", error.Message, StringComparison.Ordinal);
        Assert.Empty(hub.Requests);
    }
}
