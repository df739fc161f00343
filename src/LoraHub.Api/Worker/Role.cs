namespace LoraHub.Api.Worker;

/// <summary>The part of the service that a process runs; the setting <c>Role</c>.</summary>
enum Role
{
    /// <summary>The whole service. The default.</summary>
    All,

    /// <summary>Answers requests and keeps the records, but runs no predictions.</summary>
    Api,

    /// <summary>Runs predictions, without access to the database.</summary>
    Worker,
}

static class Roles
{
    const string Setting = "Role";

    /// <exception cref="InvalidOperationException">The setting is not a role, or the role needs a NATS server and none is set.</exception>
    public static Role Role(this IConfiguration configuration)
    {
        if (!Enum.TryParse<Role>(configuration[Setting] ?? nameof(Worker.Role.All), ignoreCase: true, out var role) || !Enum.IsDefined(role))
        {
            throw new InvalidOperationException($"{Setting} is `{configuration[Setting]}`; use `all`, `api` or `worker`.");
        }

        if (role != Worker.Role.All && string.IsNullOrEmpty(configuration["Distributed:Nats"]))
        {
            throw new InvalidOperationException(
                $"{Setting} is `{configuration[Setting]}`, which needs a NATS server: set Distributed:Nats, or leave {Setting} out.");
        }

        return role;
    }
}
