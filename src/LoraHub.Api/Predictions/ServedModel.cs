using System.Security.Cryptography;
using System.Text;
using LoraHub.Api.Configuration;
using LoraHub.Core.Modules;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Predictions;

/// <summary>The one model that this service is, in the words of its clients.</summary>
sealed class ServedModel(IOptions<ApiOptions> options, IModuleCatalog catalog)
{
    /// <summary>The Cog whose wire this service speaks (coglet 0.23.1); clients read it as a version number.</summary>
    public const string CogVersion = "0.23.1";

    public const string Description =
        "LoraHub: adapts a language model to an unseen task from a few examples, by composing LoRA modules with a gradient-free search.";

    readonly Lazy<string> _version = new(() => options.Value.Version ?? Derive(catalog), LazyThreadSafetyMode.ExecutionAndPublication);

    public static string ProgramVersion { get; } = typeof(ServedModel).Assembly.GetName().Version!.ToString(3);

    /// <summary>When this program was built.</summary>
    public static DateTimeOffset CreatedAt { get; } =
        new(File.GetLastWriteTimeUtc(Path.Combine(AppContext.BaseDirectory, $"{typeof(ServedModel).Assembly.GetName().Name}.dll")));

    /// <summary><c>owner/name</c>.</summary>
    public string Name => options.Value.Model;

    /// <summary>The first half of <see cref="Name"/>.</summary>
    public string Owner => Name.Split('/')[0];

    /// <summary>The <c>owner/name</c> of the one deployment that there is.</summary>
    public string Deployment => options.Value.Deployment ?? Name;

    /// <summary>64 hexadecimal digits that change with the program and with its base model. Blocks until <see cref="VersionKnownAsync"/> has ended.</summary>
    public string Version => _version.Value;

    /// <summary>Ends when <see cref="Version"/> is there: a large model takes some seconds to read, once.</summary>
    public Task VersionKnownAsync() => _version.IsValueCreated ? Task.CompletedTask : Task.Run(() => _version.Value);

    /// <summary>Whether a client's <c>version</c> means this model: <c>owner/name</c>, <c>owner/name:id</c> or the id alone.</summary>
    public bool Is(string version) => version == Name || version == Version || version == $"{Name}:{Version}";

    static string Derive(IModuleCatalog catalog) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{ProgramVersion}\n{catalog.DefaultBaseModel}\n{catalog.DigestBaseModel()}")));
}
