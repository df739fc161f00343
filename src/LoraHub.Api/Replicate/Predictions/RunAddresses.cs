using System.Security.Cryptography;
using System.Text;
using LoraHub.Api.Http;
using LoraHub.Core;
using LoraHub.Core.Predictions;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Replicate.Predictions;

/// <summary>
/// The addresses of a prediction or training. The last segment of its stream's is unguessable: clients read streams without a token, so the URL
/// itself grants access. It holds the prediction's id and an HMAC of it under a key of this service; nothing is stored.
/// </summary>
sealed class RunAddresses(IServiceKeys keys, IOptions<PageOptions> pages)
{
    /// <summary>The last segment of the stream's address.</summary>
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

    /// <summary>All URLs that clients get.</summary>
    public ReplicateUrls UrlsOf(Prediction prediction)
    {
        var path = $"{(prediction.Kind == PredictionKind.Train ? "trainings" : "predictions")}/{prediction.Id}";
        var get = $"{prediction.Origin}/v1/{path}";
        return new ReplicateUrls(
            get,
            $"{get}/cancel",
            $"{prediction.Origin}/v1/streams/{Of(prediction.Id)}",
            pages.Value.Enabled ? $"{prediction.Origin}/{path}" : get);
    }

    string Code(string id) => Convert.ToHexStringLower(HMACSHA256.HashData(keys.KeyOf(KeyNames.Stream), Encoding.UTF8.GetBytes(id)));
}
