using System.Diagnostics;
using OpenTelemetry;

namespace LoraHub.Api.Telemetry;

/// <summary>
/// Removes all tags of a request's span except those that the service sets: the path, the query and other client data may contain secrets. A
/// block list would be out of date with the next version of the instrumentation.
/// </summary>
sealed class SpanRedaction : BaseProcessor<Activity>
{
    static readonly HashSet<string> Allowed =
        ["http.request.method", "http.route", "http.response.status_code", "url.scheme", "network.protocol.version", "error.type"];

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
