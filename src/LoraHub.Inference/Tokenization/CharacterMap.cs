using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace LoraHub.Inference.Tokenization;

/// <summary>SentencePiece's precompiled character map (T5's is <c>nmt_nfkc</c>), applied as in the tokenizers library.</summary>
/// <remarks>
/// The format and its use are those of the spm_precompiled crate and of tokenizers 0.13.3, normalizers/precompiled.rs: a count of
/// bytes, a double array of 32-bit units (darts-clone) over UTF-8, then the replacements, each terminated by a zero byte.
/// </remarks>
sealed class CharacterMap : TextNormalizer
{
    const int LongestMappedCluster = 5;

    readonly uint[] _units;
    readonly byte[] _replacements;

    /// <param name="blob">The map's bytes. An empty map changes nothing.</param>
    public CharacterMap(ReadOnlySpan<byte> blob)
    {
        var size = blob.IsEmpty ? 0 : ReadSize(blob);
        _units = new uint[size / sizeof(uint)];
        for (var i = 0; i < _units.Length; i++)
        {
            _units[i] = BinaryPrimitives.ReadUInt32LittleEndian(blob[((i + 1) * sizeof(uint))..]);
        }

        _replacements = blob.IsEmpty ? [] : blob[(sizeof(uint) + size)..].ToArray();
    }

    protected override string Name => "Precompiled";

    /// <summary>Replaces the text's characters. The result is always well-formed: a lone surrogate is treated as U+FFFD.</summary>
    /// <param name="sources">Receives the source range of each UTF-16 unit of the result. A range never splits a surrogate pair.</param>
    public override string Normalize(string text, List<SourceRange>? sources = null, int most = int.MaxValue)
    {
        var result = new StringBuilder(text.Length);
        Span<byte> utf8 = stackalloc byte[LongestMappedCluster];

        for (var rest = text.AsSpan(); !rest.IsEmpty;)
        {
            var start = text.Length - rest.Length;
            var cluster = rest[..StringInfo.GetNextTextElementLength(rest)];
            rest = rest[cluster.Length..];
            ThrowIfLonger(result.Length, most);

            // The replacement of a short cluster's shortest mapped prefix replaces the whole cluster: odd, but the reference's ids depend on it.
            if (Encoding.UTF8.TryGetBytes(cluster, utf8, out var length) && TryAppendReplacement(utf8[..length], result))
            {
                Add(sources, result, start, cluster.Length);
                continue;
            }

            foreach (var rune in cluster.EnumerateRunes())
            {
                if (!TryAppendReplacement(utf8[..rune.EncodeToUtf8(utf8)], result))
                {
                    result.Append(rune);
                }

                Add(sources, result, start, rune.Utf16SequenceLength); // 1 for a lone surrogate and for its U+FFFD
                start += rune.Utf16SequenceLength;
            }
        }

        return result.ToString();
    }

    static int ReadSize(ReadOnlySpan<byte> blob)
    {
        var size = blob.Length < sizeof(uint) ? uint.MaxValue : BinaryPrimitives.ReadUInt32LittleEndian(blob);
        return size <= blob.Length - sizeof(uint) && size % sizeof(uint) == 0
            ? (int)size
            : throw new InvalidDataException("its character map is cut short.");
    }

    bool TryAppendReplacement(ReadOnlySpan<byte> utf8, StringBuilder result)
    {
        var start = FindShortestPrefix(utf8);
        if (start < 0)
        {
            return false;
        }

        var replacement = _replacements.AsSpan(Math.Min(start, _replacements.Length));
        var end = replacement.IndexOf((byte)0);
        result.Append(Encoding.UTF8.GetString(end < 0 ? replacement : replacement[..end]));
        return true;
    }

    /// <returns>The start of the replacement, or −1.</returns>
    int FindShortestPrefix(ReadOnlySpan<byte> utf8)
    {
        var position = Offset(UnitAt(0));
        foreach (var label in utf8)
        {
            position ^= label;
            var unit = UnitAt(position);
            if (label == 0 || (unit & 0x8000_00FF) != label)
            {
                return -1;
            }

            position ^= Offset(unit);
            if ((unit & 0x100) != 0)
            {
                return (int)(UnitAt(position) & 0x7FFF_FFFF);
            }
        }

        return -1;
    }

    uint UnitAt(uint position) => position < _units.Length ? _units[position] : 0;

    static uint Offset(uint unit) => (unit >> 10) << (int)((unit & 0x200) >> 6);
}
