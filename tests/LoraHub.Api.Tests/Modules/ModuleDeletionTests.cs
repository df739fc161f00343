using System.Net;
using LoraHub.Api.Tests.Support;
using LoraHub.Modules.Library;
using Microsoft.Extensions.DependencyInjection;

namespace LoraHub.Api.Tests.Modules;

/// <summary>A module is deleted while a prediction that uses it is created.</summary>
public sealed class ModuleDeletionTests : IAsyncLifetime
{
    readonly Between _between = new();
    readonly Service _service;
    HttpClient _client = null!;

    public ModuleDeletionTests() => _service = new Service { Replace = services => services.AddSingleton<IModuleExchange>(_between) };

    public async ValueTask InitializeAsync() => _client = await _service.ReadyAsync();

    public ValueTask DisposeAsync() => _service.DisposeAsync();

    [Theory]
    [InlineData("""{"version": "lorahub/lorahub", "input": {"lora_modules_specified": "race/one"}}""")]
    [InlineData("""{"version": "race/one", "input": {"prompt": "a"}}""")]
    public async Task A_prediction_is_not_created_with_a_module_that_was_deleted_after_it_was_planned(string body)
    {
        await _client.PublishedAsync("race/one", [1, 2]);
        _between.Work = DeleteAsync;

        using var response = await _client.PostAsync("/v1/predictions", body);

        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        Assert.Contains("race/one", await response.TextAsync(), StringComparison.Ordinal);
        Assert.Empty((await _client.GetJsonAsync("/v1/predictions"))["results"]!.AsArray());
    }

    [Fact]
    public async Task A_prediction_uses_a_module_that_was_deleted_and_published_again()
    {
        await _client.PublishedAsync("race/one", [1, 2]);
        _between.Work = async () =>
        {
            await DeleteAsync();
            await _client.PublishedAsync("race/one", [1, 2]);
        };

        using var response = await _client.PostAsync(
            "/v1/predictions", """{"version": "lorahub/lorahub", "input": {"lora_modules_specified": "race/one"}}""");

        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
    }

    [Fact]
    public async Task Of_creations_and_a_deletion_at_the_same_time_no_accepted_prediction_loses_its_module()
    {
        using var release = new ManualResetEventSlim();
        _service.Predictor.Script = run =>
        {
            release.Wait(run.CancellationToken);
            return run.Answer();
        };
        for (var round = 0; round < 8; round++)
        {
            var id = $"race/m{round}";
            await _client.PublishedAsync(id, [(byte)round, 2]);

            var body = $$$"""{"version": "lorahub/lorahub", "input": {"lora_modules_specified": "{{{id}}}"}}""";
            var creations = Enumerable.Range(0, 4).Select(_ => _client.PostAsync("/v1/predictions", body)).ToArray();
            using var deleted = await _client.DeleteAsync(
                new Uri($"/v1/modules/{id}", UriKind.Relative), TestContext.Current.CancellationToken);
            var created = (await Task.WhenAll(creations)).Select(response => response.StatusCode).ToArray();

            var isDeleted = deleted.StatusCode == HttpStatusCode.NoContent;
            Assert.True(isDeleted || deleted.StatusCode == HttpStatusCode.Conflict, $"{deleted.StatusCode}");
            Assert.All(created, status => Assert.True(
                status == HttpStatusCode.UnprocessableEntity || (status == HttpStatusCode.Created && !isDeleted), $"{status}, {deleted.StatusCode}"));
        }

        release.Set();
    }

    async Task DeleteAsync()
    {
        using var deleted = await _client.DeleteAsync(new Uri("/v1/modules/race/one", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
    }

    /// <summary>Works once, between the plan of a prediction and its storage.</summary>
    sealed class Between : IModuleExchange
    {
        Func<Task>? _work;

        public Func<Task> Work { set => _work = value; }

        public Task FetchAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task FetchNewAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task ShareAsync(CancellationToken cancellationToken) => Interlocked.Exchange(ref _work, null)?.Invoke() ?? Task.CompletedTask;

        public Task ShareAsync(string id, CancellationToken cancellationToken) => Task.CompletedTask;

        public bool IsPublished(string id) => false;
    }
}
