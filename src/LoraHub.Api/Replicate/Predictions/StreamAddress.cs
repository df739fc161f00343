using System.Security.Cryptography;
using System.Text;
using LoraHub.Core;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Replicate.Predictions;

/// <summary>
/// The unguessable last part of a stream's URL. Clients read streams without a token, so knowing the URL is the right to read: it carries the
/// prediction's id and a code over it under a key of this data folder, and nothing is stored.
/// </summary>
sealed class StreamAddress(IOptions<DataOptions> data)
{
    const int KeyBytes = 32;

    readonly Lazy<byte[]> _key = new(() => ReadOrMakeKey(data.Value.Path), LazyThreadSafetyMode.PublicationOnly); // a failure is not kept

    public string Of(string id) => $"{id}.{Code(id)}";

    /// <returns>The prediction's id, or null when this service did not give the address out.</returns>
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

    string Code(string id) => Convert.ToHexStringLower(HMACSHA256.HashData(_key.Value, Encoding.UTF8.GetBytes(id)));

    static byte[] ReadOrMakeKey(string folder)
    {
        var path = Path.Combine(Directory.CreateDirectory(folder).FullName, "stream.key");
        if (!File.Exists(path))
        {
            var made = Path.Combine(folder, Path.GetRandomFileName());
            WritePrivately(made, RandomNumberGenerator.GetBytes(KeyBytes));
            MoveUnlessThere(made, path);
        }

        return File.ReadAllBytes(path);
    }

    static void WritePrivately(string path, byte[] bytes)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using var file = new FileStream(path, options);
        file.Write(bytes);
    }

    /// <summary>Another process on the same folder may have been faster; then its key counts.</summary>
    static void MoveUnlessThere(string from, string to)
    {
        try
        {
            File.Move(from, to);
        }
        catch (IOException) when (File.Exists(to))
        {
            File.Delete(from);
        }
    }
}
