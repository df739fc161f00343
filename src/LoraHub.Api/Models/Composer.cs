using System.Security.Cryptography;
using System.Text;
using LoraHub.Api.Http;
using LoraHub.Core.Predictions;
using LoraHub.Core.Threading;
using LoraHub.Modules.Folders;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Models;

/// <summary>The names and the version under which clients call the composer, the model that composes modules for a task.</summary>
sealed class Composer(IOptions<ApiOptions> options, BaseModels bases)
{
    /// <summary>The version of Cog whose API this service implements (coglet 0.23.1). Clients parse it as a version number.</summary>
    public const string CogVersion = "0.23.1";

    public const string Description =
        "LoraHub: adapts a language model to an unseen task from a few examples, by composing LoRA modules with a gradient-free search.";

    static readonly IReadOnlyList<string> DefaultAliases = ["cjwbw/lorahub"];

    readonly Lazy<Task<string>> _version = new(
        () => options.Value.Version is { } given ? Task.FromResult(given) : OwnThread.RunAsync(() => Derive(bases)),
        LazyThreadSafetyMode.ExecutionAndPublication);

    public static string ProgramVersion { get; } = typeof(Composer).Assembly.GetName().Version!.ToString(3);

    /// <summary>When this program was built.</summary>
    public static DateTimeOffset CreatedAt { get; } =
        new(File.GetLastWriteTimeUtc(Path.Combine(AppContext.BaseDirectory, $"{typeof(Composer).Assembly.GetName().Name}.dll")));

    /// <summary><c>owner/name</c>.</summary>
    public string Name => options.Value.Model;

    public CallableModel Model => new(Name, Version, PredictionKind.Compose);

    /// <summary>The first half of <see cref="Name"/>.</summary>
    public string Owner => Name.Split('/')[0];

    /// <summary>The <c>owner/name</c> of the single deployment.</summary>
    public string Deployment => options.Value.Deployment ?? Name;

    /// <summary>
    /// 64 hexadecimal digits that change with the program and its base model. Blocks until <see cref="LoadVersionAsync"/> has completed.
    /// </summary>
    public string Version => _version.Value.GetAwaiter().GetResult();

    /// <summary>Computes <see cref="Version"/> once, for all who wait. Hashing a large model takes some seconds.</summary>
    public Task LoadVersionAsync() => _version.Value;

    /// <summary>Whether the name, or a name that the settings make an alias of it, is the composer's.</summary>
    public bool IsNamed(string name) =>
        name == Name || (options.Value.Aliases is { Count: > 0 } given ? given : DefaultAliases).Contains(name, StringComparer.Ordinal);

    static string Derive(BaseModels bases)
    {
        var text = $"{ProgramVersion}\n{bases.DefaultId}\n{bases.DefaultDigest()}";
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }
}
