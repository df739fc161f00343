using System.CommandLine;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using LoraHub.Modules.Versions;

namespace LoraHub.Api.Commands;

/// <summary>A request to a running service failed; the message is one line for the user.</summary>
sealed class ServiceException(string message, Exception? innerException = null) : Exception(message, innerException);

/// <summary>A client of a running service's <c>/v1</c>.</summary>
sealed class ServiceClient : IDisposable
{
    /// <summary>The URL of a service that was started without settings.</summary>
    public const string Default = "http://localhost:5000";

    public const string TokenSetting = "LORAHUB_TOKEN";

    // A redirect could send the files to another host.
    readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, ConnectTimeout = TimeSpan.FromSeconds(30) })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    readonly Uri _root;
    readonly string? _token;

    /// <param name="option">The option that names the service, for errors.</param>
    /// <param name="url">Its URL, with or without <c>/v1</c>.</param>
    /// <param name="token">Null for the token in the settings, if any.</param>
    /// <param name="orElse">What else the option takes, for its error.</param>
    /// <exception cref="ModuleRefusedException">The text is not an HTTP URL.</exception>
    public ServiceClient(Invocation invocation, string option, string url, string? token, string orElse = "")
    {
        var service = Uri.TryCreate(url, UriKind.Absolute, out var given) && (given.Scheme == Uri.UriSchemeHttp || given.Scheme == Uri.UriSchemeHttps)
            ? given
            : throw new ModuleRefusedException(option, $"it must be the service's URL, such as http://host:5000{orElse}.");
        var path = service.GetLeftPart(UriPartial.Path).TrimEnd('/');
        _root = new Uri($"{(path.EndsWith("/v1", StringComparison.Ordinal) ? path : $"{path}/v1")}/");
        _token = token ?? invocation.Service<IConfiguration>()[TokenSetting] switch { "" => null, var setting => setting };
    }

    public static Option<string?> TokenOption(string scope) =>
        new("--token") { Description = $"A token of the service with the scope {scope}. Default: the setting {TokenSetting}." };

    /// <param name="path">Relative to <c>/v1/</c>.</param>
    public Uri Address(string path) => new(_root, path);

    /// <summary>Sends a request, with the token if it goes to the service itself.</summary>
    /// <returns>The response once its headers arrived; the caller disposes it.</returns>
    /// <exception cref="ServiceException">There is no response.</exception>
    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (_token is not null && request.RequestUri!.GetLeftPart(UriPartial.Authority) == _root.GetLeftPart(UriPartial.Authority))
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _token);
        }

        try
        {
            return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        }
        catch (HttpRequestException exception)
        {
            throw new ServiceException($"Could not reach {request.RequestUri!.Authority}: {exception.Message}", exception);
        }
    }

    /// <summary>Sends JSON and reads the JSON object of the response.</summary>
    /// <param name="body">Null for none.</param>
    /// <param name="what">What the service refuses with an error response.</param>
    /// <exception cref="ServiceException">The service refused the request, or did not answer.</exception>
    public async Task<JsonObject> SendAsync(HttpMethod method, Uri url, JsonObject? body, string what, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, url) { Content = body is null ? null : JsonContent.Create(body) };
        using var response = await SendAsync(request, cancellationToken);
        return await ReadAsync(response, what, cancellationToken);
    }

    /// <summary>Reads the JSON object of a response.</summary>
    /// <param name="what">What the service refuses with an error response.</param>
    /// <exception cref="ServiceException">The service refused the request.</exception>
    public static async Task<JsonObject> ReadAsync(HttpResponseMessage response, string what, CancellationToken cancellationToken)
    {
        var answer = Parse(await response.Content.ReadAsStringAsync(cancellationToken));
        if (response.IsSuccessStatusCode && answer is not null)
        {
            return answer;
        }

        var detail = answer?["detail"]?.ToString().Trim('-', ' ', '\n') ?? "the answer is not from a LoraHub service.";
        throw new ServiceException($"The service refused {what} ({(int)response.StatusCode}): {Output.Sanitize(detail)}");
    }

    public void Dispose() => _http.Dispose();

    static JsonObject? Parse(string text)
    {
        try
        {
            return JsonNode.Parse(text) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
