using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using LoraHub.Api.Predictions;
using LoraHub.Core;
using LoraHub.Core.Uploads;
using Microsoft.AspNetCore.Http.Extensions;

namespace LoraHub.Api.Replicate.Files;

/// <summary>
/// The URLs of files. Who has a download URL may read the content without a token until the URL expires: its query is signed with a key of this
/// service, in Replicate's manner.
/// </summary>
sealed class FileAddress(IServiceKeys keys, ServedModel model, TimeProvider time)
{
    /// <param name="origin">Scheme and host, without a slash at the end.</param>
    public FileUrls Of(Upload upload, string origin)
    {
        var get = $"{origin}/v1/files/{upload.Id}";
        var expiry = upload.ExpiresAt.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var query = new QueryBuilder { { "expiry", expiry }, { "owner", model.Owner }, { "signature", Sign(model.Owner, upload.Id, expiry) } };
        return new FileUrls(get, $"{get}/download{query}");
    }

    /// <summary>Whether the query is one that this service gave out for the file, and its time has not passed.</summary>
    public bool IsValid(string id, IQueryCollection query)
    {
        var (owner, expiry, signature) = (query["owner"].ToString(), query["expiry"].ToString(), query["signature"].ToString());
        var isOurs = CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(signature), Encoding.UTF8.GetBytes(Sign(owner, id, expiry)));
        return isOurs && long.TryParse(expiry, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && time.GetUtcNow().ToUnixTimeSeconds() < seconds;
    }

    string Sign(string owner, string id, string expiry) =>
        Convert.ToBase64String(HMACSHA256.HashData(keys.KeyOf("files"), Encoding.UTF8.GetBytes($"{owner} {id} {expiry}")));
}
