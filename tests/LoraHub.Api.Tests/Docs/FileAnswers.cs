using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.Docs;

/// <summary>Files under <c>/v1</c>.</summary>
static class FileAnswers
{
    public static IReadOnlyDictionary<string, AnswerCase> All { get; } = new Dictionary<string, AnswerCase>
    {
        ["POST /v1/files 201"] = Upload("text"),
        ["POST /v1/files 400"] = AnswerCase.Text(HttpMethod.Post, "/v1/files", "--", "multipart/form-data"),
        ["POST /v1/files 413"] = Upload("text").With(("Files:MaxBytes", "3")),
        ["POST /v1/files 415"] = AnswerCase.Of(HttpMethod.Post, "/v1/files", "{}"),
        ["POST /v1/files 422"] = Upload("text", "[]"),
        ["POST /v1/files 507"] = Upload("text").With(("Files:MaxTotalBytes", "10")),
        ["GET /v1/files 200"] = AfterUpload((client, _) => client.FetchAsync("/v1/files")),
        ["GET /v1/files 422"] = AnswerCase.Get("/v1/files?cursor=nothing"),
        ["GET /v1/files/{id} 200"] = AfterUpload((client, file) => client.FetchAsync(file.Get)),
        ["GET /v1/files/{id} 404"] = AnswerCase.Get("/v1/files/unknown"),
        ["DELETE /v1/files/{id} 204"] = AfterUpload((client, file) => client.SendAsync(HttpMethod.Delete, file.Get, json: null)),
        ["DELETE /v1/files/{id} 404"] = AnswerCase.Of(HttpMethod.Delete, "/v1/files/unknown"),
        ["GET /v1/files/{id}/download 200"] = AfterUpload((client, file) => client.FetchAsync(file.Download)),
        ["GET /v1/files/{id}/download 404"] = AfterUpload((client, file) => client.FetchAsync($"{file.Get}/download")),
    };

    static AnswerCase Upload(string content, string metadata = "{}") => new((_, client, _) => client.UploadAsync(content, metadata: metadata));

    static AnswerCase AfterUpload(Func<HttpClient, UploadedFile, Task<HttpResponseMessage>> then) =>
        new(async (_, client, _) => await then(client, await client.UploadedAsync("text")));
}
