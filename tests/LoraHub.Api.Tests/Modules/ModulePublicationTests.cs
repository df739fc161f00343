using System.Net;
using System.Text;
using LoraHub.Api.Tests.Support;
using LoraHub.Modules.Versions;

namespace LoraHub.Api.Tests.Modules;

/// <summary>Valid uploads are published; invalid ones are refused and leave no files.</summary>
public sealed class ModulePublicationTests(SmallHub hub) : IClassFixture<SmallHub>
{
    public static TheoryData<string, string> Invalid => new()
    {
        { "no configuration", "adapter_config.json is missing" },
        { "no weights", "adapter_model.safetensors (or adapter_model.bin) is missing" },
        { "two weights", "send one of them" },
        { "another file", "Unknown file name; send" },
        { "a path", "Unknown file name; send" },
        { "twice", "Send each file once" },
        { "zip and file", "or one zip and no other file" },
        { "bad configuration", "adapter_config.json cannot be read" },
        { "hostile zip", "`..`" },
        { "nothing", "adapter_config.json is missing" },
    };

    [Fact]
    public async Task Files_and_a_zip_of_them_are_the_same_version()
    {
        var client = await hub.Service.ReadyAsync();
        using var files = PeftFiles.Form(PeftFiles.Of(1, 2));
        using var zip = PeftFiles.Form(("a.zip", PeftFiles.Zip(PeftFiles.Of(1, 2))));

        using var first = await client.PublishAsync("anna/same", files);
        using var second = await client.PublishAsync("anna/same", zip);

        var module = await first.JsonAsync();
        Assert.Equal((HttpStatusCode.Created, HttpStatusCode.OK), (first.StatusCode, second.StatusCode));
        Assert.Equal(module.Text("version"), (await second.JsonAsync()).Text("version"));
        Assert.Equal(module["urls"]!.Text("get"), first.Headers.Location!.OriginalString);
        Assert.Equal(("ready", "anna/same", 8), (module.Text("state"), module.Text("id"), (int)module["rank"]!));
        AssertNothingLeft();
    }

    [Fact]
    public async Task Two_uploads_of_one_name_at_once_are_two_versions()
    {
        var client = await hub.Service.ReadyAsync();

        var both = await Task.WhenAll(client.PublishedAsync("anna/both", [1, 2]), client.PublishedAsync("anna/both", [3, 4]));

        var versions = (await client.GetJsonAsync("/v1/modules/anna/both/versions"))["results"]!.AsArray();
        Assert.Equal(
            both.Select(module => module.Text("version")).Order(StringComparer.Ordinal),
            versions.Select(version => version!.Text("version")).Order(StringComparer.Ordinal));
        Assert.Single(versions, version => (bool)version!["is_current"]!);
    }

    [Theory]
    [MemberData(nameof(Invalid))]
    public async Task An_invalid_module_is_refused(string what, string message)
    {
        var client = await hub.Service.ReadyAsync();
        using var form = PeftFiles.Form(Files(what));

        using var response = await client.PublishAsync("anna/wrong", form);

        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        Assert.Contains(message, (await response.JsonAsync()).Text("detail"));
        using var missing = await client.FetchAsync("/v1/modules/anna/wrong");
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
        AssertNothingLeft();
    }

    [Theory]
    [InlineData(true, 4_000_000)]
    [InlineData(false, 1_500_000)]
    public async Task A_module_over_the_limit_is_refused_with_or_without_a_content_length(bool hasLength, int size)
    {
        var client = await hub.Service.ReadyAsync();
        using var form = PeftFiles.Form((ModuleFiles.Config, PeftFiles.Config), (ModuleFiles.Weights, new byte[size]));
        using HttpContent body = hasLength ? form : new StreamContent(
            new Unmeasured(await form.ReadAsStreamAsync(TestContext.Current.CancellationToken)));
        body.Headers.ContentType = form.Headers.ContentType;

        using var response = await client.PublishAsync("anna/large", body);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.Contains("at most 1048576 bytes in all (Modules:MaxBytes)", (await response.JsonAsync()).Text("detail"));
        AssertNothingLeft();
    }

    [Theory]
    [InlineData("..", "name")]
    [InlineData("anna", "a%2fb")]
    [InlineData("anna", ".hidden")]
    [InlineData("anna", "a%5cb")]
    public async Task An_invalid_name_is_not_found(string owner, string name)
    {
        var client = await hub.Service.ReadyAsync();
        using var form = PeftFiles.Form(PeftFiles.Of(1));

        using var response = await client.PublishAsync($"{owner}/{name}", form);

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    static (string Name, byte[] Content)[] Files(string what)
    {
        var (config, weights) = ((ModuleFiles.Config, PeftFiles.Config), (ModuleFiles.Weights, PeftFiles.Weights(1)));
        return what switch
        {
            "no configuration" => [weights],
            "no weights" => [config],
            "two weights" => [config, weights, (ModuleFiles.PickledWeights, [1])],
            "another file" => [config, weights, ("run.py", [1])],
            "a path" => [config, ("../adapter_model.safetensors", [1])],
            "twice" => [config, config, weights],
            "zip and file" => [("a.zip", PeftFiles.Zip(weights)), config],
            "bad configuration" => [(ModuleFiles.Config, Encoding.UTF8.GetBytes("{")), weights],
            "hostile zip" => [("a.zip", PeftFiles.Zip(("../adapter_config.json", PeftFiles.Config)))],
            _ => [(RecordFile.Name, [1])],
        };
    }

    void AssertNothingLeft()
    {
        var incoming = hub.Service.Incoming;
        Assert.True(!Directory.Exists(incoming) || !Directory.EnumerateFileSystemEntries(incoming).Any(), "Incoming files were left behind.");
    }

    /// <summary>A stream of unknown length.</summary>
    sealed class Unmeasured(Stream content) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count) => content.Read(buffer, offset, count);

        public override void Flush() => content.Flush();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}

/// <summary>A service that accepts only small modules.</summary>
public sealed class SmallHub : IAsyncDisposable
{
    internal Service Service { get; } = new(("Modules:MaxBytes", "1048576"));

    public ValueTask DisposeAsync() => Service.DisposeAsync();
}
