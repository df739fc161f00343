using System.Buffers;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using LoraHub.Modules.Versions;
using Microsoft.Extensions.Options;

namespace LoraHub.Modules.HuggingFace;

/// <summary>A client of the Hugging Face Hub: lists a model's files, searches models and opens files.</summary>
sealed partial class HubClient(HubTransport transport, HubRetries retries, IOptions<HubOptions> options, TimeProvider time)
{
    const int MostAnswerBytes = 32 << 20, PageSize = 100, MostPages = 1000;

    /// <inheritdoc cref="HubTransport.Endpoint"/>
    public string Endpoint => transport.Endpoint;

    /// <summary>The model's page on the Hub.</summary>
    public string Source(string id) => $"{Endpoint}/{id}";

    /// <param name="revision">A branch, tag or commit; null for <c>main</c>.</param>
    /// <exception cref="HubException">The request failed, or its response is invalid.</exception>
    public async Task<HubModel> ModelAsync(string id, string? revision, CancellationToken cancellationToken)
    {
        var resource = new HubResource(Endpoint, id, revision ?? "main");
        var url = new Uri($"{Endpoint}/api/models/{id}/revision/{Uri.EscapeDataString(resource.Revision)}?blobs=true");
        var (json, _) = await GetAsync(url, resource, cancellationToken);
        return HubModel.Read(id, json);
    }

    /// <summary>The ids of an owner's models whose names contain the text, page by page.</summary>
    /// <exception cref="HubException">The request failed, or its response is invalid.</exception>
    public async IAsyncEnumerable<string> SearchAsync(string owner, string text, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var resource = new HubResource(Endpoint, $"{owner}/*");
        var url = new Uri($"{Endpoint}/api/models?search={Uri.EscapeDataString(text)}&author={Uri.EscapeDataString(owner)}&limit={PageSize}");
        var seen = new HashSet<Uri>();
        while (url is not null)
        {
            if (!seen.Add(url) || seen.Count > MostPages)
            {
                throw new HubException($"The Hub's list of models repeats a page, or has more than {MostPages} pages.");
            }

            var (json, next) = await GetAsync(url, resource, cancellationToken);
            foreach (var id in Ids(json))
            {
                yield return id;
            }

            url = next is null ? null
                : Uri.TryCreate(url, next, out var page) && page.GetLeftPart(UriPartial.Authority) == url.GetLeftPart(UriPartial.Authority) ? page
                : throw new HubException("The Hub's list of models continues on another server; pages from other servers are not requested.");
        }
    }

    /// <summary>Makes one attempt to open a file.</summary>
    /// <param name="from">The first byte to send.</param>
    /// <returns>A successful response or 416; the caller disposes it.</returns>
    public async Task<HttpResponseMessage> OpenAsync(
        HubModel model, HubFile file, long from, EntityTagHeaderValue? tag, CancellationToken cancellationToken)
    {
        var url = new Uri($"{Endpoint}/{model.Id}/resolve/{model.Commit}/{Uri.EscapeDataString(file.Name)}");
        var response = await transport.GetAsync(
            url,
            from > 0 ? new RangeHeaderValue(from, null) : null,
            from > 0 && tag is { IsWeak: false } ? new RangeConditionHeaderValue(tag) : null,
            cancellationToken);
        if (response.IsSuccessStatusCode || response.StatusCode == System.Net.HttpStatusCode.RequestedRangeNotSatisfiable)
        {
            return response;
        }

        using (response)
        {
            throw HubAnswers.Refusal(response, new HubResource(Endpoint, model.Id, model.Commit, file.Name), transport.HasToken, time);
        }
    }

    Task<(ReadOnlyMemory<byte> Json, string? Next)> GetAsync(Uri url, HubResource resource, CancellationToken cancellationToken) => retries.RunAsync(
        async token =>
        {
            using var idle = new IdleTimeout(options.Value.TryTimeout, time, token);
            using var response = await idle.WaitAsync(either => transport.GetAsync(url, null, null, either));
            if (!response.IsSuccessStatusCode)
            {
                throw HubAnswers.Refusal(response, resource, transport.HasToken, time);
            }

            var body = await idle.WaitAsync(response.Content.ReadAsStreamAsync);
            return (await ReadAsync(body, response.Content.Headers.ContentLength, idle), Next(response));
        },
        cancellationToken);

    static async Task<ReadOnlyMemory<byte>> ReadAsync(Stream body, long? length, IdleTimeout idle)
    {
        var json = new ArrayBufferWriter<byte>(1 << 16);
        int read;
        while ((read = await idle.WaitAsync(token => body.ReadAsync(json.GetMemory(1 << 14), token).AsTask())) > 0)
        {
            json.Advance(read);
            if (json.WrittenCount > MostAnswerBytes)
            {
                throw new HubException($"The Hub's response has more than {MostAnswerBytes} bytes.");
            }
        }

        return length is null || json.WrittenCount == length
            ? json.WrittenMemory
            : throw new TransientHubException("The Hub's response is shorter than its Content-Length.");
    }

    static string? Next(HttpResponseMessage response) =>
        response.Headers.TryGetValues("Link", out var links)
            ? links.Select(link => NextLink().Match(link)).FirstOrDefault(match => match.Success)?.Groups["url"].Value
            : null;

    static string[] Ids(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var ids = document.RootElement.EnumerateArray().Select(model => model.GetProperty("id").GetString());
            return [.. ids.OfType<string>().Where(ModelId.IsValid)];
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new HubException("The Hub's response is not a valid list of models.", exception);
        }
    }

    [GeneratedRegex("<(?<url>[^>]*)>[^,<]*;\\s*rel=\"?next\"?", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex NextLink();
}
