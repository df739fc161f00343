using System.Text;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.Swagger;

namespace LoraHub.Api.Docs;

/// <summary>
/// The OpenAPI document of all routes. It is built at its first request and kept: building takes tenths of a second of processor time, and the routes
/// never change.
/// </summary>
sealed class ServiceDocument(IAsyncSwaggerProvider documents)
{
    public const string Name = "service";

    readonly Lazy<Task<byte[]>> _json = new(async () =>
    {
        var document = await documents.GetSwaggerAsync(Name);
        return Encoding.UTF8.GetBytes(await document.SerializeAsJsonAsync(OpenApiSpecVersion.OpenApi3_0));
    });

    public async Task SendAsync(HttpContext http)
    {
        var json = await _json.Value;
        http.Response.ContentType = "application/json;charset=utf-8";
        http.Response.ContentLength = json.Length;
        await http.Response.Body.WriteAsync(json, http.RequestAborted);
    }
}
