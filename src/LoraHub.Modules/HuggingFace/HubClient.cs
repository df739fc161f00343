using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using LoraHub.Modules.Versions;

namespace LoraHub.Modules.HuggingFace;

/// <summary>A client of the Hugging Face Hub: lists a model's files, searches models and opens files.</summary>
sealed partial class HubClient(HubTransport transport, HubExchange exchange, HubRetries retries, TimeProvider time)
{
    const int PageSize = 100, MostPages = 1000;

    /// <inheritdoc cref="HubTransport.Endpoint"/>
    public string Endpoint => transport.Endpoint;

    /// <summary>The model's page on the Hub.</summary>
    public string Source(string id) => $"{Endpoint}/{id}";

    /// <param name="revision">A branch, tag or commit; null for <c>main</c>.</param>
    /// <exception cref="HubException">The request failed, or its response is invalid.</exception>
    public async Task<HubModel> ModelAsync(string id, string? revision, CancellationToken cancellationToken)
    {
        var resource = new HubResource(Endpoint, id, revision ?? "main");
        return HubModel.Read(id, (await GetAsync(ModelUrl(resource), resource, cancellationToken)).Body);
    }

    /// <summary>Makes one attempt to read a model's files on <c>main</c>.</summary>
    /// <exception cref="HubException">The request failed, or its response is invalid.</exception>
    public async Task<HubModel> TryModelAsync(string id, CancellationToken cancellationToken)
    {
        var resource = new HubResource(Endpoint, id);
        return HubModel.Read(id, (await TryAsync(ModelUrl(resource), resource, cancellationToken)).Body);
    }

    /// <summary>Reads a small file.</summary>
    /// <exception cref="HubException">The request failed.</exception>
    public async Task<ReadOnlyMemory<byte>> ReadAsync(HubModel model, HubFile file, CancellationToken cancellationToken) =>
        (await GetAsync(FileUrl(model, file), new HubResource(Endpoint, model.Id, model.Commit, file.Name), cancellationToken)).Body;

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

            var page = await GetAsync(url, resource, cancellationToken);
            foreach (var id in Ids(page.Body))
            {
                yield return id;
            }

            url = Next(page) is not { } next ? null
                : Uri.TryCreate(url, next, out var following) && following.GetLeftPart(UriPartial.Authority) == url.GetLeftPart(UriPartial.Authority)
                    ? following
                : throw new HubException("The Hub's list of models continues on another server; pages from other servers are not requested.");
        }
    }

    /// <summary>Makes one attempt to open a file.</summary>
    /// <param name="from">The first byte to send.</param>
    /// <returns>A successful response or 416; the caller disposes it.</returns>
    public async Task<HttpResponseMessage> OpenAsync(
        HubModel model, HubFile file, long from, EntityTagHeaderValue? tag, CancellationToken cancellationToken)
    {
        var call = new HubCall(HttpMethod.Get, FileUrl(model, file), Configure: headers =>
        {
            headers.Range = from > 0 ? new RangeHeaderValue(from, null) : null;
            headers.IfRange = from > 0 && tag is { IsWeak: false } ? new RangeConditionHeaderValue(tag) : null;
        });
        var response = await transport.SendAsync(call, cancellationToken);
        if (response.IsSuccessStatusCode || response.StatusCode == System.Net.HttpStatusCode.RequestedRangeNotSatisfiable)
        {
            return response;
        }

        using (response)
        {
            throw HubAnswers.Refusal(response, new HubResource(Endpoint, model.Id, model.Commit, file.Name), transport.HasToken, time);
        }
    }

    Uri ModelUrl(HubResource model) => new($"{Endpoint}/api/models/{model.Id}/revision/{Uri.EscapeDataString(model.Revision)}?blobs=true");

    Uri FileUrl(HubModel model, HubFile file) => new($"{Endpoint}/{model.Id}/resolve/{model.Commit}/{Uri.EscapeDataString(file.Name)}");

    Task<HubResponse> GetAsync(Uri url, HubResource resource, CancellationToken cancellationToken) =>
        retries.RunAsync(token => TryAsync(url, resource, token), cancellationToken);

    Task<HubResponse> TryAsync(Uri url, HubResource resource, CancellationToken cancellationToken) => exchange.SendAsync(
        _ => new HubCall(HttpMethod.Get, url),
        response => HubAnswers.Refusal(response, resource, transport.HasToken, time),
        cancellationToken);

    static string? Next(HubResponse response) =>
        response.Links.Select(link => NextLink().Match(link)).FirstOrDefault(match => match.Success)?.Groups["url"].Value;

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
