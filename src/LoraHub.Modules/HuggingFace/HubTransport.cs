using System.Net;
using System.Net.Http.Headers;
using LoraHub.Core.Outbound;
using Microsoft.Extensions.Options;

namespace LoraHub.Modules.HuggingFace;

/// <summary>Asks the hub once, and follows where it points to: by hand, since the token must not go along and the way must not lead into this network.</summary>
sealed class HubTransport : IDisposable
{
    const int MostRedirects = 5;

    readonly IAddressGuard _guard;
    readonly HubOptions _options;

    // Not from a factory: those log what they send, URLs that are signed included.
    readonly HttpClient _http;

    public HubTransport(HubAddressGuard guard, HostResolver resolve, IOptions<HubOptions> options)
    {
        _guard = guard;
        _options = options.Value;
        var handler = new GuardedConnection(guard, resolve).CreateHandler(sockets =>
        {
            sockets.UseProxy = true; // many networks have no other way out
            sockets.MaxResponseHeadersLength = 64;
        });
        _http = new HttpClient(handler) { Timeout = System.Threading.Timeout.InfiniteTimeSpan };
    }

    /// <summary>The hub, without a slash at the end.</summary>
    /// <exception cref="HubException">None is to be asked.</exception>
    public string Endpoint => _options is { Offline: false, Endpoint: { } endpoint }
        ? endpoint.TrimEnd('/')
        : throw new HubException("This program is offline: no hub is asked (Hub:Offline or HF_HUB_OFFLINE says so, or neither Hub:Endpoint nor HF_ENDPOINT names one).");

    public bool HasToken => _options.Token is not null;

    /// <returns>The last answer's head, whatever its status; the caller disposes it.</returns>
    /// <exception cref="HubException">It led astray.</exception>
    /// <exception cref="TransientHubException">There was no answer.</exception>
    public async Task<HttpResponseMessage> GetAsync(Uri url, RangeHeaderValue? range, RangeConditionHeaderValue? condition, CancellationToken cancellationToken)
    {
        var endpoint = new Uri(Endpoint);
        var seen = new HashSet<Uri> { url };
        for (var at = url; ;)
        {
            using var request = Request(at, endpoint, range, condition);
            var response = await SendAsync(request, cancellationToken);
            if (response.StatusCode is not (HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect))
            {
                return response;
            }

            using (response)
            {
                at = Next(at, response.Headers.Location);
                if (!seen.Add(at) || seen.Count > MostRedirects + 1)
                {
                    throw new HubException($"The hub redirects in a circle, or more than {MostRedirects} times.");
                }
            }
        }
    }

    public void Dispose() => _http.Dispose();

    HttpRequestMessage Request(Uri url, Uri endpoint, RangeHeaderValue? range, RangeConditionHeaderValue? condition)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("identity")); // lengths and digests are those of the file
        request.Headers.Range = range;
        request.Headers.IfRange = condition;
        if (_options.Token is { } token && Uri.Compare(url, endpoint, UriComponents.SchemeAndServer, UriFormat.SafeUnescaped, StringComparison.OrdinalIgnoreCase) == 0)
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
            throw new HubException("The hub redirects to an address of a private network, which is not followed (Hub:AllowedNetworks could allow it).", exception);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            throw new TransientHubException(
                exception is HttpRequestException { HttpRequestError: var error and (HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError) }
                    ? $"The hub cannot be reached ({error})."
                    : "The connection to the hub broke.",
                exception);
        }
    }

    Uri Next(Uri at, Uri? location)
    {
        if (location is null || !Uri.TryCreate(at, location, out var next) || (next.Scheme != Uri.UriSchemeHttps && next.Scheme != Uri.UriSchemeHttp) || next.UserInfo.Length > 0)
        {
            throw new HubException("The hub redirects to what is no web address.");
        }

        if (at.Scheme == Uri.UriSchemeHttps && next.Scheme != Uri.UriSchemeHttps)
        {
            throw new HubException("The hub redirects from https to http, which is not followed.");
        }

        return _guard.MayAllow(next) ? next : throw new HubException("The hub redirects to an address of a private network, which is not followed (Hub:AllowedNetworks could allow it).");
    }
}
