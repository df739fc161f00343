using LoraHub.Api.Worker;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace LoraHub.Api.Tests.EndToEnd;

/// <summary>The shipped service, with its model and modules, on its own data folder.</summary>
public sealed class RealService : WebApplicationFactory<Program>
{
    /// <summary>The data folder.</summary>
    public string DataPath { get; } = Directory.CreateTempSubdirectory("lorahub-").FullName;

    /// <summary>A client of the service once it has loaded.</summary>
    public async Task<HttpClient> ReadyAsync()
    {
        var client = CreateClient();
        await Services.GetRequiredService<WorkerState>().SetupEnded.WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);
        return client;
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(DataPath, recursive: true);
    }

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        builder.UseSetting("Data:Path", DataPath);
        builder.UseSetting("Inference:Precision", "Fp32");
        builder.UseSetting("Inference:Threads", "1"); // tests run concurrently: more threads would only wait for each other
    }
}
