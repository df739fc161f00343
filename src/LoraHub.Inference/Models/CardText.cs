using System.Text;

namespace LoraHub.Inference.Models;

/// <summary>The text of a module's model card: of the front matter only the values that say what it is for.</summary>
static class CardText
{
    const int Limit = 64 * 1024;

    static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    static readonly string[] KeptKeys = ["tag", "task", "dataset"];

    /// <summary>At most 64 KiB of <c>README.md</c>; empty when there is none, it cannot be read or is not UTF-8: a card never makes a module unusable.</summary>
    public static string Read(string folder)
    {
        try
        {
            var file = new FileInfo(Path.Combine(folder, "README.md"));
            if (!file.Exists || file.Length == 0) // a pipe or a device has no length, and opening one may not return
            {
                return "";
            }

            var bytes = new byte[Limit];
            using var stream = file.OpenRead();
            var count = stream.ReadAtLeast(bytes, Limit, throwOnEndOfStream: false);
            return WithoutNoise(Decode(bytes.AsSpan(0, count)));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or DecoderFallbackException)
        {
            return "";
        }
    }

    /// <summary>A character cut in two by the limit is left out; any other byte that is not UTF-8 throws.</summary>
    static string Decode(ReadOnlySpan<byte> bytes)
    {
        var characters = new char[Strict.GetMaxCharCount(bytes.Length)];
        var count = Strict.GetDecoder().GetChars(bytes, characters, flush: bytes.Length < Limit);
        return new string(characters, 0, count).TrimStart('\uFEFF').ReplaceLineEndings("\n");
    }

    static string WithoutNoise(string text)
    {
        var lines = text.Split('\n');
        var end = lines[0].TrimEnd() == "---" ? Array.FindIndex(lines, 1, line => line.TrimEnd() is "---" or "...") : -1;
        return end < 0 ? text : string.Join('\n', [.. KeptValues(lines[1..end]), .. lines[(end + 1)..]]);
    }

    /// <summary>What stands after and under <c>tags:</c>, <c>pipeline_tag:</c>, <c>task_categories:</c>, <c>datasets:</c> and the like.</summary>
    static IEnumerable<string> KeptValues(string[] frontMatter)
    {
        var kept = false;
        foreach (var line in frontMatter)
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            var isKey = colon > 0 && line[0] is not (' ' or '\t' or '-' or '#');
            kept = isKey ? Array.Exists(KeptKeys, key => line.AsSpan(0, colon).Contains(key, StringComparison.OrdinalIgnoreCase)) : kept;
            var value = (isKey ? line[(colon + 1)..] : line).Trim(' ', '\t', '-', '[', ']');
            if (kept && value.Length > 0)
            {
                yield return value;
            }
        }
    }
}
