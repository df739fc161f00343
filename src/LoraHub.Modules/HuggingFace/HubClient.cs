using System.Buffers;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using LoraHub.Modules.Versions;
using Microsoft.Extensions.Options;

namespace LoraHub.Modules.HuggingFace;

/// <summary>The Hugging Face Hub's protocol: what a model is made of, and which models there are.</summary>
sealed partial class HubClient(HubTransport transport, HubRetries retries, IOptions<HubOptions> options, TimeProvider time)
{
    const int MostAnswerBytes = 32 << 20, PageSize = 100, MostPages = 1000;

    /// <inheritdoc cref="HubTransport.Endpoint"/>
    public string Endpoint => transport.Endpoint;

    /// <summary>Where the model is for a person.</summary>
    public string Source(string id) => $"{Endpoint}/{id}";

    /// <param name="revision">A branch, tag or commit; null for <c>main</c>.</param>
    /// <exception cref="HubException">The hub does not say.</exception>
    public async Task<HubModel> ModelAsync(string id, string? revision, CancellationToken cancellationToken)
    {
        var question = new HubResource(Endpoint, id, revision ?? "main");
        var url = new Uri($"{Endpoint}/api/models/{id}/revision/{Uri.EscapeDataString(question.Revision)}?blobs=true");
        var (json, _) = await AskAsync(url, question, cancellationToken);
        return HubModel.Read(id, json);
    }

    /// <summary>The ids of an owner's models whose names hold the text, page by page.</summary>
    /// <exception cref="HubException">The hub does not say.</exception>
    public async IAsyncEnumerable<string> SearchAsync(string owner, string text, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var question = new HubResource(Endpoint, $"{owner}/*");
        var url = new Uri($"{Endpoint}/api/models?search={Uri.EscapeDataString(text)}&author={Uri.EscapeDataString(owner)}&limit={PageSize}");
        var seen = new HashSet<Uri>();
        while (url is not null)
        {
            if (!seen.Add(url) || seen.Count > MostPages)
            {
                throw new HubException("The hub's list of models never ends.");
            }

            var (json, next) = await AskAsync(url, question, cancellationToken);
            foreach (var id in Ids(json))
            {
                yield return id;
            }

            url = next is null ? null : Uri.TryCreate(url, next, out var page) && page.GetLeftPart(UriPartial.Authority) == url.GetLeftPart(UriPartial.Authority)
                ? page
                : throw new HubException("The hub's list of models goes on at another server, which is not asked.");
        }
    }

    /// <summary>One try to open a file of the hub.</summary>
    /// <param name="from">The first byte that is wanted.</param>
    /// <returns>A success or 416; the caller disposes it.</returns>
    public async Task<HttpResponseMessage> OpenAsync(HubModel model, HubFile file, long from, EntityTagHeaderValue? tag, CancellationToken cancellationToken)
    {
        var url = new Uri($"{Endpoint}/{model.Id}/resolve/{model.Commit}/{Uri.EscapeDataString(file.Name)}");
        var response = await transport.GetAsync(
            url, from > 0 ? new RangeHeaderValue(from, null) : null, from > 0 && tag is { IsWeak: false } ? new RangeConditionHeaderValue(tag) : null, cancellationToken);
        if (response.IsSuccessStatusCode || response.StatusCode == System.Net.HttpStatusCode.RequestedRangeNotSatisfiable)
        {
            return response;
        }

        using (response)
        {
            throw HubAnswers.Refusal(response, new HubResource(Endpoint, model.Id, model.Commit, file.Name), transport.HasToken, time);
        }
    }

    Task<(ReadOnlyMemory<byte> Json, string? Next)> AskAsync(Uri url, HubResource question, CancellationToken cancellationToken) => retries.RunAsync(
        async token =>
        {
            using var idle = new IdleTimeout(options.Value.TryTimeout, time, token);
            using var response = await idle.WaitAsync(either => transport.GetAsync(url, null, null, either));
            if (!response.IsSuccessStatusCode)
            {
                throw HubAnswers.Refusal(response, question, transport.HasToken, time);
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
                throw new HubException($"The hub's answer has more than {MostAnswerBytes} bytes.");
            }
        }

        return length is null || json.WrittenCount == length ? json.WrittenMemory : throw new TransientHubException("The hub's answer ended early.");
    }

    static string? Next(HttpResponseMessage response) =>
        response.Headers.TryGetValues("Link", out var links) ? links.Select(link => NextLink().Match(link)).FirstOrDefault(match => match.Success)?.Groups["url"].Value : null;

    static string[] Ids(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return [.. document.RootElement.EnumerateArray().Select(model => model.GetProperty("id").GetString()).OfType<string>().Where(ModelId.IsValid)];
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new HubException("What the hub answers is no list of models.", exception);
        }
    }

    [GeneratedRegex("<(?<url>[^>]*)>[^,<]*;\\s*rel=\"?next\"?", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex NextLink();
}
