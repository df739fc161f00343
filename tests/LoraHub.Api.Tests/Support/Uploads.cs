using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace LoraHub.Api.Tests.Support;

/// <summary>The service's description of a file.</summary>
sealed record UploadedFile(JsonObject Json)
{
    public string Id => Json.Text("id")!;

    public string Get => Json["urls"]!.Text("get")!;

    public string Download => Json["urls"]!.Text("download")!;
}

/// <summary>Files as clients send them.</summary>
static class Uploads
{
    public static async Task<UploadedFile> UploadedAsync(this HttpClient client, string content, string name = "file.txt", string type = "text/plain")
    {
        using var response = await client.UploadAsync(content, name, type);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        return new UploadedFile(await response.JsonAsync());
    }

    public static async Task<HttpResponseMessage> UploadAsync(
        this HttpClient client, string content, string name = "file.txt", string type = "text/plain", string? metadata = null)
    {
        using var form = new MultipartFormDataContent();
        using var file = new StringContent(content);
        file.Headers.ContentType = new MediaTypeHeaderValue(type);
        form.Add(file, "content", name);
        if (metadata is not null)
        {
            form.Add(new StringContent(metadata), "metadata");
        }

        return await client.PostAsync(new Uri("/v1/files", UriKind.Relative), form, TestContext.Current.CancellationToken);
    }

    /// <summary>A form written by hand, byte for byte; lines end in CRLF.</summary>
    public static async Task<HttpResponseMessage> PostFormAsync(this HttpClient client, string body, string type = "multipart/form-data; boundary=x")
    {
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body.ReplaceLineEndings("\r\n")));
        content.Headers.TryAddWithoutValidation("Content-Type", type);
        return await client.PostAsync(new Uri("/v1/files", UriKind.Relative), content, TestContext.Current.CancellationToken);
    }
}
