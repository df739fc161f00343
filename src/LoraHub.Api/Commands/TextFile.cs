using System.Text;

namespace LoraHub.Api.Commands;

/// <summary>Reads text files of the command line as strictly as the service reads those of a request.</summary>
static class TextFile
{
    static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <param name="name">What the error names: the input or the option.</param>
    /// <param name="most">The maximum number of bytes.</param>
    /// <returns>The text without a byte order mark.</returns>
    /// <exception cref="UsageException">The file is missing, too large or not UTF-8.</exception>
    public static string Read(string name, string path, long most)
    {
        if (!File.Exists(path))
        {
            throw new UsageException(Directory.Exists(path)
                ? $"{name}: `{path}` is a folder; name a file."
                : $"{name}: there is no file `{path}`.");
        }

        if (new FileInfo(path).Length > most)
        {
            throw new UsageException($"{name}: `{path}` is larger than {most} bytes (Limits:InputBytes).");
        }

        try
        {
            return Strict.GetString(File.ReadAllBytes(path)).TrimStart('\uFEFF');
        }
        catch (DecoderFallbackException)
        {
            throw new UsageException(
                $"{name}: `{path}` is not UTF-8 text; convert it, for example with `iconv -f WINDOWS-1252 -t UTF-8 {path}`.");
        }
    }
}
