using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json.Nodes;
using LoraHub.Formats.Adapters;
using LoraHub.Formats.Safetensors;
using LoraHub.Formats.Tensors;
using LoraHub.Modules.Versions;

namespace LoraHub.Api.Tests.Support;

/// <summary>The files of small modules, and how they are published.</summary>
static class PeftFiles
{
    public static readonly byte[] Config = Encoding.UTF8.GetBytes(
        """{"peft_type": "LORA", "r": 8, "lora_alpha": 16, "base_model_name_or_path": "lorahub/t5-mini"}""");

    /// <summary>A layer of one output, whose update these numbers are.</summary>
    public static byte[] Weights(params float[] update)
    {
        const string Layer = "encoder.block.0.layer.0.SelfAttention.q";
        const int Rank = 8;
        var tensors = new Dictionary<string, float[]>
        {
            [AdapterLayout.Key(Layer, "lora_A")] = [.. update, .. new float[(Rank - 1) * update.Length]],
            [AdapterLayout.Key(Layer, "lora_B")] = [0.5f, .. new float[Rank - 1]], // lora_alpha / r is 2
        };
        using var stream = new MemoryStream();
        SafetensorsWriter.Write(
            stream,
            tensors.Select(tensor => new TensorEntry(
                tensor.Key, DType.Float32, tensor.Key.Contains("lora_A", StringComparison.Ordinal) ? [Rank, update.Length] : [1, Rank])),
            (entry, write) => write(MemoryMarshal.AsBytes(tensors[entry.Name].AsSpan())));
        return stream.ToArray();
    }

    /// <summary>A complete module.</summary>
    public static (string Name, byte[] Content)[] Of(params float[] update) =>
        [(ModuleFiles.Config, Config), (ModuleFiles.Weights, Weights(update)), (ModuleFiles.Card, "# A module\n"u8.ToArray())];

    public static byte[] Zip(params (string Name, byte[] Content)[] files) => Zip(CompressionLevel.Optimal, files);

    public static byte[] Zip(CompressionLevel level, params (string Name, byte[] Content)[] files)
    {
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, content) in files)
            {
                using var entry = zip.CreateEntry(name, level).Open();
                entry.Write(content);
            }
        }

        return stream.ToArray();
    }

    public static MultipartFormDataContent Form(params (string Name, byte[] Content)[] files)
    {
        var form = new MultipartFormDataContent();
        foreach (var (name, content) in files)
        {
            form.Add(new ByteArrayContent(content), "files", name);
        }

        return form;
    }

    public static async Task<HttpResponseMessage> PublishAsync(this HttpClient client, string id, HttpContent form, string? token = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/modules/{id}/versions") { Content = form };
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        return await client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    /// <returns>The module in the response.</returns>
    public static async Task<JsonObject> PublishedAsync(this HttpClient client, string id, float[] update, string? token = null)
    {
        using var form = Form(Of(update));
        using var response = await client.PublishAsync(id, form, token);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        return await response.JsonAsync();
    }
}
