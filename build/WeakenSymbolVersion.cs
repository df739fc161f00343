using System;
using System.IO;
using System.Text;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

/// <summary>
/// Sets VER_FLG_WEAK on one required symbol version of a little-endian ELF64 library. Keeps size and timestamp, so that the next
/// incremental build does not copy the file again. Layout: ELF gABI section headers, and Elf64_Verneed / Elf64_Vernaux of GNU symbol versioning.
/// </summary>
public sealed class WeakenSymbolVersion : Task
{
    const uint SectionGnuVersionNeed = 0x6ffffffe;
    const ushort FlagWeak = 2;

    public string Library { get; set; }

    public string SymbolVersion { get; set; }

    public override bool Execute()
    {
        byte[] elf = File.ReadAllBytes(Library);
        int flags = FindFlags(elf);
        if (flags < 0 || (BitConverter.ToUInt16(elf, flags) & FlagWeak) != 0)
        {
            return true;
        }

        elf[flags] |= (byte)FlagWeak;
        DateTime stamp = File.GetLastWriteTimeUtc(Library);
        string temporary = Library + ".weakened";
        File.WriteAllBytes(temporary, elf);
        File.SetLastWriteTimeUtc(temporary, stamp);
        File.Delete(Library);
        File.Move(temporary, Library);
        Log.LogMessage(MessageImportance.Normal, "{0}: {1} is no longer required.", Library, SymbolVersion);
        return true;
    }

    /// <summary>Finds the offset of the entry's vna_flags; -1 if the library does not require that version.</summary>
    int FindFlags(byte[] elf)
    {
        long sections = BitConverter.ToInt64(elf, 0x28);
        int size = BitConverter.ToUInt16(elf, 0x3a);
        int count = BitConverter.ToUInt16(elf, 0x3c);
        for (int i = 0; i < count; i++)
        {
            long header = sections + (long)i * size;
            if (BitConverter.ToUInt32(elf, (int)header + 4) == SectionGnuVersionNeed)
            {
                long start = BitConverter.ToInt64(elf, (int)header + 0x18);
                long strings = sections + (long)BitConverter.ToInt32(elf, (int)header + 0x28) * size;
                return FindInNeeds(elf, (int)start, (int)BitConverter.ToInt64(elf, (int)strings + 0x18));
            }
        }

        return -1;
    }

    int FindInNeeds(byte[] elf, int need, int strings)
    {
        while (true)
        {
            int aux = need + BitConverter.ToInt32(elf, need + 8);
            for (int left = BitConverter.ToUInt16(elf, need + 2); left > 0; left--)
            {
                if (NameAt(elf, strings + BitConverter.ToInt32(elf, aux + 8)) == SymbolVersion)
                {
                    return aux + 4;
                }

                aux += BitConverter.ToInt32(elf, aux + 12);
            }

            int next = BitConverter.ToInt32(elf, need + 12);
            if (next == 0)
            {
                return -1;
            }

            need += next;
        }
    }

    static string NameAt(byte[] elf, int offset)
    {
        int end = Array.IndexOf(elf, (byte)0, offset);
        return Encoding.ASCII.GetString(elf, offset, end - offset);
    }
}
