using System.Security.Cryptography;
using System.Text;
using LoraHub.Core;

namespace LoraHub.Api.Replicate.Predictions;

/// <summary>
/// The unguessable last segment of a stream's URL. Clients read streams without a token, so the URL itself grants access. It holds the
/// prediction's id and an HMAC of it under a key of this service; nothing is stored.
/// </summary>
sealed class StreamAddress(IServiceKeys keys)
{
    public string Of(string id) => $"{id}.{Code(id)}";

    /// <returns>The prediction's id, or null when this service did not issue the address.</returns>
    public string? IdOf(string address)
    {
        var dot = address.LastIndexOf('.');
        if (dot < 0)
        {
            return null;
        }

        var id = address[..dot];
        var isOurs = CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(address[(dot + 1)..]), Encoding.UTF8.GetBytes(Code(id)));
        return isOurs ? id : null;
    }

    string Code(string id) => Convert.ToHexStringLower(HMACSHA256.HashData(keys.KeyOf(KeyNames.Stream), Encoding.UTF8.GetBytes(id)));
}
