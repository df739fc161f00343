using System.Diagnostics;
using OpenTelemetry;

namespace LoraHub.Api.Telemetry;

/// <summary>
/// Leaves on a request's span only what the service itself says: its path, its query and what else a client wrote may be a permission. A list of what must go
/// would be out of date with the next version of the instrumentation.
/// </summary>
sealed class RequestDiscretion : BaseProcessor<Activity>
{
    static readonly HashSet<string> Allowed = ["http.request.method", "http.route", "http.response.status_code", "url.scheme", "network.protocol.version", "error.type"];

    public override void OnEnd(Activity data)
    {
        if (data.Kind != ActivityKind.Server)
        {
            return;
        }

        foreach (var (name, _) in data.TagObjects.Where(tag => !Allowed.Contains(tag.Key)).ToArray())
        {
            data.SetTag(name, null);
        }
    }
}
