using System.Net;
using System.Net.Http.Headers;
using LoraHub.Core.Outbound;
using Microsoft.Extensions.Options;

namespace LoraHub.Modules.HuggingFace;

/// <summary>A request to the Hub.</summary>
/// <param name="Body">Creates the body, anew for each redirect; null for none.</param>
/// <param name="Configure">Sets headers; or null.</param>
sealed record HubCall(HttpMethod Method, Uri Url, Func<HttpContent>? Body = null, Action<HttpRequestHeaders>? Configure = null);

/// <summary>
/// Sends one request to the Hub and follows its redirects itself, so that the token is not sent along and no redirect leads into a private network.
/// </summary>
sealed class HubTransport : IDisposable
{
    const int MostRedirects = 5;

    readonly IAddressGuard _guard;
    readonly HubOptions _options;

    // Not from IHttpClientFactory: its clients log URLs, which may contain signatures.
    readonly HttpClient _http;

    public HubTransport(HubAddressGuard guard, HostResolver resolve, IOptions<HubOptions> options)
    {
        _guard = guard;
        _options = options.Value;
        var handler = new GuardedConnection(guard, resolve).CreateHandler(sockets =>
        {
            sockets.UseProxy = true; // many networks allow outgoing requests only through a proxy
            sockets.MaxResponseHeadersLength = 64;
        });
        _http = new HttpClient(handler) { Timeout = System.Threading.Timeout.InfiniteTimeSpan };
    }

    /// <summary>The Hub's URL, without a trailing slash.</summary>
    /// <exception cref="HubException">Access to the Hub is off.</exception>
    public string Endpoint => _options is { Offline: false, Endpoint: { } endpoint }
        ? endpoint.TrimEnd('/')
        : throw new HubException("Access to the Hub is off: Hub:Offline or HF_HUB_OFFLINE is set, or neither Hub:Endpoint nor HF_ENDPOINT is.");

    public bool HasToken => _options.Token is not null;

    /// <returns>The last response, whatever its status, once its headers arrived; the caller disposes it.</returns>
    /// <exception cref="HubException">A redirect is not allowed.</exception>
    /// <exception cref="TransientHubException">There was no response.</exception>
    public async Task<HttpResponseMessage> SendAsync(HubCall call, CancellationToken cancellationToken)
    {
        var endpoint = new Uri(Endpoint);
        var seen = new HashSet<Uri> { call.Url };
        for (var at = call.Url; ;)
        {
            using var request = Create(call, at, endpoint);
            var response = await SendAsync(request, cancellationToken);
            if (response.StatusCode is not (HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther
                or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect))
            {
                return response;
            }

            using (response)
            {
                if (call.Method != HttpMethod.Get
                    && response.StatusCode is not (HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect))
                {
                    throw new HubException($"The Hub redirected an upload with {(int)response.StatusCode}, which would drop its content.");
                }

                at = Next(at, response.Headers.Location, "The Hub redirected");
                if (!seen.Add(at) || seen.Count > MostRedirects + 1)
                {
                    throw new HubException($"The Hub redirected in a circle, or more than {MostRedirects} times.");
                }
            }
        }
    }

    /// <summary>Checks a URL that the Hub names for an upload, as a redirect's target is checked.</summary>
    /// <param name="from">The URL whose response names it.</param>
    /// <exception cref="HubException">The URL is invalid or not allowed.</exception>
    public Uri Follow(Uri from, string? location) =>
        Next(from, Uri.TryCreate(location, UriKind.RelativeOrAbsolute, out var url) ? url : null, "The Hub sent an upload");

    public void Dispose() => _http.Dispose();

    HttpRequestMessage Create(HubCall call, Uri url, Uri endpoint)
    {
        var request = new HttpRequestMessage(call.Method, url) { Content = call.Body?.Invoke() };
        request.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("identity")); // lengths and digests are of the uncompressed file
        call.Configure?.Invoke(request.Headers);
        if (_options.Token is { } token
            && Uri.Compare(url, endpoint, UriComponents.SchemeAndServer, UriFormat.SafeUnescaped, StringComparison.OrdinalIgnoreCase) == 0)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        return request;
    }

    async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        }
        catch (HttpRequestException exception) when (exception.InnerException is RefusedAddressException)
        {
            throw new HubException(PrivateAddress("The Hub redirected"), exception);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            throw new TransientHubException(
                exception is HttpRequestException
                {
                    HttpRequestError: var error and (HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError
                        or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError),
                }
                    ? $"Could not connect to the Hub at {Endpoint} ({error})."
                    : "The connection to the Hub broke.",
                exception);
        }
    }

    /// <param name="deed">What the Hub did, for the messages.</param>
    Uri Next(Uri at, Uri? location, string deed)
    {
        if (location is null || !Uri.TryCreate(at, location, out var next)
            || (next.Scheme != Uri.UriSchemeHttps && next.Scheme != Uri.UriSchemeHttp) || next.UserInfo.Length > 0)
        {
            throw new HubException($"{deed} to an invalid URL.");
        }

        if (at.Scheme == Uri.UriSchemeHttps && next.Scheme != Uri.UriSchemeHttps)
        {
            throw new HubException($"{deed} from https to http; such URLs are not followed.");
        }

        return _guard.MayAllow(next) ? next : throw new HubException(PrivateAddress(deed));
    }

    static string PrivateAddress(string deed) =>
        $"{deed} to an address in a private network; to follow such redirects, add the network to Hub:AllowedNetworks.";
}
