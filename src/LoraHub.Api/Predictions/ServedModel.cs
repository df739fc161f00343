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

    public static string ProgramVersion { get; } = typeof(ServedModel).Assembly.GetName().Version!.ToString(3);

    /// <summary><c>owner/name</c>.</summary>
    public string Name => options.Value.Model;

    /// <summary>The first half of <see cref="Name"/>.</summary>
    public string Owner => Name.Split('/')[0];

    /// <summary>64 hexadecimal digits that change with the program or its base model.</summary>
    public string Version { get; } =
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{ProgramVersion}\n{catalog.DefaultBaseModel}")));

    /// <summary>Whether a client's <c>version</c> means this model: <c>owner/name</c>, <c>owner/name:id</c> or the id alone.</summary>
    public bool Is(string version) => version == Name || version == Version || version == $"{Name}:{Version}";
}
