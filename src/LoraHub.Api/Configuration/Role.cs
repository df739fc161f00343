namespace LoraHub.Api.Configuration;

/// <summary>Which part of the service a process is; the setting <c>Role</c>.</summary>
enum Role
{
    /// <summary>All of it. The default.</summary>
    All,

    /// <summary>It answers requests and keeps the records, and runs no predictions.</summary>
    Api,

    /// <summary>It runs predictions, and knows no database.</summary>
    Worker,
}

static class Roles
{
    const string Setting = "Role";

    /// <exception cref="InvalidOperationException">The setting is not a role, or one that needs servers which are not set.</exception>
    public static Role Role(this IConfiguration configuration)
    {
        if (!Enum.TryParse<Role>(configuration[Setting] ?? nameof(Configuration.Role.All), ignoreCase: true, out var role) || !Enum.IsDefined(role))
        {
            throw new InvalidOperationException($"{Setting} is `{configuration[Setting]}`; it must be all, api or worker.");
        }

        if (role != Configuration.Role.All && string.IsNullOrEmpty(configuration["Distributed:Nats"]))
        {
            throw new InvalidOperationException($"{Setting} is `{configuration[Setting]}`, but processes find each other by a NATS server only: set Distributed:Nats, or leave {Setting} out.");
        }

        return role;
    }
}
