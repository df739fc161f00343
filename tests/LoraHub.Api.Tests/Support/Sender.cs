using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;

namespace LoraHub.Api.Tests.Support;

/// <summary>Gives every request an address that it comes from, which the test server leaves out.</summary>
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
