using LoraHub.Api.Commands;
using LoraHub.Core.Predictions;

namespace LoraHub.TestHost;

/// <summary>The real program: the same command line, services and pipeline. Only the model and its modules are a script.</summary>
static class Program
{
    static Task<int> Main(string[] args) => CommandLine.RunAsync(args, services => services
        .AddScriptedLibrary()
        .AddSingleton<IPredictor, SeedPredictor>());
}
