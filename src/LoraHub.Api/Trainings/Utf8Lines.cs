using System.Buffers;
using System.Text;

namespace LoraHub.Api.Trainings;

/// <summary>Reads the lines of a UTF-8 text from a stream, one at a time.</summary>
static class Utf8Lines
{
    /// <summary>The longest line, in bytes.</summary>
    public const int Longest = 1 << 20;

    const int BufferBytes = 64 * 1024;

    static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <returns>The lines without their line feeds, and without a byte order mark.</returns>
    /// <exception cref="TrainingDataException">A line is too long, or is not UTF-8 text.</exception>
    public static IEnumerable<string> Read(Stream content)
    {
        var (buffer, line, number) = (new byte[BufferBytes], new ArrayBufferWriter<byte>(), 0);
        for (var read = content.Read(buffer); read > 0; read = content.Read(buffer))
        {
            var rest = buffer.AsMemory(0, read);
            for (var end = rest.Span.IndexOf((byte)'\n'); end >= 0; end = rest.Span.IndexOf((byte)'\n'))
            {
                line.Write(rest.Span[..end]);
                yield return Decode(line, ++number);
                rest = rest[(end + 1)..];
            }

            line.Write(rest.Span);
            Check(line, number + 1);
        }

        if (line.WrittenCount > 0)
        {
            yield return Decode(line, number + 1);
        }
    }

    static string Decode(ArrayBufferWriter<byte> line, int number)
    {
        Check(line, number);
        var bytes = line.WrittenSpan;
        try
        {
            var text = Strict.GetString(number == 1 && bytes.StartsWith(Encoding.UTF8.Preamble) ? bytes[Encoding.UTF8.Preamble.Length..] : bytes);
            return text.Contains('\0', StringComparison.Ordinal)
                ? throw new TrainingDataException($"Line {number} is not text: it has a null byte. Save the data as UTF-8.")
                : text;
        }
        catch (DecoderFallbackException)
        {
            var isUtf16 = number == 1 && (bytes.StartsWith(Encoding.Unicode.Preamble) || bytes.StartsWith(Encoding.BigEndianUnicode.Preamble));
            throw new TrainingDataException(
                $"Line {number} is not UTF-8 text; convert the data, for example with `iconv -f {(isUtf16 ? "UTF-16" : "WINDOWS-1252")} -t UTF-8`.");
        }
        finally
        {
            line.ResetWrittenCount();
        }
    }

    static void Check(ArrayBufferWriter<byte> line, int number)
    {
        if (line.WrittenCount > Longest)
        {
            throw new TrainingDataException($"Line {number} is longer than {Longest} bytes; an example is one line.");
        }
    }
}
