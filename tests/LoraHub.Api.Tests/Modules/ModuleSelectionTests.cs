using System.Net;
using System.Security.Cryptography;
using System.Text;
using LoraHub.Api.Http;
using LoraHub.Api.Models;
using LoraHub.Api.Tests.Support;
using LoraHub.Modules.Folders;
using LoraHub.Modules.Library;
using LoraHub.Modules.Versions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Tests.Modules;

/// <summary>Tests the work that a request causes before it is queued.</summary>
public sealed class ModuleSelectionTests
{
    [Theory]
    [InlineData("""{"num_random_lora_modules": 2}""", HttpStatusCode.Accepted)]
    [InlineData("""{"num_random_lora_modules": 2, "module_selection": "similar"}""", HttpStatusCode.Accepted)]
    [InlineData("""{"lora_modules_specified": "pool/m1,pool/m2"}""", HttpStatusCode.Accepted)]
    [InlineData("""{"num_random_lora_modules": 100}""", HttpStatusCode.UnprocessableEntity)]
    [InlineData("""{"lora_modules_specified": "pool/m9"}""", HttpStatusCode.UnprocessableEntity)]
    public async Task No_request_scans_all_module_folders(string input, HttpStatusCode answer)
    {
        await using var service = new Service { Replace = services => services.AddSingleton<ModuleLibrary, CountingLibrary>() };
        for (var i = 0; i < 3; i++)
        {
            var folder = Directory.CreateDirectory(Path.Combine(service.DataPath, "models", "pool", $"m{i}")).FullName;
            await File.WriteAllBytesAsync(Path.Combine(folder, ModuleFiles.Config), PeftFiles.Config, TestContext.Current.CancellationToken);
            await File.WriteAllBytesAsync(Path.Combine(folder, ModuleFiles.Weights), PeftFiles.Weights(1, i), TestContext.Current.CancellationToken);
        }

        var client = await service.ReadyAsync();
        await service.Services.GetRequiredService<ModuleIndexer>().RefreshAsync(TestContext.Current.CancellationToken);
        var library = (CountingLibrary)service.Services.GetRequiredService<ModuleLibrary>();
        var before = library.Lists;

        using var response = await client.PostAsync("/predictions", $$"""{"input": {{input}}}""", ("Prefer", "respond-async"));

        Assert.Equal(answer, response.StatusCode);
        Assert.Equal(before, library.Lists);
    }

    [Theory]
    [InlineData("lora_modules_specified", "\"lorahub/colors,lorahub/colors@DIGEST\"")]
    [InlineData("module_weights", """{"lorahub/colors": 1, "lorahub/colors@DIGEST": 1}""")]
    public async Task A_module_that_is_named_twice_is_refused_when_the_prediction_is_created(string field, string value)
    {
        await using var service = new Service();
        var client = await service.ReadyAsync();
        var digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes("colors")));
        var input = $$"""{"{{field}}": {{value.Replace("DIGEST", digest[..12], StringComparison.Ordinal)}}}""";

        using var response = await client.PostAsync("/predictions", $$"""{"input": {{input}}}""", ("Prefer", "respond-async"));

        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        Assert.Contains("`lorahub/colors` is named twice", await response.TextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_requests_wait_for_one_hash_of_the_base_model_and_none_on_a_pool_thread()
    {
        using var bases = new SlowBaseModels();
        var model = new Composer(Options.Create(new ApiOptions()), bases);

        Task[] waiting = [.. Enumerable.Range(0, 100).Select(_ => model.LoadVersionAsync())];
        bases.Continue.Set();
        await Task.WhenAll(waiting);

        Assert.Equal((1, false), (bases.Hashed, bases.IsOnPool));
        Assert.Equal(64, model.Version.Length);
    }

    sealed class CountingLibrary(SearchPath path, BaseModels bases) : ModuleLibrary(path, bases)
    {
        public int Lists { get; private set; }

        public override IReadOnlyList<ModuleVersion> List()
        {
            Lists++;
            return base.List();
        }
    }

    sealed class SlowBaseModels() : BaseModels(new SearchPath([]), "some/base"), IDisposable
    {
        public ManualResetEventSlim Continue { get; } = new();

        public int Hashed { get; private set; }

        public bool IsOnPool { get; private set; }

        public override string DefaultDigest()
        {
            (Hashed, IsOnPool) = (Hashed + 1, Thread.CurrentThread.IsThreadPoolThread);
            Continue.Wait(TestContext.Current.CancellationToken);
            return new string('1', 64);
        }

        public void Dispose() => Continue.Dispose();
    }
}
