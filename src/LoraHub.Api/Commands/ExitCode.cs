namespace LoraHub.Api.Commands;

/// <summary>The exit codes of all verbs.</summary>
static class ExitCode
{
    public const int Succeeded = 0, Failed = 1;

    /// <summary>The command line or a setting is wrong.</summary>
    public const int BadUsage = 2;

    /// <summary>Ctrl+C: 128 plus the number of SIGINT, as in shells.</summary>
    public const int Canceled = 130;
}

/// <summary>The command line is invalid. The message names the argument and its correct form.</summary>
sealed class UsageException(string message) : Exception(message);
