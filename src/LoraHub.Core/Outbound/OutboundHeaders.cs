using System.Net.Http.Headers;

namespace LoraHub.Core.Outbound;

/// <summary>The headers of every outgoing request: they tell the receiver, which may be this service, who sent it.</summary>
public static class OutboundHeaders
{
    /// <summary>A service refuses requests with this header wherever they would change something.</summary>
    public const string Mark = "X-LoraHub-Outbound";

    static readonly ProductInfoHeaderValue UserAgent = new("lorahub", typeof(OutboundHeaders).Assembly.GetName().Version!.ToString(3));

    /// <summary>Adds <see cref="Mark"/> and <c>User-Agent: lorahub/VERSION</c>.</summary>
    public static void AddTo(HttpRequestHeaders headers)
    {
        headers.Remove(Mark);
        headers.Add(Mark, "1");
        headers.UserAgent.Clear();
        headers.UserAgent.Add(UserAgent);
    }
}
