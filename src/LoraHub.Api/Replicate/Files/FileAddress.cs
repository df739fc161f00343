using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using LoraHub.Api.Models;
using LoraHub.Core;
using LoraHub.Core.Uploads;
using Microsoft.AspNetCore.Http.Extensions;

namespace LoraHub.Api.Replicate.Files;

/// <summary>
/// Creates the URLs of files. A download URL gives access to the content without a token until it expires. As on Replicate, its query carries a
/// signature under a key of this service.
/// </summary>
sealed class FileAddress(IServiceKeys keys, Composer model, TimeProvider time)
{
    /// <param name="origin">Scheme and host, without a trailing slash.</param>
    public FileUrls Of(Upload upload, string origin)
    {
        var get = $"{origin}/v1/files/{upload.Id}";
        var expiry = upload.ExpiresAt.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var query = new QueryBuilder { { "expiry", expiry }, { "owner", model.Owner }, { "signature", Sign(model.Owner, upload.Id, expiry) } };
        return new FileUrls(get, $"{get}/download{query}");
    }

    /// <summary>Whether this service signed the query for the file and it has not expired.</summary>
    public bool IsValid(string id, IQueryCollection query)
    {
        var (owner, expiry, signature) = (query["owner"].ToString(), query["expiry"].ToString(), query["signature"].ToString());
        var isOurs = CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(signature), Encoding.UTF8.GetBytes(Sign(owner, id, expiry)));
        return isOurs
            && long.TryParse(expiry, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            && time.GetUtcNow().ToUnixTimeSeconds() < seconds;
    }

    string Sign(string owner, string id, string expiry) =>
        Convert.ToBase64String(HMACSHA256.HashData(keys.KeyOf(KeyNames.Files), Encoding.UTF8.GetBytes($"{owner} {id} {expiry}")));
}
