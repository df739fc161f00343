using System.Net.Http.Headers;
using LoraHub.Api.Tests.Support;
using LoraHub.Api.Tests.Webhooks;
using LoraHub.Core.Predictions;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace LoraHub.Api.Tests.Upgrade;

/// <summary>The shipped service on data of 4dfd9a7, with that program's settings.</summary>
sealed class UpgradedService(string dataPath, params (string Key, string Value)[] settings) : WebApplicationFactory<Program>
{
    const string Token = TestTokens.Anna;

    readonly ManualResetEventSlim _mayWork = new();

    /// <summary>Lets the worker begin: until then it is as if it were still loading the model.</summary>
    public void Work() => _mayWork.Set();

    /// <summary>Starts the service.</summary>
    public void Start()
    {
        StartServer(); // returns without an error, too, when the program has refused to start
        Assert.True(Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStarted.IsCancellationRequested, "The service did not start.");
    }

    /// <summary>
    /// Returns once another service can use the data folder: the program itself, on its own thread, may still be disposing what it owns.
    /// </summary>
    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _mayWork.Dispose();
        using var limit = new CancellationTokenSource(Limits.Wait);
        while (IsInUse())
        {
            await Task.Delay(10, limit.Token);
        }
    }

    protected override void ConfigureClient(HttpClient client)
    {
        base.ConfigureClient(client);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token);
    }

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        (string Key, string Value)[] common =
        [
            ("Data:Path", dataPath),
            ("Api:PublicUrl", Before.Origin),
            Receiver.Allowed,
            ("Api:Version", Before.Version),
            ("Queue:Lease", "00:00:10"),
            ("Inference:Precision", "Fp32"),
            ("Inference:Threads", "1"),
            TestTokens.Settings[0],
            TestTokens.Settings[1],
            .. new[] { "read", "predict", "publish", "admin" }.Select((scope, index) => ($"Auth:Tokens:0:Scopes:{index}", scope)),
        ];
        foreach (var (key, value) in common.Concat(settings))
        {
            builder.UseSetting(key, value);
        }

        builder.ConfigureTestServices(services =>
        {
            var inner = services.Last(service => service.ServiceType == typeof(IPredictor)).ImplementationFactory!;
            services.AddSingleton<IPredictor>(provider => new WaitingPredictor((IPredictor)inner(provider), _mayWork));
        });
    }

    bool IsInUse()
    {
        try
        {
            using var file = File.Open(Path.Combine(dataPath, "lorahub.lock"), FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            return false;
        }
        catch (FileNotFoundException)
        {
            return false; // the distributed engine has none
        }
        catch (IOException)
        {
            return true;
        }
    }
}
