using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json.Nodes;
using LoraHub.Core.Modules;

namespace LoraHub.Api.Tests.Support;

/// <summary>A module's files as <see cref="TestHub"/> reads them, and how they are published.</summary>
static class PeftFiles
{
    public static readonly byte[] Config = Encoding.UTF8.GetBytes("""{"peft_type": "LORA", "r": 8, "base_model_name_or_path": "lorahub/t5-mini"}""");

    public static byte[] Weights(params float[] update) => MemoryMarshal.AsBytes(update.AsSpan()).ToArray();

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

    /// <returns>The module as it was answered.</returns>
    public static async Task<JsonObject> PublishedAsync(this HttpClient client, string id, float[] update, string? token = null)
    {
        using var form = Form(Of(update));
        using var response = await client.PublishAsync(id, form, token);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        return await response.JsonAsync();
    }
}
