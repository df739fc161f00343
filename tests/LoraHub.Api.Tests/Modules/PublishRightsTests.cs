using System.Net;
using LoraHub.Api.Tests.Security;
using LoraHub.Api.Tests.Support;
using LoraHub.Modules.Library;
using LoraHub.Modules.Versions;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace LoraHub.Api.Tests.Modules;

/// <summary>The right to publish under a name is checked when the version is stored, not only when the upload begins.</summary>
public sealed class PublishRightsTests(ScopedService scoped) : IClassFixture<ScopedService>
{
    [Fact]
    public async Task A_slow_upload_does_not_take_over_a_name_that_another_published_meanwhile()
    {
        var client = await scoped.Service.ReadyAsync();
        using var form = PeftFiles.Form(PeftFiles.Of(1, 2));
        using var slow = new SlowBody(await form.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        slow.Headers.ContentType = form.Headers.ContentType;

        var options = new WebApplicationFactoryClientOptions { AllowAutoRedirect = false }; // redirects would buffer the whole body first
        using var streaming = scoped.Service.CreateClient(options);
        var upload = streaming.PublishAsync("rights/slow", slow, "publisher");
        await UntilReadAsync(); // the rights were checked
        var taken = await client.PublishedAsync("rights/slow", [3, 4], "admin");
        slow.Continue();
        using var refused = await upload;

        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.Contains("This module was published with another token", (await refused.JsonAsync()).Text("detail"), StringComparison.Ordinal);
        using var versions = await client.FetchAsync("/v1/modules/rights/slow/versions", ("Authorization", "Bearer reader"));
        Assert.Equal(taken.Text("version"), Assert.Single((await versions.JsonAsync())["results"]!.AsArray())!.Text("version"));
    }

    [Fact]
    public async Task An_upload_that_cannot_be_placed_leaves_no_name_behind()
    {
        var client = await scoped.Service.ReadyAsync();
        var place = Directory.CreateDirectory(Path.Combine(scoped.Service.DataPath, "models", "rights", "occupied")).FullName;
        await File.WriteAllTextAsync(Path.Combine(place, "notes.txt"), "no module", TestContext.Current.CancellationToken);
        using var form = PeftFiles.Form(PeftFiles.Of(1, 2));

        using var refused = await client.PublishAsync("rights/occupied", form, "publisher");

        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.StatusCode);
        var index = scoped.Service.Services.GetRequiredService<IModuleIndex>();
        Assert.Null(await index.FindAsync(new ModuleReference("rights/occupied", null), TestContext.Current.CancellationToken));
    }

    async Task UntilReadAsync()
    {
        using var limit = new CancellationTokenSource(Limits.Wait);
        while (!Directory.Exists(scoped.Service.Incoming) || !Directory.EnumerateFileSystemEntries(scoped.Service.Incoming).Any())
        {
            await Task.Delay(10, limit.Token);
        }
    }

    /// <summary>Sends half of a body, and the rest when the test continues it.</summary>
    sealed class SlowBody(byte[] body) : HttpContent
    {
        readonly TaskCompletionSource _continued = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Continue() => _continued.SetResult();

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(body.AsMemory(0, body.Length / 2));
            await stream.FlushAsync();
            await _continued.Task;
            await stream.WriteAsync(body.AsMemory(body.Length / 2));
        }

        protected override bool TryComputeLength(out long length)
        {
            length = body.Length;
            return true;
        }
    }
}
