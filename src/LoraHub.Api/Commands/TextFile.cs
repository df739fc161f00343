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

        return Decode(
            File.ReadAllBytes(path),
            $"{name}: `{path}` is not UTF-8 text; convert it, for example with `iconv -f WINDOWS-1252 -t UTF-8 {path}`.");
    }

    /// <summary>Reads standard input to its end. The last line break, which an editor or <c>echo</c> adds, is not part of the text.</summary>
    /// <param name="name">What the error names.</param>
    /// <param name="most">The maximum number of bytes.</param>
    /// <exception cref="UsageException">The input is too large or not UTF-8.</exception>
    public static string ReadStandardInput(string name, long most)
    {
        using var input = Console.OpenStandardInput();
        return ReadToEnd(name, input, most);
    }

    /// <param name="input">Standard input.</param>
    /// <inheritdoc cref="ReadStandardInput"/>
    public static string ReadToEnd(string name, Stream input, long most)
    {
        using var content = new MemoryStream();
        var buffer = new byte[1 << 16];
        int read;
        while ((read = input.Read(buffer)) > 0)
        {
            content.Write(buffer, 0, read);
            if (content.Length > most)
            {
                throw new UsageException($"{name}: standard input has more than {most} bytes (Limits:InputBytes).");
            }
        }

        var text = Decode(content.ToArray(), $"{name}: standard input is not UTF-8 text.");
        return text.EndsWith("\r\n", StringComparison.Ordinal) ? text[..^2] : text.EndsWith('\n') ? text[..^1] : text;
    }

    /// <param name="error">The message if the bytes are not UTF-8.</param>
    static string Decode(byte[] bytes, string error)
    {
        try
        {
            return Strict.GetString(bytes).TrimStart('\uFEFF');
        }
        catch (DecoderFallbackException)
        {
            throw new UsageException(error);
        }
    }
}
