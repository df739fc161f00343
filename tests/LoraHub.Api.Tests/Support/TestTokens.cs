using System.Security.Cryptography;
using System.Text;

namespace LoraHub.Api.Tests.Support;

/// <summary>Tokens as an operator configures them and as a client sends them.</summary>
static class TestTokens
{
    public const string Anna = "lh_annas-token-4f0c", Bert = "lh_berts-token-93aa";

    public static (string Key, string Value)[] Settings { get; } = [.. Of(0, "anna", Anna), .. Of(1, "bert", Bert)];

    public static (string Name, string Value) Header(string token) => ("Authorization", $"Bearer {token}");

    static (string Key, string Value)[] Of(int index, string name, string token) =>
    [
        ($"Auth:Tokens:{index}:Name", name),
        ($"Auth:Tokens:{index}:Hash", $"sha256:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)))}"),
    ];
}
