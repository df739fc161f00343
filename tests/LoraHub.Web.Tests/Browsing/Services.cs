using LoraHub.Api.Tests.Support;

namespace LoraHub.Web.Tests.Browsing;

/// <summary>The shipped program with its model and modules, as a process. The tests of a class share it.</summary>
public sealed class ShippedService : IAsyncLifetime
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
}

/// <summary>The program with a scripted model, whose runs take as long as their seed says. The tests of a class share it.</summary>
public sealed class ScriptedService : IAsyncLifetime
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
