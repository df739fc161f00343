using System.Buffers.Binary;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace LoraHub.TestHost;

/// <summary>A PEFT adapter of one layer, which can be published.</summary>
static class ScriptedAdapter
{
    const string Layer = "base_model.model.encoder.block.0.layer.0.SelfAttention.q", Config =
        """{"peft_type": "LORA", "r": 2, "lora_alpha": 4, "base_model_name_or_path": "lorahub/t5-mini"}""";

    /// <param name="seed">Other seeds make other weights.</param>
    public static void Write(string path, long seed)
    {
        using var zip = ZipFile.Open(path, ZipArchiveMode.Create);
        Add(zip, "adapter_config.json", Encoding.UTF8.GetBytes(Config));
        Add(zip, "adapter_model.safetensors", Weights(seed));
        Add(zip, "README.md", "# Scripted\n"u8.ToArray());
    }

    static byte[] Weights(long seed)
    {
        float[] down = [1, (seed % 1000) + 1, 0, 0], up = [0.5f, 0];
        var header = JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object>
        {
            [$"{Layer}.lora_A.weight"] = new { dtype = "F32", shape = (int[])[2, 2], data_offsets = (int[])[0, 16] },
            [$"{Layer}.lora_B.weight"] = new { dtype = "F32", shape = (int[])[1, 2], data_offsets = (int[])[16, 24] },
        });
        var length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        return [.. length, .. header, .. MemoryMarshal.AsBytes(down.AsSpan()), .. MemoryMarshal.AsBytes(up.AsSpan())];
    }

    static void Add(ZipArchive zip, string name, byte[] content)
    {
        var entry = zip.CreateEntry(name);
        entry.LastWriteTime = DateTimeOffset.UnixEpoch.AddYears(20); // the same bytes every time
        using var stream = entry.Open();
        stream.Write(content);
    }
}
