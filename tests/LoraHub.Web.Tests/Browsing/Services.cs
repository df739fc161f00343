using LoraHub.Api.Tests.Support;

namespace LoraHub.Web.Tests.Browsing;

/// <summary>The shipped program with its model and modules, as a process. The tests of its collection share it, one after the other.</summary>
[CollectionDefinition]
public sealed class ShippedService : IAsyncLifetime, ICollectionFixture<ShippedService>
{
    internal TestHostProcess Process { get; private set; } = null!;

    public Uri Address => Process.Client.BaseAddress!;

    public async ValueTask InitializeAsync()
    {
        // Beside this project's output; the native libraries are there only.
        var configuration = Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        var program = Path.Combine(AppContext.BaseDirectory, "..", "..", "LoraHub.Api", configuration, "lorahub.dll");
        Process = await TestHostProcess.StartProgramAsync(program, dataPath: null, ("Inference:Precision", "Fp32"), ("Inference:Threads", "1"));
        await Process.ReadyAsync();
    }

    public ValueTask DisposeAsync() => Process.DisposeAsync();

    /// <summary>Starts a training that does not end by itself. Until it is canceled, other runs wait, as only one has room at a time.</summary>
    internal async Task<EndlessTraining> HoldAsync() => new(Process.Client, await TrainAsync(steps: 1_000_000, "processing"));

    /// <returns>The id of a prediction of the composer that has come to this status.</returns>
    internal async Task<string> RunAsync(string input, string status)
    {
        var created = await Process.Client.PostJsonAsync("/v1/predictions", $$"""{"version": "lorahub/lorahub", "input": {{input}} }""");
        await Process.Client.UntilPredictionAsync(created.Text("id")!, status);
        return created.Text("id")!;
    }

    /// <returns>The id of a training that has come to this status.</returns>
    internal async Task<string> TrainAsync(int steps, string status)
    {
        const string Lines = """{\"input\": \"un\", \"target\": \"one\"}\n{\"input\": \"deux\", \"target\": \"two\"}""";
        var version = (await Process.Client.GetJsonAsync("/v1/models/lorahub/lorahub"))["latest_version"]!.Text("id");
        var created = await Process.Client.PostJsonAsync(
            $"/v1/models/lorahub/lorahub/versions/{version}/trainings",
            $$"""{"destination": "me/numbers", "input": {"type": "tune", "train_data": "{{Lines}}", "steps": {{steps}} } }""");
        await Process.Client.UntilTrainingAsync(created.Text("id")!, status);
        return created.Text("id")!;
    }
}

/// <summary>A training that runs until this is disposed.</summary>
sealed class EndlessTraining(HttpClient client, string id) : IAsyncDisposable
{
    public string Id => id;

    public async ValueTask DisposeAsync()
    {
        using var canceled = await client.PostAsync($"/v1/trainings/{id}/cancel", json: null);
        await client.UntilTrainingAsync(id, "canceled");
    }
}

/// <summary>
/// The program with a scripted model, whose runs take as long as their seed says. The tests of its collection share it, one after the other.
/// </summary>
[CollectionDefinition]
public sealed class ScriptedService : IAsyncLifetime, ICollectionFixture<ScriptedService>
{
    /// <summary>Runs until it is canceled.</summary>
    public const int Hangs = 2;

    internal TestHostProcess Process { get; private set; } = null!;

    public Uri Address => Process.Client.BaseAddress!;

    public async ValueTask InitializeAsync()
    {
        Process = await TestHostProcess.StartAsync(("Worker:Slots", "4"));
        await Process.ReadyAsync();
    }

    public ValueTask DisposeAsync() => Process.DisposeAsync();

    /// <summary>Creates a prediction.</summary>
    /// <returns>Its id, once it runs.</returns>
    internal static async Task<string> StartRunAsync(HttpClient client, int seed)
    {
        var created = await client.PostJsonAsync("/v1/predictions", $$"""{"version": "lorahub/lorahub", "input": {"seed": {{seed}} } }""");
        var id = created.Text("id")!;
        await client.UntilPredictionAsync(id, "processing");
        return id;
    }
}
