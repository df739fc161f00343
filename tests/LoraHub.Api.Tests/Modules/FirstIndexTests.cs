using System.Net;
using LoraHub.Api.Tests.Support;
using LoraHub.Core;
using LoraHub.Modules.Folders;
using LoraHub.Modules.Library;
using LoraHub.Modules.Versions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Tests.Modules;

/// <summary>The first requests of a service whose index is still empty, although modules ship with the program.</summary>
public sealed class FirstIndexTests : IAsyncDisposable
{
    const string Shipped = "lorahub/t5_mini-french";

    readonly Service _service = new()
    {
        Replace = services => services
            .AddSingleton(provider => PathOf(provider.GetRequiredService<IOptions<DataOptions>>().Value.Models))
            .AddSingleton<ModuleLibrary, SlowLibrary>(),
    };

    SlowLibrary Library => (SlowLibrary)_service.Services.GetRequiredService<ModuleLibrary>();

    public async ValueTask DisposeAsync()
    {
        Library.MayLook.Set();
        await _service.DisposeAsync();
    }

    [Fact]
    public async Task An_upload_does_not_replace_a_shipped_module()
    {
        using var client = await StartAsync();
        using var form = PeftFiles.Form(PeftFiles.Of(1, 2));

        using var refused = await client.PublishAsync(Shipped, form);

        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
        Assert.Contains("This module is read-only", await refused.TextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_training_has_no_shipped_module_as_its_destination()
    {
        using var client = await StartAsync();

        using var refused = await client.TrainAsync(Shipped, TrainingRequests.Tune());
        using var misspelled = await client.TrainAsync("LoraHub/T5_mini-french", TrainingRequests.Tune());

        Assert.Equal((HttpStatusCode.Conflict, HttpStatusCode.Conflict), (refused.StatusCode, misspelled.StatusCode));
    }

    [Fact]
    public async Task A_model_does_not_get_the_name_of_a_shipped_module_in_another_spelling()
    {
        using var client = await StartAsync();

        using var refused = await client.PostAsync(
            "/v1/models", """{"owner": "LoraHub", "name": "t5_mini-french", "visibility": "public", "hardware": "cpu"}""");

        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
        Assert.Contains($"`{Shipped}`", await refused.TextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_shipped_module_is_called_by_its_digest_alone()
    {
        using var client = await StartAsync();
        var digest = Library.DigestOf(Library.Find(new ModuleReference(Shipped, null))!);

        using var created = await client.PostAsync(
            "/v1/predictions", $$$"""{"version": "{{{digest}}}", "input": {"prompt": "mimsy ; sea ;"}}""");

        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
    }

    static SearchPath PathOf(string own) => new([own, Path.Combine(Repository.Root, "models")], own);

    /// <summary>Returns when the indexer has begun, with an empty index.</summary>
    async Task<HttpClient> StartAsync()
    {
        var client = await _service.ReadyAsync();
        await Library.FirstLook.WaitAsync(Limits.Wait, TestContext.Current.CancellationToken);
        return client;
    }

    /// <summary>The indexer's first look at the folders does not end before the test; later ones, for which requests wait, do.</summary>
    sealed class SlowLibrary(SearchPath path, BaseModels bases) : ModuleLibrary(path, bases), IDisposable
    {
        readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ManualResetEventSlim MayLook { get; } = new();

        public Task FirstLook => _first.Task;

        public override IReadOnlyDictionary<string, string> Stamps()
        {
            if (_first.TrySetResult())
            {
                MayLook.Wait(Limits.Wait);
            }

            return base.Stamps();
        }

        public void Dispose() => MayLook.Dispose();
    }
}
