using System.Text.Json.Serialization;
using LoraHub.Api.Models;
using LoraHub.Api.Worker;

namespace LoraHub.Api.Cog;

/// <summary>The response of <c>GET /health-check</c>. Properties that are not known yet are absent.</summary>
/// <param name="UserHealthcheckError">The reason while the status is UNHEALTHY.</param>
public sealed record CogHealth(
    string Status,
    CogSetup Setup,
    CogVersions Version,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? UserHealthcheckError)
{
    /// <param name="trouble">See <see cref="WorkerState.Problem"/>.</param>
    internal static CogHealth From(Setup setup, bool isBusy, string? trouble)
    {
        var status = setup.Status switch
        {
            SetupStatus.Starting => "STARTING",
            SetupStatus.Failed => "SETUP_FAILED",
            _ when trouble is not null => "UNHEALTHY",
            _ => isBusy ? "BUSY" : "READY",
        };
        var hasEnded = setup.CompletedAt is not null;
        return new CogHealth(
            status,
            new CogSetup(setup.Status.ToString().ToLowerInvariant(), setup.StartedAt, setup.CompletedAt, hasEnded ? setup.Logs : null),
            new CogVersions(Composer.CogVersion, Composer.CogVersion, Composer.ProgramVersion),
            trouble);
    }
}

public sealed record CogSetup(
    string Status,
    DateTimeOffset StartedAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? CompletedAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Logs);

/// <param name="Coglet">The version of Cog's API, under the name of Cog's server. Cog's documentation calls it <paramref name="Cog"/>.</param>
/// <param name="Lorahub">The version of this program.</param>
public sealed record CogVersions(string Coglet, string Cog, string Lorahub);
