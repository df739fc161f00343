using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;

namespace LoraHub.Api.Tests.Support;

/// <summary>Sets the remote address of every request, which the test server omits.</summary>
sealed class Sender(IPAddress address) : IStartupFilter
{
    public static readonly IPAddress Outside = IPAddress.Parse("203.0.113.7");

    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use((http, rest) =>
        {
            http.Connection.RemoteIpAddress = address;
            return rest(http);
        });
        next(app);
    };
}
