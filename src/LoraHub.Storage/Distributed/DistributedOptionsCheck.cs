using Microsoft.Extensions.Options;
using Npgsql;

namespace LoraHub.Storage.Distributed;

/// <summary>Validates the settings. Messages never quote their values, which may contain a password.</summary>
sealed class DistributedOptionsCheck(bool needsPostgres) : IValidateOptions<DistributedOptions>
{
    static readonly string[] Schemes = ["nats", "tls", "ws", "wss"];

    public ValidateOptionsResult Validate(string? name, DistributedOptions options)
    {
        var failures = new List<string>();
        if (options.Nats is not { } nats || !nats.Split(',').All(IsServer))
        {
            failures.Add(
                $"{DistributedOptions.Section}:{nameof(DistributedOptions.Nats)} must be nats://host:port, or a comma-separated list of these.");
        }

        if (needsPostgres && !IsConnection(options.Postgres))
        {
            failures.Add(
                $"{DistributedOptions.Section}:{nameof(DistributedOptions.Postgres)} must be an Npgsql connection string "
                + "such as Host=db;Database=lorahub;Username=lorahub;Password=….");
        }

        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    static bool IsServer(string text) =>
        Uri.TryCreate(text.Trim(), UriKind.Absolute, out var uri) && Schemes.Contains(uri.Scheme) && uri.Host.Length > 0;

    static bool IsConnection(string? text)
    {
        try
        {
            return new NpgsqlConnectionStringBuilder(text).Host is { Length: > 0 };
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or InvalidCastException or OverflowException)
        {
            return false;
        }
    }
}
