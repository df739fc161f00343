using LoraHub.Api.Docs;
using Microsoft.AspNetCore.Http;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.Swagger;

namespace LoraHub.Api.Tests.Docs;

public sealed class ServiceDocumentTests
{
    /// <summary>A request for it costs a small multiple of its bytes; building it costs some tenths of a second of processor time.</summary>
    [Fact]
    public async Task The_document_is_built_once_for_all_requests()
    {
        var source = new CountedDocuments();
        var document = new ServiceDocument(source);

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => ReadAsync(document)));

        Assert.Equal(1, source.Built);
        Assert.All(answers, answer => Assert.Contains("\"title\": \"built once\"", answer, StringComparison.Ordinal));
    }

    static async Task<string> ReadAsync(ServiceDocument document)
    {
        using var body = new MemoryStream();
        await document.SendAsync(new DefaultHttpContext { Response = { Body = body } });
        return System.Text.Encoding.UTF8.GetString(body.ToArray());
    }

    sealed class CountedDocuments : IAsyncSwaggerProvider
    {
        int _built;

        public int Built => _built;

        public async Task<OpenApiDocument> GetSwaggerAsync(string documentName, string? host = null, string? basePath = null)
        {
            Interlocked.Increment(ref _built);
            await Task.Yield();
            return new OpenApiDocument { Info = new OpenApiInfo { Title = "built once", Version = "1" } };
        }
    }
}
